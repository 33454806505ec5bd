#include "frontend/tensorflow/node_context.h"

#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/op_defs.h"

namespace floe {

const Slot& NodeContext::slot(size_t i) const {
  if (i >= inputs_.size()) Fail("expected at least {} inputs, found {}", i + 1, inputs_.size());
  return inputs_[i];
}

ValueId NodeContext::in(size_t i) const {
  const Slot& s = slot(i);
  if (s.kind == Slot::Kind::kList) Fail("input {} is a list of tensors, expected a tensor", i);
  if (s.kind == Slot::Kind::kArray) Fail("input {} is a TensorArray, expected a tensor", i);
  if (s.kind == Slot::Kind::kTable) Fail("input {} is a table, expected a tensor", i);
  if (s.value == kNoValue) Fail("input {} has no value", i);
  return s.value;
}

std::vector<ValueId> NodeContext::ins(size_t begin, size_t end) const {
  std::vector<ValueId> values;
  for (size_t i = begin; i < end; ++i) values.push_back(in(i));
  return values;
}

int64_t NodeContext::Rank(size_t i) const {
  if (!shape(i).has_rank())
    throw ImportFailure{fmt::format("the rank of input {} is not known", i),
                        "give the inputs shapes with --input NAME=SHAPE", true};
  return static_cast<int64_t>(shape(i).rank());
}

int64_t NodeContext::Axis(int64_t axis, int64_t rank) const {
  if (axis < -rank || axis >= rank) Fail("axis {} is outside the rank {}", axis, rank);
  return axis < 0 ? axis + rank : axis;
}

const Tensor& NodeContext::NeedConstant(size_t i, std::string_view what) const {
  const Tensor* tensor = Constant(i);
  if (tensor == nullptr) {
    const std::string name =
        static_cast<int>(i) < def_.input_size() ? def_.input(static_cast<int>(i)) : "NAME";
    throw ImportFailure{fmt::format("{} (input {}, '{}') is not constant", what, i, name),
                        fmt::format("give it a value with --set {}=VALUE", name), true};
  }
  return *tensor;
}

Ints NodeContext::NeedInts(size_t i, std::string_view what) const {
  if (shape(i).ElementCount() == 0) return {};
  const Tensor& tensor = NeedConstant(i, what);
  if (!IsInteger(tensor.dtype())) Fail("{} is of {}, expected integers", what, DTypeName(tensor.dtype()));
  if (tensor.rank() > 1) Fail("{} has shape {}, expected a vector", what, DimsToString(tensor.dims()));
  return TensorToInts(tensor);
}

int64_t NodeContext::NeedInt(size_t i, std::string_view what) const {
  const Tensor& tensor = NeedConstant(i, what);
  if (!IsInteger(tensor.dtype())) Fail("{} is of {}, expected an integer", what, DTypeName(tensor.dtype()));
  if (tensor.size() != 1) Fail("{} has {} elements, expected one", what, tensor.size());
  return TensorToInts(tensor)[0];
}

double NodeContext::NeedNumber(size_t i, std::string_view what) const {
  NeedConstant(i, what);
  const std::optional<double> value = ConstantScalar(builder_.graph(), in(i));
  if (!value) Fail("{} is not one number", what);
  return *value;
}

std::optional<Ints> NodeContext::KnownInts(size_t i) const {
  const Tensor* tensor = Constant(i);
  if (tensor == nullptr || !IsInteger(tensor->dtype())) return std::nullopt;
  return TensorToInts(*tensor);
}

bool NodeContext::HasAttr(const std::string& name) const {
  return def_.attr().contains(name);
}

const tf::AttrValue& NodeContext::Attr(const std::string& name) const {
  const auto found = def_.attr().find(name);
  if (found != def_.attr().end()) return found->second;
  const TfOpDef* op_def = FindOpDef(def_.op());
  const TfOpDef::Attr* attr = op_def == nullptr ? nullptr : op_def->FindAttr(name);
  if (attr == nullptr || !attr->default_value) Fail("attribute '{}' is missing", name);
  return *attr->default_value;
}

int64_t NodeContext::Int(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kI) Fail("attribute '{}' is not an integer", name);
  return value.i();
}

double NodeContext::Float(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kF) Fail("attribute '{}' is not a float", name);
  return static_cast<double>(value.f());
}

bool NodeContext::Bool(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kB) Fail("attribute '{}' is not a bool", name);
  return value.b();
}

std::string NodeContext::String(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kS) Fail("attribute '{}' is not a string", name);
  return value.s();
}

tf::DataType NodeContext::TfType(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kType) Fail("attribute '{}' is not a type", name);
  return value.type();
}

DType NodeContext::Type(const std::string& name) const {
  const tf::DataType type = TfType(name);
  const std::optional<DType> dtype = DTypeFromTf(type);
  if (!dtype) Fail("attribute '{}': element type {} is not supported", name, DataTypeName(type));
  return *dtype;
}

Ints NodeContext::IntList(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kList) Fail("attribute '{}' is not a list", name);
  return Ints(value.list().i().begin(), value.list().i().end());
}

std::vector<double> NodeContext::FloatList(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kList) Fail("attribute '{}' is not a list", name);
  return std::vector<double>(value.list().f().begin(), value.list().f().end());
}

std::vector<DType> NodeContext::TypeList(const std::string& name) const {
  const tf::AttrValue& value = Attr(name);
  if (value.value_case() != tf::AttrValue::kList) Fail("attribute '{}' is not a list", name);
  std::vector<DType> types;
  for (const int type : value.list().type()) {
    const std::optional<DType> dtype = DTypeFromTf(static_cast<tf::DataType>(type));
    types.push_back(dtype.value_or(DType::kInvalid));
  }
  return types;
}

void NodeContext::Return(Op op, std::vector<ValueId> inputs, int outputs) {
  const std::vector<ValueId> values =
      builder_.AddNode(std::move(op), std::move(inputs), outputs, builder_.source());
  for (size_t i = 0; i < values.size(); ++i) Set(i, values[i]);
}

void NodeContext::SetSlot(size_t output, Slot slot) {
  if (outputs_.size() <= output) outputs_.resize(output + 1);
  outputs_[output] = std::move(slot);
}

}  // namespace floe
