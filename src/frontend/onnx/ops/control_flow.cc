// If, Loop and Scan. What a body sees of its surroundings becomes an input of it.
#include "frontend/onnx/ops/control_flow.h"

#include <algorithm>
#include <numeric>

#include "frontend/onnx/import.h"
#include "frontend/onnx/importer.h"
#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;
constexpr int kPatientAttempts = 6;  // then every dimension that changes is given up at once
constexpr int kAttempts = 12;

// What holds for both: the dimensions they share.
Shape Widen(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return {};
  std::vector<Dim> dims;
  for (size_t i = 0; i < a.rank(); ++i) dims.push_back(a[i].Same(b[i]) ? a[i] : Dim());
  return Shape(std::move(dims));
}

// True if a type got wider.
bool WidenTypes(OnnxContext& c, const Graph& body, int attempt, std::vector<TensorType>* types) {
  bool changed = false;
  for (size_t i = 0; i < types->size(); ++i) {
    TensorType& type = (*types)[i];
    const TensorType& out = body.value(body.outputs()[i + 1]).type;
    if (out.dtype != type.dtype) {
      c.Fail("carried value {} changes its type from {} to {}", i, DTypeName(type.dtype),
             DTypeName(out.dtype));
    }
    Shape wide = Widen(type.shape, out.shape);
    if (wide == type.shape) continue;
    if (attempt >= kPatientAttempts) wide = wide.has_rank() ? Shape::UnknownOfRank(wide.rank()) : Shape();
    type.shape = std::move(wide);
    changed = true;
  }
  return changed;
}

ValueId Flag(Builder& builder, ValueId value) {
  return builder.shape(value).has_rank() && builder.shape(value).rank() == 0 ? value
                                                                             : builder.Reshape(value, {});
}

const onnx::GraphProto& BodyOf(OnnxContext& c, const char* name, size_t inputs) {
  const onnx::GraphProto& body = c.GraphAttr(name);
  if (static_cast<size_t>(body.input_size()) != inputs)
    c.Fail("its {} takes {} inputs, expected {}", name, body.input_size(), inputs);
  return body;
}

// ---- If -----------------------------------------------------------------------------------------------

void ImportIf(OnnxContext& c) {
  Builder& b = c.build();
  const onnx::GraphProto& then_body = BodyOf(c, "then_branch", 0);
  const onnx::GraphProto& else_body = BodyOf(c, "else_branch", 0);
  if (c.dtype(0) != DType::kBool) c.Fail("its condition is {}, expected bool", DTypeName(c.dtype(0)));
  const ValueId condition = Flag(b, c.in(0));
  const std::string source = b.source();
  if (const Tensor* known = b.constant(condition); known != nullptr && known->size() == 1) {
    OnnxScope scope = OnnxScope::Inline(c.scope());
    scope.set_prefix(source + "/");
    const auto& taken = known->data<bool>()[0] ? then_body : else_body;
    const std::vector<ValueId> values = c.importer().ImportBody(taken, scope);
    for (size_t i = 0; i < values.size(); ++i) c.Set(i, values[i]);
    return;
  }
  // Both bodies take what either captures, in one order.
  OnnxScope then_scope(c.scope(), source + "/then"), else_scope(c.scope(), source + "/else");
  for (const onnx::GraphProto* body : {&then_body, &else_body}) {
    for (const std::string& name : FreeNames(*body)) {
      then_scope.Find(name);
      else_scope.Find(name);
    }
  }
  std::vector<std::unique_ptr<Graph>> bodies;
  std::vector<ValueId> inputs = {condition};
  inputs.insert(inputs.end(), then_scope.captures().begin(), then_scope.captures().end());
  size_t outputs = 0;
  for (OnnxScope* scope : {&then_scope, &else_scope}) {
    const bool is_then = scope == &then_scope;
    scope->set_prefix(source + (is_then ? "/then/" : "/else/"));
    const std::vector<ValueId> values = c.importer().ImportBody(is_then ? then_body : else_body, *scope);
    if (!is_then && values.size() != outputs) c.Fail("its branches give different numbers of results");
    outputs = values.size();
    scope->graph().SetOutputs(values);
    bodies.push_back(scope->Take());
  }
  const std::vector<ValueId> values =
      b.AddNode(If{}, std::move(inputs), static_cast<int>(outputs), source, std::move(bodies));
  for (size_t i = 0; i < values.size(); ++i) c.Set(i, values[i]);
}

// ---- Loop ---------------------------------------------------------------------------------------------

void ImportLoop(OnnxContext& c) {
  Builder& b = c.build();
  const size_t carried = c.input_count() > 2 ? c.input_count() - 2 : 0;
  const onnx::GraphProto& body = BodyOf(c, "body", carried + 2);
  if (static_cast<size_t>(body.output_size()) < carried + 1)
    c.Fail("its body gives {} outputs, expected at least {}", body.output_size(), carried + 1);
  const ValueId trip_count = c.has(0) ? b.Reshape(c.in(0), {}) : kNoValue;
  const ValueId condition = c.has(1) ? b.Reshape(c.in(1), {}) : kNoValue;
  std::vector<ValueId> initial;
  for (size_t i = 0; i < carried; ++i) initial.push_back(c.in(i + 2));
  const auto turn = [&](OnnxScope& scope, ValueId iteration, ValueId again,
                        const std::vector<ValueId>& values) {
    // Some exporters declare these two as vectors of one.
    const auto as_declared = [&](int i, ValueId value) {
      const bool vector = OnnxDeclaredType(body.input(i)).shape.rank() == 1;
      return vector ? scope.builder().Reshape(value, {1}) : value;
    };
    const auto define = [&](int i, ValueId value) {
      const std::string& name = body.input(i).name();
      scope.Define(name, {value, ""});
      scope.builder().graph().value(value).sources.push_back(scope.prefix() + name);
    };
    define(0, as_declared(0, iteration));
    define(1, as_declared(1, again));
    for (size_t i = 0; i < carried; ++i) define(static_cast<int>(i) + 2, values[i]);
    const std::vector<ValueId> results = c.importer().ImportBody(body, scope);
    OnnxTurn out;
    out.condition = Flag(scope.builder(), results[0]);
    const auto end = results.begin() + 1 + static_cast<std::ptrdiff_t>(carried);
    out.carried.assign(results.begin() + 1, end);
    out.scanned.assign(end, results.end());
    return out;
  };
  const std::vector<ValueId> values = AddOnnxLoop(c, trip_count, condition, initial, turn);
  for (size_t i = 0; i < values.size(); ++i) c.Set(i, values[i]);
}

// ---- Scan ---------------------------------------------------------------------------------------------

int64_t Entry(const Ints& list, size_t i) {
  return i < list.size() ? list[i] : 0;
}

// Moves the first dimension to `axis`.
ValueId FirstTo(OnnxContext& c, ValueId x, int64_t axis) {
  const int64_t rank = c.RankOf(x);
  const int64_t to = c.Axis(axis, rank);
  if (to == 0) return x;
  Ints perm;
  for (int64_t i = 1; i < rank; ++i) perm.push_back(i);
  perm.insert(perm.begin() + to, 0);
  return c.build().Transpose(x, std::move(perm));
}

struct ScanShape {
  const onnx::GraphProto& body;
  size_t states = 0, scans = 0;  // inputs
  Ints in_axes, in_directions, out_axes, out_directions;
};

// Over `states` and `scans`, both values of the outer graph.
std::vector<ValueId> RunScan(OnnxContext& c, const ScanShape& shape, const std::vector<ValueId>& states,
                             const std::vector<ValueId>& scans) {
  Builder& b = c.build();
  const int64_t first_axis = c.Axis(Entry(shape.in_axes, 0), c.RankOf(scans[0]));
  const ValueId steps = b.ToScalar(b.DimTensor(scans[0], first_axis));
  const auto turn = [&](OnnxScope& scope, ValueId iteration, ValueId, const std::vector<ValueId>& values) {
    Builder& inner = scope.builder();
    for (size_t i = 0; i < values.size(); ++i)
      scope.Define(shape.body.input(static_cast<int>(i)).name(), {values[i], ""});
    for (size_t i = 0; i < scans.size(); ++i) {
      ValueId place = iteration;
      if (Entry(shape.in_directions, i) != 0) {
        const ValueId last = inner.Binary(BinaryKind::kSub, SeenIn(scope, steps), inner.Int64(1));
        place = inner.Binary(BinaryKind::kSub, last, iteration);
      }
      const ValueId element =
          inner.Add(Gather{.axis = Entry(shape.in_axes, i)}, {SeenIn(scope, scans[i]), place});
      scope.Define(shape.body.input(static_cast<int>(values.size() + i)).name(), {element, ""});
    }
    std::vector<ValueId> results = c.importer().ImportBody(shape.body, scope);
    OnnxTurn out;
    out.carried.assign(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(values.size()));
    out.scanned.assign(results.begin() + static_cast<std::ptrdiff_t>(values.size()), results.end());
    return out;
  };
  std::vector<ValueId> values = AddOnnxLoop(c, steps, kNoValue, states, turn);
  for (size_t i = states.size(); i < values.size(); ++i) {
    const size_t k = i - states.size();
    if (Entry(shape.out_directions, k) != 0) values[i] = b.Add(Reverse{{0}}, {values[i]});
    values[i] = FirstTo(c, values[i], Entry(shape.out_axes, k));
  }
  return values;
}

ScanShape ScanOf(OnnxContext& c, size_t first) {
  const size_t inputs = c.input_count() - std::min(c.input_count(), first);
  ScanShape shape{BodyOf(c, "body", inputs), 0, 0, {}, {}, {}, {}};
  const int64_t scans = c.NeedInt("num_scan_inputs");
  if (scans < 1 || scans > static_cast<int64_t>(inputs))
    c.Fail("attribute 'num_scan_inputs': expected 1 to {}, found {}", inputs, scans);
  shape.scans = static_cast<size_t>(scans);
  shape.states = inputs - shape.scans;
  if (static_cast<size_t>(shape.body.output_size()) < shape.states)
    c.Fail("its body gives {} outputs, expected at least {}", shape.body.output_size(), shape.states);
  return shape;
}

void ImportScan(OnnxContext& c) {
  ScanShape shape = ScanOf(c, 0);
  shape.in_axes = c.IntList("scan_input_axes");
  shape.in_directions = c.IntList("scan_input_directions");
  shape.out_axes = c.IntList("scan_output_axes");
  shape.out_directions = c.IntList("scan_output_directions");
  std::vector<ValueId> states, scans;
  for (size_t i = 0; i < c.input_count(); ++i) (i < shape.states ? states : scans).push_back(c.in(i));
  const std::vector<ValueId> values = RunScan(c, shape, states, scans);
  for (size_t i = 0; i < values.size(); ++i) c.Set(i, values[i]);
}

// Version 8 scans each element of a batch. Batches of one without lengths are what was in use.
void ImportBatchedScan(OnnxContext& c) {
  Builder& b = c.build();
  ScanShape shape = ScanOf(c, 1);
  if (c.has(0)) c.Fail("sequence_lens of version 8 are not supported");
  shape.in_directions = c.IntList("directions");
  std::vector<ValueId> states, scans;
  for (size_t i = 1; i < c.input_count(); ++i) {
    const Shape& x = c.shape(i);
    if (!x.has_rank() || x.rank() == 0 || !x[0].known() || x[0].value() != 1)
      c.Fail("version 8 of the operator set scans batches; expected a batch of 1, found {}", x.ToString());
    (i <= shape.states ? states : scans).push_back(b.Add(Squeeze{{0}}, {c.in(i)}));
  }
  const std::vector<ValueId> values = RunScan(c, shape, states, scans);
  for (size_t i = 0; i < values.size(); ++i) c.Set(i, b.Add(Unsqueeze{{0}}, {values[i]}));
}

constexpr OnnxOpImporter kRows[] = {
    {"If", 1, kNewest, ImportIf},
    {"Loop", 1, kNewest, ImportLoop},
    {"Scan", 8, 8, ImportBatchedScan},
    {"Scan", 9, kNewest, ImportScan},
};

}  // namespace

ValueId SeenIn(OnnxScope& scope, ValueId outer) {
  return scope.CaptureValue(outer);
}

std::vector<ValueId> AddOnnxLoop(OnnxContext& c, ValueId trip_count, ValueId condition,
                                 const std::vector<ValueId>& initial, const OnnxBody& body) {
  Builder& b = c.build();
  const std::string source = b.source();
  const Shape scalar(std::vector<Dim>{});
  std::vector<TensorType> types;
  for (const ValueId value : initial) types.push_back(b.type(value));
  std::unique_ptr<Graph> graph;
  std::vector<ValueId> captures;
  size_t scanned = 0;
  for (int attempt = 0;; ++attempt) {
    if (attempt == kAttempts) c.Fail("the shapes of its carried values do not settle");
    OnnxScope scope(c.scope(), source + "/body");
    scope.set_prefix(source + "/");
    Graph& inner = scope.graph();
    const ValueId iteration = inner.AddInput("iteration", {DType::kInt64, scalar});
    const ValueId again = inner.AddInput("condition", {DType::kBool, scalar});
    std::vector<ValueId> carried;
    for (const TensorType& type : types) carried.push_back(inner.AddInput(inner.UniqueName("carried"), type));
    const OnnxTurn turn = body(scope, iteration, again, carried);
    inner.AddOutput(turn.condition == kNoValue ? again : turn.condition);
    for (const ValueId value : turn.carried) inner.AddOutput(value);
    for (const ValueId value : turn.scanned) inner.AddOutput(value);
    scanned = turn.scanned.size();
    captures = scope.captures();
    graph = scope.Take();
    if (!WidenTypes(c, *graph, attempt, &types)) break;
  }
  std::vector<ValueId> inputs = {trip_count, condition};
  inputs.insert(inputs.end(), initial.begin(), initial.end());
  inputs.insert(inputs.end(), captures.begin(), captures.end());
  std::vector<std::unique_ptr<Graph>> bodies;
  bodies.push_back(std::move(graph));
  const size_t outputs = initial.size() + scanned;
  if (outputs == 0) return {};
  return b.AddNode(Loop{.carried = static_cast<int64_t>(initial.size())}, std::move(inputs),
                   static_cast<int>(outputs), source, std::move(bodies));
}

std::span<const OnnxOpImporter> OnnxControlFlowImporters() {
  return kRows;
}

}  // namespace floe
