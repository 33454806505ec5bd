// Discrete Fourier transforms in complex double, by decimation in time over the prime factors of the length.
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

int64_t SmallestFactor(int64_t n) {
  for (int64_t p = 2; p * p <= n; ++p) {
    if (n % p == 0) return p;
  }
  return n;
}

// out[k] = sum over j of in[j * step] * roots[(j * k) mod n], roots being the n-th roots of one; `roots`
// holds those of the whole transform, of which every `stride`-th is one of n.
void Transform(const Complex* in, int64_t step, int64_t n, const std::vector<Complex>& roots, int64_t stride,
               Complex* out) {
  if (n == 1) {
    *out = *in;
    return;
  }
  const int64_t p = SmallestFactor(n);
  const int64_t m = n / p;
  std::vector<Complex> parts(static_cast<size_t>(n));
  for (int64_t q = 0; q < p; ++q) {
    Complex* part = parts.data() + q * m;
    if (m == 1) {
      *part = in[q * step];
    } else {
      Transform(in + q * step, step * p, m, roots, stride * p, part);
    }
  }
  for (int64_t k = 0; k < n; ++k) {
    Complex sum = 0;
    int64_t angle = 0;
    for (int64_t q = 0; q < p; ++q) {
      sum += parts[static_cast<size_t>(q * m + k % m)] * roots[static_cast<size_t>(angle * stride)];
      angle = (angle + k) % n;
    }
    out[k] = sum;
  }
}

struct Grid {
  Dims dims;
  std::vector<Complex> values;
};

// Cuts or zero-pads one dimension.
void ResizeAxis(Grid* g, size_t axis, int64_t length) {
  const AxisView view = ViewAxis(g->dims, axis);
  if (view.length == length) return;
  std::vector<Complex> out(static_cast<size_t>(view.outer * length * view.inner), Complex(0, 0));
  for (int64_t o = 0; o < view.outer; ++o) {
    for (int64_t i = 0; i < std::min(length, view.length); ++i) {
      std::copy_n(g->values.begin() + (o * view.length + i) * view.inner, view.inner,
                  out.begin() + (o * length + i) * view.inner);
    }
  }
  g->values = std::move(out);
  g->dims[axis] = length;
}

void TransformAxis(Grid* g, size_t axis, bool inverse) {
  const AxisView view = ViewAxis(g->dims, axis);
  const int64_t n = view.length;
  if (g->values.empty()) return;
  std::vector<Complex> roots(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    const double angle = 2 * M_PI * static_cast<double>(i) / static_cast<double>(n);
    roots[static_cast<size_t>(i)] = std::polar(1.0, inverse ? angle : -angle);
  }
  std::vector<Complex> out(static_cast<size_t>(n));
  for (int64_t column = 0; column < view.outer * view.inner; ++column) {
    Complex* base = g->values.data() + column / view.inner * n * view.inner + column % view.inner;
    Transform(base, view.inner, n, roots, 1, out.data());
    const double factor = inverse ? 1.0 / static_cast<double>(n) : 1.0;
    for (int64_t i = 0; i < n; ++i) base[i * view.inner] = out[static_cast<size_t>(i)] * factor;
  }
}

// The half of a conjugate-symmetric last dimension that a real transform leaves out; the partner of an
// element lies at the negated index of all transformed dimensions, which are no longer symmetric once the
// others have been transformed back: so this comes last, when each row is a spectrum of its own.
void Mirror(Grid* g, int64_t length) {
  const size_t axis = g->dims.size() - 1;
  ResizeAxis(g, axis, length / 2 + 1);
  ResizeAxis(g, axis, length);
  for (size_t row = 0; row < g->values.size(); row += static_cast<size_t>(length)) {
    Complex* v = g->values.data() + row;
    for (int64_t i = length / 2 + 1; i < length; ++i) v[i] = std::conj(v[length - i]);
    v[0] = v[0].real();
    if (length % 2 == 0) v[length / 2] = v[length / 2].real();
  }
}

DType ResultType(const OpCall& call, FftKind kind) {
  const DType dtype = call.in(0).dtype();
  if (kind == FftKind::kRfft) {
    if (!IsFloat(dtype)) call.FailType(0);
    return dtype == DType::kFloat64 ? DType::kComplex128 : DType::kComplex64;
  }
  if (!IsComplex(dtype)) call.FailType(0);
  if (kind != FftKind::kIrfft) return dtype;
  return dtype == DType::kComplex128 ? DType::kFloat64 : DType::kFloat32;
}

}  // namespace

void Run(const Fft& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const DType to = ResultType(call, op.kind);
  if (op.dims < 1 || op.dims > 3 || static_cast<size_t>(op.dims) > x.rank()) {
    call.Fail("a transform over {} dimensions of {}", op.dims, DimsToString(x.dims()));
  }
  const size_t count = static_cast<size_t>(op.dims);
  const size_t first = x.rank() - count;
  std::vector<int64_t> lengths(x.dims().end() - op.dims, x.dims().end());
  if (op.kind == FftKind::kIrfft) lengths.back() = std::max<int64_t>(2 * (lengths.back() - 1), 0);
  if (call.has(1)) lengths = call.Ints(1);
  if (lengths.size() != count) call.Fail("{} lengths for {} dimensions", lengths.size(), count);
  Dims dims = x.dims();
  for (size_t i = 0; i < count; ++i) dims[first + i] = call.Size(lengths[i], "length");
  const int64_t last = dims.back();
  if (op.kind == FftKind::kRfft) dims.back() = last == 0 ? 0 : last / 2 + 1;
  Tensor& y = call.Out(0, to, dims);
  if (y.size() == 0) return;
  Grid g{x.dims(), LoadAll<Complex>(x)};
  const bool inverse = op.kind == FftKind::kIfft || op.kind == FftKind::kIrfft;
  for (size_t i = 0; i + 1 < count; ++i) {
    ResizeAxis(&g, first + i, lengths[i]);
    TransformAxis(&g, first + i, inverse);
  }
  if (op.kind == FftKind::kIrfft) {
    Mirror(&g, last);
  } else {
    ResizeAxis(&g, x.rank() - 1, last);
  }
  TransformAxis(&g, x.rank() - 1, inverse);
  if (op.kind == FftKind::kRfft) ResizeAxis(&g, x.rank() - 1, dims.back());
  StoreAll(&y, g.values);
}

}  // namespace floe::reference
