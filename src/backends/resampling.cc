#include "backends/resampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/cubic.h"
#include "graph/resize.h"

namespace floe {
namespace {

float Coordinate(ResizeCoordinates how, const ResizedAxis& s, int64_t i) {
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

ResampleTaps Nearest(const Resize& op, const ResizedAxis& s, float x) {
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

ResampleTaps Linear(const ResizedAxis& s, float x) {
  const float floor = std::floor(x);
  const int64_t lower = std::clamp<int64_t>(static_cast<int64_t>(floor), 0, s.in - 1);
  const int64_t upper = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(x)), 0, s.in - 1);
  const double t = x - floor;
  if (lower == upper) return {{lower, 1.0}};
  return {{lower, 1 - t}, {upper, t}};
}

ResampleTaps Cubic(const Resize& op, const ResizedAxis& s, float x) {
  const int64_t floor = static_cast<int64_t>(std::floor(x));
  double t = x - std::floor(x);
  if (UsesCubicTable(op)) t = std::nearbyint(t * 1024) / 1024;
  const CubicKernel kernel = KeysKernel(op.cubic_a);
  ResampleTaps taps;
  double sum = 0;
  for (int64_t k = -1; k <= 2; ++k) {
    const int64_t place = std::clamp<int64_t>(floor + k, 0, s.in - 1);
    double weight = ValueAt(kernel, std::fabs(static_cast<double>(k) - t));
    if (op.exclude_outside && place != floor + k) weight = 0;
    taps.push_back({place, weight});
    sum += weight;
  }
  if (op.exclude_outside && sum != 0) {
    for (ResampleTap& tap : taps) tap.weight /= sum;
  }
  return taps;
}

// The kernel of the mode stretched by the scale (ONNX's antialias); only when shrinking.
ResampleTaps Antialiased(const Resize& op, const ResizedAxis& s, float x) {
  const double scale = std::max(s.scale, 1.0f);
  const double reach = (op.mode == ResizeMode::kCubic ? 2 : 1) * scale;
  ResampleTaps taps;
  double sum = 0;
  const int64_t begin = static_cast<int64_t>(std::ceil(x - reach));
  const int64_t end = static_cast<int64_t>(std::floor(x + reach));
  for (int64_t p = begin; p <= end; ++p) {
    if (op.exclude_outside && (p < 0 || p >= s.in)) continue;
    const double distance = std::fabs(static_cast<double>(p) - x) / scale;
    const double weight = op.mode == ResizeMode::kCubic ? ValueAt(KeysKernel(op.cubic_a), distance)
                                                        : std::max(1 - distance, 0.0);
    taps.push_back({std::clamp<int64_t>(p, 0, s.in - 1), weight});
    sum += weight;
  }
  if (sum == 0) return Linear(s, x);
  for (ResampleTap& tap : taps) tap.weight /= sum;
  return taps;
}

// The share of each input pixel in the area that an output pixel covers.
ResampleTaps Area(const ResizedAxis& s, int64_t i) {
  const float from = static_cast<float>(i) * s.scale;
  const float to = static_cast<float>(i + 1) * s.scale;
  ResampleTaps taps;
  for (int64_t p = static_cast<int64_t>(std::floor(from)); p < static_cast<int64_t>(std::ceil(to)); ++p) {
    const double begin = std::max(static_cast<double>(p), static_cast<double>(from));
    const double end = std::min(static_cast<double>(p + 1), static_cast<double>(to));
    taps.push_back({std::clamp<int64_t>(p, 0, s.in - 1), (end - begin) / s.scale});
  }
  // One pixel whose corners are aligned with those of several covers no area: it is taken as it is.
  if (taps.empty()) taps.push_back({std::clamp<int64_t>(static_cast<int64_t>(from), 0, s.in - 1), 1.0});
  return taps;
}

double LanczosWeight(double radius, double x) {
  if (x > radius) return 0;
  if (x <= 1e-3) return 1;
  return radius * std::sin(M_PI * x) * std::sin(M_PI * x / radius) / (M_PI * M_PI * x * x);
}

// At a distance x >= 0 from the centre.
double WeightOf(ResampleKernel kernel, double x) {
  switch (kernel) {
    case ResampleKernel::kLanczos1:
    case ResampleKernel::kLanczos3:
    case ResampleKernel::kLanczos5:
      return LanczosWeight(RadiusOf(kernel), x);
    case ResampleKernel::kGaussian:
      return x >= 1.5 ? 0 : std::exp(-x * x / (2 * 0.5 * 0.5));
    case ResampleKernel::kBox:
      return x < 0.5 ? 1 : x == 0.5 ? 0.5 : 0;
    case ResampleKernel::kTriangle:
      return std::max(0.0, 1 - x);
    case ResampleKernel::kKeysCubic:
      return ValueAt(KeysKernel(-0.5), x);
    case ResampleKernel::kMitchellCubic:
      return ValueAt(kMitchellKernel, x);
  }
  return 0;
}

}  // namespace

ResizedAxis ResizedAxis::OfSizes(const Resize& op, int64_t in, int64_t out) {
  if (op.coordinates == ResizeCoordinates::kAlignCorners && out > 1)
    return {in, out, static_cast<float>(in - 1) / static_cast<float>(out - 1)};
  return {in, out, static_cast<float>(in) / static_cast<float>(std::max<int64_t>(out, 1))};
}

std::vector<ResampleTaps> TapsOf(const Resize& op, const ResizedAxis& s) {
  std::vector<ResampleTaps> out(static_cast<size_t>(s.out));
  for (int64_t i = 0; i < s.out; ++i) {
    const float x = Coordinate(op.coordinates, s, i);
    ResampleTaps& taps = out[static_cast<size_t>(i)];
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

std::vector<ResampleTaps> TapsOf(const ScaleAndTranslate& op, int64_t in, int64_t out, float scale,
                                 float translation) {
  const float inverse = 1.0f / scale;
  const float shift = -inverse * translation;
  const float widening = op.antialias ? std::max(inverse, 1.0f) : 1.0f;
  const float reach = static_cast<float>(RadiusOf(op.kernel)) * widening;
  std::vector<ResampleTaps> all(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) {
    ResampleTaps& taps = all[static_cast<size_t>(i)];
    const float centre = (static_cast<float>(i) + 0.5f) * inverse + shift;
    if (!(centre >= 0 && centre <= static_cast<float>(in)) || in == 0) continue;
    const auto clamped = [in](float at) { return std::clamp<int64_t>(static_cast<int64_t>(at), 0, in - 1); };
    const int64_t first = clamped(std::ceil(centre - reach - 0.5f));
    const int64_t last = clamped(std::floor(centre + reach - 0.5f));
    double total = 0;
    for (int64_t k = first; k <= last; ++k) {
      const float distance = (static_cast<float>(k) + 0.5f - centre) * (1.0f / widening);
      taps.push_back({k, WeightOf(op.kernel, std::fabs(distance))});
      total += taps.back().weight;
    }
    if (std::fabs(total) < 1000.0 * std::numeric_limits<float>::min()) continue;
    for (ResampleTap& tap : taps) tap.weight /= total;
  }
  return all;
}

}  // namespace floe
