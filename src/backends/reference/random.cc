// Random numbers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators"), whose
// stream is a function of the seeds alone.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

class Generator {
 public:
  // By the clock when both seeds are 0.
  Generator(int64_t seed, int64_t seed2) {
    if (seed == 0 && seed2 == 0) {
      seed = std::chrono::steady_clock::now().time_since_epoch().count();
    }
    state_ = static_cast<uint64_t>(seed) * 0x9e3779b97f4a7c15 ^ static_cast<uint64_t>(seed2);
    Next();
  }

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // In [0, 1), `bits` of them random.
  double Uniform(int bits = 53) { return std::ldexp(static_cast<double>(Next() >> (64 - bits)), -bits); }
  // Box and Muller.
  double Normal() {
    const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
    return radius * std::cos(2 * M_PI * Uniform());
  }
  // In [0, n), n > 0.
  uint64_t Below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64);
  }

 private:
  uint64_t state_;
};

// Bits of a uniform number that the type holds exactly, so that it never rounds up to 1.
int MantissaBits(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return 53;
    case DType::kFloat16:
      return 11;
    case DType::kBFloat16:
      return 8;
    default:
      return 24;
  }
}

void FillIntegers(OpCall& call, Generator* generator, Tensor* y) {
  const int64_t low = call.Int(1);
  const int64_t high = call.Int(2);
  if (low >= high) call.FailValue("limits [{}, {}) hold no integer", low, high);
  const uint64_t range = WrapSub<uint64_t>(static_cast<uint64_t>(high), static_cast<uint64_t>(low));
  std::vector<int64_t> values(static_cast<size_t>(y->size()));
  for (int64_t& v : values) v = WrapAdd(low, static_cast<int64_t>(generator->Below(range)));
  StoreAll(y, values);
}

}  // namespace

void Run(const Random& op, OpCall& call) {
  Dims dims = call.Ints(0);
  for (const int64_t d : dims) call.Size(d, "dimension");
  const bool integers = op.kind == RandomKind::kUniformInt;
  if (integers ? !IsInteger(op.to) : !IsFloat(op.to)) call.Fail("cannot give {}", DTypeName(op.to));
  Tensor& y = call.Out(0, op.to, std::move(dims));
  Generator generator(op.seed, op.seed2);
  if (integers) return FillIntegers(call, &generator, &y);
  const int bits = MantissaBits(op.to);
  std::vector<double> values(static_cast<size_t>(y.size()));
  for (double& v : values) {
    if (op.kind == RandomKind::kUniform) {
      v = generator.Uniform(bits);
      continue;
    }
    do {
      v = generator.Normal();
    } while (op.kind == RandomKind::kTruncatedNormal && std::fabs(v) >= 2);
  }
  StoreAll(&y, values);
}

void Run(const RandomShuffle& op, OpCall& call) {
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  if (x.rank() == 0) return CopyRun(&y, 0, x, 0, 1);
  const int64_t rows = x.dims()[0];
  const int64_t row_size = Product(x.dims(), 1, x.rank());
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  Generator generator(op.seed, op.seed2);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[generator.Below(i)]);
  for (int64_t i = 0; i < rows; ++i) {
    CopyRun(&y, i * row_size, x, order[static_cast<size_t>(i)] * row_size, row_size);
  }
}

void Run(const Multinomial& op, OpCall& call) {
  const Tensor& logits = call.in(0);
  call.RequireRank(0, 2);
  if (!IsFloat(logits.dtype()) && !IsInteger(logits.dtype())) call.FailType(0);
  if (!IsInteger(op.to)) call.Fail("cannot give classes as {}", DTypeName(op.to));
  const int64_t classes = logits.dims()[1];
  const int64_t samples = call.Size(call.Int(1), "number of samples");
  Tensor& y = call.Out(0, op.to, {logits.dims()[0], samples});
  if (classes == 0 && y.size() > 0) call.FailValue("no classes to draw from");
  const std::vector<double> values = LoadAll<double>(logits);
  Generator generator(op.seed, op.seed2);
  std::vector<double> sums(static_cast<size_t>(classes));
  for (int64_t b = 0; b < logits.dims()[0]; ++b) {
    const double* row = values.data() + b * classes;
    const double peak = classes == 0 ? 0 : *std::max_element(row, row + classes);
    double sum = 0;
    for (size_t c = 0; c < sums.size(); ++c) sums[c] = sum += std::exp(row[c] - peak);
    for (int64_t s = 0; s < samples; ++s) {
      const auto found = std::upper_bound(sums.begin(), sums.end(), generator.Uniform() * sum);
      const int64_t chosen = std::min<int64_t>(found - sums.begin(), classes - 1);
      Store(&y, b * samples + s, 1, &chosen);
    }
  }
}

// Draws an area, an aspect ratio and a place until the crop covers enough of a box; the whole image after
// `attempts` misses, as TensorFlow does.
void Run(const RandomCropBox& op, OpCall& call) {
  const std::vector<int64_t> image = call.Ints(0);
  if (image.size() != 3) call.Fail("expected height, width and channels, found {} numbers", image.size());
  if (op.aspect_ratios.size() != 2 || op.areas.size() != 2) call.Fail("expected two ratios and two areas");
  const std::vector<double> boxes = LoadAll<double>(call.in(1));
  const double least = call.Number(2);
  const auto height = static_cast<double>(image[0]), width = static_cast<double>(image[1]);
  if (boxes.empty() && !op.whole_if_no_box) call.FailValue("there is no box to cover");
  Generator generator(op.seed, op.seed2);
  const auto between = [&](double from, double to) { return from + (to - from) * generator.Uniform(); };
  const auto covers = [&](double top, double left, double h, double w) {
    for (size_t i = 0; i + 4 <= boxes.size(); i += 4) {
      const double y1 = boxes[i] * height, x1 = boxes[i + 1] * width;
      const double y2 = boxes[i + 2] * height, x2 = boxes[i + 3] * width;
      const double common = std::max(0.0, std::min(y2, top + h) - std::max(y1, top)) *
                            std::max(0.0, std::min(x2, left + w) - std::max(x1, left));
      if ((y2 - y1) * (x2 - x1) > 0 && common >= least * (y2 - y1) * (x2 - x1)) return true;
    }
    return boxes.empty();
  };
  int64_t top = 0, left = 0, crop_height = image[0], crop_width = image[1];
  for (int64_t attempt = 0; attempt < op.attempts; ++attempt) {
    const double area = between(op.areas[0], op.areas[1]) * height * width;
    const double ratio = between(op.aspect_ratios[0], op.aspect_ratios[1]);
    const double h = std::round(std::sqrt(area / ratio)), w = std::round(std::sqrt(area / ratio) * ratio);
    if (!(h >= 1 && w >= 1 && h <= height && w <= width)) continue;
    const auto y = static_cast<int64_t>(generator.Below(static_cast<uint64_t>(height - h + 1)));
    const auto x = static_cast<int64_t>(generator.Below(static_cast<uint64_t>(width - w + 1)));
    if (!covers(static_cast<double>(y), static_cast<double>(x), h, w)) continue;
    top = y, left = x, crop_height = static_cast<int64_t>(h), crop_width = static_cast<int64_t>(w);
    break;
  }
  StoreAll(&call.Out(0, call.in(0).dtype(), {3}), std::vector<int64_t>{top, left, 0});
  StoreAll(&call.Out(1, call.in(0).dtype(), {3}), std::vector<int64_t>{crop_height, crop_width, -1});
  const std::vector<double> box = {static_cast<double>(top) / height, static_cast<double>(left) / width,
                                   static_cast<double>(top + crop_height) / height,
                                   static_cast<double>(left + crop_width) / width};
  StoreAll(&call.Out(2, DType::kFloat32, {1, 1, 4}), box);
}

}  // namespace floe::reference
