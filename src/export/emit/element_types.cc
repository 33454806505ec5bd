#include "export/emit/element_types.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>

#include "base/check.h"
#include "formats/onnx/write.h"

namespace floe {
namespace {

using onnx::OpSchema;

// f float32, d float64, i int32, l int64, C uint8, I uint32, L uint64, c int8, B bool, t string. Half floats
// are left to the standard's list: runtimes widen them themselves.
DType TypeOfLetter(char letter) {
  switch (letter) {
    case 'f':
      return DType::kFloat32;
    case 'd':
      return DType::kFloat64;
    case 'i':
      return DType::kInt32;
    case 'l':
      return DType::kInt64;
    case 'c':
      return DType::kInt8;
    case 'C':
      return DType::kUInt8;
    case 'I':
      return DType::kUInt32;
    case 'L':
      return DType::kUInt64;
    case 'B':
      return DType::kBool;
    default:
      CHECK(letter == 't');
      return DType::kString;
  }
}

// What both ONNX Runtime (docs/OperatorKernels.md, CPU) and TensorRT's parser take or widen themselves, for
// the type of the first input. `wraps`: arithmetic modulo 2^64, so that uint64 may be computed as int64.
struct Portable {
  std::string_view op;
  std::string_view types;
  bool wraps = false;
};
constexpr Portable kPortable[] = {
    {"Abs", "fdilcC"},
    {"Add", "fdil", true},
    {"ArgMax", "fdi"},
    {"ArgMin", "fdi"},
    {"AveragePool", "f"},
    {"Clip", "fdil"},
    {"CumSum", "fdil", true},
    {"DepthToSpace", "fd"},
    {"Div", "fdil"},
    {"Einsum", "fdil"},
    {"Equal", "fdilB"},
    {"Expand", "fdilcCLIBt"},
    {"Gemm", "fd"},
    {"Greater", "fdil"},
    {"GreaterOrEqual", "fdil"},
    {"Less", "fdil"},
    {"LessOrEqual", "fdil"},
    {"MatMul", "fdil", true},
    {"Max", "fdil"},
    {"MaxPool", "fd"},
    {"Min", "fdil"},
    {"Mod", "fdil"},
    {"Mul", "fdil", true},
    {"Neg", "fdil", true},
    {"NonZero", "filB"},
    {"Pad", "fdilB", true},
    {"Pow", "fdil"},
    {"Range", "fdil"},
    {"ReduceL1", "fi"},
    {"ReduceL2", "f"},
    {"ReduceLogSum", "fd"},
    {"ReduceLogSumExp", "fd"},
    {"ReduceMax", "fdil"},
    {"ReduceMean", "fd"},
    {"ReduceMin", "fdil"},
    {"ReduceProd", "fdil", true},
    {"ReduceSum", "fdil", true},
    {"ReduceSumSquare", "fdi"},
    {"Relu", "fdi"},
    {"Resize", "fi"},
    {"Sign", "fdil"},
    {"SpaceToDepth", "fd"},
    {"Sub", "fdil", true},
    {"Sum", "fd"},
    {"Tile", "fdilcCLIBt"},
    {"TopK", "fdil"},
    {"Unique", "fdlt"},
    {"Where", "fdilCt", true},
};

const Portable* FindPortable(std::string_view op) {
  const auto* at = std::ranges::find(kPortable, op, &Portable::op);
  return at == std::end(kPortable) ? nullptr : at;
}

bool IsPortable(const Portable& row, DType dtype) {
  if (dtype == DType::kFloat16 || dtype == DType::kBFloat16) return true;
  return std::ranges::any_of(row.types, [&](char c) { return TypeOfLetter(c) == dtype; });
}

// Types that hold every number of `dtype`, the nearest first.
std::span<const DType> WiderThan(DType dtype) {
  using enum DType;
  static constexpr std::array kOfBool = {kInt32, kInt64, kFloat32, kUInt8};
  static constexpr std::array kOf8 = {kInt32, kInt64, kFloat32, kFloat64};
  static constexpr std::array kOf32 = {kInt64, kFloat64};
  static constexpr std::array kOfHalf = {kFloat32, kFloat64};
  switch (dtype) {
    case kBool:
      return kOfBool;
    case kInt8:
    case kUInt8:
    case kInt16:
    case kUInt16:
      return kOf8;
    case kInt32:
    case kUInt32:
      return kOf32;
    case kFloat16:
    case kBFloat16:
      return kOfHalf;
    default:
      return {};
  }
}

bool InSchema(const OpSchema::FormalParameter& parameter, DType dtype) {
  const std::string name = OnnxTypeName(dtype);
  return std::ranges::any_of(parameter.GetTypes(), [&](onnx::DataType t) { return *t == name; });
}

// The type that an operand of `dtype` is to have.
std::optional<DType> Choose(const OpSchema::FormalParameter& parameter, DType dtype,
                            const Portable* portable) {
  const bool legal = InSchema(parameter, dtype);
  if (legal && (portable == nullptr || IsPortable(*portable, dtype))) return dtype;
  if (portable != nullptr) {
    for (const DType wide : WiderThan(dtype)) {
      if (InSchema(parameter, wide) && IsPortable(*portable, wide)) return wide;
    }
    if (dtype == DType::kUInt64 && portable->wraps && InSchema(parameter, DType::kInt64))
      return DType::kInt64;
  }
  if (legal) return dtype;
  for (const DType wide : WiderThan(dtype)) {
    if (InSchema(parameter, wide)) return wide;
  }
  return std::nullopt;
}

// A parameter of one type, like a shape of int64.
std::optional<DType> OnlyType(const OpSchema::FormalParameter& parameter) {
  if (parameter.GetTypes().size() != 1) return std::nullopt;
  for (int i = 1; i <= static_cast<int>(DType::kString); ++i) {
    if (InSchema(parameter, static_cast<DType>(i))) return static_cast<DType>(i);
  }
  return std::nullopt;
}

class Chooser {
 public:
  Chooser(const OpSchema& schema, const std::string& op_type)
      : op_(op_type), portable_(FindPortable(op_type)) {
    if (!schema.inputs().empty()) main_ = schema.inputs()[0].GetTypeStr();
    // Where's first input is the condition.
    if (op_ == "Where") main_ = "T";
  }

  std::string Apply(const std::vector<OpSchema::FormalParameter>& parameters, std::vector<DType>* types) {
    for (size_t i = 0; i < types->size(); ++i) {
      DType& dtype = (*types)[i];
      if (dtype == DType::kInvalid) continue;
      const OpSchema::FormalParameter& parameter = parameters[std::min(i, parameters.size() - 1)];
      const bool free = parameter.GetOption() == OpSchema::Variadic && !parameter.GetIsHomogeneous();
      if (free) continue;
      const std::string& variable = parameter.GetTypeStr();
      if (const auto bound = bound_.find(variable); bound != bound_.end()) {
        dtype = bound->second;
        continue;
      }
      std::optional<DType> chosen = Choose(parameter, dtype, variable == main_ ? portable_ : nullptr);
      if (!chosen) chosen = OnlyType(parameter);
      if (!chosen) return fmt::format("ONNX's {} takes no {}", op_, DTypeName(dtype));
      dtype = *chosen;
      bound_.emplace(variable, *chosen);
    }
    return "";
  }

 private:
  const std::string& op_;
  const Portable* portable_;
  std::string main_;
  std::map<std::string, DType> bound_;  // by type variable, or type, of the schema
};

}  // namespace

bool OperatorTakes(const std::string& op_type, int opset, DType dtype) {
  const OpSchema* schema = onnx::OpSchemaRegistry::Schema(op_type, opset, "");
  return schema != nullptr && !schema->inputs().empty() && InSchema(schema->inputs()[0], dtype);
}

std::string ChooseOperandTypes(const std::string& op_type, const std::string& domain, int opset,
                               OperandTypes* types) {
  const OpSchema* schema = onnx::OpSchemaRegistry::Schema(op_type, opset, domain);
  CHECK(schema != nullptr, op_type + " at opset " + std::to_string(opset));
  if (op_type == "Cast" || op_type == "Identity") return "";
  Chooser chooser(*schema, op_type);
  const std::string refusal = chooser.Apply(schema->inputs(), &types->inputs);
  return refusal.empty() ? chooser.Apply(schema->outputs(), &types->outputs) : refusal;
}

}  // namespace floe
