// Recurrent layers as cuDNN has them: what TensorFlow 1's CuDNNLSTM and CuDNNGRU leave in a model, which
// TensorFlow itself can run on a GPU only. All weights are one vector: for each layer and direction the
// gates' matrices for the input, each [units, input], then those for the state; behind all of them the biases
// in the same order.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

struct Stack {
  bool lstm;
  int64_t gates, units, inputs, layers, directions;
  // Of layer `layer`: what comes from below.
  int64_t InputsOf(int64_t layer) const { return layer == 0 ? inputs : units * directions; }
  int64_t MatricesOf(int64_t layer) const { return gates * units * (InputsOf(layer) + units); }
};

// Where cuDNN has our gates: input, output, forget, cell; update, reset, new.
Ints PlacesOfGates(bool lstm) {
  return lstm ? Ints{0, 3, 1, 2} : Ints{1, 0, 2};
}

struct Weights {
  ValueId w, r, b;
};

// [1, gates * units, columns] in our order, of the vector from `begin` on.
ValueId Gates(Builder& b, const Stack& stack, ValueId params, int64_t begin, int64_t columns) {
  const int64_t size = stack.gates * stack.units * columns;
  const ValueId theirs =
      b.Reshape(b.SliceVector(params, begin, begin + size), {stack.gates, stack.units, columns});
  const ValueId ours = b.Add(Gather{}, {theirs, b.Int64s(PlacesOfGates(stack.lstm))});
  return b.Reshape(ours, {1, stack.gates * stack.units, columns});
}

Weights WeightsOf(Builder& b, const Stack& stack, ValueId params, int64_t layer) {
  int64_t matrices = 0, all = 0;
  for (int64_t l = 0; l < stack.layers; ++l) {
    if (l < layer) matrices += stack.directions * stack.MatricesOf(l);
    all += stack.directions * stack.MatricesOf(l);
  }
  const int64_t own = stack.gates * stack.units;
  std::vector<ValueId> w, r, biases;
  for (int64_t d = 0; d < stack.directions; ++d) {
    const int64_t begin = matrices + d * stack.MatricesOf(layer);
    const int64_t bias = all + 2 * own * (layer * stack.directions + d);
    w.push_back(Gates(b, stack, params, begin, stack.InputsOf(layer)));
    r.push_back(Gates(b, stack, params, begin + own * stack.InputsOf(layer), stack.units));
    biases.push_back(
        b.Add(Concat{1}, {Gates(b, stack, params, bias, 1), Gates(b, stack, params, bias + own, 1)}));
  }
  const auto stacked = [&](std::vector<ValueId> parts) { return b.Add(Concat{0}, std::move(parts)); };
  return {stacked(w), stacked(r), b.Reshape(stacked(biases), {stack.directions, 2 * own})};
}

Stack StackOf(NodeContext& c, bool time_major) {
  const std::string mode = c.String("rnn_mode"), input_mode = c.String("input_mode");
  if (mode != "lstm" && mode != "gru") c.Fail("mode {} is not supported", mode);
  if (c.HasAttr("num_proj") && c.Int("num_proj") != 0) c.Fail("a projection is not supported");
  const Shape &x = c.shape(0), &h = c.shape(1);
  const size_t layers = time_major ? 0 : 1;
  if (!x.has_rank() || !h.has_rank() || x.rank() != 3 || h.rank() != 3 || !x[2].known() || !h[2].known() ||
      !h[layers].known())
    c.FailUnknown("the sizes of its input {} and state {} are not known", x.ToString(), h.ToString());
  const int64_t directions = c.String("direction") == "bidirectional" ? 2 : 1;
  if (h[layers].value() % directions != 0) c.Fail("{} states for two directions", h[layers].value());
  Stack stack{mode == "lstm", mode == "lstm" ? 4 : 3,         h[2].value(),
              x[2].value(),   h[layers].value() / directions, directions};
  if (input_mode == "skip_input" || (input_mode == "auto_select" && stack.inputs == stack.units))
    c.Fail("input that skips its matrices is not supported");
  return stack;
}

Op LayerOf(const Stack& stack) {
  const Direction direction = stack.directions == 2 ? Direction::kBidirectional : Direction::kForward;
  if (stack.lstm) return Lstm{.direction = direction, .hidden_size = stack.units};
  return Gru{.direction = direction, .hidden_size = stack.units, .linear_before_reset = true};
}

// (x [time, batch, inputs], h [layers * directions, batch, units], c the same, weights[, lengths]); V3 may
// have the batch first.
void ImportCudnnRnn(NodeContext& c) {
  Builder& b = c.build();
  const bool v3 = c.op() == "CudnnRNNV3";
  const bool time_major = !v3 || c.Bool("time_major");
  const Stack stack = StackOf(c, time_major);
  const auto turned = [&](ValueId x) { return time_major ? x : b.Transpose(x, {1, 0, 2}); };
  ValueId x = turned(c.in(0));
  const ValueId h0 = turned(c.in(1)), c0 = stack.lstm ? turned(c.in(2)) : kNoValue;
  std::vector<ValueId> h, cells;
  for (int64_t layer = 0; layer < stack.layers; ++layer) {
    const Weights weights = WeightsOf(b, stack, c.in(3), layer);
    const auto own = [&](ValueId state) {
      return b.Slice(state, {layer * stack.directions}, {(layer + 1) * stack.directions}, {0});
    };
    std::vector<ValueId> inputs = {x, weights.w, weights.r, weights.b, v3 ? c.in(4) : kNoValue, own(h0)};
    if (stack.lstm) inputs.push_back(own(c0));
    const std::vector<ValueId> results = b.AddNode(LayerOf(stack), std::move(inputs), stack.lstm ? 3 : 2);
    const ValueId both = b.Transpose(results[0], {0, 2, 1, 3});  // [time, batch, directions, units]
    x = b.Add(Reshape{}, {both, b.ConcatVectors({b.SliceVector(b.ShapeTensor(both), 0, 2),
                                                 b.Int64s({stack.directions * stack.units})})});
    h.push_back(results[1]);
    if (stack.lstm) cells.push_back(results[2]);
  }
  c.Set(0, turned(x));
  c.Set(1, turned(b.Add(Concat{0}, std::move(h))));
  c.Set(2, stack.lstm ? turned(b.Add(Concat{0}, std::move(cells))) : c.in(2));
}

constexpr OpImporter kRows[] = {
    {"CudnnRNN", ImportCudnnRnn},
    {"CudnnRNNV2", ImportCudnnRnn},
    {"CudnnRNNV3", ImportCudnnRnn},
};

}  // namespace

std::span<const OpImporter> CudnnImporters() {
  return kRows;
}

}  // namespace floe
