// Draws that TensorFlow makes one result at a time from Philox's words: the same results from the same seeds.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/philox.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// In [0, n), as TensorFlow's SimplePhilox has it: what would favour small numbers is drawn again.
uint32_t Below(WordStream& words, uint32_t n) {
  if ((n & (n - 1)) == 0) return words.Next() & (n - 1);
  const uint32_t unfair = std::numeric_limits<uint32_t>::max() % n + 1;
  uint32_t drawn = words.Next();
  while (drawn < unfair) drawn = words.Next();
  return drawn % n;
}

double NextDouble(WordStream& words) {
  const uint32_t high = words.Next();
  return UniformDouble(high, words.Next());
}

// Each result has 256 calls of the generator for itself. Of the numbers of one call the last is used first.
class Draws {
 public:
  Draws(Philox generator, int64_t result) : generator_(generator) {
    generator_.Skip(256 * static_cast<uint64_t>(result));
  }
  double Uniform() {
    if (uniforms_ == 0) {
      const Words w = generator_.Next();
      uniform_ = {UniformDouble(w[0], w[1]), UniformDouble(w[2], w[3])};
      uniforms_ = 2;
    }
    return uniform_[--uniforms_];
  }
  double Normal() {
    if (normals_ == 0) {
      const Words w = generator_.Next();
      normal_ = NormalPair<double>(UniformDouble(w[0], w[1]), UniformDouble(w[2], w[3]));
      normals_ = 2;
    }
    return normal_[--normals_];
  }

 private:
  Philox generator_;
  std::array<double, 2> uniform_{}, normal_{};
  size_t uniforms_ = 0, normals_ = 0;
};

// Marsaglia and Tsang, "A simple method for generating gamma variables".
double DrawGamma(double alpha, Draws draws) {
  if (alpha == 1) return -std::log1p(-draws.Uniform());
  const bool small = alpha < 1;
  const double d = alpha + (small ? 2.0 / 3 : -1.0 / 3);
  const double c = 1.0 / 3 / std::sqrt(d);
  for (;;) {
    const double x = draws.Normal();
    double v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    const double u = draws.Uniform();
    if (u >= 1 - 0.0331 * (x * x) * (x * x) && std::log(u) >= 0.5 * x * x + d * (1 - v + std::log(v)))
      continue;
    return small ? d * v * std::pow(draws.Uniform(), 1 / alpha) : d * v;
  }
}

// Knuth's product of uniform numbers, and from 10 on Hörmann's PTRS ("The transformed rejection method for
// generating Poisson random variables").
double DrawPoisson(double rate, double highest, Draws draws) {
  if (rate < 10) {
    const double limit = std::exp(-rate);
    double product = 1;
    for (double x = 0;; ++x) {
      product *= draws.Uniform();
      if (product <= limit && x <= highest) return x;
    }
  }
  const double b = 0.931 + 2.53 * std::sqrt(rate), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  for (;;) {
    const double u = draws.Uniform() - 0.5;
    const double v = draws.Uniform();
    const double shifted = 0.5 - std::fabs(u);
    const double k = std::floor((2 * a / shifted + b) * u + rate + 0.43);
    if (k > highest) continue;
    if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (shifted < 0.013 && v > shifted)) continue;
    const double s = std::log(v * inverse_alpha / (a / (shifted * shifted) + b));
    if (s <= -rate + k * std::log(rate) - std::lgamma(k + 1)) return k;
  }
}

double HighestValue(DType dtype) {
  return IsFloat(dtype) ? HighestOf<double>(dtype) : static_cast<double>(HighestOf<int64_t>(dtype));
}

struct Box {
  int left, top, right, bottom;
  float Area() const { return static_cast<float>((right - left) * (bottom - top)); }
  float Common(const Box& other) const {
    const Box both = {std::max(left, other.left), std::max(top, other.top), std::min(right, other.right),
                      std::min(bottom, other.bottom)};
    return both.right <= both.left || both.bottom <= both.top ? 0 : both.Area();
  }
};

int Round(float value) {
  return static_cast<int>(std::lrint(value));
}

// A crop of this aspect ratio; false if there is none within the areas. In float, as TensorFlow rounds.
bool DrawCrop(int width, int height, float least, float most, float ratio, WordStream& words, Box* crop) {
  if (most <= 0 || ratio <= 0 || width <= 0 || height <= 0 || least > most) return false;
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  const float least_area = least * w * h, most_area = most * w * h;
  const auto wide = [&](int rows) { return Round(static_cast<float>(rows) * ratio); };
  int rows = Round(std::sqrt(least_area / ratio));
  int most_rows = Round(std::sqrt(most_area / ratio));
  if (wide(most_rows) > width) {
    most_rows = static_cast<int>((width + 0.5 - 0.0000001f) / ratio);
    if (wide(most_rows) > width) --most_rows;
  }
  most_rows = std::min(most_rows, height);
  rows = std::min(rows, most_rows);
  if (rows < most_rows) rows += static_cast<int>(Below(words, static_cast<uint32_t>(most_rows - rows + 1)));
  int columns = wide(rows);
  const auto area = [&] { return static_cast<float>(columns * rows); };
  if (area() < least_area) columns = wide(++rows);
  if (area() > most_area) columns = wide(--rows);
  if (area() < least_area || area() > most_area || columns > width || rows > height || columns <= 0 ||
      rows <= 0)
    return false;
  const int top = rows < height ? static_cast<int>(Below(words, static_cast<uint32_t>(height - rows))) : 0;
  const int left =
      columns < width ? static_cast<int>(Below(words, static_cast<uint32_t>(width - columns))) : 0;
  *crop = {left, top, left + columns, top + rows};
  return true;
}

bool Covers(const Box& crop, float least, const std::vector<Box>& boxes) {
  if (crop.Area() < 1) return false;
  return std::ranges::any_of(
      boxes, [&](const Box& box) { return box.Area() >= 1 && box.Common(crop) / box.Area() >= least; });
}

}  // namespace

void Run(const StatelessMultinomial& op, OpCall& call) {
  const Tensor& logits = call.in(0);
  call.RequireRank(0, 2);
  if (!IsFloat(logits.dtype()) && !IsInteger(logits.dtype())) call.FailType(0);
  const int64_t batch = logits.dims()[0], classes = logits.dims()[1];
  const int64_t samples = call.Size(call.Int(1), "number of samples");
  Tensor& y = call.Out(0, op.to, {batch, samples});
  if (y.size() == 0) return;
  if (classes == 0) call.FailValue("no classes to draw from");
  const std::vector<double> values = LoadAll<double>(logits);
  WordStream words(GeneratorOf(call, 2));
  std::vector<double> sums(static_cast<size_t>(classes));
  for (int64_t b = 0; b < batch; ++b) {
    const double* row = values.data() + b * classes;
    double peak = std::numeric_limits<double>::lowest();
    for (int64_t c = 0; c < classes; ++c)
      if (std::isfinite(row[c])) peak = std::max(peak, row[c]);
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) {
      if (std::isfinite(row[c])) sum += std::exp(row[c] - peak);
      sums[static_cast<size_t>(c)] = sum;
    }
    for (int64_t s = 0; s < samples; ++s) {
      const int64_t drawn = std::ranges::upper_bound(sums, NextDouble(words) * sum) - sums.begin();
      Store(&y, b * samples + s, 1, &drawn);
    }
  }
}

void Run(const StatelessDraw& op, OpCall& call) {
  Dims dims = call.Ints(0);
  for (int64_t& d : dims) d = call.Size(d, "dimension");
  const Philox generator = GeneratorOf(call, 1);
  const Tensor& parameters = call.in(3);
  if (!IsFloat(parameters.dtype()) && !IsInteger(parameters.dtype())) call.FailType(3);
  const Dims& last = parameters.dims();
  if (last.size() > dims.size() || !std::equal(last.rbegin(), last.rend(), dims.rbegin()))
    call.Fail("expected the parameter's shape at the end of the result's");
  Tensor& y = call.Out(0, op.to, dims);
  if (y.size() == 0) return;
  const std::vector<double> parameter = LoadAll<double>(parameters);
  const double highest = HighestValue(op.to);
  const int64_t count = parameters.size(), samples = y.size() / count;
  std::vector<double> all(static_cast<size_t>(y.size()));
  for (int64_t i = 0; i < y.size(); ++i) {
    const int64_t p = i / samples;
    const double of = parameter[static_cast<size_t>(p)];
    const Draws draws(generator, i);
    all[static_cast<size_t>(i % samples * count + p)] =
        op.distribution == DrawKind::kGamma ? DrawGamma(of, draws) : DrawPoisson(of, highest, draws);
  }
  StoreAll(&y, all);
}

void Run(const StatelessCropBox& op, OpCall& call) {
  const std::vector<int64_t> image = call.Ints(0);
  if (image.size() != 3) call.Fail("expected height, width and channels, found {} numbers", image.size());
  if (op.aspect_ratios.size() != 2 || op.areas.size() != 2) call.Fail("expected two ratios and two areas");
  constexpr int64_t kMaxSide = 1 << 20;
  const auto side = [&](int64_t size) {
    if (size <= 0 || size > kMaxSide) call.FailValue("a picture's side of {}", size);
    return static_cast<int>(size);
  };
  const int height = side(image[0]), width = side(image[1]);
  const std::vector<double> corners = LoadAll<double>(call.in(1));
  const auto least = static_cast<float>(call.Number(2));
  std::vector<Box> boxes;
  for (size_t i = 0; i + 4 <= corners.size(); i += 4) {
    const auto at = [&](size_t k, int size) {
      if (!(corners[i + k] >= 0 && corners[i + k] <= 1)) call.FailValue("a box at {}", corners[i + k]);
      return static_cast<int>(static_cast<float>(corners[i + k]) * static_cast<float>(size));
    };
    boxes.push_back({at(1, width), at(0, height), at(3, width), at(2, height)});
  }
  const Box whole = {0, 0, width, height};
  if (boxes.empty() && !op.whole_if_no_box) call.FailValue("there is no box to cover");
  if (boxes.empty()) boxes.push_back(whole);
  WordStream words(GeneratorOf(call, 3));
  const auto from = static_cast<float>(op.aspect_ratios[0]), to = static_cast<float>(op.aspect_ratios[1]);
  Box crop = whole;
  bool found = false;
  for (int64_t attempt = 0; attempt < op.attempts && !found; ++attempt) {
    const float ratio = UniformFloat(words.Next()) * (to - from) + from;
    found = DrawCrop(width, height, static_cast<float>(op.areas[0]), static_cast<float>(op.areas[1]), ratio,
                     words, &crop) &&
            Covers(crop, least, boxes);
  }
  if (!found) crop = whole;
  const DType to_type = call.in(0).dtype();
  StoreAll(&call.Out(0, to_type, {3}), std::vector<int64_t>{crop.top, crop.left, 0});
  StoreAll(&call.Out(1, to_type, {3}),
           std::vector<int64_t>{crop.bottom - crop.top, crop.right - crop.left, -1});
  const auto part = [](int at, int size) {
    return static_cast<double>(static_cast<float>(at) / static_cast<float>(size));
  };
  StoreAll(&call.Out(2, DType::kFloat32, {1, 1, 4}),
           std::vector<double>{part(crop.top, height), part(crop.left, width), part(crop.bottom, height),
                               part(crop.right, width)});
}

}  // namespace floe::reference
