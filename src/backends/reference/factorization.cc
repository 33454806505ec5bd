// Cholesky, QR, symmetric eigenvalues and singular values, in double.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/reference/add_scaled.h"
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Row-major.
struct Matrix {
  int64_t rows = 0, columns = 0;
  std::vector<double> data;

  Matrix(int64_t r, int64_t c) : rows(r), columns(c), data(static_cast<size_t>(r * c)) {}
  double& at(int64_t r, int64_t c) { return data[static_cast<size_t>(r * columns + c)]; }
  double at(int64_t r, int64_t c) const { return data[static_cast<size_t>(r * columns + c)]; }
};

Matrix Identity(int64_t n) {
  Matrix m(n, n);
  for (int64_t i = 0; i < n; ++i) m.at(i, i) = 1;
  return m;
}

Matrix Transposed(const Matrix& m) {
  Matrix t(m.columns, m.rows);
  for (int64_t r = 0; r < m.rows; ++r)
    for (int64_t c = 0; c < m.columns; ++c) t.at(c, r) = m.at(r, c);
  return t;
}

const Tensor& RequireReal(const OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype())) call.FailType(0);
  if (x.rank() < 2) call.Fail("expected matrices, found {}", DimsToString(x.dims()));
  return x;
}

Matrix LoadMatrix(const Tensor& x, int64_t i) {
  Matrix m(x.dims()[x.rank() - 2], x.dims().back());
  Load(x, i * m.rows * m.columns, m.rows * m.columns, m.data.data());
  return m;
}

void StoreMatrix(Tensor* y, int64_t i, const Matrix& m) {
  const auto count = static_cast<int64_t>(m.data.size());
  Store(y, i * count, count, m.data.data());
}

Dims WithMatrix(const Tensor& x, std::initializer_list<int64_t> matrix) {
  Dims dims(x.dims().begin(), x.dims().end() - 2);
  dims.insert(dims.end(), matrix);
  return dims;
}

int64_t Batch(const Tensor& x) {
  return Product(x.dims(), 0, x.rank() - 2);
}

// m -= tau v (v^T m), where v is zero before place k.
void Reflect(const std::vector<double>& v, double tau, int64_t k, Matrix* m) {
  std::vector<double> dots(static_cast<size_t>(m->columns), 0.0);
  for (int64_t r = k; r < m->rows; ++r)
    AddScaled(v[static_cast<size_t>(r)], &m->at(r, 0), m->columns, dots.data());
  for (int64_t r = k; r < m->rows; ++r)
    AddScaled(-tau * v[static_cast<size_t>(r)], dots.data(), m->columns, &m->at(r, 0));
}

// Householder reflections, with the signs that Eigen gives them: the diagonal of r is negative where the
// reflected column began positive, and the last column of a square matrix stays as it is. `turned` becomes
// the transpose of q.
void Factor(Matrix* a, Matrix* turned) {
  for (int64_t k = 0; k < std::min(a->rows, a->columns); ++k) {
    double tail = 0;
    for (int64_t r = k + 1; r < a->rows; ++r) tail += a->at(r, k) * a->at(r, k);
    if (tail == 0) continue;
    const double first = a->at(k, k);
    const double norm = std::sqrt(first * first + tail);
    const double beta = first >= 0 ? -norm : norm;
    std::vector<double> v(static_cast<size_t>(a->rows), 0.0);
    v[static_cast<size_t>(k)] = 1;
    for (int64_t r = k + 1; r < a->rows; ++r) v[static_cast<size_t>(r)] = a->at(r, k) / (first - beta);
    const double tau = (beta - first) / beta;
    Reflect(v, tau, k, a);
    Reflect(v, tau, k, turned);
    for (int64_t r = k + 1; r < a->rows; ++r) a->at(r, k) = 0;
  }
}

// Cyclic Jacobi rotations (Golub and Van Loan, 8.5): `a` becomes diagonal, `v` collects the rotations.
void DiagonaliseSymmetric(Matrix* a, Matrix* v) {
  const int64_t n = a->rows;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0, all = 0;
    for (int64_t r = 0; r < n; ++r)
      for (int64_t c = 0; c < n; ++c) (r == c ? all : off) += a->at(r, c) * a->at(r, c);
    if (!(off > 1e-32 * (all + off))) return;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        if (a->at(p, q) == 0) continue;
        const double theta = (a->at(q, q) - a->at(p, p)) / (2 * a->at(p, q));
        const double t = std::copysign(1 / (std::fabs(theta) + std::sqrt(theta * theta + 1)), theta);
        const double cosine = 1 / std::sqrt(t * t + 1), sine = t * cosine;
        const auto rotate = [&](double& x, double& y) {
          const double old = x;
          x = cosine * old - sine * y;
          y = sine * old + cosine * y;
        };
        for (int64_t k = 0; k < n; ++k) rotate(a->at(k, p), a->at(k, q));
        for (int64_t k = 0; k < n; ++k) rotate(a->at(p, k), a->at(q, k));
        for (int64_t k = 0; k < n; ++k) rotate(v->at(k, p), v->at(k, q));
      }
    }
  }
}

// One-sided Jacobi: rotates the columns of `a` (rows >= columns) until they are orthogonal.
void OrthogonaliseColumns(Matrix* a, Matrix* v) {
  for (int sweep = 0; sweep < 60; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < a->columns; ++p) {
      for (int64_t q = p + 1; q < a->columns; ++q) {
        double pp = 0, qq = 0, pq = 0;
        for (int64_t r = 0; r < a->rows; ++r) {
          pp += a->at(r, p) * a->at(r, p);
          qq += a->at(r, q) * a->at(r, q);
          pq += a->at(r, p) * a->at(r, q);
        }
        if (pq == 0 || std::fabs(pq) <= 1e-16 * std::sqrt(pp * qq)) continue;
        rotated = true;
        const double zeta = (qq - pp) / (2 * pq);
        const double t = std::copysign(1 / (std::fabs(zeta) + std::sqrt(zeta * zeta + 1)), zeta);
        const double cosine = 1 / std::sqrt(t * t + 1), sine = t * cosine;
        for (Matrix* m : {a, v}) {
          for (int64_t r = 0; r < m->rows; ++r) {
            const double x = m->at(r, p), y = m->at(r, q);
            m->at(r, p) = cosine * x - sine * y;
            m->at(r, q) = sine * x + cosine * y;
          }
        }
      }
    }
    if (!rotated) return;
  }
}

// Columns [from, columns) of `q` become unit vectors orthogonal to those before them.
void CompleteBasis(Matrix* q, int64_t from) {
  int64_t axis = 0;
  for (int64_t c = from; c < q->columns; ++c) {
    double norm = 0;
    while (norm < 1e-8 && axis < q->rows) {
      for (int64_t r = 0; r < q->rows; ++r) q->at(r, c) = r == axis;
      ++axis;
      for (int pass = 0; pass < 2; ++pass) {
        for (int64_t b = 0; b < c; ++b) {
          double dot = 0;
          for (int64_t r = 0; r < q->rows; ++r) dot += q->at(r, b) * q->at(r, c);
          for (int64_t r = 0; r < q->rows; ++r) q->at(r, c) -= dot * q->at(r, b);
        }
      }
      norm = 0;
      for (int64_t r = 0; r < q->rows; ++r) norm += q->at(r, c) * q->at(r, c);
      norm = std::sqrt(norm);
    }
    for (int64_t r = 0; r < q->rows && norm > 0; ++r) q->at(r, c) /= norm;
  }
}

struct Singular {
  std::vector<double> values;
  Matrix u, v;
};

Singular Decompose(const Matrix& x, bool full) {
  if (x.rows < x.columns) {
    Singular turned = Decompose(Transposed(x), full);
    std::swap(turned.u, turned.v);
    return turned;
  }
  Matrix a = x, rotations = Identity(x.columns);
  OrthogonaliseColumns(&a, &rotations);
  std::vector<double> norms(static_cast<size_t>(x.columns), 0.0);
  for (int64_t c = 0; c < x.columns; ++c) {
    for (int64_t r = 0; r < x.rows; ++r) norms[static_cast<size_t>(c)] += a.at(r, c) * a.at(r, c);
    norms[static_cast<size_t>(c)] = std::sqrt(norms[static_cast<size_t>(c)]);
  }
  std::vector<int64_t> order(norms.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t k) {
    return norms[static_cast<size_t>(i)] > norms[static_cast<size_t>(k)];
  });
  Singular result{{}, Matrix(x.rows, full ? x.rows : x.columns), Matrix(x.columns, x.columns)};
  const double largest = order.empty() ? 0 : norms[static_cast<size_t>(order[0])];
  int64_t independent = 0;
  for (int64_t c = 0; c < x.columns; ++c) {
    const int64_t from = order[static_cast<size_t>(c)];
    const double norm = norms[static_cast<size_t>(from)];
    result.values.push_back(norm);
    for (int64_t r = 0; r < x.columns; ++r) result.v.at(r, c) = rotations.at(r, from);
    if (norm <= 1e-14 * largest || norm == 0) continue;
    independent = c + 1;
    for (int64_t r = 0; r < x.rows; ++r) result.u.at(r, c) = a.at(r, from) / norm;
  }
  CompleteBasis(&result.u, independent);
  return result;
}

// Of a Hermitian matrix, whose lower triangle alone is read: u with a = u^H u, row by row; l is u^H. False
// where the matrix is not positive definite.
template <typename T>
bool CholeskyOf(int64_t n, const std::vector<T>& a, std::vector<T>* l) {
  std::vector<T> u(a.size(), T(0));
  for (int64_t c = 0; c < n; ++c) {
    T* row = u.data() + c * n;
    for (int64_t r = c; r < n; ++r) row[r] = Conjugate(a[static_cast<size_t>(r * n + c)]);
    for (int64_t k = 0; k < c; ++k) {
      const T* above = u.data() + k * n;
      AddScaled(-Conjugate(above[c]), above + c, n - c, row + c);
    }
    const double diagonal = std::real(row[c]);
    if (!(diagonal > 0)) return false;
    row[c] = std::sqrt(diagonal);
    for (int64_t r = c + 1; r < n; ++r) row[r] /= row[c];
    for (int64_t r = c; r < n; ++r) (*l)[static_cast<size_t>(r * n + c)] = Conjugate(row[r]);
  }
  return true;
}

template <typename T>
void CholeskyAs(OpCall& call, int64_t n, Tensor* y) {
  const Tensor& x = call.in(0);
  ForRange(call, x.size() / (n * n), x.size() * n, [&](int64_t begin, int64_t end) {
    std::vector<T> a(static_cast<size_t>(n * n));
    for (int64_t i = begin; i < end; ++i) {
      Load(x, i * n * n, n * n, a.data());
      std::vector<T> l(a.size(), T(0));
      if (!CholeskyOf(n, a, &l)) call.FailValue("matrix {} is not positive definite", i);
      Store(y, i * n * n, n * n, l.data());
    }
  });
}

}  // namespace

void Run(const Cholesky&, OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype()) && !IsComplex(x.dtype())) call.FailType(0);
  if (x.rank() < 2 || x.dims()[x.rank() - 2] != x.dims().back())
    call.Fail("expected square matrices, found {}", DimsToString(x.dims()));
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  if (x.size() == 0) return;
  IsComplex(x.dtype()) ? CholeskyAs<Complex>(call, x.dims().back(), &y)
                       : CholeskyAs<double>(call, x.dims().back(), &y);
}

void Run(const Qr& op, OpCall& call) {
  const Tensor& x = RequireReal(call);
  const int64_t rows = x.dims()[x.rank() - 2], columns = x.dims().back();
  const int64_t inner = op.full ? rows : std::min(rows, columns);
  Tensor& q_out = call.Out(0, x.dtype(), WithMatrix(x, {rows, inner}));
  Tensor& r_out = call.Out(1, x.dtype(), WithMatrix(x, {inner, columns}));
  for (int64_t i = 0; i < Batch(x); ++i) {
    Matrix a = LoadMatrix(x, i), turned = Identity(rows), kept(rows, inner);
    Factor(&a, &turned);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < inner; ++c) kept.at(r, c) = turned.at(c, r);
    StoreMatrix(&q_out, i, kept);
    a.data.resize(static_cast<size_t>(inner * columns));
    StoreMatrix(&r_out, i, a);
  }
}

void Run(const Svd& op, OpCall& call) {
  const Tensor& x = RequireReal(call);
  const int64_t rows = x.dims()[x.rank() - 2], columns = x.dims().back(), least = std::min(rows, columns);
  Tensor& s = call.Out(0, x.dtype(), WithMatrix(x, {least}));
  Tensor& u = call.Out(1, x.dtype(), op.vectors ? WithMatrix(x, {rows, op.full ? rows : least}) : Dims{});
  Tensor& v =
      call.Out(2, x.dtype(), op.vectors ? WithMatrix(x, {columns, op.full ? columns : least}) : Dims{});
  for (int64_t i = 0; i < Batch(x); ++i) {
    const Singular result = Decompose(LoadMatrix(x, i), op.full && op.vectors);
    Store(&s, i * least, least, result.values.data());
    if (!op.vectors) continue;
    StoreMatrix(&u, i, result.u);
    StoreMatrix(&v, i, result.v);
  }
}

void Run(const SymmetricEigen& op, OpCall& call) {
  const Tensor& x = RequireReal(call);
  const int64_t n = x.dims().back();
  if (x.dims()[x.rank() - 2] != n) call.Fail("expected square matrices, found {}", DimsToString(x.dims()));
  Tensor& values = call.Out(0, x.dtype(), WithMatrix(x, {n}));
  Tensor& vectors = call.Out(1, x.dtype(), op.vectors ? x.dims() : Dims{});
  for (int64_t i = 0; i < Batch(x); ++i) {
    Matrix a = LoadMatrix(x, i), v = Identity(n), sorted(n, n);
    for (int64_t r = 0; r < n; ++r)
      for (int64_t c = r + 1; c < n; ++c) a.at(r, c) = a.at(c, r);
    DiagonaliseSymmetric(&a, &v);
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t p, int64_t q) { return a.at(p, p) < a.at(q, q); });
    std::vector<double> diagonal;
    for (int64_t c = 0; c < n; ++c) {
      const int64_t from = order[static_cast<size_t>(c)];
      diagonal.push_back(a.at(from, from));
      for (int64_t r = 0; r < n; ++r) sorted.at(r, c) = v.at(r, from);
    }
    Store(&values, i * n, n, diagonal.data());
    if (op.vectors) StoreMatrix(&vectors, i, sorted);
  }
}

}  // namespace floe::reference
