// Every mode is separable: an output pixel is a weighted sum of input pixels along each dimension in turn.
// Coordinates are computed in float32, as TensorFlow does: they decide which pixel is nearest.
#include <algorithm>
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "graph/resize.h"

namespace floe::reference {
namespace {

struct Tap {
  int64_t place;
  double weight;
};
using Taps = std::vector<Tap>;  // of one output position

struct AxisSizes {
  int64_t in;
  int64_t out;
  float scale;  // input pixels an output pixel
};

float Coordinate(ResizeCoordinates how, const AxisSizes& s, int64_t i) {
  const float x = static_cast<float>(i);
  switch (how) {
    case ResizeCoordinates::kAsymmetric:
    case ResizeCoordinates::kAlignCorners:
      return x * s.scale;
    case ResizeCoordinates::kHalfPixel:
      return (x + 0.5f) * s.scale - 0.5f;
    case ResizeCoordinates::kPytorchHalfPixel:
      return s.out > 1 ? (x + 0.5f) * s.scale - 0.5f : 0;
    case ResizeCoordinates::kTfHalfPixelForNn:
      return (x + 0.5f) * s.scale;
  }
  return x;
}

Taps Nearest(const Resize& op, const AxisSizes& s, float x) {
  float place = 0;
  switch (op.nearest) {
    case NearestRounding::kFloor:
      place = std::floor(x);
      break;
    case NearestRounding::kCeil:
      place = std::ceil(x);
      break;
    case NearestRounding::kRoundPreferFloor:
      place = std::ceil(x - 0.5f);
      break;
    case NearestRounding::kRoundPreferCeil:
      place = std::floor(x + 0.5f);
      break;
  }
  return {{std::clamp<int64_t>(static_cast<int64_t>(place), 0, s.in - 1), 1.0}};
}

Taps Linear(const AxisSizes& s, float x) {
  const float floor = std::floor(x);
  const int64_t lower = std::clamp<int64_t>(static_cast<int64_t>(floor), 0, s.in - 1);
  const int64_t upper = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(x)), 0, s.in - 1);
  const double t = x - floor;
  if (lower == upper) return {{lower, 1.0}};
  return {{lower, 1 - t}, {upper, t}};
}

// Keys' cubic convolution kernel.
double CubicWeight(double a, double distance) {
  const double d = std::fabs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

Taps Cubic(const Resize& op, const AxisSizes& s, float x) {
  const int64_t floor = static_cast<int64_t>(std::floor(x));
  double t = x - std::floor(x);
  if (UsesCubicTable(op)) t = std::nearbyint(t * 1024) / 1024;
  Taps taps;
  double sum = 0;
  for (int64_t k = -1; k <= 2; ++k) {
    const int64_t place = std::clamp<int64_t>(floor + k, 0, s.in - 1);
    double weight = CubicWeight(op.cubic_a, static_cast<double>(k) - t);
    if (op.exclude_outside && place != floor + k) weight = 0;
    taps.push_back({place, weight});
    sum += weight;
  }
  if (op.exclude_outside && sum != 0) {
    for (Tap& tap : taps) tap.weight /= sum;
  }
  return taps;
}

// The kernel of the mode stretched by the scale (ONNX's antialias); only when shrinking.
Taps Antialiased(const Resize& op, const AxisSizes& s, float x) {
  const double scale = std::max(s.scale, 1.0f);
  const double reach = (op.mode == ResizeMode::kCubic ? 2 : 1) * scale;
  Taps taps;
  double sum = 0;
  const int64_t begin = static_cast<int64_t>(std::ceil(x - reach));
  const int64_t end = static_cast<int64_t>(std::floor(x + reach));
  for (int64_t p = begin; p <= end; ++p) {
    if (op.exclude_outside && (p < 0 || p >= s.in)) continue;
    const double distance = (static_cast<double>(p) - x) / scale;
    const double weight = op.mode == ResizeMode::kCubic ? CubicWeight(op.cubic_a, distance)
                                                        : std::max(1 - std::fabs(distance), 0.0);
    taps.push_back({std::clamp<int64_t>(p, 0, s.in - 1), weight});
    sum += weight;
  }
  if (sum == 0) return Linear(s, x);
  for (Tap& tap : taps) tap.weight /= sum;
  return taps;
}

// The share of each input pixel in the area that an output pixel covers.
Taps Area(const AxisSizes& s, int64_t i) {
  const float from = static_cast<float>(i) * s.scale;
  const float to = static_cast<float>(i + 1) * s.scale;
  Taps taps;
  for (int64_t p = static_cast<int64_t>(std::floor(from)); p < static_cast<int64_t>(std::ceil(to)); ++p) {
    const double begin = std::max(static_cast<double>(p), static_cast<double>(from));
    const double end = std::min(static_cast<double>(p + 1), static_cast<double>(to));
    taps.push_back({std::clamp<int64_t>(p, 0, s.in - 1), (end - begin) / s.scale});
  }
  // One pixel whose corners are aligned with those of several covers no area: it is taken as it is.
  if (taps.empty()) taps.push_back({std::clamp<int64_t>(static_cast<int64_t>(from), 0, s.in - 1), 1.0});
  return taps;
}

std::vector<Taps> AxisTaps(const Resize& op, const AxisSizes& s) {
  std::vector<Taps> out(static_cast<size_t>(s.out));
  for (int64_t i = 0; i < s.out; ++i) {
    const float x = Coordinate(op.coordinates, s, i);
    Taps& taps = out[static_cast<size_t>(i)];
    if (op.mode == ResizeMode::kNearest) {
      taps = Nearest(op, s, x);
    } else if (op.mode == ResizeMode::kArea) {
      taps = Area(s, i);
    } else if (op.antialias && s.scale > 1) {
      taps = Antialiased(op, s, x);
    } else if (op.mode == ResizeMode::kLinear) {
      taps = Linear(s, x);
    } else {
      taps = Cubic(op, s, x);
    }
  }
  return out;
}

// Replaces dimension `axis` of `values`, of shape `dims`.
std::vector<double> ApplyAxis(const std::vector<double>& values, Dims* dims, size_t axis,
                              const std::vector<Taps>& taps) {
  const AxisView view = ViewAxis(*dims, axis);
  const int64_t length = static_cast<int64_t>(taps.size());
  std::vector<double> out(static_cast<size_t>(view.outer * length * view.inner), 0.0);
  for (int64_t outer = 0; outer < view.outer; ++outer) {
    for (int64_t i = 0; i < length; ++i) {
      double* to = out.data() + (outer * length + i) * view.inner;
      for (const Tap& tap : taps[static_cast<size_t>(i)]) {
        const double* from = values.data() + (outer * view.length + tap.place) * view.inner;
        for (int64_t k = 0; k < view.inner; ++k) to[k] += tap.weight * from[k];
      }
    }
  }
  (*dims)[axis] = length;
  return out;
}

AxisSizes ReadSizes(const Resize& op, const OpCall& call, int64_t in, size_t i) {
  AxisSizes s{in, 0, 1};
  if (call.has(1)) {
    s.out = call.Size(call.Ints(1)[i], "output size");
  } else {
    const float scale = call.in(2).data<float>()[i];
    const double out = std::floor(static_cast<double>(in) * scale);
    if (!(scale > 0) || !(out < 0x1p40)) call.FailValue("a scale of {}", scale);
    s.out = static_cast<int64_t>(out);
  }
  if (op.coordinates == ResizeCoordinates::kAlignCorners && s.out > 1) {
    s.scale = static_cast<float>(in - 1) / static_cast<float>(s.out - 1);
  } else if (!call.has(1)) {
    s.scale = 1 / call.in(2).data<float>()[i];
  } else {
    s.scale = static_cast<float>(in) / static_cast<float>(std::max<int64_t>(s.out, 1));
  }
  return s;
}

void CheckParameters(const Resize& op, const OpCall& call, size_t spatial) {
  if (!call.has(1) && !call.has(2)) call.Fail("neither sizes nor scales");
  if (call.has(1) && call.Ints(1).size() != spatial) {
    call.Fail("{} sizes for {} spatial dimensions", call.Ints(1).size(), spatial);
  }
  if (!call.has(1)) {
    if (call.in(2).dtype() != DType::kFloat32) call.FailType(2);
    call.RequireDims(2, {static_cast<int64_t>(spatial)});
  }
  if (op.mode == ResizeMode::kNearest && op.float_output) call.Fail("nearest gives the type of its input");
}

}  // namespace

void Run(const Resize& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.rank() < 3 || x.rank() > 5)
    call.Fail("expected images of rank 3 to 5, found {}", DimsToString(x.dims()));
  const size_t spatial = x.rank() - 2;
  const size_t first = op.layout == Layout::kNhwc ? 1 : 2;
  CheckParameters(op, call, spatial);
  Dims dims = x.dims();
  std::vector<AxisSizes> sizes;
  for (size_t i = 0; i < spatial; ++i) {
    sizes.push_back(ReadSizes(op, call, x.dims()[first + i], i));
    dims[first + i] = sizes.back().out;
  }
  Tensor& y = call.Out(0, op.float_output ? DType::kFloat32 : x.dtype(), dims);
  if (y.size() == 0) return;
  if (x.size() == 0) call.FailValue("cannot resize an empty image");
  if (op.mode == ResizeMode::kNearest) {
    // A copy, so that every type goes unchanged: one dimension at a time.
    Tensor from = x;
    for (size_t i = 0; i < spatial; ++i) {
      const AxisView view = ViewAxis(from.dims(), first + i);
      const std::vector<Taps> taps = AxisTaps(op, sizes[i]);
      Dims to_dims = from.dims();
      to_dims[first + i] = sizes[i].out;
      Tensor to = i + 1 == spatial ? y : Tensor(x.dtype(), to_dims);
      for (int64_t row = 0; row < view.outer * sizes[i].out; ++row) {
        const int64_t place = taps[static_cast<size_t>(row % sizes[i].out)][0].place;
        CopyRun(&to, row * view.inner, from, (row / sizes[i].out * view.length + place) * view.inner,
                view.inner);
      }
      from = to;
    }
    return;
  }
  if (!IsFloat(x.dtype()) && !IsInteger(x.dtype())) call.FailType(0);
  std::vector<double> values = LoadAll<double>(x);
  Dims now = x.dims();
  for (size_t i = 0; i < spatial; ++i) values = ApplyAxis(values, &now, first + i, AxisTaps(op, sizes[i]));
  if (IsInteger(y.dtype())) {
    const double low =
        IsSigned(y.dtype()) ? -std::ldexp(1.0, static_cast<int>(DTypeSize(y.dtype()) * 8 - 1)) : 0;
    const double high = std::ldexp(1.0, static_cast<int>(DTypeSize(y.dtype()) * 8 - IsSigned(y.dtype()))) - 1;
    for (double& v : values) v = std::clamp(std::nearbyint(v), low, high);
  }
  StoreAll(&y, values);
}

}  // namespace floe::reference
