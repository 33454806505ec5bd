// Inverses, determinants and systems of equations by elimination with partial pivoting, real matrices as
// complex ones.
#include <cmath>
#include <limits>

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

// Brings `a` to upper triangular form, doing the same to `b` (n x m); false if a pivot is zero. `sign` turns
// with each exchange of rows.
bool Eliminate(int64_t n, std::vector<Complex>* a, int64_t m, std::vector<Complex>* b, Complex* sign) {
  const auto at = [](std::vector<Complex>* v, int64_t width, int64_t r, int64_t c) -> Complex& {
    return (*v)[static_cast<size_t>(r * width + c)];
  };
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t r = k + 1; r < n; ++r) {
      if (std::abs(at(a, n, r, k)) > std::abs(at(a, n, pivot, k))) pivot = r;
    }
    if (at(a, n, pivot, k) == Complex(0, 0)) return false;
    if (pivot != k) {
      *sign = -*sign;
      for (int64_t c = 0; c < n; ++c) std::swap(at(a, n, k, c), at(a, n, pivot, c));
      for (int64_t c = 0; c < m; ++c) std::swap(at(b, m, k, c), at(b, m, pivot, c));
    }
    for (int64_t r = k + 1; r < n; ++r) {
      const Complex factor = at(a, n, r, k) / at(a, n, k, k);
      for (int64_t c = k; c < n; ++c) at(a, n, r, c) -= factor * at(a, n, k, c);
      for (int64_t c = 0; c < m; ++c) at(b, m, r, c) -= factor * at(b, m, k, c);
    }
  }
  return true;
}

// Solves the triangular system that Eliminate left.
void Substitute(int64_t n, const std::vector<Complex>& a, int64_t m, std::vector<Complex>* b) {
  for (int64_t c = 0; c < m; ++c) {
    for (int64_t r = n; r-- > 0;) {
      Complex& v = (*b)[static_cast<size_t>(r * m + c)];
      for (int64_t k = r + 1; k < n; ++k)
        v -= a[static_cast<size_t>(r * n + k)] * (*b)[static_cast<size_t>(k * m + c)];
      v /= a[static_cast<size_t>(r * n + r)];
    }
  }
}

// The same from the top for a lower triangular one.
void SubstituteForward(int64_t n, const std::vector<Complex>& a, int64_t m, std::vector<Complex>* b) {
  for (int64_t c = 0; c < m; ++c) {
    for (int64_t r = 0; r < n; ++r) {
      Complex& v = (*b)[static_cast<size_t>(r * m + c)];
      for (int64_t k = 0; k < r; ++k)
        v -= a[static_cast<size_t>(r * n + k)] * (*b)[static_cast<size_t>(k * m + c)];
      v /= a[static_cast<size_t>(r * n + r)];
    }
  }
}

std::vector<Complex> LoadMatrix(const Tensor& x, int64_t begin, int64_t n, bool adjoint) {
  std::vector<Complex> loaded(static_cast<size_t>(n * n));
  Load(x, begin, n * n, loaded.data());
  if (!adjoint) return loaded;
  std::vector<Complex> turned(loaded.size());
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < n; ++k)
      turned[static_cast<size_t>(i * n + k)] = std::conj(loaded[static_cast<size_t>(k * n + i)]);
  return turned;
}

}  // namespace

void Run(const MatrixInverse& op, OpCall& call) {
  const int64_t n = MatrixSize(call);
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  for (int64_t base = 0; base < x.size(); base += n * n) {
    std::vector<Complex> a = LoadMatrix(x, base, n, op.adjoint);
    std::vector<Complex> b(a.size(), Complex(0, 0));
    for (int64_t i = 0; i < n; ++i) b[static_cast<size_t>(i * n + i)] = 1;
    Complex sign = 1;
    if (!Eliminate(n, &a, n, &b, &sign)) call.FailValue("matrix {} is not invertible", base / (n * n));
    Substitute(n, a, n, &b);
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
    std::vector<Complex> a = LoadMatrix(x, i * n * n, n, false);
    Complex determinant = 1;
    if (!Eliminate(n, &a, 0, &none, &determinant)) determinant = 0;
    for (int64_t k = 0; k < n; ++k) determinant *= a[static_cast<size_t>(k * n + k)];
    Store(&y, i, 1, &determinant);
  }
}

// By the diagonal that elimination leaves, so that nothing overflows; its sign is the determinant's over the
// product of the diagonal's signs.
void Run(const LogDeterminant&, OpCall& call) {
  const int64_t n = MatrixSize(call);
  const Tensor& x = call.in(0);
  const Dims dims(x.dims().begin(), x.dims().end() - 2);
  Tensor& sign = call.Out(0, x.dtype(), dims);
  Tensor& log = call.Out(1, x.dtype(), dims);
  for (int64_t i = 0; i < sign.size(); ++i) {
    std::vector<Complex> a = LoadMatrix(x, i * n * n, n, false);
    std::vector<Complex> none;
    double log_sum = 0;
    Complex phase = 1;
    const bool singular = !Eliminate(n, &a, 0, &none, &phase);
    for (int64_t k = 0; k < n && !singular; ++k) {
      const Complex pivot = a[static_cast<size_t>(k * n + k)];
      log_sum += std::log(std::abs(pivot));
      phase *= pivot / std::abs(pivot);
    }
    if (singular) {
      phase = 0;
      log_sum = -std::numeric_limits<double>::infinity();
    }
    const Complex log_value(log_sum, 0);
    Store(&sign, i, 1, &phase);
    Store(&log, i, 1, &log_value);
  }
}

void Run(const MatrixSolve& op, OpCall& call) {
  const int64_t n = MatrixSize(call);
  call.RequireSameType(0, 1);
  const Tensor &a = call.in(0), &b = call.in(1);
  if (b.rank() < 2 || b.dims()[b.rank() - 2] != n)
    call.Fail("a right side of {} for matrices of {}", DimsToString(b.dims()), DimsToString(a.dims()));
  const int64_t m = b.dims().back();
  const Dims a_batch(a.dims().begin(), a.dims().end() - 2), b_batch(b.dims().begin(), b.dims().end() - 2);
  const std::vector<Dims> batches = {a_batch, b_batch};
  const Dims batch = BroadcastDims(call, batches);
  Dims dims = batch;
  dims.insert(dims.end(), {n, m});
  Tensor& y = call.Out(0, a.dtype(), dims);
  if (y.size() == 0) return;
  const Dims a_strides = BroadcastStrides(a_batch, batch), b_strides = BroadcastStrides(b_batch, batch);
  Odometer at(batch);
  const int64_t count = Product(batch, 0, batch.size());
  for (int64_t i = 0; i < count; ++i, at.Next()) {
    int64_t a_at = 0, b_at = 0;
    for (size_t d = 0; d < batch.size(); ++d) {
      a_at += at.index[d] * a_strides[d];
      b_at += at.index[d] * b_strides[d];
    }
    std::vector<Complex> matrix = LoadMatrix(a, a_at * n * n, n, op.adjoint);
    std::vector<Complex> right(static_cast<size_t>(n * m));
    Load(b, b_at * n * m, n * m, right.data());
    const bool lower = (op.form == MatrixForm::kLower) != op.adjoint;
    if (op.form == MatrixForm::kGeneral) {
      Complex sign = 1;
      if (!Eliminate(n, &matrix, m, &right, &sign)) call.FailValue("matrix {} is not invertible", i);
      Substitute(n, matrix, m, &right);
    } else {
      for (int64_t k = 0; k < n; ++k)
        if (matrix[static_cast<size_t>(k * n + k)] == Complex(0, 0))
          call.FailValue("matrix {} is not invertible", i);
      lower ? SubstituteForward(n, matrix, m, &right) : Substitute(n, matrix, m, &right);
    }
    Store(&y, i * n * m, n * m, right.data());
  }
}

}  // namespace floe::reference
