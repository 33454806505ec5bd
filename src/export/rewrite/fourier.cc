// Discrete Fourier transforms as products with matrices of cosines and sines.
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "export/rewrite/split_complex.h"

namespace floe {
namespace {

constexpr int64_t kLongest = 2048;  // a matrix of 16 MB

using enum BinaryKind;

enum class Wave { kCos, kSin };

// [rows, columns] of scale(row) * wave(2 pi row column / n).
template <typename Scale>
ValueId Matrix(Builder& b, DType dtype, int64_t rows, int64_t columns, int64_t n, Wave wave, Scale scale) {
  std::vector<double> values;
  values.reserve(static_cast<size_t>(rows * columns));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      // Reduced as a whole number, so that the angle has no rounding but its own.
      const double angle = 2 * std::numbers::pi * static_cast<double>(r * c % n) / static_cast<double>(n);
      values.push_back(scale(r) * (wave == Wave::kCos ? std::cos(angle) : std::sin(angle)));
    }
  }
  return b.Constant(TensorOfNumbers(dtype, {rows, columns}, values));
}

ValueId Product(Builder& b, ValueId x, ValueId matrix) {
  if (b.shape(x).rank() > 1) return b.Add(MatMul{}, {x, matrix});
  const ValueId row = b.Add(Unsqueeze{{0}}, {x});
  return b.Add(Squeeze{{0}}, {b.Add(MatMul{}, {row, matrix})});
}

int64_t SizeOfLast(Builder& b, ValueId x) {
  const Shape& shape = b.shape(x);
  if (!shape.has_rank() || shape.rank() == 0 || !shape[shape.rank() - 1].known()) {
    throw std::invalid_argument("the length of a Fourier transform is not known");
  }
  return shape[shape.rank() - 1].value();
}

int64_t CheckedLength(int64_t n) {
  if (n < 1 || n > kLongest)
    throw std::invalid_argument("a Fourier transform of this length has no matrix of reasonable size");
  return n;
}

// The last dimension cut or filled with zeros to n.
ValueId Fit(Builder& b, ValueId x, int64_t n) {
  if (x == kNoValue) return x;
  const int64_t has = SizeOfLast(b, x);
  const auto rank = static_cast<int64_t>(b.shape(x).rank());
  if (has > n) return b.Slice(x, {0}, {n}, {rank - 1});
  if (has == n) return x;
  Ints pads(static_cast<size_t>(2 * rank), 0);
  pads.back() = n - has;
  return b.Add(Pad{}, {x, b.Int64s(pads)});
}

ComplexValue Fit(Builder& b, ComplexValue x, int64_t n) {
  return {Fit(b, x.re, n), Fit(b, x.im, n)};
}

// (re + i im)(C - i S), of the inverse (re + i im)(C + i S) / n; along the last dimension.
ComplexValue AlongLast(Builder& b, ComplexValue x, bool inverse) {
  const int64_t n = CheckedLength(SizeOfLast(b, x.re));
  const DType dtype = b.dtype(x.re);
  const double scale = inverse ? 1.0 / static_cast<double>(n) : 1.0;
  const auto same = [&](int64_t) { return scale; };
  const ValueId cos = Matrix(b, dtype, n, n, n, Wave::kCos, same);
  const ValueId sin = Matrix(b, dtype, n, n, n, Wave::kSin, same);
  const ValueId re_cos = Product(b, x.re, cos), re_sin = Product(b, x.re, sin);
  const ValueId im_cos = Product(b, x.im, cos), im_sin = Product(b, x.im, sin);
  if (inverse) return {b.Binary(kSub, re_cos, im_sin), b.Binary(kAdd, im_cos, re_sin)};
  return {b.Binary(kAdd, re_cos, im_sin), b.Binary(kSub, im_cos, re_sin)};
}

// The half of the spectrum of a real signal.
ComplexValue RealAlongLast(Builder& b, ValueId x) {
  const int64_t n = CheckedLength(SizeOfLast(b, x));
  const DType dtype = b.dtype(x);
  const int64_t half = n / 2 + 1;
  const ValueId cos = Matrix(b, dtype, n, half, n, Wave::kCos, [](int64_t) { return 1.0; });
  const ValueId sin = Matrix(b, dtype, n, half, n, Wave::kSin, [](int64_t) { return -1.0; });
  return {Product(b, x, cos), Product(b, x, sin)};
}

// The real signal of length n from half its spectrum: each entry but the first, and the middle of an even
// length, counts twice.
ValueId RealFromHalf(Builder& b, ComplexValue x, int64_t n) {
  const DType dtype = b.dtype(x.re);
  const int64_t half = n / 2 + 1;
  const auto weight = [&](int64_t k) {
    const bool once = k == 0 || 2 * k == n;
    return (once ? 1.0 : 2.0) / static_cast<double>(n);
  };
  const ValueId cos = Matrix(b, dtype, half, n, n, Wave::kCos, weight);
  const ValueId sin = Matrix(b, dtype, half, n, n, Wave::kSin, weight);
  return b.Binary(kSub, Product(b, x.re, cos), Product(b, x.im, sin));
}

Ints Swapped(size_t rank, size_t axis) {
  Ints perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[axis], perm[rank - 1]);
  return perm;
}

ComplexValue Turned(Builder& b, ComplexValue x, const Ints& perm) {
  return {b.Transpose(x.re, perm), x.im == kNoValue ? kNoValue : b.Transpose(x.im, perm)};
}

}  // namespace

ComplexValue FourierTransform(const Fft& op, ComplexValue x, const Ints& lengths, Builder& b) {
  const Shape& shape = b.shape(x.re);
  const auto dims = static_cast<size_t>(op.dims);
  if (!shape.has_rank() || shape.rank() < dims)
    throw std::invalid_argument("the number of dimensions is not known");
  const size_t rank = shape.rank();
  const bool from_real = op.kind == FftKind::kRfft, to_real = op.kind == FftKind::kIrfft;
  const bool inverse = op.kind == FftKind::kIfft || to_real;
  const auto length = [&](size_t i, int64_t fallback) { return lengths.empty() ? fallback : lengths[i]; };
  // Each dimension in turn comes last.
  const auto along = [&](size_t i, ComplexValue v, auto transform) {
    const Ints perm = Swapped(rank, rank - dims + i);
    return Turned(b, transform(Turned(b, v, perm)), perm);
  };
  for (size_t i = 0; i < dims; ++i) {
    x = along(i, x, [&](ComplexValue v) {
      const bool half = to_real && i + 1 == dims;
      const int64_t has = SizeOfLast(b, v.re);
      return Fit(b, v, half ? length(i, 2 * (has - 1)) / 2 + 1 : length(i, has));
    });
  }
  int64_t last = 0;
  if (to_real) last = CheckedLength(length(dims - 1, 2 * (SizeOfLast(b, x.re) - 1)));
  if (from_real) x = RealAlongLast(b, x.re);
  const size_t complex_dims = from_real || to_real ? dims - 1 : dims;
  for (size_t i = 0; i < complex_dims; ++i) {
    x = along(i, x, [&](ComplexValue v) { return AlongLast(b, v, inverse); });
  }
  if (to_real) x = {RealFromHalf(b, x, last), kNoValue};
  return x;
}

}  // namespace floe
