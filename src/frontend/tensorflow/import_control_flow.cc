// If and Case.
#include "frontend/tensorflow/importer.h"
#include "frontend/tensorflow/ragged_list.h"
#include "graph/must_run.h"

namespace floe {

BodyScope::BodyScope(Builder& outer, std::string name)
    : outer_(outer), graph_(std::make_unique<Graph>(std::move(name))), builder_(*graph_, outer.evaluator()) {
  builder_.SetSource(outer.source());
}

ValueId BodyScope::CaptureValue(ValueId outer) {
  return outer == kNoValue ? kNoValue : captures_.Take(outer_.graph(), outer, *graph_);
}

Slot BodyScope::Capture(const Slot& outer) {
  Slot slot = outer;
  slot.value = CaptureValue(outer.value);
  if (outer.is_list()) {
    ListState list = *outer.list;
    list.buffer = CaptureValue(list.buffer);
    list.length = CaptureValue(list.length);
    list.shapes = CaptureValue(list.shapes);
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
  if (!from.is_list() || !to.is_list() || from.list->ragged || to.list->ragged) return;
  if (from.list->buffer == kNoValue || to.list->buffer != kNoValue || to.list->element.has_rank()) return;
  ListState list = *to.list;
  list.element = WithoutFirst(graph.value(from.list->buffer).type.shape);
  list.dtype = from.list->dtype;
  to = Slot::OfList(std::move(list));
}

bool HasBuffer(const Slot& slot) {
  return slot.is_list() && slot.list->buffer != kNoValue;
}

void MakeRagged(Builder& builder, Slot& slot, const Graph& other_graph, const Slot& other) {
  if (HasBuffer(slot)) {
    if (!slot.list->ragged) slot = Slot::OfList(RaggedFromAlike(builder, *slot.list));
    return;
  }
  ListState list = *slot.list;
  list.ragged = true;
  if (!HasBuffer(other)) {
    slot = Slot::OfList(std::move(list));
    return;
  }
  const TensorType& buffer = other_graph.value(other.list->buffer).type;
  const Shape& seen = other.list->ragged ? other_graph.value(other.list->shapes).type.shape : buffer.shape;
  if (other.list->ragged && !(seen.has_rank() && seen[1].known()))
    throw ImportFailure{"the rank of the elements of a list is not known", ""};
  const size_t rank = other.list->ragged ? static_cast<size_t>(seen[1].value()) : seen.rank() - 1;
  const Shape element = other.list->ragged ? other.list->element : WithoutFirst(buffer.shape);
  list = MaterialiseRagged(builder, std::move(list), buffer.dtype, rank);
  list.element = SharedDims(element, element);
  slot = Slot::OfList(std::move(list));
}

// Brings what two branches give for one result to the same form.
void Agree(BodyScope& scope, Slot& slot, BodyScope& other_scope, Slot& other) {
  if (slot.kind != other.kind) throw ImportFailure{"the branches give results of different kinds", ""};
  if (!slot.is_list()) return;
  BorrowElement(scope.graph(), slot, other);
  BorrowElement(other_scope.graph(), other, slot);
  if (slot.list->ragged || other.list->ragged) {
    MakeRagged(scope.builder(), slot, other_scope.graph(), other);
    MakeRagged(other_scope.builder(), other, scope.graph(), slot);
  } else if (HasBuffer(slot) != HasBuffer(other)) {
    Slot& empty = HasBuffer(slot) ? other : slot;
    Builder& builder = HasBuffer(slot) ? other_scope.builder() : scope.builder();
    empty = Slot::OfList(MaterialiseList(builder, *empty.list));
  }
}

// What of a slot lives at run time.
std::vector<ValueId> ValuesOf(const Slot& slot) {
  if (slot.is_tensor()) return {slot.value};
  if (!slot.is_list()) return {};
  if (slot.list->buffer == kNoValue) return {slot.list->length};
  if (slot.list->ragged) return {slot.list->buffer, slot.list->shapes};
  return {slot.list->buffer};
}

// What comes out of an If with these values, from what its branches gave.
Slot ResultOf(Builder& builder, const Slot& a, const Slot& b, std::span<const ValueId> values) {
  if (a.is_tensor()) return Slot::Of(values[0]);
  if (!a.is_list()) return a;
  ListState list = *a.list;
  list.differs = list.differs || b.list->differs;
  list.stretches = list.stretches || b.list->stretches;
  if (list.buffer == kNoValue) {
    list.length = values[0];
    return Slot::OfList(std::move(list));
  }
  list.buffer = values[0];
  if (list.ragged) {
    list.shapes = values[1];
    list.element = SharedDims(list.element, b.list->element);
  } else {
    list.element = WithoutFirst(builder.shape(list.buffer));
  }
  return Slot::OfList(std::move(list));
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

  for (size_t i = 0; i < then_out.size(); ++i) {
    Agree(then_scope, then_out[i], else_scope, else_out[i]);
    for (const ValueId value : ValuesOf(then_out[i])) then_scope.graph().AddOutput(value);
    for (const ValueId value : ValuesOf(else_out[i])) else_scope.graph().AddOutput(value);
  }
  if (then_scope.graph().outputs().empty() && (MustRun(then_scope.graph()) || MustRun(else_scope.graph()))) {
    for (BodyScope* scope : {&then_scope, &else_scope})
      scope->graph().AddOutput(scope->builder().Scalar(DType::kBool, 1));
  }
  std::vector<ValueId> inputs = {flag};
  inputs.insert(inputs.end(), then_scope.captures().begin(), then_scope.captures().end());
  const size_t count = then_scope.graph().outputs().size();
  std::vector<std::unique_ptr<Graph>> bodies;
  bodies.push_back(then_scope.Take());
  bodies.push_back(else_scope.Take());
  std::vector<ValueId> values;
  if (count > 0)
    values = builder.AddNode(If{}, std::move(inputs), static_cast<int>(count), builder.source(),
                             std::move(bodies));
  Slots results;
  std::span<const ValueId> left = values;
  for (size_t i = 0; i < then_out.size(); ++i) {
    const size_t taken = ValuesOf(then_out[i]).size();
    results.push_back(ResultOf(builder, then_out[i], else_out[i], left.first(taken)));
    left = left.subspan(taken);
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
