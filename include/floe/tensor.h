// Element types and dense tensors: what goes into a session and comes out of it.
#ifndef FLOE_TENSOR_H_
#define FLOE_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe {

// The numbers are part of the engine format: append, never renumber.
enum class DType : uint8_t {
  kInvalid = 0,
  kFloat32 = 1,
  kFloat64 = 2,
  kFloat16 = 3,
  kBFloat16 = 4,
  kInt8 = 5,
  kInt16 = 6,
  kInt32 = 7,
  kInt64 = 8,
  kUInt8 = 9,
  kUInt16 = 10,
  kUInt32 = 11,
  kUInt64 = 12,
  kBool = 13,  // one byte, 0 or 1
  kComplex64 = 14,
  kComplex128 = 15,
  kString = 16,  // std::string objects
};

// "float32", "int64", "bool", "string"...: numpy's names, and "bfloat16".
std::string_view DTypeName(DType dtype);
std::optional<DType> DTypeFromName(std::string_view name);

// Bytes of one element; sizeof(std::string) for kString.
size_t DTypeSize(DType dtype);

bool IsFloat(DType dtype);    // float16, bfloat16, float32, float64
bool IsInteger(DType dtype);  // signed and unsigned, not bool
bool IsSigned(DType dtype);   // signed integers and floats
bool IsComplex(DType dtype);

// The product of dims; throws Error(kModel) if one is negative or the product overflows int64.
int64_t ElementCount(std::span<const int64_t> dims);

// "[1, 224, 224, 3]"; "[]" for a scalar.
std::string DimsToString(std::span<const int64_t> dims);

// A dense, row-major tensor. Copies share the buffer, so copying is cheap and a shared tensor must not be
// written to. Not synchronised: concurrent reads are fine.
class Tensor {
 public:
  Tensor() = default;

  // Owned, 64-byte aligned, zeroed (strings empty).
  Tensor(DType dtype, std::vector<int64_t> dims);

  // Refers to memory of somebody else. `keep_alive` (may be null) is held as long as this tensor or a copy
  // lives. `data` must hold ElementCount(dims) elements; for kString they are std::string objects.
  static Tensor View(DType dtype, std::vector<int64_t> dims, void* data,
                     std::shared_ptr<const void> keep_alive = nullptr);
  // As above for memory that must not be written to: calling the non-const data() of it is the caller's
  // error.
  static Tensor ConstView(DType dtype, std::vector<int64_t> dims, const void* data,
                          std::shared_ptr<const void> keep_alive = nullptr);

  template <typename T>
  static Tensor Scalar(T value);
  template <typename T>
  static Tensor FromVector(const std::vector<T>& values);  // rank 1
  template <typename T>
  static Tensor FromValues(std::vector<int64_t> dims, const std::vector<T>& values);

  DType dtype() const { return dtype_; }
  const std::vector<int64_t>& dims() const { return dims_; }
  size_t rank() const { return dims_.size(); }
  int64_t size() const { return size_; }  // elements
  size_t size_bytes() const { return static_cast<size_t>(size_) * DTypeSize(dtype_); }
  bool empty() const { return dtype_ == DType::kInvalid; }  // default-constructed

  const void* raw() const { return data_; }
  void* raw() { return data_; }
  // T must be the C++ type of dtype(); throws InternalError otherwise.
  template <typename T>
  const T* data() const;
  template <typename T>
  T* data();

  // Points this view at other memory of the same type and dims, without allocating.
  void Rebind(void* data, std::shared_ptr<const void> keep_alive = nullptr) {
    data_ = data;
    owner_ = std::move(keep_alive);
  }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  // The same elements under other dims (same element count); shares the buffer.
  Tensor Reshaped(std::vector<int64_t> dims) const;
  Tensor Clone() const;

 private:
  DType dtype_ = DType::kInvalid;
  std::vector<int64_t> dims_;
  int64_t size_ = 0;
  void* data_ = nullptr;
  std::shared_ptr<const void> owner_;
};

// Same type, dims and bytes (floats by bits).
bool SameContents(const Tensor& a, const Tensor& b);

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

}  // namespace floe

#include "floe/tensor_inl.h"

#endif  // FLOE_TENSOR_H_
