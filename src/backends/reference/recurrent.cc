// ONNX's recurrent layers.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/special_math.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

using Vector = std::vector<double>;
using Activation = double (*)(double);

// ONNX's names, with its default parameters.
Activation FindActivation(const OpCall& call, const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "sigmoid") return Sigmoid;
  if (lower == "tanh") return [](double x) { return std::tanh(x); };
  if (lower == "relu") return [](double x) { return x < 0 ? 0 : x; };
  if (lower == "hardsigmoid") return [](double x) { return std::clamp(0.2 * x + 0.5, 0.0, 1.0); };
  if (lower == "elu") return [](double x) { return x < 0 ? std::expm1(x) : x; };
  if (lower == "leakyrelu") return [](double x) { return x < 0 ? 0.01 * x : x; };
  if (lower == "thresholdedrelu") return [](double x) { return x > 1 ? x : 0; };
  if (lower == "softsign") return [](double x) { return x / (1 + std::fabs(x)); };
  if (lower == "softplus") return Softplus;
  if (lower == "affine" || lower == "identity" || lower == "linear") return [](double x) { return x; };
  call.Fail("activation '{}' is not known", name);
}

struct Layer {
  int64_t directions, time, batch, input, hidden, gates;
  bool batch_first;
  double clip;
  std::vector<bool> backward;           // by direction
  std::vector<Activation> activations;  // all of the first direction, then of the second
  size_t activations_each;
  Vector x, w, r, bias;          // bias: [directions, 2 * gates * hidden]
  std::vector<int64_t> lengths;  // one an entry of the batch

  // Element (t, b) of x.
  const double* Input(int64_t t, int64_t b) const {
    return x.data() + (batch_first ? b * time + t : t * batch + b) * input;
  }
  int64_t OutputPlace(int64_t t, int64_t d, int64_t b) const {
    return batch_first ? ((b * time + t) * directions + d) * hidden
                       : ((t * directions + d) * batch + b) * hidden;
  }
};

template <typename OpType>
Layer ReadLayer(const OpType& op, const OpCall& call, int64_t gates, std::vector<std::string> defaults) {
  Layer l;
  for (size_t i = 0; i < 3; ++i) call.RequireRank(i, 3);
  if (!IsFloat(call.in(0).dtype())) call.FailType(0);
  const bool both = op.direction == Direction::kBidirectional;
  l.directions = both ? 2 : 1;
  l.backward = both ? std::vector<bool>{false, true} : std::vector<bool>{op.direction == Direction::kReverse};
  const Dims& x = call.in(0).dims();
  l.batch_first = op.batch_first;
  l.time = x[op.batch_first ? 1 : 0];
  l.batch = x[op.batch_first ? 0 : 1];
  l.input = x[2];
  l.hidden = call.Size(op.hidden_size, "hidden size");
  l.gates = gates;
  l.clip = op.clip;
  call.RequireDims(1, {l.directions, gates * l.hidden, l.input});
  call.RequireDims(2, {l.directions, gates * l.hidden, l.hidden});
  for (size_t i : {1, 2}) call.RequireSameType(i, 0);
  l.x = LoadAll<double>(call.in(0));
  l.w = LoadAll<double>(call.in(1));
  l.r = LoadAll<double>(call.in(2));
  l.bias.assign(static_cast<size_t>(l.directions * 2 * gates * l.hidden), 0);
  if (call.has(3)) {
    call.RequireDims(3, {l.directions, 2 * gates * l.hidden});
    call.RequireSameType(3, 0);
    l.bias = LoadAll<double>(call.in(3));
  }
  l.lengths.assign(static_cast<size_t>(l.batch), l.time);
  if (call.has(4)) {
    l.lengths = call.Ints(4);
    if (static_cast<int64_t>(l.lengths.size()) != l.batch)
      call.Fail("{} lengths for a batch of {}", l.lengths.size(), l.batch);
    for (const int64_t n : l.lengths) {
      if (n < 0 || n > l.time) call.FailValue("length {} is not in [0, {}]", n, l.time);
    }
  }
  std::vector<std::string> names = op.activations;
  if (names.empty()) {
    for (int64_t d = 0; d < l.directions; ++d) names.insert(names.end(), defaults.begin(), defaults.end());
  }
  l.activations_each = defaults.size();
  if (names.size() != defaults.size() * static_cast<size_t>(l.directions)) {
    call.Fail("{} activations for {} directions", names.size(), l.directions);
  }
  for (const std::string& name : names) l.activations.push_back(FindActivation(call, name));
  return l;
}

// An initial state [directions, batch, hidden], zero where absent.
Vector ReadState(const OpCall& call, size_t input, const Layer& l) {
  if (!call.has(input)) return Vector(static_cast<size_t>(l.directions * l.batch * l.hidden), 0);
  call.RequireDims(input, {l.directions, l.batch, l.hidden});
  call.RequireSameType(input, 0);
  return LoadAll<double>(call.in(input));
}

double Clipped(const Layer& l, double v) {
  return l.clip > 0 ? std::clamp(v, -l.clip, l.clip) : v;
}

double Dot(const double* a, const double* b, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// Row `row` (gate * hidden + unit) of w times the input plus its bias, and of r times h plus its.
double FromInput(const Layer& l, int64_t d, int64_t row, const double* x) {
  const int64_t rows = l.gates * l.hidden;
  return Dot(l.w.data() + (d * rows + row) * l.input, x, l.input) +
         l.bias[static_cast<size_t>(d * 2 * rows + row)];
}
double FromState(const Layer& l, int64_t d, int64_t row, const double* h) {
  const int64_t rows = l.gates * l.hidden;
  return Dot(l.r.data() + (d * rows + row) * l.hidden, h, l.hidden) +
         l.bias[static_cast<size_t>(d * 2 * rows + rows + row)];
}

// Calls step(d, b, x, place in y) for each direction, batch entry and time, in the direction's order; padding
// beyond an entry's length is left out.
template <typename F>
void ForEachStep(const Layer& l, F step) {
  for (int64_t d = 0; d < l.directions; ++d) {
    for (int64_t b = 0; b < l.batch; ++b) {
      const int64_t length = l.lengths[static_cast<size_t>(b)];
      for (int64_t i = 0; i < length; ++i) {
        const int64_t t = l.backward[static_cast<size_t>(d)] ? length - 1 - i : i;
        step(d, b, l.Input(t, b), l.OutputPlace(t, d, b));
      }
    }
  }
}

void GiveOutputs(OpCall& call, const Layer& l, const Vector& y, std::initializer_list<const Vector*> states) {
  const DType dtype = call.in(0).dtype();
  const Dims dims = l.batch_first ? Dims{l.batch, l.time, l.directions, l.hidden}
                                  : Dims{l.time, l.directions, l.batch, l.hidden};
  StoreAll(&call.Out(0, dtype, dims), y);
  size_t output = 1;
  for (const Vector* state : states) {
    if (call.wants(output)) StoreAll(&call.Out(output, dtype, {l.directions, l.batch, l.hidden}), *state);
    ++output;
  }
}

}  // namespace

void Run(const Lstm& op, OpCall& call) {
  const Layer l = ReadLayer(op, call, 4, {"Sigmoid", "Tanh", "Tanh"});
  Vector h = ReadState(call, 5, l);
  Vector c = ReadState(call, 6, l);
  Vector peepholes(static_cast<size_t>(l.directions * 3 * l.hidden), 0);
  if (call.has(7)) {
    call.RequireDims(7, {l.directions, 3 * l.hidden});
    call.RequireSameType(7, 0);
    peepholes = LoadAll<double>(call.in(7));
  }
  Vector y(static_cast<size_t>(l.time * l.batch * l.directions * l.hidden), 0);
  Vector next(static_cast<size_t>(l.hidden));
  ForEachStep(l, [&](int64_t d, int64_t b, const double* x, int64_t place) {
    const Activation* act = l.activations.data() + static_cast<size_t>(d) * l.activations_each;
    double* hidden = h.data() + (d * l.batch + b) * l.hidden;
    double* cell = c.data() + (d * l.batch + b) * l.hidden;
    const double* peephole = peepholes.data() + d * 3 * l.hidden;
    for (int64_t u = 0; u < l.hidden; ++u) {
      const auto gate = [&](int64_t g) {
        return FromInput(l, d, g * l.hidden + u, x) + FromState(l, d, g * l.hidden + u, hidden);
      };
      const double in = act[0](Clipped(l, gate(0) + peephole[u] * cell[u]));
      const double forget =
          act[0](Clipped(l, gate(2) + op.forget_bias + peephole[2 * l.hidden + u] * cell[u]));
      const double fresh = act[1](Clipped(l, gate(3)));
      cell[u] = forget * cell[u] + in * fresh;
      const double out = act[0](Clipped(l, gate(1) + peephole[l.hidden + u] * cell[u]));
      next[static_cast<size_t>(u)] = out * act[2](cell[u]);
    }
    std::copy(next.begin(), next.end(), hidden);
    std::copy(next.begin(), next.end(), y.begin() + place);
  });
  GiveOutputs(call, l, y, {&h, &c});
}

void Run(const Gru& op, OpCall& call) {
  const Layer l = ReadLayer(op, call, 3, {"Sigmoid", "Tanh"});
  Vector h = ReadState(call, 5, l);
  Vector y(static_cast<size_t>(l.time * l.batch * l.directions * l.hidden), 0);
  Vector update(static_cast<size_t>(l.hidden));
  Vector reset(static_cast<size_t>(l.hidden));
  Vector next(static_cast<size_t>(l.hidden));
  ForEachStep(l, [&](int64_t d, int64_t b, const double* x, int64_t place) {
    const Activation* act = l.activations.data() + static_cast<size_t>(d) * l.activations_each;
    double* hidden = h.data() + (d * l.batch + b) * l.hidden;
    for (int64_t u = 0; u < l.hidden; ++u) {
      const size_t i = static_cast<size_t>(u);
      update[i] = act[0](Clipped(l, FromInput(l, d, u, x) + FromState(l, d, u, hidden)));
      reset[i] = act[0](Clipped(l, FromInput(l, d, l.hidden + u, x) + FromState(l, d, l.hidden + u, hidden)));
    }
    Vector masked(hidden, hidden + l.hidden);
    for (size_t i = 0; i < masked.size(); ++i) masked[i] *= reset[i];
    for (int64_t u = 0; u < l.hidden; ++u) {
      const size_t i = static_cast<size_t>(u);
      const int64_t row = 2 * l.hidden + u;
      const double state = op.linear_before_reset ? reset[i] * FromState(l, d, row, hidden)
                                                  : FromState(l, d, row, masked.data());
      const double fresh = act[1](Clipped(l, FromInput(l, d, row, x) + state));
      next[i] = (1 - update[i]) * fresh + update[i] * hidden[u];
    }
    std::copy(next.begin(), next.end(), hidden);
    std::copy(next.begin(), next.end(), y.begin() + place);
  });
  GiveOutputs(call, l, y, {&h});
}

}  // namespace floe::reference
