#include "frontend/onnx/node_context.h"

#include "formats/onnx/data_type.h"
#include "formats/onnx/tensor_proto.h"
#include "formats/utf.h"
#include "frontend/onnx/importer.h"

namespace floe {

using Attribute = onnx::AttributeProto;

OnnxContext::OnnxContext(const onnx::NodeProto& node, int64_t opset, OnnxImporter& importer, OnnxScope& scope,
                         std::vector<ValueId> inputs)
    : node_(node),
      opset_(opset),
      importer_(importer),
      scope_(scope),
      builder_(scope.builder()),
      inputs_(std::move(inputs)) {}

ValueId OnnxContext::in(size_t i) const {
  if (!has(i)) Fail("its input {} is missing", i);
  return inputs_[i];
}

int64_t OnnxContext::RankOf(ValueId value, size_t i) const {
  const Shape& shape = builder_.shape(value);
  if (!shape.has_rank())
    throw ImportFailure{fmt::format("the rank of input {} is not known", i),
                        "give the inputs shapes with --input NAME=SHAPE"};
  return static_cast<int64_t>(shape.rank());
}

int64_t OnnxContext::Axis(int64_t axis, int64_t rank) const {
  if (axis < -rank || axis >= rank) Fail("axis {} is outside the rank {}", axis, rank);
  return axis < 0 ? axis + rank : axis;
}

Ints OnnxContext::Axes(const Ints& axes, int64_t rank) const {
  Ints out;
  for (const int64_t axis : axes) {
    out.push_back(Axis(axis, rank));
    for (size_t i = 0; i + 1 < out.size(); ++i)
      if (out[i] == out.back()) Fail("axis {} is given twice", axis);
  }
  return out;
}

std::optional<Ints> OnnxContext::KnownInts(size_t i) const {
  const Tensor* tensor = Constant(i);
  if (tensor == nullptr || !IsInteger(tensor->dtype())) return std::nullopt;
  return TensorToInts(*tensor);
}

Ints OnnxContext::NeedInts(size_t i, std::string_view what) const {
  if (shape(i).ElementCount() == 0) return {};
  const Tensor* tensor = Constant(i);
  if (tensor == nullptr) {
    const std::string name = Printable(node_.input(static_cast<int>(i)));
    throw ImportFailure{fmt::format("{} (input {}, '{}') is not constant", what, i, name),
                        fmt::format("give it a value with --set {}=VALUE", name)};
  }
  if (!IsInteger(tensor->dtype())) Fail("{} is of {}, expected integers", what, DTypeName(tensor->dtype()));
  if (tensor->rank() > 1) Fail("{} has shape {}, expected a vector", what, DimsToString(tensor->dims()));
  return TensorToInts(*tensor);
}

double OnnxContext::NeedNumber(size_t i, std::string_view what) const {
  const std::optional<double> value = ConstantScalar(builder_.graph(), in(i));
  if (value) return *value;
  if (Constant(i) != nullptr) Fail("{} is not one number", what);
  const std::string name = Printable(node_.input(static_cast<int>(i)));
  throw ImportFailure{fmt::format("{} (input {}, '{}') is not constant", what, i, name),
                      fmt::format("give it a value with --set {}=VALUE", name)};
}

const Attribute* OnnxContext::FindAttr(std::string_view name) const {
  for (const Attribute& attribute : node_.attribute()) {
    if (attribute.name() != name) continue;
    if (attribute.ref_attr_name().empty()) return &attribute;
    const OnnxAttributes* call = scope_.call_attributes();
    if (call == nullptr) Fail("attribute '{}' refers to a function's, outside of a function", name);
    const auto found = call->find(attribute.ref_attr_name());
    return found == call->end() ? nullptr : &found->second;
  }
  return nullptr;
}

const Attribute* OnnxContext::TypedAttr(std::string_view name, Attribute::AttributeType type,
                                        std::string_view what) const {
  const Attribute* attribute = FindAttr(name);
  if (attribute == nullptr) return nullptr;
  if (attribute->type() != type) Fail("attribute '{}': expected {}", name, what);
  return attribute;
}

int64_t OnnxContext::Int(std::string_view name, int64_t fallback) const {
  const Attribute* attribute = TypedAttr(name, Attribute::INT, "an integer");
  return attribute == nullptr ? fallback : attribute->i();
}

int64_t OnnxContext::NeedInt(std::string_view name) const {
  if (!HasAttr(name)) Fail("attribute '{}' is missing", name);
  return Int(name, 0);
}

double OnnxContext::Float(std::string_view name, double fallback) const {
  const Attribute* attribute = TypedAttr(name, Attribute::FLOAT, "a float");
  return attribute == nullptr ? fallback : static_cast<double>(attribute->f());
}

std::string OnnxContext::String(std::string_view name, std::string fallback) const {
  const Attribute* attribute = TypedAttr(name, Attribute::STRING, "a string");
  return attribute == nullptr ? fallback : attribute->s();
}

Ints OnnxContext::IntList(std::string_view name) const {
  const Attribute* attribute = TypedAttr(name, Attribute::INTS, "a list of integers");
  return attribute == nullptr ? Ints{} : Ints(attribute->ints().begin(), attribute->ints().end());
}

std::vector<double> OnnxContext::FloatList(std::string_view name) const {
  const Attribute* attribute = TypedAttr(name, Attribute::FLOATS, "a list of floats");
  if (attribute == nullptr) return {};
  return {attribute->floats().begin(), attribute->floats().end()};
}

std::vector<std::string> OnnxContext::StringList(std::string_view name) const {
  const Attribute* attribute = TypedAttr(name, Attribute::STRINGS, "a list of strings");
  if (attribute == nullptr) return {};
  return {attribute->strings().begin(), attribute->strings().end()};
}

std::optional<Tensor> OnnxContext::TensorAttr(std::string_view name) const {
  const Attribute* attribute = TypedAttr(name, Attribute::TENSOR, "a tensor");
  if (attribute == nullptr) return std::nullopt;
  return TensorFromOnnx(attribute->t(), nullptr, importer_.external());
}

const onnx::GraphProto& OnnxContext::GraphAttr(std::string_view name) const {
  const Attribute* attribute = TypedAttr(name, Attribute::GRAPH, "a graph");
  if (attribute == nullptr) Fail("attribute '{}' is missing", name);
  return attribute->g();
}

DType OnnxContext::Type(std::string_view name, DType fallback) const {
  if (!HasAttr(name)) return fallback;
  const int64_t type = Int(name, 0);
  const std::optional<DType> dtype = DTypeFromOnnx(type);
  if (!dtype || IsFourBitOnnxType(type))
    Fail("attribute '{}': element type {} is not supported", name, OnnxTypeName(type));
  return *dtype;
}

void OnnxContext::Return(Op op, std::vector<ValueId> inputs, int outputs) {
  outputs_ = builder_.AddNode(std::move(op), std::move(inputs), outputs, builder_.source());
}

void OnnxContext::Set(size_t output, ValueId value) {
  if (outputs_.size() <= output) outputs_.resize(output + 1, kNoValue);
  outputs_[output] = value;
}

}  // namespace floe
