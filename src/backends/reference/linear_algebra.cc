// Inverses and determinants by elimination with partial pivoting, real matrices as complex ones.
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

int64_t MatrixSize(const OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype()) && !IsComplex(x.dtype())) call.FailType(0);
  if (x.rank() < 2 || x.dims()[x.rank() - 2] != x.dims().back()) {
    call.Fail("expected square matrices, found {}", DimsToString(x.dims()));
  }
  return x.dims().back();
}

// Brings `a` to upper triangular form, doing the same to `b` (n x m); gives the determinant.
Complex Eliminate(int64_t n, std::vector<Complex>* a, int64_t m, std::vector<Complex>* b) {
  const auto at = [](std::vector<Complex>* v, int64_t width, int64_t r, int64_t c) -> Complex& {
    return (*v)[static_cast<size_t>(r * width + c)];
  };
  Complex determinant = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t r = k + 1; r < n; ++r) {
      if (std::abs(at(a, n, r, k)) > std::abs(at(a, n, pivot, k))) pivot = r;
    }
    determinant *= at(a, n, pivot, k);
    if (at(a, n, pivot, k) == Complex(0, 0)) return 0;
    if (pivot != k) {
      determinant = -determinant;
      for (int64_t c = 0; c < n; ++c) std::swap(at(a, n, k, c), at(a, n, pivot, c));
      for (int64_t c = 0; c < m; ++c) std::swap(at(b, m, k, c), at(b, m, pivot, c));
    }
    for (int64_t r = k + 1; r < n; ++r) {
      const Complex factor = at(a, n, r, k) / at(a, n, k, k);
      for (int64_t c = k; c < n; ++c) at(a, n, r, c) -= factor * at(a, n, k, c);
      for (int64_t c = 0; c < m; ++c) at(b, m, r, c) -= factor * at(b, m, k, c);
    }
  }
  return determinant;
}

// Solves the triangular system that Eliminate left.
void Substitute(int64_t n, const std::vector<Complex>& a, std::vector<Complex>* b) {
  for (int64_t c = 0; c < n; ++c) {
    for (int64_t r = n; r-- > 0;) {
      Complex& v = (*b)[static_cast<size_t>(r * n + c)];
      for (int64_t k = r + 1; k < n; ++k)
        v -= a[static_cast<size_t>(r * n + k)] * (*b)[static_cast<size_t>(k * n + c)];
      v /= a[static_cast<size_t>(r * n + r)];
    }
  }
}

}  // namespace

void Run(const MatrixInverse& op, OpCall& call) {
  const int64_t n = MatrixSize(call);
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  for (int64_t base = 0; base < x.size(); base += n * n) {
    std::vector<Complex> loaded(static_cast<size_t>(n * n));
    Load(x, base, n * n, loaded.data());
    std::vector<Complex> a = loaded;
    std::vector<Complex> b(a.size(), Complex(0, 0));
    for (int64_t i = 0; i < n; ++i) {
      b[static_cast<size_t>(i * n + i)] = 1;
      for (int64_t k = 0; op.adjoint && k < n; ++k) {
        a[static_cast<size_t>(i * n + k)] = std::conj(loaded[static_cast<size_t>(k * n + i)]);
      }
    }
    if (Eliminate(n, &a, n, &b) == Complex(0, 0))
      call.FailValue("matrix {} is not invertible", base / (n * n));
    Substitute(n, a, &b);
    Store(&y, base, n * n, b.data());
  }
}

void Run(const MatrixDeterminant&, OpCall& call) {
  const int64_t n = MatrixSize(call);
  const Tensor& x = call.in(0);
  const Dims dims(x.dims().begin(), x.dims().end() - 2);
  Tensor& y = call.Out(0, x.dtype(), dims);
  std::vector<Complex> none;
  for (int64_t i = 0; i < y.size(); ++i) {
    std::vector<Complex> a(static_cast<size_t>(n * n));
    Load(x, i * n * n, n * n, a.data());
    const Complex determinant = Eliminate(n, &a, 0, &none);
    Store(&y, i, 1, &determinant);
  }
}

}  // namespace floe::reference
