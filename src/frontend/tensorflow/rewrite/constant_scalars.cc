// The little constant folding that conditions need; everything else is folded after import.
#include <cmath>
#include <map>
#include <string_view>

#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/rewrite/fold_branches.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

using Scalar = std::optional<double>;

template <typename T>
Scalar First(const Tensor& tensor) {
  return static_cast<double>(tensor.data<T>()[0]);
}

Scalar FirstElement(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kBool:
      return First<bool>(tensor);
    case DType::kFloat32:
      return First<float>(tensor);
    case DType::kFloat64:
      return First<double>(tensor);
    case DType::kInt8:
      return First<int8_t>(tensor);
    case DType::kUInt8:
      return First<uint8_t>(tensor);
    case DType::kInt16:
      return First<int16_t>(tensor);
    case DType::kInt32:
      return First<int32_t>(tensor);
    case DType::kInt64:
      return std::abs(tensor.data<int64_t>()[0]) < (int64_t{1} << 53) ? First<int64_t>(tensor) : Scalar();
    default:
      return std::nullopt;
  }
}

Scalar ValueOfConst(const tf::NodeDef& node) {
  const tf::AttrValue* value = FindAttr(node, "value");
  if (value == nullptr || value->tensor().tensor_shape().unknown_rank()) return std::nullopt;
  if (!DTypeFromTf(value->tensor().dtype()) || value->tensor().dtype() == tf::DT_STRING) return std::nullopt;
  for (const auto& dim : value->tensor().tensor_shape().dim()) {
    if (dim.size() != 1) return std::nullopt;
  }
  return FirstElement(ConstValue(node));
}

bool PassesValueOn(std::string_view op) {
  return op == "Identity" || op == "StopGradient" || op == "PreventGradient" || op == "Snapshot" ||
         op == "Enter" || op == "Squeeze" || op == "ExpandDims" || op == "GuaranteeConst" ||
         op == "PlaceholderWithDefault";
}

Scalar CastTo(double value, tf::DataType type) {
  if (type == tf::DT_BOOL) return value != 0 ? 1 : 0;
  if (type == tf::DT_INT32 || type == tf::DT_INT64) {
    if (!(std::abs(value) < 2147483648.0)) return std::nullopt;
    return std::trunc(value);
  }
  if (type == tf::DT_FLOAT) return static_cast<double>(static_cast<float>(value));
  if (type == tf::DT_DOUBLE) return value;
  return std::nullopt;
}

Scalar Compare(std::string_view op, double a, double b) {
  if (op == "Equal") return a == b;
  if (op == "NotEqual") return a != b;
  if (op == "Greater") return a > b;
  if (op == "GreaterEqual") return a >= b;
  if (op == "Less") return a < b;
  if (op == "LessEqual") return a <= b;
  return std::nullopt;
}

// `known(i)` is input i.
Scalar Evaluate(const tf::NodeDef& node, const std::vector<Scalar>& known) {
  const std::string& op = node.op();
  if (op == "Const") return ValueOfConst(node);
  if (known.empty()) return std::nullopt;
  if (PassesValueOn(op)) return known[0];
  if (op == "LogicalNot" && known[0]) return *known[0] != 0 ? 0 : 1;
  if (op == "Cast" && known[0]) return CastTo(*known[0], TypeAttr(node, "DstT"));
  if (known.size() != 2) return std::nullopt;
  // One side is enough for these, as long as the other is a single element as well; so both must be known.
  if (!known[0] || !known[1]) return std::nullopt;
  if (op == "LogicalAnd") return *known[0] != 0 && *known[1] != 0;
  if (op == "LogicalOr") return *known[0] != 0 || *known[1] != 0;
  return Compare(op, *known[0], *known[1]);
}

}  // namespace

std::vector<Scalar> ConstantScalars(const GraphIndex& index) {
  std::vector<Scalar> values(static_cast<size_t>(index.size()));
  for (const int i : index.TopologicalOrder()) {
    std::vector<Scalar> known;
    for (const GraphIndex::Input& input : index.inputs(i)) {
      if (input.port < 0) continue;
      known.push_back(input.port == 0 ? values[static_cast<size_t>(input.node)] : std::nullopt);
    }
    values[static_cast<size_t>(i)] = Evaluate(index.node(i), known);
  }
  return values;
}

}  // namespace floe
