#include <algorithm>

#include "backends/reference/add_scaled.h"
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Both operands as stacks of matrices, with rank-1 operands made matrices as in numpy.
struct Shapes {
  Dims batch;
  Dims a_strides;  // of the batch dimensions, in elements; 0 where broadcast
  Dims b_strides;
  int64_t m, k, n;
  int64_t a_row, a_column, b_row, b_column;  // strides within a matrix
  Dims out;
};

Shapes Resolve(const MatMul& op, const OpCall& call) {
  Dims a = call.in(0).dims();
  Dims b = call.in(1).dims();
  if (a.empty() || b.empty()) call.Fail("cannot multiply {} by {}", DimsToString(a), DimsToString(b));
  const bool a_vector = a.size() == 1;
  const bool b_vector = b.size() == 1;
  if (a_vector) a.insert(a.begin(), 1);
  if (b_vector) b.push_back(1);
  const bool ta = op.transpose_a && !a_vector;
  const bool tb = op.transpose_b && !b_vector;
  const int64_t a_rows = a[a.size() - 2], a_columns = a.back();
  const int64_t b_rows = b[b.size() - 2], b_columns = b.back();
  Shapes s;
  s.m = ta ? a_columns : a_rows;
  s.k = ta ? a_rows : a_columns;
  s.n = tb ? b_rows : b_columns;
  if (s.k != (tb ? b_columns : b_rows)) {
    call.Fail("cannot multiply {} by {}", DimsToString(call.in(0).dims()), DimsToString(call.in(1).dims()));
  }
  s.a_row = ta ? 1 : a_columns;
  s.a_column = ta ? a_columns : 1;
  s.b_row = tb ? 1 : b_columns;
  s.b_column = tb ? b_columns : 1;
  const Dims a_batch(a.begin(), a.end() - 2);
  const Dims b_batch(b.begin(), b.end() - 2);
  const Dims batches[] = {a_batch, b_batch};
  s.batch = BroadcastDims(call, batches);
  s.a_strides = BroadcastStrides(a_batch, s.batch);
  s.b_strides = BroadcastStrides(b_batch, s.batch);
  for (int64_t& d : s.a_strides) d *= a_rows * a_columns;
  for (int64_t& d : s.b_strides) d *= b_rows * b_columns;
  s.out = s.batch;
  if (!a_vector) s.out.push_back(s.m);
  if (!b_vector) s.out.push_back(s.n);
  return s;
}

// Rows [begin, end) of the product added to out, m x n; b is k x n, row by row.
template <typename T>
void Multiply(const Shapes& s, const T* a, const T* b, int64_t begin, int64_t end, T* out) {
  // So many rows of b stay in the cache for all rows of a.
  constexpr int64_t kRows = 64;
  for (int64_t first = 0; first < s.k; first += kRows) {
    const int64_t last = std::min(first + kRows, s.k);
    for (int64_t i = begin; i < end; ++i) {
      AddScaledRows(a + i * s.a_row + first * s.a_column, s.a_column, b + first * s.n, last - first, s.n,
                    out + i * s.n);
    }
  }
}

template <typename T>
std::vector<T> LoadOperand(const Tensor& t, bool conjugate) {
  std::vector<T> values = LoadAll<T>(t);
  if constexpr (std::is_same_v<T, Complex>) {
    if (conjugate) {
      for (Complex& v : values) v = std::conj(v);
    }
  }
  return values;
}

template <typename T>
void MatMulAs(const MatMul& op, OpCall& call) {
  const Shapes s = Resolve(op, call);
  Tensor& out = call.Out(0, call.in(0).dtype(), s.out);
  const std::vector<T> a = LoadOperand<T>(call.in(0), op.conjugate_a);
  const std::vector<T> b = LoadOperand<T>(call.in(1), op.conjugate_b);
  std::vector<T> bias;
  if (call.has(2)) {
    call.RequireSameType(2, 0);
    if (call.in(2).rank() != 1 || call.in(2).size() != s.n) {
      call.Fail("a bias of {} for {} columns", DimsToString(call.in(2).dims()), s.n);
    }
    bias = LoadAll<T>(call.in(2));
  }
  if (out.size() == 0) return;
  std::vector<T> result(static_cast<size_t>(s.m * s.n));
  std::vector<T> turned(s.b_column == 1 ? 0 : static_cast<size_t>(s.k * s.n));
  Odometer at(s.batch);
  int64_t place = 0;
  do {
    int64_t a_offset = 0;
    int64_t b_offset = 0;
    for (size_t i = 0; i < s.batch.size(); ++i) {
      a_offset += at.index[i] * s.a_strides[i];
      b_offset += at.index[i] * s.b_strides[i];
    }
    for (size_t i = 0; i < result.size(); ++i) {
      result[i] = bias.empty() ? T(0) : bias[i % static_cast<size_t>(s.n)];
    }
    const T* right = b.data() + b_offset;
    if (s.b_column != 1) {
      for (int64_t k = 0; k < s.k; ++k) {
        for (int64_t j = 0; j < s.n; ++j)
          turned[static_cast<size_t>(k * s.n + j)] = right[k * s.b_row + j * s.b_column];
      }
      right = turned.data();
    }
    ForRange(call, s.m, s.m * s.k * s.n, [&](int64_t begin, int64_t end) {
      Multiply(s, a.data() + a_offset, right, begin, end, result.data());
    });
    Store(&out, place, s.m * s.n, result.data());
    place += s.m * s.n;
  } while (at.Next());
}

}  // namespace

void Run(const MatMul& op, OpCall& call) {
  call.RequireSameType(1, 0);
  const DType dtype = call.in(0).dtype();
  const bool numeric = dtype != DType::kBool && VisitComputingType(dtype, [&](auto type) {
                         MatMulAs<typename decltype(type)::type>(op, call);
                       });
  if (!numeric) call.FailType(0);
}

}  // namespace floe::reference
