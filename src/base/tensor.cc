#include "floe/tensor.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/error.h"

namespace floe {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  size_t size;
};

constexpr DTypeRow kDTypes[] = {
    {DType::kInvalid, "invalid", 0},
    {DType::kFloat32, "float32", 4},
    {DType::kFloat64, "float64", 8},
    {DType::kFloat16, "float16", 2},
    {DType::kBFloat16, "bfloat16", 2},
    {DType::kInt8, "int8", 1},
    {DType::kInt16, "int16", 2},
    {DType::kInt32, "int32", 4},
    {DType::kInt64, "int64", 8},
    {DType::kUInt8, "uint8", 1},
    {DType::kUInt16, "uint16", 2},
    {DType::kUInt32, "uint32", 4},
    {DType::kUInt64, "uint64", 8},
    {DType::kBool, "bool", 1},
    {DType::kComplex64, "complex64", 8},
    {DType::kComplex128, "complex128", 16},
    {DType::kString, "string", sizeof(std::string)},
};

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

// Arenas of megabytes are walked from end to end: pages of 4 KiB would miss the TLB all the time.
void* AllocateBytes(size_t bytes) {
#if defined(__linux__)
  if (bytes >= 2 * kHugePage) {
    void* data = std::aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage);
    if (data != nullptr)
      madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a hint: may be refused
    return data;
  }
#endif
  return std::aligned_alloc(kAlignment, bytes);
}

std::shared_ptr<void> Allocate(DType dtype, int64_t count) {
  const size_t n = static_cast<size_t>(count);
  if (dtype == DType::kString) {
    auto* strings = new std::vector<std::string>(n);
    return std::shared_ptr<void>(strings->data(), [strings](void*) { delete strings; });
  }
  const size_t element = DTypeSize(dtype);
  if (n > (SIZE_MAX - kHugePage) / element) throw std::bad_alloc();
  const size_t bytes = n == 0 ? kAlignment : (n * element + kAlignment - 1) / kAlignment * kAlignment;
  void* data = AllocateBytes(bytes);
  if (data == nullptr) throw std::bad_alloc();
  std::memset(data, 0, bytes);
  return std::shared_ptr<void>(data, std::free);
}

}  // namespace

std::string_view DTypeName(DType dtype) {
  const size_t i = static_cast<size_t>(dtype);
  return i < std::size(kDTypes) ? kDTypes[i].name : "invalid";
}

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.name == name && row.dtype != DType::kInvalid) return row.dtype;
  }
  return std::nullopt;
}

size_t DTypeSize(DType dtype) {
  const size_t i = static_cast<size_t>(dtype);
  return i < std::size(kDTypes) ? kDTypes[i].size : 0;
}

bool IsFloat(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat64 || dtype == DType::kFloat16 ||
         dtype == DType::kBFloat16;
}
bool IsInteger(DType dtype) {
  return dtype >= DType::kInt8 && dtype <= DType::kUInt64;
}
bool IsSigned(DType dtype) {
  return IsFloat(dtype) || (dtype >= DType::kInt8 && dtype <= DType::kInt64);
}
bool IsComplex(DType dtype) {
  return dtype == DType::kComplex64 || dtype == DType::kComplex128;
}

int64_t ElementCount(std::span<const int64_t> dims) {
  int64_t count = 1;
  bool overflow = false;
  bool zero = false;
  for (const int64_t d : dims) {
    if (d < 0) Throw(ErrorCode::kModel, "tensor shape {}: a dimension is negative", DimsToString(dims));
    zero |= d == 0;
    overflow |= __builtin_mul_overflow(count, d == 0 ? 1 : d, &count);
  }
  if (overflow) Throw(ErrorCode::kModel, "tensor shape {}: too many elements", DimsToString(dims));
  return zero ? 0 : count;
}

std::string DimsToString(std::span<const int64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

Tensor::Tensor(DType dtype, std::vector<int64_t> dims) : dtype_(dtype), dims_(std::move(dims)) {
  CHECK(dtype != DType::kInvalid);
  size_ = ElementCount(dims_);
  std::shared_ptr<void> buffer = Allocate(dtype, size_);
  data_ = buffer.get();
  owner_ = std::move(buffer);
}

Tensor Tensor::View(DType dtype, std::vector<int64_t> dims, void* data,
                    std::shared_ptr<const void> keep_alive) {
  Tensor t;
  t.dtype_ = dtype;
  t.dims_ = std::move(dims);
  t.size_ = ElementCount(t.dims_);
  t.data_ = data;
  t.owner_ = std::move(keep_alive);
  return t;
}

Tensor Tensor::ConstView(DType dtype, std::vector<int64_t> dims, const void* data,
                         std::shared_ptr<const void> keep_alive) {
  return View(dtype, std::move(dims), const_cast<void*>(data), std::move(keep_alive));
}

Tensor Tensor::Reshaped(std::vector<int64_t> dims) const {
  CHECK(ElementCount(dims) == size_, "from " + DimsToString(dims_) + " to " + DimsToString(dims));
  Tensor t = *this;
  t.dims_ = std::move(dims);
  return t;
}

Tensor Tensor::Clone() const {
  if (empty()) return {};
  Tensor t(dtype_, dims_);
  if (dtype_ == DType::kString) {
    std::copy_n(data<std::string>(), size_, t.data<std::string>());
  } else if (size_ > 0) {
    std::memcpy(t.data_, data_, size_bytes());
  }
  return t;
}

bool SameContents(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.dims() != b.dims()) return false;
  if (a.size() == 0 || a.raw() == b.raw()) return true;
  if (a.dtype() == DType::kString) {
    return std::equal(a.data<std::string>(), a.data<std::string>() + a.size(), b.data<std::string>());
  }
  return std::memcmp(a.raw(), b.raw(), a.size_bytes()) == 0;
}

}  // namespace floe
