// While: the body is imported with the types of the first iteration, and again with wider ones until what
// comes out of an iteration fits what goes into the next.
#include <algorithm>

#include "base/error.h"
#include "frontend/tensorflow/importer.h"

namespace floe {
namespace {

constexpr int kPatientAttempts = 6;  // then every dimension that changes is given up at once
constexpr int kAttempts = 12;

// The loop variable comes out of the body as it went in.
bool IsInvariant(const FlatGraph& body, size_t i) {
  if (i >= body.results.size()) return false;
  FlatRef ref = body.results[i];
  for (size_t steps = 0; steps <= body.nodes.size(); ++steps) {
    const FlatNode& node = body.nodes[static_cast<size_t>(ref.node)];
    if (node.kind == FlatNode::Kind::kArg) return node.arg == static_cast<int>(i);
    const bool passes = node.kind == FlatNode::Kind::kForward || node.kind == FlatNode::Kind::kAfter ||
                        (node.kind == FlatNode::Kind::kOp && node.op() == "Identity");
    if (!passes || node.inputs.empty()) return false;
    ref = node.inputs[0];
  }
  return false;
}

// What holds for both: the dimensions they share.
Shape Widen(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return {};
  std::vector<Dim> dims;
  for (size_t i = 0; i < a.rank(); ++i) dims.push_back(a[i].Same(b[i]) ? a[i] : Dim());
  return Shape(std::move(dims));
}

Shape ElementShape(const Shape& buffer) {
  if (!buffer.has_rank() || buffer.rank() == 0) return {};
  return Shape(std::vector<Dim>(buffer.dims().begin() + 1, buffer.dims().end()));
}

}  // namespace

struct Importer::LoopVar {
  Slot init;  // in the outer graph
  bool invariant = false;
  bool carried = false;  // has a tensor that goes from iteration to iteration
  bool fresh = false;    // a list that has no elements before the loop: its buffer is ours to shape
  ListState fresh_list;  // as it came
  TensorType type;       // assumed of the carried tensor
  ValueId init_value() const { return init.is_list() ? init.list->buffer : init.value; }

  static LoopVar Make(Builder& builder, const Slot& init, bool invariant);
  // A list that nothing was known of, and its first element: true when it is carried from now on.
  bool Learn(Builder& builder, const Slot& result);
  // A fresh list whose elements' shape was declared in part only takes the dimensions of what is written: its
  // buffer then has one shape from the first iteration on, and what reads it is planned. Only once all types
  // have settled, since what is written must not become less known afterwards; true when it has.
  bool Narrow(Builder& builder, const TensorType& out);
  // What comes out of an iteration, `out` and `result`, joins what goes in; true when that has changed the
  // type. Impatient, it gives up every dimension at once.
  bool Join(Builder& builder, const TensorType& out, const Slot& result, bool patient);
};

ListState MaterialiseList(Builder& builder, const ListState& list) {
  if (list.ragged) throw ImportFailure{"elements of a list differ in shape", ""};
  if (list.buffer != kNoValue) return list;
  if (!list.element.has_rank())
    throw ImportFailure{"the shape of the elements of a list is not known before the first one", ""};
  ListState result = list;
  Ints dims;
  for (const Dim& dim : list.element.dims()) {
    result.stretches = result.stretches || !dim.known();
    dims.push_back(dim.known() ? dim.value() : 1);
  }
  const ValueId shape = builder.ConcatVectors({list.length, builder.Int64s(std::move(dims))});
  result.buffer = builder.Zeros(list.dtype, shape);
  return result;
}

std::unique_ptr<Graph> Importer::ImportLoopBody(Builder& outer, const Branch& condition, const Branch& body,
                                                std::vector<LoopVar>& vars, std::vector<ValueId>* captures,
                                                Slots* results) {
  BodyScope scope(outer, outer.source() + "/body");
  Graph& graph = scope.graph();
  graph.AddInput("iteration", {DType::kInt64, Shape(std::vector<Dim>{})});
  graph.AddInput("condition", {DType::kBool, Shape(std::vector<Dim>{})});
  Slots args(vars.size());
  for (size_t i = 0; i < vars.size(); ++i) {
    const LoopVar& var = vars[i];
    if (!var.carried) continue;
    const ValueId input = graph.AddInput(graph.UniqueName("carried"), var.type);
    if (var.init.is_list()) {
      ListState list = *var.init.list;
      list.buffer = input;
      list.length = kNoValue;
      list.element = ElementShape(var.type.shape);
      args[i] = Slot::OfList(std::move(list));
    } else {
      args[i] = Slot::Of(input);
    }
  }
  for (size_t i = 0; i < vars.size(); ++i)
    if (!vars[i].carried) args[i] = scope.Capture(vars[i].init);

  *results = body(scope.builder(), args);
  if (results->size() < vars.size() && !(results->size() == 1 && (*results)[0].is_poison()))
    throw ImportFailure{
        fmt::format("its body gives {} results for {} loop variables", results->size(), vars.size()), ""};
  for (const Slot& slot : *results)
    if (slot.is_poison()) {
      *results = {slot};
      return nullptr;
    }
  const Slots again = condition(scope.builder(), *results);
  if (again.size() != 1) throw ImportFailure{"its condition gives no single result", ""};
  if (again[0].is_poison()) {
    *results = {again[0]};
    return nullptr;
  }
  graph.AddOutput(BoolOf(scope.builder(), again[0]));
  for (size_t i = 0; i < vars.size(); ++i) {
    if (!vars[i].carried) continue;
    Slot& out = (*results)[i];
    if (out.kind != vars[i].init.kind) throw ImportFailure{"a loop variable changes its kind", ""};
    if (out.is_list() && out.list->ragged) {
      lists_.uses[out.list->origin].differs = lists_.uses[out.list->origin].joined = true;
      lists_.uses[vars[i].init.list->origin] = lists_.uses[out.list->origin];
      throw ImportFailure{"elements of a list come to differ in shape in a loop", ""};
    }
    graph.AddOutput(out.is_list() ? out.list->buffer : out.value);
  }
  *captures = scope.captures();
  // The results outlive the graph of this attempt as types only.
  for (Slot& slot : *results) {
    const ValueId value = slot.is_list() ? slot.list->buffer : slot.value;
    if (value == kNoValue) continue;
    if (slot.is_list()) {
      ListState list = *slot.list;
      list.element = ElementShape(graph.value(value).type.shape);
      slot.list = std::make_shared<const ListState>(std::move(list));
    }
  }
  return scope.Take();
}

Importer::LoopVar Importer::LoopVar::Make(Builder& builder, const Slot& init, bool invariant) {
  LoopVar var;
  var.init = init;
  var.invariant = invariant;
  var.fresh = init.is_list() && init.list->buffer == kNoValue && !invariant;
  if (var.fresh) {
    var.fresh_list = *init.list;
    if (var.fresh_list.element.has_rank()) var.init = Slot::OfList(MaterialiseList(builder, var.fresh_list));
  }
  var.carried = !invariant && var.init_value() != kNoValue;
  if (!var.carried) return var;
  var.type = builder.type(var.init_value());
  if (var.fresh) {
    std::vector<Dim> dims = {var.type.shape[0]};
    for (const Dim& dim : var.fresh_list.element.dims()) dims.push_back(dim.known() ? dim : Dim());
    var.type.shape = Shape(std::move(dims));
  }
  return var;
}

bool Importer::LoopVar::Learn(Builder& builder, const Slot& result) {
  if (!fresh || !result.is_list() || result.list->buffer == kNoValue) {
    if (!invariant && init.is_tensor()) throw ImportFailure{"a loop variable has no value", ""};
    return false;
  }
  fresh_list.element = result.list->element;
  fresh_list.dtype = result.list->dtype;
  init = Slot::OfList(MaterialiseList(builder, fresh_list));
  carried = true;
  type = builder.type(init_value());
  for (size_t d = 0; d < fresh_list.element.rank(); ++d) type.shape[d + 1] = fresh_list.element[d];
  return true;
}

bool Importer::LoopVar::Narrow(Builder& builder, const TensorType& out) {
  if (!fresh || !type.shape.has_rank() || out.shape.rank() != type.shape.rank()) return false;
  Shape narrow = type.shape;
  for (size_t d = 1; d < narrow.rank(); ++d)
    if (!narrow[d].known() && out.shape[d].known()) narrow[d] = out.shape[d];
  if (narrow == type.shape) return false;
  type.shape = narrow;
  fresh_list.element = ElementShape(narrow);
  init = Slot::OfList(MaterialiseList(builder, fresh_list));
  return true;
}

bool Importer::LoopVar::Join(Builder& builder, const TensorType& out, const Slot& result, bool patient) {
  bool changed = false;
  if (result.is_list() && result.list->differs && !init.list->differs) {
    ListState list = *init.list;
    list.differs = fresh_list.differs = true;
    init = Slot::OfList(std::move(list));
    changed = true;
  }
  Shape wide = Widen(type.shape, out.shape);
  if (wide == type.shape) return changed;
  if (!patient) wide = wide.has_rank() ? Shape::UnknownOfRank(wide.rank()) : Shape();
  type.shape = wide;
  if (fresh) {
    fresh_list.element = ElementShape(wide);
    init = Slot::OfList(MaterialiseList(builder, fresh_list));
  }
  return true;
}

// One iteration as a graph, once what comes out of it fits what goes in; null with the results if these are
// poison.
std::unique_ptr<Graph> Importer::SettleLoopBody(Builder& builder, const Branch& condition, const Branch& body,
                                                std::vector<LoopVar>& vars, std::vector<ValueId>* captures,
                                                Slots* results) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::unique_ptr<Graph> graph = ImportLoopBody(builder, condition, body, vars, captures, results);
    if (graph == nullptr) return nullptr;
    bool changed = false;
    size_t output = 1;
    std::vector<std::pair<LoopVar*, TensorType>> carried;
    for (size_t i = 0; i < vars.size(); ++i) {
      LoopVar& var = vars[i];
      if (!var.carried) {
        changed |= var.Learn(builder, (*results)[i]);
        continue;
      }
      const TensorType& out = graph->value(graph->outputs()[output++]).type;
      if (out.dtype != var.type.dtype)
        throw ImportFailure{fmt::format("loop variable {} changes its type from {} to {}", i,
                                        DTypeName(var.type.dtype), DTypeName(out.dtype)),
                            ""};
      changed |= var.Join(builder, out, (*results)[i], attempt < kPatientAttempts);
      carried.emplace_back(&var, out);
    }
    if (changed) continue;
    bool narrowed = false;
    for (const auto& [var, out] : carried)
      narrowed |= attempt < kPatientAttempts && var->Narrow(builder, out);
    if (!narrowed) return graph;
  }
  throw ImportFailure{"the shapes of its variables do not settle", ""};
}

Importer::Slots Importer::AddLoop(Builder& builder, ValueId enter, std::unique_ptr<Graph> graph,
                                  const std::vector<LoopVar>& vars, const std::vector<ValueId>& captures,
                                  const Slots& results) {
  std::vector<ValueId> inputs = {kNoValue, enter};
  for (const LoopVar& var : vars)
    if (var.carried) inputs.push_back(var.init_value());
  const int carried = static_cast<int>(inputs.size()) - 2;
  inputs.insert(inputs.end(), captures.begin(), captures.end());
  std::vector<ValueId> values;
  if (carried > 0) {
    std::vector<std::unique_ptr<Graph>> bodies;
    bodies.push_back(std::move(graph));
    values = builder.AddNode(Loop{.carried = carried}, std::move(inputs), carried, builder.source(),
                             std::move(bodies));
  }
  Slots outputs(vars.size());
  size_t next = 0;
  for (size_t i = 0; i < vars.size(); ++i) {
    outputs[i] = vars[i].init;
    if (!vars[i].carried) continue;
    const ValueId value = values[next++];
    if (vars[i].init.is_list()) {
      ListState list = *results[i].list;
      list.buffer = value;
      list.length = kNoValue;
      list.element = ElementShape(builder.shape(value));
      outputs[i] = Slot::OfList(std::move(list));
    } else {
      outputs[i] = Slot::Of(value);
    }
  }
  return outputs;
}

Importer::Slots Importer::ImportWhile(Builder& builder, const Branch& condition, const FlatGraph& body_scope,
                                      const Branch& body, const Slots& init) {
  for (const Slot& slot : init)
    if (slot.is_list() && slot.list->ragged)
      return ImportRaggedWhile(builder, condition, body_scope, body, init);
  std::vector<LoopVar> vars;
  for (size_t i = 0; i < init.size(); ++i)
    vars.push_back(LoopVar::Make(builder, init[i], IsInvariant(body_scope, i)));
  const Slots first = condition(builder, init);
  if (first.size() != 1) throw ImportFailure{"its condition gives no single result", ""};
  if (first[0].is_poison()) return {first[0]};
  const ValueId enter = BoolOf(builder, first[0]);
  const Tensor* known = builder.constant(enter);
  if (known != nullptr && known->size() == 1 && !known->data<bool>()[0]) return init;

  std::vector<ValueId> captures;
  Slots results;
  std::unique_ptr<Graph> graph = SettleLoopBody(builder, condition, body, vars, &captures, &results);
  if (graph == nullptr) return results;
  return AddLoop(builder, enter, std::move(graph), vars, captures, results);
}

}  // namespace floe
