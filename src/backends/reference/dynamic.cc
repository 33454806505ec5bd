// Distribution of rows to several tensors and back.
#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// The dims of `data` after those of `index`, its prefix.
Dims RowDims(const OpCall& call, const Dims& index, const Dims& data) {
  if (index.size() > data.size() || !std::equal(index.begin(), index.end(), data.begin())) {
    call.Fail("{} is no prefix of {}", DimsToString(index), DimsToString(data));
  }
  return Dims(data.begin() + static_cast<int64_t>(index.size()), data.end());
}

std::vector<int64_t> LoadIndices(const OpCall& call, size_t i) {
  if (!IsInteger(call.in(i).dtype())) call.FailType(i);
  return LoadAll<int64_t>(call.in(i));
}

}  // namespace

void Run(const DynamicStitch&, OpCall& call) {
  const size_t n = call.input_count() / 2;
  if (call.input_count() != 2 * n) call.Fail("{} inputs are no pairs", call.input_count());
  const Dims row = RowDims(call, call.in(0).dims(), call.in(n).dims());
  std::vector<std::vector<int64_t>> indices;
  int64_t rows = 0;
  for (size_t i = 0; i < n; ++i) {
    call.RequireSameType(n + i, n);
    if (RowDims(call, call.in(i).dims(), call.in(n + i).dims()) != row) {
      call.Fail("rows of {} and {}", DimsToString(call.in(n).dims()), DimsToString(call.in(n + i).dims()));
    }
    indices.push_back(LoadIndices(call, i));
    for (const int64_t index : indices.back()) rows = std::max(rows, call.Size(index, "index") + 1);
  }
  Dims dims = row;
  dims.insert(dims.begin(), rows);
  Tensor& y = call.Out(0, call.in(n).dtype(), dims);
  SetZero(&y);
  const int64_t row_size = Product(row, 0, row.size());
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < indices[i].size(); ++k) {
      CopyRun(&y, indices[i][k] * row_size, call.in(n + i), static_cast<int64_t>(k) * row_size, row_size);
    }
  }
}

void Run(const DynamicPartition& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (op.parts != static_cast<int64_t>(call.output_count())) {
    call.Fail("{} parts for {} outputs", op.parts, call.output_count());
  }
  const Dims row = RowDims(call, call.in(1).dims(), x.dims());
  const std::vector<int64_t> parts = LoadIndices(call, 1);
  std::vector<int64_t> counts(call.output_count(), 0);
  for (const int64_t p : parts) {
    if (p < 0 || p >= op.parts) call.FailValue("partition {} is not in [0, {})", p, op.parts);
    ++counts[static_cast<size_t>(p)];
  }
  std::vector<Tensor*> outputs;
  for (size_t i = 0; i < counts.size(); ++i) {
    Dims dims = row;
    dims.insert(dims.begin(), counts[i]);
    outputs.push_back(&call.Out(i, x.dtype(), dims));
    counts[i] = 0;
  }
  const int64_t row_size = Product(row, 0, row.size());
  for (size_t k = 0; k < parts.size(); ++k) {
    const size_t p = static_cast<size_t>(parts[k]);
    CopyRun(outputs[p], counts[p]++ * row_size, x, static_cast<int64_t>(k) * row_size, row_size);
  }
}

}  // namespace floe::reference
