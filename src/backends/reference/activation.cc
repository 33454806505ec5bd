// Elementwise ops with parameters: activations, clipping, sums, quantisation in floats.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/fake_quant.h"
#include "backends/reference/broadcast.h"
#include "backends/reference/kernels.h"
#include "backends/reference/special_math.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

template <typename F>
void MapReal(OpCall& call, F map) {
  constexpr int64_t kBlock = 512;
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype()) && !IsInteger(x.dtype())) call.FailType(0);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  double block[kBlock];
  for (int64_t begin = 0; begin < x.size(); begin += kBlock) {
    const int64_t count = std::min(kBlock, x.size() - begin);
    Load(x, begin, count, block);
    for (int64_t i = 0; i < count; ++i) block[i] = map(block[i]);
    Store(&y, begin, count, block);
  }
}

// A limit as the integer type holds it: beyond the range it is no limit.
template <typename T>
T IntegerLimit(double limit) {
  if (limit <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  if (limit >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  return static_cast<T>(limit);
}

// By way of int64 or uint64, since a double cannot hold every integer.
template <typename T>
void ClipIntegers(const Clip& op, OpCall& call) {
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  const T low = IntegerLimit<T>(std::ceil(op.min));
  const T high = IntegerLimit<T>(std::floor(op.max));
  std::vector<T> values = LoadAll<T>(x);
  for (T& v : values) v = std::min(std::max(v, low), high);
  StoreAll(&y, values);
}

}  // namespace

void Run(const Sum&, OpCall& call) {
  const Tensor& first = call.in(0);
  Tensor& y = call.Out(0, first.dtype(), first.dims());
  const bool numeric = VisitComputingType(first.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    std::vector<T> sum = LoadAll<T>(first);
    for (size_t i = 1; i < call.input_count(); ++i) {
      call.RequireSameType(i, 0);
      call.RequireDims(i, first.dims());
      const std::vector<T> term = LoadAll<T>(call.in(i));
      for (size_t k = 0; k < sum.size(); ++k) sum[k] = WrapAdd(sum[k], term[k]);
    }
    StoreAll(&y, sum);
  });
  if (!numeric) call.FailType(0);
}

void Run(const Clip& op, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  if (IsInteger(dtype)) {
    return IsSigned(dtype) ? ClipIntegers<int64_t>(op, call) : ClipIntegers<uint64_t>(op, call);
  }
  MapReal(call, [&](double x) { return std::isnan(x) ? x : std::min(std::max(x, op.min), op.max); });
}

void Run(const LeakyRelu& op, OpCall& call) {
  MapReal(call, [&](double x) { return x < 0 ? op.alpha * x : x; });
}

void Run(const Elu& op, OpCall& call) {
  MapReal(call, [&](double x) { return x < 0 ? op.alpha * std::expm1(x) : x; });
}

void Run(const Selu& op, OpCall& call) {
  MapReal(call, [&](double x) { return op.gamma * (x < 0 ? op.alpha * std::expm1(x) : x); });
}

void Run(const HardSigmoid& op, OpCall& call) {
  MapReal(call,
          [&](double x) { return std::isnan(x) ? x : std::min(std::max(op.alpha * x + op.beta, 0.0), 1.0); });
}

void Run(const Gelu& op, OpCall& call) {
  MapReal(call, [&](double x) {
    if (!op.approximate) return 0.5 * x * std::erfc(-x * M_SQRT1_2);
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  });
}

void Run(const PRelu&, OpCall& call) {
  call.RequireSameType(0, 1);
  const DType dtype = call.in(0).dtype();
  if (!IsFloat(dtype) && !IsInteger(dtype)) call.FailType(0);
  MapPairs<double, double>(
      call, dtype, [](double x, double slope, double* y) { return *y = x < 0 ? slope * x : x, true; });
}

void Run(const FakeQuant& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.dtype() != DType::kFloat32) call.FailType(0);
  if (op.bits < 2 || op.bits > 16) call.Fail("bits must be in [2, 16], found {}", op.bits);
  const int64_t channels = call.in(1).size();
  if (call.in(2).size() != channels || (channels != 1 && (x.rank() == 0 || x.dims().back() != channels))) {
    call.Fail("{} minima and {} maxima for a tensor of shape {}", channels, call.in(2).size(),
              DimsToString(x.dims()));
  }
  if (call.in(1).dtype() != DType::kFloat32) call.FailType(1);
  if (call.in(2).dtype() != DType::kFloat32) call.FailType(2);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  for (int64_t c = 0; c < channels; ++c) {
    const float min = call.in(1).data<float>()[c];
    const float max = call.in(2).data<float>()[c];
    const auto [low, high, scale, inverse] = NudgedRange(op, min, max);
    for (int64_t i = c; i < x.size(); i += channels) {
      const float clamped = std::min(std::max(x.data<float>()[i], low), high);
      y.data<float>()[i] =
          min == 0 && max == 0 ? 0.0f : std::floor((clamped - low) * inverse + 0.5f) * scale + low;
    }
  }
}

}  // namespace floe::reference
