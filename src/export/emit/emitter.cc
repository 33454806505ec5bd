#include "export/emit/emitter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "export/emit/element_types.h"
#include "formats/onnx/provenance.h"

namespace floe {
namespace {

constexpr size_t kInlineBytes = 1024;
constexpr size_t kGrownBytes = size_t{1} << 16;  // up to here a cast constant may be larger than it was

onnx::AttributeProto* NewAttribute(onnx::NodeProto& node, const std::string& name,
                                   onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}

}  // namespace

std::string ModelState::UniqueName(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; !names.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
  return name;
}

void SetInt(onnx::NodeProto& node, const std::string& name, int64_t value) {
  NewAttribute(node, name, onnx::AttributeProto::INT)->set_i(value);
}
void SetInts(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  onnx::AttributeProto* attribute = NewAttribute(node, name, onnx::AttributeProto::INTS);
  for (const int64_t v : values) attribute->add_ints(v);
}
void SetFloat(onnx::NodeProto& node, const std::string& name, double value) {
  NewAttribute(node, name, onnx::AttributeProto::FLOAT)->set_f(static_cast<float>(value));
}
void SetString(onnx::NodeProto& node, const std::string& name, std::string_view value) {
  NewAttribute(node, name, onnx::AttributeProto::STRING)->set_s(std::string(value));
}
void SetStrings(onnx::NodeProto& node, const std::string& name, const std::vector<std::string>& values) {
  onnx::AttributeProto* attribute = NewAttribute(node, name, onnx::AttributeProto::STRINGS);
  for (const std::string& v : values) attribute->add_strings(v);
}

const std::string& Emitter::NameOf(ValueId id) {
  const auto at = names_.find(id);
  if (at != names_.end()) return at->second;
  const Value& value = graph_.value(id);
  std::string& name = names_[id];
  if (!value.is_constant()) return name = state_.UniqueName(value.name);
  name = Initializer(value.name, value.constant);
  if (!value.sources.empty() && name == value.name) state_.made_constants.erase(name);
  return name;
}

std::string Emitter::OwnName() {
  // A recurrent layer leaves out what nobody reads, all others write their first output.
  const bool writes_first = !IsOp<Lstm>(node().op) && !IsOp<Gru>(node().op);
  if (writes_first && !node().outputs.empty()) return NameOf(node().outputs[0]);
  for (const ValueId out : node().outputs) {
    if (!graph_.value(out).users.empty() || graph_.IsOutput(out)) return NameOf(out);
  }
  return node().name;
}

std::string Emitter::Initializer(const std::string& wanted, const Tensor& tensor) {
  const bool comparable = tensor.dtype() != DType::kString && tensor.size_bytes() <= kInlineBytes;
  std::string name;
  if (comparable) {
    std::string key = fmt::format("{}[{}]", DTypeName(tensor.dtype()), fmt::join(tensor.dims(), ","));
    key.append(static_cast<const char*>(tensor.raw()), tensor.size_bytes());
    const auto [at, is_new] = initializers_.try_emplace(std::move(key));
    if (!is_new) return at->second;
    name = at->second = state_.UniqueName(wanted);
  } else {
    name = state_.UniqueName(wanted);
  }
  AddInitializer(name, tensor);
  state_.made_constants.insert(name);
  return name;
}

void Emitter::AddInitializer(const std::string& name, const Tensor& tensor) {
  if (IsModelGraph() && tensor.dtype() != DType::kString && tensor.size_bytes() > kInlineBytes) {
    state_.model->weights.push_back({name, tensor});
  } else {
    *to_->add_initializer() = ToTensorProto(name, tensor);
  }
}

void Emitter::DescribeValue(const Operand& operand, onnx::ValueInfoProto* info) {
  info->set_name(operand.name);
  onnx::TypeProto::Tensor* tensor = info->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(OnnxType(operand.type.dtype));
  if (!operand.type.shape.has_rank()) return;
  onnx::TensorShapeProto* shape = tensor->mutable_shape();
  for (const Dim& dim : operand.type.shape.dims()) {
    onnx::TensorShapeProto::Dimension* to = shape->add_dim();
    if (dim.known()) {
      to->set_dim_value(dim.value());
    } else if (!dim.symbol().empty()) {
      to->set_dim_param(dim.symbol());
    }
  }
}

void Emitter::DeclareInput(ValueId value, const std::string& name) {
  names_[value] = name;
  DescribeValue({name, graph_.value(value).type}, to_->add_input());
}

Operand Emitter::In(size_t input) {
  if (!has(input)) return {};
  return OperandOf(node().inputs[input]);
}

Operand Emitter::OperandOf(ValueId id) {
  return {NameOf(id), graph_.value(id).type, ConstantOf(graph_, id)};
}

void Emitter::NameConstant(size_t input, std::string_view role) {
  if (!has(input)) return;
  const ValueId id = node().inputs[input];
  const Value& value = graph_.value(id);
  if (!value.is_constant() || !value.sources.empty() || names_.contains(id)) return;
  const std::string& first = node().sources.empty() ? node().name : node().sources[0];
  std::string wanted = fmt::format("{}{}", first.substr(0, first.rfind('/') + 1), role);
  // Where a scope has several such layers, or none is a scope of its own, the operation's name says which.
  if (first.find('/') == std::string::npos || state_.names.contains(wanted))
    wanted = fmt::format("{}/{}", first, role);
  names_[id] = Initializer(wanted, value.constant);
}

Operand Emitter::InAsVector(size_t input, DType type, std::string_view suffix) {
  if (!has(input)) return {};
  const NodeId before = graph_.value(node().inputs[input]).producer;
  if (before != kNoNode && IsOp<Reshape>(graph_.node(before).op)) {
    const ValueId one = graph_.node(before).inputs[0];
    const Shape& shape = graph_.value(one).type.shape;
    if (shape == Shape({1})) return Cast(OperandOf(one), type, suffix);
  }
  return Vector(Cast(In(input), type, suffix), "vector");
}

Operand Emitter::Out(size_t output) {
  if (output >= node().outputs.size()) return {};
  const ValueId id = node().outputs[output];
  if (output > 0 && graph_.value(id).users.empty() && !graph_.IsOutput(id)) return {};
  return {NameOf(id), graph_.value(id).type};
}

Operand Emitter::Constant(const Tensor& tensor, std::string_view name) {
  return Known(fmt::format("{}/{}", OwnName(), name), tensor);
}

Operand Emitter::Known(const std::string& wanted, const Tensor& tensor) {
  constants_.push_back(tensor);
  return {Initializer(wanted, tensor), {tensor.dtype(), Shape::Of(tensor.dims())}, &constants_.back()};
}

Operand Emitter::Ints(const std::vector<int64_t>& values) {
  return Known(fmt::format("const/{}", fmt::join(values, "_")), Tensor::FromVector<int64_t>(values));
}

Operand Emitter::Int(int64_t value) {
  return Known(fmt::format("const/scalar_{}", value), Tensor::Scalar<int64_t>(value));
}

Operand Emitter::Temporary(TensorType type, std::string_view suffix) {
  return {state_.UniqueName(fmt::format("{}/{}", OwnName(), suffix)), std::move(type)};
}

Operand Emitter::CastTo(const Operand& from, DType to, const std::string& name) {
  const auto [at, is_new] = casts_.try_emplace({from.name, to});
  if (!is_new) return at->second;
  const size_t bytes =
      from.constant == nullptr ? 0 : static_cast<size_t>(from.constant->size()) * DTypeSize(to);
  const bool compute = from.constant != nullptr && state_.evaluator != nullptr && to != DType::kString &&
                       bytes <= std::max(kGrownBytes, 2 * from.constant->size_bytes());
  Operand cast;
  if (compute) {
    Graph graph;
    graph.AddOutput(graph.Add(floe::Cast{to}, {graph.AddConstant("x", *from.constant)}));
    cast = Known(name, state_.evaluator->Evaluate(graph, {}).at(0));
  } else {
    cast = {state_.UniqueName(name), {to, from.type.shape}};
    SetInt(Add("Cast", {from}, {cast}), "to", OnnxType(to));
  }
  return casts_[{from.name, to}] = cast;
}

Operand Emitter::Cast(const Operand& from, DType to, std::string_view suffix) {
  if (!from.present() || from.type.dtype == to) return from;
  return CastTo(from, to, fmt::format("{}/{}", OwnName(), suffix));
}

Operand Emitter::Vector(const Operand& from, std::string_view suffix) {
  if (!from.present() || (from.type.shape.has_rank() && from.type.shape.rank() == 1)) return from;
  if (from.constant != nullptr) return Constant(from.constant->Reshaped({1}), suffix);
  const Operand vector = Temporary({from.type.dtype, Shape({1})}, suffix);
  Add("Reshape", {from, Ints({1})}, {vector});
  return vector;
}

onnx::NodeProto& Emitter::Add(std::string_view op_type, std::vector<Operand> inputs,
                              std::vector<Operand> outputs, std::string_view domain) {
  OperandTypes types;
  for (const Operand& in : inputs) types.inputs.push_back(in.present() ? in.type.dtype : DType::kInvalid);
  for (const Operand& out : outputs)
    types.outputs.push_back(out.present() ? out.type.dtype : DType::kInvalid);
  const std::string refusal = ChooseOperandTypes(std::string(op_type), std::string(domain),
                                                 domain.empty() ? state_.opset : 2, &types);
  if (!refusal.empty()) {
    Refuse(refusal, "cast to another type in the model");
    types = {};
  }
  for (size_t i = 0; i < types.inputs.size(); ++i) {
    if (inputs[i].present() && inputs[i].type.dtype != types.inputs[i])
      inputs[i] = CastTo(inputs[i], types.inputs[i],
                         fmt::format("{}/{}", inputs[i].name, DTypeName(types.inputs[i])));
  }
  std::vector<std::pair<Operand, Operand>> casts;  // made by the node, wanted
  for (size_t i = 0; i < types.outputs.size(); ++i) {
    if (!outputs[i].present() || outputs[i].type.dtype == types.outputs[i]) continue;
    const Operand made{state_.UniqueName(fmt::format("{}/{}", outputs[i].name, DTypeName(types.outputs[i]))),
                       {types.outputs[i], outputs[i].type.shape}};
    casts.emplace_back(made, outputs[i]);
    outputs[i] = made;
  }

  onnx::NodeProto& made = *to_->add_node();
  made.set_op_type(std::string(op_type));
  if (!domain.empty()) made.set_domain(std::string(domain));
  while (!inputs.empty() && !inputs.back().present()) inputs.pop_back();
  while (!outputs.empty() && !outputs.back().present()) outputs.pop_back();
  for (const Operand& in : inputs) made.add_input(in.name);
  for (const Operand& out : outputs) {
    made.add_output(out.name);
    if (!out.present()) continue;
    produced_.insert(out.name);
    DescribeValue(out, to_->add_value_info());
  }
  std::string name = outputs.empty() ? node().name : outputs[0].name;
  for (int i = 1; !state_.node_names.insert(name).second; ++i) name = fmt::format("{}_{}", made.output(0), i);
  made.set_name(name);
  SetSources(&made, current_ == kNoNode ? std::vector<std::string>{} : node().sources);
  for (const auto& [from, to] : casts) SetInt(Add("Cast", {from}, {to}), "to", OnnxType(to.type.dtype));
  return made;
}

void Emitter::AddShape() {
  const ValueId id = node().outputs[0];
  const Operand of = In(0), out = Out(0);
  const bool is_output = graph_.IsOutput(id);
  const auto at = shapes_.find(of.name);
  if (out.type.dtype == DType::kInt64) {
    if (at != shapes_.end() && !is_output) return Bind(id, at->second.name);
    Add("Shape", {of}, {out});
    shapes_.try_emplace(of.name, out);
    return;
  }
  Operand wide;
  if (at == shapes_.end()) {
    wide = {state_.UniqueName(out.name + "/int64"), {DType::kInt64, out.type.shape}};
    Add("Shape", {of}, {wide});
    shapes_.try_emplace(of.name, wide);
  } else {
    wide = at->second;
  }
  const auto cast = casts_.find({wide.name, out.type.dtype});
  if (cast != casts_.end() && !is_output) return Bind(id, cast->second.name);
  SetInt(Add("Cast", {wide}, {out}), "to", OnnxType(out.type.dtype));
  casts_.try_emplace({wide.name, out.type.dtype}, out);
}

onnx::NodeProto& Emitter::AddSame(std::string_view op_type) {
  std::vector<Operand> inputs, outputs;
  for (size_t i = 0; i < node().inputs.size(); ++i) inputs.push_back(In(i));
  for (size_t i = 0; i < node().outputs.size(); ++i) outputs.push_back(Out(i));
  return Add(op_type, std::move(inputs), std::move(outputs));
}

void Emitter::Refuse(std::string reason, std::string remedy) {
  const Node& n = node();
  const bool is_known =
      std::ranges::any_of(state_.problems, [&](const ExportProblem& p) { return p.node == n.name; });
  if (is_known) return;
  state_.problems.push_back(
      {n.name, std::string(OpName(n.op)), n.sources, std::move(reason), std::move(remedy)});
}

void Emitter::AddBody(onnx::NodeProto& to, const std::string& attribute, const Graph& body,
                      const std::vector<std::string>& bound) {
  onnx::AttributeProto* field = NewAttribute(to, attribute, onnx::AttributeProto::GRAPH);
  onnx::GraphProto* proto = field->mutable_g();
  proto->set_name(fmt::format("{}/{}", OwnName(), attribute));
  Emitter inner(state_, body, proto);
  CHECK(bound.size() == body.inputs().size());
  for (size_t i = 0; i < bound.size(); ++i) {
    const ValueId input = body.inputs()[i];
    if (bound[i].empty()) {
      inner.DeclareInput(input, state_.UniqueName(body.value(input).name));
    } else {
      inner.Bind(input, bound[i]);
    }
  }
  std::vector<std::string> outputs;
  for (const ValueId out : body.outputs()) {
    outputs.push_back(state_.UniqueName(body.value(out).name));
  }
  inner.EmitAll(outputs);
}

void Emitter::EmitNode(NodeId id) {
  current_ = id;
  EmitOp(*this);
}

void Emitter::EmitAll(const std::vector<std::string>& output_names) {
  // An output that one node makes, and that is no output twice, is made under its name.
  std::vector<bool> direct(graph_.outputs().size());
  for (size_t i = 0; i < graph_.outputs().size(); ++i) {
    const ValueId out = graph_.outputs()[i];
    const bool first =
        std::ranges::find(graph_.outputs(), out) == graph_.outputs().begin() + static_cast<long>(i);
    direct[i] = first && graph_.value(out).producer != kNoNode;
    if (direct[i]) names_[out] = output_names[i];
  }
  for (const NodeId id : graph_.Order()) EmitNode(id);
  current_ = kNoNode;
  for (size_t i = 0; i < graph_.outputs().size(); ++i)
    EmitOutput(graph_.outputs()[i], output_names[i], direct[i]);
}

void Emitter::EmitOutput(ValueId value, const std::string& name, bool is_made_here) {
  const Operand out{name, graph_.value(value).type};
  if (!is_made_here && graph_.value(value).is_constant() && !IsModelGraph()) {
    // By its own name alone: an initializer would need a second one.
    onnx::NodeProto& constant = *to_->add_node();
    constant.set_op_type("Constant");
    constant.add_output(name);
    constant.set_name(name);
    for (int i = 1; !state_.node_names.insert(constant.name()).second; ++i)
      constant.set_name(fmt::format("{}_{}", name, i));
    *NewAttribute(constant, "value", onnx::AttributeProto::TENSOR)->mutable_t() =
        ToTensorProto("", graph_.value(value).constant);
  } else if (!is_made_here) {
    onnx::NodeProto& identity = *to_->add_node();
    identity.set_op_type("Identity");
    identity.add_input(NameOf(value));
    identity.add_output(name);
    identity.set_name(name);
    for (int i = 1; !state_.node_names.insert(identity.name()).second; ++i)
      identity.set_name(fmt::format("{}_{}", name, i));
  } else {
    // The type stands with the outputs.
    auto* infos = to_->mutable_value_info();
    for (int i = infos->size() - 1; i >= 0; --i) {
      if (infos->Get(i).name() == name) {
        infos->DeleteSubrange(i, 1);
        break;
      }
    }
  }
  DescribeValue(out, to_->add_output());
}

}  // namespace floe
