// Inverses, determinants and systems of equations by elimination with partial pivoting.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "backends/reference/add_scaled.h"
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

// Calls f with the type that matrices of this type are computed in: a std::type_identity.
template <typename F>
void VisitMatrices(DType dtype, F f) {
  if (IsComplex(dtype)) {
    f(std::type_identity<Complex>());
  } else {
    f(std::type_identity<double>());
  }
}

// Row-major, of `width` columns.
template <typename T>
struct Rows {
  std::vector<T> values;
  int64_t width;

  T* row(int64_t r) { return values.data() + r * width; }
  T& at(int64_t r, int64_t c) { return row(r)[c]; }
};

// Brings `a` to upper triangular form, doing the same to `b`; false if a pivot is zero. `sign` turns with
// each exchange of rows.
template <typename T>
bool Eliminate(Rows<T>& a, Rows<T>& b, T* sign) {
  const int64_t n = a.width;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t r = k + 1; r < n; ++r) {
      if (std::abs(a.at(r, k)) > std::abs(a.at(pivot, k))) pivot = r;
    }
    if (a.at(pivot, k) == T(0)) return false;
    if (pivot != k) {
      *sign = -*sign;
      std::swap_ranges(a.row(k), a.row(k) + n, a.row(pivot));
      std::swap_ranges(b.row(k), b.row(k) + b.width, b.row(pivot));
    }
    for (int64_t r = k + 1; r < n; ++r) {
      const T factor = a.at(r, k) / a.at(k, k);
      AddScaled(-factor, a.row(k) + k, n - k, a.row(r) + k);
      AddScaled(-factor, b.row(k), b.width, b.row(r));
    }
  }
  return true;
}

// Solves the triangular system that Eliminate left.
template <typename T>
void Substitute(Rows<T>& a, Rows<T>& b) {
  const int64_t n = a.width;
  for (int64_t r = n; r-- > 0;) {
    for (int64_t k = r + 1; k < n; ++k) AddScaled(-a.at(r, k), b.row(k), b.width, b.row(r));
    for (int64_t c = 0; c < b.width; ++c) b.at(r, c) /= a.at(r, r);
  }
}

// The same from the top for a lower triangular one.
template <typename T>
void SubstituteForward(Rows<T>& a, Rows<T>& b) {
  for (int64_t r = 0; r < a.width; ++r) {
    for (int64_t k = 0; k < r; ++k) AddScaled(-a.at(r, k), b.row(k), b.width, b.row(r));
    for (int64_t c = 0; c < b.width; ++c) b.at(r, c) /= a.at(r, r);
  }
}

template <typename T>
Rows<T> LoadMatrix(const Tensor& x, int64_t begin, int64_t n, bool adjoint) {
  Rows<T> loaded{std::vector<T>(static_cast<size_t>(n * n)), n};
  Load(x, begin, n * n, loaded.values.data());
  if (!adjoint) return loaded;
  Rows<T> turned = loaded;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < n; ++k) turned.at(i, k) = Conjugate(loaded.at(k, i));
  return turned;
}

}  // namespace

void Run(const MatrixInverse& op, OpCall& call) {
  const int64_t n = MatrixSize(call);
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  if (x.size() == 0) return;
  VisitMatrices(x.dtype(), [&]<typename T>(std::type_identity<T>) {
    ForRange(call, x.size() / (n * n), x.size() * n, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        Rows<T> a = LoadMatrix<T>(x, i * n * n, n, op.adjoint);
        Rows<T> b{std::vector<T>(a.values.size(), T(0)), n};
        for (int64_t k = 0; k < n; ++k) b.at(k, k) = 1;
        T sign = 1;
        if (!Eliminate(a, b, &sign)) call.FailValue("matrix {} is not invertible", i);
        Substitute(a, b);
        Store(&y, i * n * n, n * n, b.values.data());
      }
    });
  });
}

void Run(const MatrixDeterminant&, OpCall& call) {
  const int64_t n = MatrixSize(call);
  const Tensor& x = call.in(0);
  const Dims dims(x.dims().begin(), x.dims().end() - 2);
  Tensor& y = call.Out(0, x.dtype(), dims);
  VisitMatrices(x.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (int64_t i = 0; i < y.size(); ++i) {
      Rows<T> a = LoadMatrix<T>(x, i * n * n, n, false), none{{}, 0};
      T determinant = 1;
      if (!Eliminate(a, none, &determinant)) determinant = 0;
      for (int64_t k = 0; k < n; ++k) determinant *= a.at(k, k);
      Store(&y, i, 1, &determinant);
    }
  });
}

// By the diagonal that elimination leaves, so that nothing overflows; its sign is the determinant's over the
// product of the diagonal's signs.
void Run(const LogDeterminant&, OpCall& call) {
  const int64_t n = MatrixSize(call);
  const Tensor& x = call.in(0);
  const Dims dims(x.dims().begin(), x.dims().end() - 2);
  Tensor& sign = call.Out(0, x.dtype(), dims);
  Tensor& log = call.Out(1, x.dtype(), dims);
  VisitMatrices(x.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (int64_t i = 0; i < sign.size(); ++i) {
      Rows<T> a = LoadMatrix<T>(x, i * n * n, n, false), none{{}, 0};
      double log_sum = 0;
      T phase = 1;
      const bool singular = !Eliminate(a, none, &phase);
      for (int64_t k = 0; k < n && !singular; ++k) {
        const T pivot = a.at(k, k);
        log_sum += std::log(std::abs(pivot));
        phase *= pivot / std::abs(pivot);
      }
      if (singular) {
        phase = 0;
        log_sum = -std::numeric_limits<double>::infinity();
      }
      const T log_value(log_sum);
      Store(&sign, i, 1, &phase);
      Store(&log, i, 1, &log_value);
    }
  });
}

namespace {

template <typename T>
void SolveOne(const MatrixSolve& op, OpCall& call, int64_t i, Rows<T>& matrix, Rows<T>& right) {
  const int64_t n = matrix.width;
  const bool lower = (op.form == MatrixForm::kLower) != op.adjoint;
  if (op.form == MatrixForm::kGeneral) {
    T sign = 1;
    if (!Eliminate(matrix, right, &sign)) call.FailValue("matrix {} is not invertible", i);
    return Substitute(matrix, right);
  }
  for (int64_t k = 0; k < n; ++k) {
    if (matrix.at(k, k) == T(0)) call.FailValue("matrix {} is not invertible", i);
  }
  lower ? SubstituteForward(matrix, right) : Substitute(matrix, right);
}

}  // namespace

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
  VisitMatrices(a.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (int64_t i = 0; i < count; ++i, at.Next()) {
      int64_t a_at = 0, b_at = 0;
      for (size_t d = 0; d < batch.size(); ++d) {
        a_at += at.index[d] * a_strides[d];
        b_at += at.index[d] * b_strides[d];
      }
      Rows<T> matrix = LoadMatrix<T>(a, a_at * n * n, n, op.adjoint);
      Rows<T> right{std::vector<T>(static_cast<size_t>(n * m)), m};
      Load(b, b_at * n * m, n * m, right.values.data());
      SolveOne(op, call, i, matrix, right);
      Store(&y, i * n * m, n * m, right.values.data());
    }
  });
}

}  // namespace floe::reference
