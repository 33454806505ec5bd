#include "formats/onnx/tensor_proto.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "floe/float16.h"
#include "formats/onnx/data_type.h"
#include "formats/utf.h"

namespace floe {
namespace {

constexpr size_t kAlignment = 64;  // of a tensor's memory, for vector instructions
constexpr int64_t kMostDenseBytes = int64_t{1} << 31;

std::string SubjectOf(const onnx::TensorProto& proto) {
  return fmt::format("tensor '{}'", Printable(proto.name()));
}

std::vector<int64_t> DimsOf(const onnx::TensorProto& proto) {
  std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  try {
    ElementCount(dims);
  } catch (const Error& error) {
    Throw(ErrorCode::kModel, "{}: {}", SubjectOf(proto), error.what());
  }
  return dims;
}

// Two elements a byte, the first in the low half; the last byte may be half used.
Tensor Unpack(const onnx::TensorProto& proto, std::vector<int64_t> dims, DType dtype, Bytes packed) {
  Tensor tensor(dtype, std::move(dims));
  auto* out = static_cast<uint8_t*>(tensor.raw());
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const unsigned nibble = packed[static_cast<size_t>(i / 2)] >> (i % 2 * 4) & 15u;
    const bool negative = proto.data_type() == 22 && nibble > 7;
    out[i] = static_cast<uint8_t>(negative ? nibble | 0xf0u : nibble);
  }
  return tensor;
}

uint64_t RawBytes(const onnx::TensorProto& proto, const std::vector<int64_t>& dims, DType dtype) {
  const auto count = static_cast<uint64_t>(ElementCount(dims));
  if (IsFourBitOnnxType(proto.data_type())) return count / 2 + count % 2;
  if (count > UINT64_MAX / DTypeSize(dtype)) {
    Throw(ErrorCode::kModel, "{}: {} elements of {} are too many", SubjectOf(proto), count, DTypeName(dtype));
  }
  return count * DTypeSize(dtype);
}

Tensor FromBytes(const onnx::TensorProto& proto, std::vector<int64_t> dims, DType dtype, Bytes bytes,
                 std::shared_ptr<const void> keep_alive) {
  if (IsFourBitOnnxType(proto.data_type())) return Unpack(proto, std::move(dims), dtype, bytes);
  if (keep_alive != nullptr && reinterpret_cast<uintptr_t>(bytes.data()) % kAlignment == 0 &&
      dtype != DType::kBool) {
    return Tensor::ConstView(dtype, std::move(dims), bytes.data(), std::move(keep_alive));
  }
  Tensor tensor(dtype, std::move(dims));
  if (!bytes.empty()) std::memcpy(tensor.raw(), bytes.data(), bytes.size());
  if (dtype == DType::kBool) {  // only 0 and 1 are values of a bool
    auto* flags = static_cast<uint8_t*>(tensor.raw());
    for (int64_t i = 0; i < tensor.size(); ++i) flags[i] = flags[i] != 0 ? 1 : 0;
  }
  return tensor;
}

[[noreturn]] void FailCount(const onnx::TensorProto& proto, int64_t expected, int found) {
  Throw(ErrorCode::kModel, "{}: expected {} elements, found {}", SubjectOf(proto), expected, found);
}

// From the field of the message that holds elements of the type.
class FieldReader {
 public:
  FieldReader(const onnx::TensorProto& proto, std::vector<int64_t> dims, DType dtype)
      : proto_(proto), dims_(std::move(dims)), dtype_(dtype) {}

  Tensor Read() const {
    switch (dtype_) {
      case DType::kFloat32:
      case DType::kComplex64:
        return As<float>(proto_.float_data());
      case DType::kFloat64:
      case DType::kComplex128:
        return As<double>(proto_.double_data());
      case DType::kInt64:
        return As<int64_t>(proto_.int64_data());
      case DType::kUInt64:
        return As<uint64_t>(proto_.uint64_data());
      case DType::kUInt32:
        return As<uint32_t>(proto_.uint64_data());
      case DType::kInt32:
        return As<int32_t>(proto_.int32_data());
      case DType::kInt16:
      case DType::kUInt16:
      case DType::kFloat16:
      case DType::kBFloat16:  // halves by their bits
        return As<uint16_t>(proto_.int32_data());
      case DType::kInt8:
      case DType::kUInt8:
        return As<uint8_t>(proto_.int32_data());
      case DType::kBool:
        return As<bool>(proto_.int32_data());
      case DType::kString:
        return As<std::string>(proto_.string_data());
      case DType::kInvalid:
        break;
    }
    Throw(ErrorCode::kModel, "{}: it has no element type", SubjectOf(proto_));
  }

 private:
  // Complex numbers are pairs in the message and in memory.
  template <typename T, typename List>
  Tensor As(const List& list) const {
    const int each = IsComplex(dtype_) ? 2 : 1;
    const int64_t count = ElementCount(dims_);
    if (list.size() % each != 0 || list.size() / each != count) FailCount(proto_, count, list.size());
    Tensor tensor(dtype_, dims_);
    std::transform(list.begin(), list.end(), static_cast<T*>(tensor.raw()),
                   [](const auto& item) { return static_cast<T>(item); });
    return tensor;
  }

  const onnx::TensorProto& proto_;
  std::vector<int64_t> dims_;
  DType dtype_;
};

Tensor FromFourBitFields(const onnx::TensorProto& proto, std::vector<int64_t> dims, DType dtype) {
  const uint64_t bytes = RawBytes(proto, dims, dtype);
  if (static_cast<uint64_t>(proto.int32_data_size()) != bytes)
    FailCount(proto, static_cast<int64_t>(bytes), proto.int32_data_size());
  std::vector<uint8_t> packed;
  for (const int32_t two : proto.int32_data()) packed.push_back(static_cast<uint8_t>(two));
  return Unpack(proto, std::move(dims), dtype, packed);
}

}  // namespace

Tensor TensorFromOnnx(const onnx::TensorProto& proto, const Bytes* raw, ExternalData& external) {
  const std::optional<DType> dtype = DTypeFromOnnx(proto.data_type());
  if (!dtype) {
    Throw(ErrorCode::kModel, "{}: element type {} is not supported", SubjectOf(proto),
          OnnxTypeName(proto.data_type()));
  }
  if (proto.has_segment())
    Throw(ErrorCode::kModel, "{}: it is stored in segments, which is not supported", SubjectOf(proto));
  std::vector<int64_t> dims = DimsOf(proto);
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    if (*dtype == DType::kString)
      Throw(ErrorCode::kModel, "{}: strings cannot be external data", SubjectOf(proto));
    const ExternalData::Part part = external.Find(proto, RawBytes(proto, dims, *dtype));
    return FromBytes(proto, std::move(dims), *dtype, part.bytes, part.file);
  }
  if (raw != nullptr || proto.has_raw_data()) {
    if (*dtype == DType::kString)
      Throw(ErrorCode::kModel, "{}: strings cannot be raw data", SubjectOf(proto));
    const Bytes bytes = raw != nullptr ? *raw : AsBytes(proto.raw_data());
    if (const uint64_t expected = RawBytes(proto, dims, *dtype); bytes.size() != expected) {
      Throw(ErrorCode::kModel, "{}: {} of {} takes {} bytes, found {}", SubjectOf(proto), DimsToString(dims),
            OnnxTypeName(proto.data_type()), expected, bytes.size());
    }
    return FromBytes(proto, std::move(dims), *dtype, bytes, nullptr);
  }
  if (IsFourBitOnnxType(proto.data_type())) return FromFourBitFields(proto, std::move(dims), *dtype);
  return FieldReader(proto, std::move(dims), *dtype).Read();
}

Tensor DenseFromOnnx(const onnx::SparseTensorProto& proto, ExternalData& external) {
  const Tensor values = TensorFromOnnx(proto.values(), nullptr, external);
  const Tensor indices = TensorFromOnnx(proto.indices(), nullptr, external);
  const std::string name = SubjectOf(proto.values());
  const std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  const int64_t size = ElementCount(dims);
  if (values.dtype() == DType::kString || values.rank() != 1)
    Throw(ErrorCode::kModel, "{}: expected the values of a sparse tensor, found {}{}", name,
          DTypeName(values.dtype()), DimsToString(values.dims()));
  if (size > kMostDenseBytes / static_cast<int64_t>(DTypeSize(values.dtype())))
    Throw(ErrorCode::kResource, "{}: the sparse tensor {} takes more than 2 GB", name, DimsToString(dims));
  const auto rank = static_cast<int64_t>(dims.size());
  const bool flat = indices.rank() == 1 && indices.size() == values.size();
  const bool full = indices.rank() == 2 && indices.dims()[0] == values.size() && indices.dims()[1] == rank;
  if (indices.dtype() != DType::kInt64 || (!flat && !full))
    Throw(ErrorCode::kModel, "{}: the indices of a sparse tensor, {}{}, do not fit its {} values", name,
          DTypeName(indices.dtype()), DimsToString(indices.dims()), values.size());
  Tensor dense(values.dtype(), dims);
  const size_t each = DTypeSize(values.dtype());
  for (int64_t i = 0; i < values.size(); ++i) {
    int64_t place = flat ? indices.data<int64_t>()[i] : 0;
    bool inside = place >= 0 && place < size;
    for (int64_t d = 0; !flat && d < rank; ++d) {
      const int64_t at = indices.data<int64_t>()[i * rank + d];
      inside = inside && at >= 0 && at < dims[static_cast<size_t>(d)];
      place = inside ? place * dims[static_cast<size_t>(d)] + at : 0;
    }
    if (!inside)
      Throw(ErrorCode::kModel, "{}: index {} of a sparse tensor is outside {}", name, i, DimsToString(dims));
    std::memcpy(static_cast<char*>(dense.raw()) + static_cast<size_t>(place) * each,
                static_cast<const char*>(values.raw()) + static_cast<size_t>(i) * each, each);
  }
  return dense;
}

}  // namespace floe
