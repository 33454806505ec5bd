// Recurrent layers.
#include "frontend/onnx/ops/control_flow.h"
#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

Direction DirectionOf(OnnxContext& c) {
  const std::string name = c.String("direction", "forward");
  for (const Direction d : {Direction::kForward, Direction::kReverse, Direction::kBidirectional})
    if (kDirectionNames[static_cast<size_t>(d)] == name) return d;
  c.Fail("attribute 'direction': expected forward, reverse or bidirectional, found '{}'", name);
}

// What LSTM and GRU share. Parameters of activations that are not the default ones are refused.
template <typename OpType>
OpType LayerOf(OnnxContext& c) {
  OpType op;
  op.direction = DirectionOf(c);
  const Shape& r = c.shape(2);
  const int64_t from_shape = r.has_rank() && r.rank() == 3 && r[2].known() ? r[2].value() : 0;
  op.hidden_size = c.Int("hidden_size", from_shape);
  op.batch_first = c.Flag("layout");
  op.clip = c.Float("clip", 0);
  op.activations = c.StringList("activations");
  if (!c.FloatList("activation_alpha").empty() || !c.FloatList("activation_beta").empty())
    c.Fail("parameters of its activations (activation_alpha, activation_beta) are not supported");
  return op;
}

// States are [directions, batch, hidden] in our ops; with layout 1 ONNX has the batch first.
ValueId TurnState(OnnxContext& c, ValueId state, bool batch_first) {
  return state == kNoValue || !batch_first ? state : c.build().Transpose(state, {1, 0, 2});
}

template <typename OpType>
void ReturnLayer(OnnxContext& c, OpType op, std::vector<ValueId> inputs, int outputs) {
  const bool batch_first = op.batch_first;
  while (inputs.back() == kNoValue) inputs.pop_back();
  const std::vector<ValueId> values =
      c.build().AddNode(std::move(op), std::move(inputs), outputs, c.build().source());
  c.Set(0, values[0]);
  for (size_t i = 1; i < values.size(); ++i) c.Set(i, TurnState(c, values[i], batch_first));
}

void ImportLstm(OnnxContext& c) {
  Lstm op = LayerOf<Lstm>(c);
  if (c.Flag("input_forget")) c.Fail("coupled input and forget gates (input_forget) are not supported");
  const bool first = op.batch_first;
  ReturnLayer(c, std::move(op),
              {c.in(0), c.in(1), c.in(2), c.in_or_none(3), c.in_or_none(4),
               TurnState(c, c.in_or_none(5), first), TurnState(c, c.in_or_none(6), first), c.in_or_none(7)},
              3);
}

void ImportGru(OnnxContext& c) {
  Gru op = LayerOf<Gru>(c);
  op.linear_before_reset = c.Flag("linear_before_reset");
  const bool first = op.batch_first;
  ReturnLayer(
      c, std::move(op),
      {c.in(0), c.in(1), c.in(2), c.in_or_none(3), c.in_or_none(4), TurnState(c, c.in_or_none(5), first)}, 2);
}

// ---- RNN: a loop over its steps -----------------------------------------------------------------------

ValueId Activate(OnnxContext& c, Builder& b, const std::string& name, ValueId x) {
  if (name == "Tanh") return b.Unary(UnaryKind::kTanh, x);
  if (name == "Relu") return b.Unary(UnaryKind::kRelu, x);
  if (name == "Sigmoid") return b.Unary(UnaryKind::kSigmoid, x);
  if (name == "Softsign") return b.Unary(UnaryKind::kSoftsign, x);
  if (name == "Softplus") return b.Unary(UnaryKind::kSoftplus, x);
  c.Fail("activation '{}' is not supported", name);
}

struct RnnDirection {
  ValueId from_input;  // [T, B, H]: x times w plus both biases
  ValueId r;           // [H, H]
  ValueId h0;          // [B, H]
  ValueId lengths;     // [B, 1] int64, or none
  std::string activation;
  double clip = 0;
  bool backward = false;
};

// (stacked h in order of time, last h)
std::pair<ValueId, ValueId> RunDirection(OnnxContext& c, const RnnDirection& d) {
  Builder& b = c.build();
  const ValueId steps = b.ToScalar(b.DimTensor(d.from_input, 0));
  const auto turn = [&](OnnxScope& scope, ValueId iteration, ValueId, const std::vector<ValueId>& carried) {
    Builder& in = scope.builder();
    ValueId time = iteration;
    if (d.backward) {
      const ValueId last = in.Binary(BinaryKind::kSub, SeenIn(scope, steps), in.Int64(1));
      time = in.Binary(BinaryKind::kSub, last, iteration);
    }
    const ValueId x = in.Add(Gather{}, {SeenIn(scope, d.from_input), time});
    const ValueId h = in.Add(MatMul{.transpose_b = true}, {carried[0], SeenIn(scope, d.r)});
    ValueId sum = in.Binary(BinaryKind::kAdd, x, h);
    if (d.clip > 0) sum = in.Add(Clip{-d.clip, d.clip}, {sum});
    ValueId next = Activate(c, in, d.activation, sum);
    ValueId shown = next;
    if (d.lengths != kNoValue) {
      const ValueId inside = in.Binary(BinaryKind::kLess, time, SeenIn(scope, d.lengths));
      shown = in.Add(Where{}, {inside, next, in.Scalar(in.dtype(next), 0)});
      next = in.Add(Where{}, {inside, next, carried[0]});
    }
    return OnnxTurn{kNoValue, {next}, {shown}};
  };
  std::vector<ValueId> values = AddOnnxLoop(c, steps, kNoValue, {d.h0}, turn);
  if (d.backward) values[1] = b.Add(Reverse{{0}}, {values[1]});
  return {values[1], values[0]};
}

void ImportRnn(OnnxContext& c) {
  Builder& b = c.build();
  const Gru common = LayerOf<Gru>(c);
  const DType type = c.dtype(0);
  const ValueId x = common.batch_first ? b.Transpose(c.in(0), {1, 0, 2}) : c.in(0);
  const ValueId h0 = TurnState(c, c.in_or_none(5), common.batch_first);
  const bool both = common.direction == Direction::kBidirectional;
  std::vector<std::string> activations = common.activations;
  if (activations.empty()) activations.assign(both ? 2 : 1, "Tanh");
  if (activations.size() != (both ? 2U : 1U)) c.Fail("{} activations are given", activations.size());
  std::vector<ValueId> outputs, states;
  for (int64_t i = 0; i < (both ? 2 : 1); ++i) {
    const auto part = [&](ValueId whole) { return b.Add(Squeeze{{0}}, {b.Slice(whole, {i}, {i + 1}, {0})}); };
    RnnDirection d;
    d.from_input = b.Add(MatMul{.transpose_b = true}, {x, part(c.in(1))});
    if (c.has(3)) {
      const std::vector<ValueId> biases = b.AddNode(Split{.axis = 0}, {part(c.in(3))}, 2);
      d.from_input =
          b.Binary(BinaryKind::kAdd, d.from_input, b.Binary(BinaryKind::kAdd, biases[0], biases[1]));
    }
    d.r = part(c.in(2));
    const ValueId state_shape = b.ConcatVectors({b.DimTensor(x, 1), b.Int64s({common.hidden_size})});
    d.h0 = h0 != kNoValue ? part(h0) : b.Zeros(type, state_shape);
    d.lengths = c.has(4) ? b.Reshape(b.ToInt64(c.in(4)), {-1, 1}) : kNoValue;
    d.activation = activations[static_cast<size_t>(i)];
    d.clip = common.clip;
    d.backward = common.direction == Direction::kReverse || i == 1;
    const auto [shown, last] = RunDirection(c, d);
    outputs.push_back(b.Add(Unsqueeze{{1}}, {shown}));
    states.push_back(b.Add(Unsqueeze{{0}}, {last}));
  }
  const auto joined = [&](std::vector<ValueId> parts, int64_t axis) {
    return parts.size() == 1 ? parts[0] : b.Add(Concat{axis}, std::move(parts));
  };
  const ValueId y = joined(outputs, 1);  // [T, D, B, H]
  c.Set(0, common.batch_first ? b.Transpose(y, {2, 0, 1, 3}) : y);
  c.Set(1, TurnState(c, joined(states, 0), common.batch_first));
}

constexpr OnnxOpImporter kRows[] = {
    {"LSTM", 7, kNewest, ImportLstm},
    {"GRU", 7, kNewest, ImportGru},
    {"RNN", 7, kNewest, ImportRnn},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxRecurrentImporters() {
  return kRows;
}

}  // namespace floe
