// Cells of recurrent networks that TensorFlow has as one operation, and the layer made of them.
#include "frontend/tensorflow/importer.h"
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

struct LstmWeights {
  ValueId w, wci, wcf, wco, b;
};
struct LstmOptions {
  double forget_bias = 0, cell_clip = -1;
  bool peephole = false;
  bool forget_before_cell = false;  // order of the gates: i f c o instead of i c f o
};
struct LstmStep {
  ValueId i, cs, f, o, ci, co, h;
};

LstmStep Step(Builder& b, ValueId x, ValueId cs_prev, ValueId h_prev, const LstmWeights& weights,
              const LstmOptions& options) {
  const ValueId joined = b.Add(Concat{1}, {x, h_prev});
  const ValueId sums = b.Binary(BinaryKind::kAdd, b.Add(MatMul{}, {joined, weights.w}), weights.b);
  const std::vector<ValueId> gates = b.AddNode(Split{1, {}}, {sums}, 4);
  const size_t cell = options.forget_before_cell ? 2 : 1, forget = options.forget_before_cell ? 1 : 2;
  const auto peep = [&](ValueId gate, ValueId state, ValueId weight) {
    if (!options.peephole) return gate;
    return b.Binary(BinaryKind::kAdd, gate, b.Binary(BinaryKind::kMul, state, weight));
  };
  LstmStep s;
  s.i = b.Unary(UnaryKind::kSigmoid, peep(gates[0], cs_prev, weights.wci));
  s.ci = b.Unary(UnaryKind::kTanh, gates[cell]);
  ValueId f = gates[forget];
  if (options.forget_bias != 0) f = b.Binary(BinaryKind::kAdd, f, b.Scalar(b.dtype(f), options.forget_bias));
  s.f = b.Unary(UnaryKind::kSigmoid, peep(f, cs_prev, weights.wcf));
  s.cs = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, s.ci, s.i),
                  b.Binary(BinaryKind::kMul, s.f, cs_prev));
  if (options.cell_clip > 0) s.cs = b.Add(Clip{-options.cell_clip, options.cell_clip}, {s.cs});
  s.o = b.Unary(UnaryKind::kSigmoid, peep(gates[3], s.cs, weights.wco));
  s.co = b.Unary(UnaryKind::kTanh, s.cs);
  s.h = b.Binary(BinaryKind::kMul, s.co, s.o);
  return s;
}

void ImportLstmBlockCell(NodeContext& c) {
  LstmOptions options;
  options.forget_bias = c.Float("forget_bias");
  options.cell_clip = c.Float("cell_clip");
  options.peephole = c.Bool("use_peephole");
  const LstmWeights weights{c.in(3), c.in(4), c.in(5), c.in(6), c.in(7)};
  const LstmStep s = Step(c.build(), c.in(0), c.in(1), c.in(2), weights, options);
  const ValueId outputs[] = {s.i, s.cs, s.f, s.o, s.ci, s.co, s.h};
  for (size_t i = 0; i < 7; ++i) c.Set(i, outputs[i]);
}

// Steps beyond seq_len_max give zeros. Outputs are stacked over time.
void ImportBlockLstm(NodeContext& c) {
  Builder& b = c.build();
  LstmOptions options;
  const bool v2 = c.op() == "BlockLSTMV2";
  if (!v2) options.forget_bias = c.Float("forget_bias");
  options.cell_clip = c.Float("cell_clip");
  options.peephole = c.Bool("use_peephole");
  options.forget_before_cell = v2;
  const ValueId steps =
      b.ToScalar(b.Binary(BinaryKind::kMin, b.ToVector(b.ToInt64(c.in(0))), b.DimTensor(c.in(1), 0)));

  BodyScope scope(b, b.source() + "/body");
  Graph& body = scope.graph();
  const ValueId iteration = body.AddInput("iteration", {DType::kInt64, Shape(std::vector<Dim>{})});
  const ValueId condition = body.AddInput("condition", {DType::kBool, Shape(std::vector<Dim>{})});
  const ValueId cs = body.AddInput("cs", b.type(c.in(2))), h = body.AddInput("h", b.type(c.in(3)));
  const auto inner = [&](size_t i) { return scope.Capture(c.slot(i)).value; };
  const ValueId x = scope.builder().Add(Gather{}, {inner(1), iteration});
  const LstmStep s =
      Step(scope.builder(), x, cs, h, {inner(4), inner(5), inner(6), inner(7), inner(8)}, options);
  const ValueId scans[] = {s.i, s.cs, s.f, s.o, s.ci, s.co, s.h};
  body.SetOutputs({condition, s.cs, s.h});
  for (const ValueId scan : scans) body.AddOutput(scan);

  std::vector<ValueId> inputs = {steps, kNoValue, c.in(2), c.in(3)};
  inputs.insert(inputs.end(), scope.captures().begin(), scope.captures().end());
  std::vector<std::unique_ptr<Graph>> bodies;
  bodies.push_back(scope.Take());
  const std::vector<ValueId> results =
      b.AddNode(Loop{.carried = 2}, std::move(inputs), 9, b.source(), std::move(bodies));
  const ValueId missing = b.Binary(BinaryKind::kSub, b.DimTensor(c.in(1), 0), b.ToVector(steps));
  const ValueId pads = b.ConcatVectors({b.Int64s({0, 0, 0}), missing, b.Int64s({0, 0})});
  for (size_t i = 0; i < 7; ++i) c.Set(i, b.Add(Pad{}, {results[i + 2], pads}));
}

// (x, h_prev, w_ru, w_c, b_ru, b_c) -> (r, u, c, h).
void ImportGruBlockCell(NodeContext& c) {
  Builder& b = c.build();
  const ValueId x = c.in(0), h_prev = c.in(1);
  const ValueId joined = b.Add(Concat{1}, {x, h_prev});
  const ValueId gates =
      b.Unary(UnaryKind::kSigmoid, b.Binary(BinaryKind::kAdd, b.Add(MatMul{}, {joined, c.in(2)}), c.in(4)));
  const std::vector<ValueId> parts = b.AddNode(Split{1, {}}, {gates}, 2);
  const ValueId r = parts[0], u = parts[1];
  const ValueId reset = b.Add(Concat{1}, {x, b.Binary(BinaryKind::kMul, r, h_prev)});
  const ValueId state =
      b.Unary(UnaryKind::kTanh, b.Binary(BinaryKind::kAdd, b.Add(MatMul{}, {reset, c.in(3)}), c.in(5)));
  const ValueId one = b.Scalar(b.dtype(u), 1);
  const ValueId fresh = b.Binary(BinaryKind::kMul, b.Binary(BinaryKind::kSub, one, u), state);
  c.Set(0, r);
  c.Set(1, u);
  c.Set(2, state);
  c.Set(3, b.Binary(BinaryKind::kAdd, fresh, b.Binary(BinaryKind::kMul, u, h_prev)));
}

constexpr OpImporter kRows[] = {
    {"LSTMBlockCell", ImportLstmBlockCell},
    {"BlockLSTM", ImportBlockLstm},
    {"BlockLSTMV2", ImportBlockLstm},
    {"GRUBlockCell", ImportGruBlockCell},
};

}  // namespace

std::span<const OpImporter> RecurrentImporters() {
  return kRows;
}

}  // namespace floe
