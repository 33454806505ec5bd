#include "backends/reference/indexing.h"

#include <algorithm>
#include <cstring>

#include "backends/reference/value_io.h"
#include "base/check.h"

namespace floe::reference {
namespace {

// Merges dimension i into i + 1 where every operand steps through both evenly; drops dimensions of size 1.
void MergeDims(StridedOperands* o) {
  Dims dims;
  std::vector<Dims> strides(o->strides.size());
  for (size_t i = 0; i < o->dims.size(); ++i) {
    if (o->dims[i] == 1) continue;
    bool merges = !dims.empty();
    for (size_t k = 0; merges && k < strides.size(); ++k) {
      merges = strides[k].back() == o->strides[k][i] * o->dims[i];
    }
    if (merges) {
      dims.back() *= o->dims[i];
    } else {
      dims.push_back(o->dims[i]);
    }
    for (size_t k = 0; k < strides.size(); ++k) {
      if (merges) {
        strides[k].back() = o->strides[k][i];
      } else {
        strides[k].push_back(o->strides[k][i]);
      }
    }
  }
  o->dims = std::move(dims);
  o->strides = std::move(strides);
}

struct Bytes16 {
  uint64_t parts[2];
};

template <typename T>
void CopySteps(T* to, int64_t to_step, const T* from, int64_t from_step, int64_t count) {
  if (to_step == 1 && from_step == 1) {
    std::copy_n(from, count, to);
  } else {
    for (int64_t i = 0; i < count; ++i) to[i * to_step] = from[i * from_step];
  }
}

// Calls f with a null pointer to a type of the element's size (std::string for strings).
template <typename F>
void VisitElementSize(DType dtype, F&& f) {
  if (dtype == DType::kString) return f(static_cast<std::string*>(nullptr));
  switch (DTypeSize(dtype)) {
    case 1:
      return f(static_cast<uint8_t*>(nullptr));
    case 2:
      return f(static_cast<uint16_t*>(nullptr));
    case 4:
      return f(static_cast<uint32_t*>(nullptr));
    case 8:
      return f(static_cast<uint64_t*>(nullptr));
    default:
      return f(static_cast<Bytes16*>(nullptr));
  }
}

}  // namespace

Dims RowMajorStrides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = WrapMul(strides[i], std::max<int64_t>(dims[i], 1));
  return strides;
}

int64_t Product(const Dims& dims, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i) product = WrapMul(product, dims[i]);
  return product;
}

AxisView ViewAxis(const Dims& dims, size_t axis) {
  return {Product(dims, 0, axis), dims[axis], Product(dims, axis + 1, dims.size())};
}

bool Odometer::Next() {
  for (size_t i = index.size(); i-- > 0;) {
    if (++index[i] < dims_[i]) return true;
    index[i] = 0;
  }
  return false;
}

void ForEachRun(StridedOperands operands,
                const std::function<void(std::span<const int64_t>, std::span<const int64_t>, int64_t)>& run) {
  if (std::find(operands.dims.begin(), operands.dims.end(), 0) != operands.dims.end()) return;
  MergeDims(&operands);
  const size_t n = operands.strides.size();
  Dims offsets = operands.offsets;
  Dims steps(n, 0);
  if (operands.dims.empty()) return run(offsets, steps, 1);
  const size_t last = operands.dims.size() - 1;
  for (size_t k = 0; k < n; ++k) steps[k] = operands.strides[k][last];
  Dims index(last, 0);
  while (true) {
    run(offsets, steps, operands.dims[last]);
    size_t d = last;
    while (d > 0) {
      --d;
      for (size_t k = 0; k < n; ++k) offsets[k] += operands.strides[k][d];
      if (++index[d] < operands.dims[d]) break;
      for (size_t k = 0; k < n; ++k) offsets[k] -= operands.strides[k][d] * operands.dims[d];
      index[d] = 0;
      if (d == 0) return;
    }
    if (last == 0) return;
  }
}

void CopyBlock(const Dims& dims, Tensor* to, const StridedBlock& to_block, const Tensor& from,
               const StridedBlock& from_block) {
  CHECK(to->dtype() == from.dtype());
  VisitElementSize(from.dtype(), [&](auto* type) {
    using E = std::remove_pointer_t<decltype(type)>;
    E* out = static_cast<E*>(to->raw());
    const E* in = static_cast<const E*>(from.raw());
    ForEachRun({dims, {to_block.strides, from_block.strides}, {to_block.offset, from_block.offset}},
               [&](std::span<const int64_t> offsets, std::span<const int64_t> steps, int64_t length) {
                 CopySteps(out + offsets[0], steps[0], in + offsets[1], steps[1], length);
               });
  });
}

void CopyRun(Tensor* to, int64_t to_offset, const Tensor& from, int64_t from_offset, int64_t count) {
  CHECK(to->dtype() == from.dtype());
  if (count <= 0) return;
  if (from.dtype() == DType::kString) {
    std::copy_n(from.data<std::string>() + from_offset, count, to->data<std::string>() + to_offset);
    return;
  }
  const size_t size = DTypeSize(from.dtype());
  std::memcpy(static_cast<char*>(to->raw()) + static_cast<size_t>(to_offset) * size,
              static_cast<const char*>(from.raw()) + static_cast<size_t>(from_offset) * size,
              static_cast<size_t>(count) * size);
}

void FillRun(Tensor* to, int64_t to_offset, int64_t count, const Tensor& from, int64_t from_offset) {
  CHECK(to->dtype() == from.dtype());
  VisitElementSize(from.dtype(), [&](auto* type) {
    using E = std::remove_pointer_t<decltype(type)>;
    std::fill_n(static_cast<E*>(to->raw()) + to_offset, count,
                static_cast<const E*>(from.raw())[from_offset]);
  });
}

void SetZero(Tensor* tensor) {
  if (tensor->dtype() == DType::kString) {
    std::fill_n(tensor->data<std::string>(), tensor->size(), std::string());
  } else if (tensor->size() > 0) {
    std::memset(tensor->raw(), 0, tensor->size_bytes());
  }
}

Dims BroadcastDims(const OpCall& call, std::span<const Dims> shapes) {
  size_t rank = 0;
  for (const Dims& s : shapes) rank = std::max(rank, s.size());
  Dims out(rank, 1);
  for (const Dims& s : shapes) {
    for (size_t i = 0; i < s.size(); ++i) {
      int64_t& d = out[rank - s.size() + i];
      if (s[i] == d || s[i] == 1) continue;
      if (d != 1) {
        call.Fail("shapes {} and {} do not broadcast", DimsToString(shapes[0]), DimsToString(shapes.back()));
      }
      d = s[i];
    }
  }
  return out;
}

Dims BroadcastStrides(const Dims& dims, const Dims& to) {
  const Dims own = RowMajorStrides(dims);
  Dims strides(to.size(), 0);
  const size_t skip = to.size() - dims.size();
  for (size_t i = 0; i < dims.size(); ++i) strides[skip + i] = dims[i] == 1 ? 0 : own[i];
  return strides;
}

}  // namespace floe::reference
