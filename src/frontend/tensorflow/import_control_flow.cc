// If and Case.
#include "frontend/tensorflow/importer.h"

namespace floe {

BodyScope::BodyScope(Builder& outer, std::string name)
    : outer_(outer), graph_(std::make_unique<Graph>(std::move(name))), builder_(*graph_, outer.evaluator()) {
  builder_.SetSource(outer.source());
}

ValueId BodyScope::CaptureValue(ValueId outer) {
  if (outer == kNoValue) return kNoValue;
  const auto found = inner_.find(outer);
  if (found != inner_.end()) return found->second;
  const Value& value = outer_.graph().value(outer);
  ValueId inner;
  if (value.is_constant()) {
    inner = graph_->AddConstant(graph_->UniqueName(value.name), value.constant);
  } else {
    inner = graph_->AddInput(graph_->UniqueName(value.name), value.type);
    graph_->value(inner).elements = value.elements;
    captures_.push_back(outer);
  }
  inner_.emplace(outer, inner);
  return inner;
}

Slot BodyScope::Capture(const Slot& outer) {
  Slot slot = outer;
  slot.value = CaptureValue(outer.value);
  if (outer.is_list()) {
    ListState list = *outer.list;
    list.buffer = CaptureValue(list.buffer);
    list.length = CaptureValue(list.length);
    list.lengths = CaptureValue(list.lengths);
    slot.list = std::make_shared<const ListState>(std::move(list));
  }
  return slot;
}

ValueId BoolOf(Builder& builder, const Slot& slot) {
  if (!slot.is_tensor()) throw ImportFailure{"the condition is not a tensor", ""};
  ValueId value = slot.value;
  const Shape& shape = builder.shape(value);
  if (shape.has_rank() && shape.rank() != 0) {
    // TensorFlow asks whether there is any element.
    const ValueId count = builder.Add(SizeOf{}, {value});
    return builder.Binary(BinaryKind::kGreater, count, builder.Int64(0));
  }
  if (builder.dtype(value) == DType::kBool) return value;
  if (builder.dtype(value) == DType::kString)
    return builder.Binary(BinaryKind::kNotEqual, value, builder.Constant(Tensor(DType::kString, {})));
  return builder.Binary(BinaryKind::kNotEqual, value, builder.Scalar(builder.dtype(value), 0));
}

namespace {

// The output of a branch as one value of its body; nullopt for what lives at import time only.
std::optional<ValueId> BodyOutput(Builder& builder, Slot& slot, bool other_has_buffer) {
  if (slot.is_tensor()) return slot.value;
  if (!slot.is_list()) return std::nullopt;
  if (slot.list->ragged())
    throw ImportFailure{"a list whose elements differ in length comes out of a branch", ""};
  if (slot.list->buffer == kNoValue) {
    if (!other_has_buffer) return std::nullopt;
    slot = Slot::OfList(MaterialiseList(builder, *slot.list));
  }
  return slot.list->buffer;
}

Shape WithoutFirst(const Shape& shape) {
  if (!shape.has_rank() || shape.rank() == 0) return {};
  return Shape(std::vector<Dim>(shape.dims().begin() + 1, shape.dims().end()));
}

const Slot* FirstPoison(const Importer::Slots& slots) {
  for (const Slot& slot : slots)
    if (slot.is_poison()) return &slot;
  return nullptr;
}

// What the elements of a list are like that one branch has written to and the other has not.
void BorrowElement(const Graph& graph, const Slot& from, Slot& to) {
  if (!from.is_list() || !to.is_list() || from.list->ragged() || to.list->ragged()) return;
  if (from.list->buffer == kNoValue || to.list->buffer != kNoValue || to.list->element.has_rank()) return;
  ListState list = *to.list;
  list.element = WithoutFirst(graph.value(from.list->buffer).type.shape);
  list.dtype = from.list->dtype;
  to = Slot::OfList(std::move(list));
}

bool HasBuffer(const Slot& slot) {
  return slot.is_list() && slot.list->buffer != kNoValue;
}

}  // namespace

Importer::Slots Importer::ImportIf(Builder& builder, const Slot& condition, const Branch& then_branch,
                                   const Branch& else_branch, const Slots& args) {
  const ValueId flag = BoolOf(builder, condition);
  if (const Tensor* constant = builder.constant(flag); constant != nullptr && constant->size() == 1)
    return (constant->data<bool>()[0] ? then_branch : else_branch)(builder, args);

  BodyScope then_scope(builder, builder.source() + "/then"), else_scope(builder, builder.source() + "/else");
  Slots then_args, else_args;
  for (const Slot& arg : args) {
    then_args.push_back(then_scope.Capture(arg));
    else_args.push_back(else_scope.Capture(arg));
  }
  Slots then_out = then_branch(then_scope.builder(), then_args);
  Slots else_out = else_branch(else_scope.builder(), else_args);
  if (then_out.size() != else_out.size())
    throw ImportFailure{"its branches give different numbers of results", ""};
  for (const Slots* out : {&then_out, &else_out})
    if (const Slot* poison = FirstPoison(*out)) return {*poison};

  Slots results(then_out.size());
  std::vector<size_t> places;
  for (size_t i = 0; i < then_out.size(); ++i) {
    BorrowElement(then_scope.graph(), then_out[i], else_out[i]);
    BorrowElement(else_scope.graph(), else_out[i], then_out[i]);
  }
  for (size_t i = 0; i < then_out.size(); ++i) {
    const auto a = BodyOutput(then_scope.builder(), then_out[i], HasBuffer(else_out[i]));
    const auto b = BodyOutput(else_scope.builder(), else_out[i], HasBuffer(then_out[i]));
    if (a.has_value() != b.has_value() || then_out[i].kind != else_out[i].kind)
      throw ImportFailure{"the branches give results of different kinds", ""};
    if (!a) {
      if (then_out[i].is_list()) throw ImportFailure{"a list without elements comes out of a branch", ""};
      results[i] = then_out[i];
      continue;
    }
    then_scope.graph().AddOutput(*a);
    else_scope.graph().AddOutput(*b);
    places.push_back(i);
  }
  std::vector<ValueId> inputs = {flag};
  inputs.insert(inputs.end(), then_scope.captures().begin(), then_scope.captures().end());
  std::vector<std::unique_ptr<Graph>> bodies;
  bodies.push_back(then_scope.Take());
  bodies.push_back(else_scope.Take());
  if (places.empty()) return results;
  const std::vector<ValueId> values = builder.AddNode(
      If{}, std::move(inputs), static_cast<int>(places.size()), builder.source(), std::move(bodies));
  for (size_t k = 0; k < places.size(); ++k) {
    const size_t i = places[k];
    if (then_out[i].is_list()) {
      ListState list = *then_out[i].list;
      list.buffer = values[k];
      list.element = WithoutFirst(builder.shape(values[k]));
      list.stretches = list.stretches || else_out[i].list->stretches;
      results[i] = Slot::OfList(std::move(list));
    } else {
      results[i] = Slot::Of(values[k]);
    }
  }
  return results;
}

Importer::Slots Importer::ImportCase(Builder& builder, const Slot& index, std::span<const Branch> branches,
                                     size_t first, const Slots& args) {
  if (first + 1 == branches.size()) return branches[first](builder, args);
  if (!index.is_tensor()) throw ImportFailure{"the branch index is not a tensor", ""};
  if (const Tensor* known = builder.constant(index.value); known != nullptr && known->size() == 1) {
    const int64_t wanted = TensorToInts(*known)[0];
    const bool inside = wanted >= 0 && wanted < static_cast<int64_t>(branches.size());
    return branches[inside ? static_cast<size_t>(wanted) : branches.size() - 1](builder, args);
  }
  const ValueId here = builder.Binary(BinaryKind::kEqual, index.value,
                                      builder.Scalar(builder.dtype(index.value), static_cast<double>(first)));
  Slots with_index = args;
  with_index.push_back(index);
  const Branch taken = [&](Builder& b, const Slots& inner) {
    return branches[first](b, Slots(inner.begin(), inner.end() - 1));
  };
  const Branch others = [&](Builder& b, const Slots& inner) {
    return ImportCase(b, inner.back(), branches, first + 1, Slots(inner.begin(), inner.end() - 1));
  };
  return ImportIf(builder, Slot::Of(here), taken, others, with_index);
}

}  // namespace floe
