#include "backends/cpu/winograd/pack.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "backends/cpu/packed/bf16.h"
#include "backends/cpu/problem.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

// The finite points in the order of the transforms: 0, +p, -p, ...
std::vector<double> FinitePoints(int alpha) {
  std::vector<double> points{0};
  const auto add = [&](std::span<const float> pairs) {
    for (const float p : pairs) {
      points.push_back(p);
      points.push_back(-p);
    }
  };
  if (alpha == 4) add(Points<4>::kAt);
  if (alpha == 6) add(Points<6>::kAt);
  if (alpha == 8) add(Points<8>::kAt);
  CHECK(static_cast<int>(points.size()) == alpha - 1, "no points for this tile");
  return points;
}

// Row-major [alpha][taps]: the filter's values at the points, each over the product of the distances to the
// others.
std::vector<double> FilterMatrix(int alpha, int taps) {
  if (alpha == 1) return {1};
  const std::vector<double> points = FinitePoints(alpha);
  std::vector<double> matrix;
  for (const double p : points) {
    double scale = 1;
    for (const double q : points) scale *= p == q ? 1 : p - q;
    double power = 1 / scale;
    for (int t = 0; t < taps; ++t, power *= p) matrix.push_back(power);
  }
  for (int t = 0; t < taps; ++t) matrix.push_back(t == taps - 1 ? 1 : 0);
  return matrix;
}

class FilterTransform {
 public:
  explicit FilterTransform(const WinogradTile& tile)
      : tile_(tile),
        y_(FilterMatrix(tile.alpha[0], tile.taps[0])),
        x_(FilterMatrix(tile.alpha[1], tile.taps[1])),
        half_(static_cast<size_t>(tile.alpha[0] * tile.taps[1])) {}

  // The filter's taps lie `stride` apart, the points are written `pitch` apart.
  void Run(const float* filter, int64_t stride, float* out, int64_t pitch) {
    const auto at = [](int i) { return static_cast<size_t>(i); };
    for (int i = 0; i < tile_.alpha[0]; ++i) {
      for (int t = 0; t < tile_.taps[1]; ++t) {
        double sum = 0;
        for (int k = 0; k < tile_.taps[0]; ++k) {
          sum +=
              y_[at(i * tile_.taps[0] + k)] * static_cast<double>(filter[(k * tile_.taps[1] + t) * stride]);
        }
        half_[at(i * tile_.taps[1] + t)] = sum;
      }
    }
    for (int i = 0; i < tile_.alpha[0]; ++i) {
      for (int j = 0; j < tile_.alpha[1]; ++j, out += pitch) {
        double sum = 0;
        for (int t = 0; t < tile_.taps[1]; ++t) {
          sum += half_[at(i * tile_.taps[1] + t)] * x_[at(j * tile_.taps[1] + t)];
        }
        *out = static_cast<float>(sum);
      }
    }
  }

 private:
  const WinogradTile& tile_;
  std::vector<double> y_, x_, half_;
};

}  // namespace

int64_t WinogradFloats(const WinogradTile& tile, const WinogradShape& shape, const WinogradCode& code) {
  return tile.points() * shape.blocks * code.vector * RoundUp(shape.columns, code.vector);
}

void PackWinograd(const WinogradTile& tile, const WinogradShape& shape, const WinogradCode& code,
                  const float* filters, float* packed) {
  FilterTransform transform(tile);
  const int64_t taps = int64_t{tile.taps[0]} * tile.taps[1];
  const int64_t depth = shape.blocks * code.vector;
  std::vector<float> second(static_cast<size_t>(tile.points()));  // the other channel of a word
  std::fill_n(packed, WinogradFloats(tile, shape, code), 0.0f);
  for (int64_t first = 0; first < shape.columns; first += code.panel) {
    const int64_t real = std::min(code.panel, shape.columns - first);
    const int64_t width = RoundUp(real, code.vector);
    for (int64_t column = 0; column < real; ++column) {
      const float* filter = filters + (first + column) * taps * shape.channels;
      for (int64_t c = 0; c < shape.channels; c += code.depths) {
        float* to = packed + c / code.depths * width + column;
        transform.Run(filter + c, shape.channels, to, depth * width);
        if (code.depths == 1) continue;
        std::ranges::fill(second, 0.0f);
        if (c + 1 < shape.channels) transform.Run(filter + c + 1, shape.channels, second.data(), 1);
        for (size_t p = 0; p < second.size(); ++p, to += depth * width) *to = Bf16Word(*to, second[p]);
      }
    }
    packed += tile.points() * depth * width;
  }
}

}  // namespace floe::cpu
