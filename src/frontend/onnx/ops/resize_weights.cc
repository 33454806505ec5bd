#include "frontend/onnx/ops/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace floe {
namespace {

double Coordinate(const OnnxAxisResize& a, int64_t place) {
  const auto x = static_cast<double>(place);
  const auto in = static_cast<double>(a.in), out = static_cast<double>(a.out);
  if (a.coordinates == "asymmetric") return x / a.scale;
  if (a.coordinates == "align_corners") return a.out == 1 ? 0 : x * (in - 1) / (out - 1);
  if (a.coordinates == "pytorch_half_pixel") return a.out > 1 ? (x + 0.5) / a.scale - 0.5 : 0;
  if (a.coordinates == "tf_half_pixel_for_nn") return (x + 0.5) / a.scale;
  if (a.coordinates == "tf_crop_and_resize") {
    return a.out > 1 ? a.start * (in - 1) + x * (a.end - a.start) * (in - 1) / (out - 1)
                     : 0.5 * (a.start + a.end) * (in - 1);
  }
  double shift = 0;
  if (a.coordinates == "half_pixel_symmetric") {
    const double adjustment = out / (a.scale * in);
    shift = in / 2 * (1 - adjustment);
  }
  return shift + (x + 0.5) / a.scale - 0.5;
}

double Rounded(const std::string& how, double x) {
  if (how == "floor") return std::floor(x);
  if (how == "ceil") return std::ceil(x);
  if (how == "round_prefer_ceil") return std::floor(x + 0.5);
  return std::ceil(x - 0.5);
}

double CubicWeight(double a, double distance) {
  const double d = std::fabs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

}  // namespace

OnnxAxisWeights WeightsOf(const OnnxAxisResize& a) {
  OnnxAxisWeights weights;
  weights.matrix.assign(static_cast<size_t>(a.in * a.out), 0);
  for (int64_t o = 0; o < a.out; ++o) {
    const double x = Coordinate(a, o);
    const bool outside =
        a.coordinates == "tf_crop_and_resize" && (x < 0 || x > static_cast<double>(a.in - 1));
    weights.outside.push_back(outside);
    double* row = weights.matrix.data() + o * a.in;
    const auto add = [&](int64_t place, double weight) {
      row[std::clamp<int64_t>(place, 0, a.in - 1)] += weight;
    };
    const auto floor = static_cast<int64_t>(std::floor(x));
    if (a.mode == "nearest") {
      add(static_cast<int64_t>(Rounded(a.nearest, x)), 1);
    } else if (a.mode == "linear") {
      const double t = x - std::floor(x);
      add(floor, 1 - t);
      add(floor + 1, t);
    } else {
      double sum = 0;
      for (int64_t k = floor - 1; k <= floor + 2; ++k) {
        if (a.exclude_outside && (k < 0 || k >= a.in)) continue;
        const double weight = CubicWeight(a.cubic_a, x - static_cast<double>(k));
        add(k, weight);
        sum += weight;
      }
      for (int64_t i = 0; a.exclude_outside && sum != 0 && i < a.in; ++i) row[i] /= sum;
    }
  }
  return weights;
}

}  // namespace floe
