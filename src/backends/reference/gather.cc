#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

std::vector<int64_t> LoadIndices(const OpCall& call, size_t i) {
  if (!IsInteger(call.in(i).dtype())) call.FailType(i);
  return LoadAll<int64_t>(call.in(i));
}

// An index into a dimension of `length`.
int64_t CheckedIndex(const OpCall& call, int64_t index, int64_t length, bool allow_negative) {
  const int64_t least = allow_negative ? -length : 0;
  if (index < least || index >= length) call.FailValue("index {} is not in [{}, {})", index, least, length);
  return index < 0 ? index + length : index;
}

// A dimension of the leading batch must be the same in x and indices.
void RequireSameBatch(const OpCall& call, int64_t batch_dims) {
  const Dims& x = call.in(0).dims();
  const Dims& indices = call.in(1).dims();
  for (size_t i = 0; i < static_cast<size_t>(batch_dims); ++i) {
    if (i >= x.size() || i >= indices.size() || x[i] != indices[i]) {
      call.Fail("{} and {} differ in their first {} dimensions", DimsToString(x), DimsToString(indices),
                batch_dims);
    }
  }
}

}  // namespace

void Run(const Gather& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor& indices = call.in(1);
  const std::vector<int64_t> places = LoadIndices(call, 1);
  const size_t axis = call.Axis(op.axis, x.rank());
  const int64_t batch_dims =
      op.batch_dims < 0 ? op.batch_dims + static_cast<int64_t>(indices.rank()) : op.batch_dims;
  if (batch_dims < 0 || batch_dims > static_cast<int64_t>(axis)) {
    call.Fail("batch_dims {} with axis {}", op.batch_dims, op.axis);
  }
  RequireSameBatch(call, batch_dims);
  const size_t b = static_cast<size_t>(batch_dims);
  Dims dims(x.dims().begin(), x.dims().begin() + static_cast<int64_t>(axis));
  dims.insert(dims.end(), indices.dims().begin() + batch_dims, indices.dims().end());
  dims.insert(dims.end(), x.dims().begin() + static_cast<int64_t>(axis) + 1, x.dims().end());
  Tensor& y = call.Out(0, x.dtype(), dims);
  const int64_t batch = Product(x.dims(), 0, b);
  const int64_t outer = Product(x.dims(), b, axis);
  const int64_t length = x.dims()[axis];
  const int64_t inner = Product(x.dims(), axis + 1, x.rank());
  const int64_t count = Product(indices.dims(), b, indices.rank());
  int64_t to = 0;
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < count; ++i, to += inner) {
        const int64_t index =
            CheckedIndex(call, places[static_cast<size_t>(n * count + i)], length, op.allow_negative);
        CopyRun(&y, to, x, ((n * outer + o) * length + index) * inner, inner);
      }
    }
  }
}

void Run(const GatherND& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor& indices = call.in(1);
  const std::vector<int64_t> places = LoadIndices(call, 1);
  if (op.batch_dims < 0 || indices.rank() == 0 || op.batch_dims > static_cast<int64_t>(indices.rank()) - 1) {
    call.Fail("batch_dims {} with indices of shape {}", op.batch_dims, DimsToString(indices.dims()));
  }
  RequireSameBatch(call, op.batch_dims);
  const size_t b = static_cast<size_t>(op.batch_dims);
  const size_t k = static_cast<size_t>(indices.dims().back());
  if (b + k > x.rank()) {
    call.Fail("indices of shape {} for a tensor of shape {}", DimsToString(indices.dims()),
              DimsToString(x.dims()));
  }
  Dims dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), x.dims().begin() + static_cast<int64_t>(b + k), x.dims().end());
  Tensor& y = call.Out(0, x.dtype(), dims);
  const int64_t batch = Product(x.dims(), 0, b);
  const int64_t image = Product(x.dims(), b, x.rank());
  const int64_t inner = Product(x.dims(), b + k, x.rank());
  const int64_t count = Product(indices.dims(), b, indices.rank() - 1);
  for (int64_t i = 0; i < batch * count; ++i) {
    int64_t from = 0;
    for (size_t d = 0; d < k; ++d) {
      const int64_t length = x.dims()[b + d];
      from = from * length + CheckedIndex(call, places[static_cast<size_t>(i) * k + d], length, true);
    }
    CopyRun(&y, i * inner, x, i / count * image + from * inner, inner);
  }
}

void Run(const GatherElements& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor& indices = call.in(1);
  call.RequireRank(1, x.rank());
  const std::vector<int64_t> places = LoadIndices(call, 1);
  const size_t axis = call.Axis(op.axis, x.rank());
  for (size_t i = 0; i < x.rank(); ++i) {
    if (i != axis && indices.dims()[i] > x.dims()[i]) {
      call.Fail("indices {} reach beyond {}", DimsToString(indices.dims()), DimsToString(x.dims()));
    }
  }
  Tensor& y = call.Out(0, x.dtype(), indices.dims());
  if (y.size() == 0) return;
  const Dims strides = RowMajorStrides(x.dims());
  Odometer at(indices.dims());
  int64_t o = 0;
  do {
    int64_t from = 0;
    for (size_t i = 0; i < x.rank(); ++i) {
      from += strides[i] * (i == axis ? CheckedIndex(call, places[static_cast<size_t>(o)], x.dims()[i], true)
                                      : at.index[i]);
    }
    CopyRun(&y, o++, x, from, 1);
  } while (at.Next());
}

}  // namespace floe::reference
