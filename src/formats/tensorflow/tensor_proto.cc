#include "formats/tensorflow/tensor_proto.h"

#include <climits>
#include <complex>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "formats/raw_elements.h"

namespace floe {
namespace {

constexpr uint64_t kMaxFilledBytes = uint64_t{1} << 30;
constexpr size_t kWorthTaking = size_t{64} << 10;  // smaller content is copied, which aligns it

Float16 HalfFromBits(int32_t bits) {
  Float16 value;
  value.bits = static_cast<uint16_t>(bits);
  return value;
}

BFloat16 BFloat16FromBits(int32_t bits) {
  BFloat16 value;
  value.bits = static_cast<uint16_t>(bits);
  return value;
}

// Calls visit(count of values, function that gives value i) with the proto's list for this element type.
template <typename Visit>
void VisitValues(const tf::TensorProto& p, DType dtype, const Visit& visit) {
  const auto& ints = p.int_val();
  switch (dtype) {
    case DType::kFloat32:
      return visit(p.float_val_size(), [&](int i) { return p.float_val(i); });
    case DType::kFloat64:
      return visit(p.double_val_size(), [&](int i) { return p.double_val(i); });
    case DType::kFloat16:
      return visit(p.half_val_size(), [&](int i) { return HalfFromBits(p.half_val(i)); });
    case DType::kBFloat16:
      return visit(p.half_val_size(), [&](int i) { return BFloat16FromBits(p.half_val(i)); });
    case DType::kInt8:
      return visit(ints.size(), [&](int i) { return static_cast<int8_t>(ints[i]); });
    case DType::kInt16:
      return visit(ints.size(), [&](int i) { return static_cast<int16_t>(ints[i]); });
    case DType::kInt32:
      return visit(ints.size(), [&](int i) { return static_cast<int32_t>(ints[i]); });
    case DType::kInt64:
      return visit(p.int64_val_size(), [&](int i) { return int64_t{p.int64_val(i)}; });
    case DType::kUInt8:
      return visit(ints.size(), [&](int i) { return static_cast<uint8_t>(ints[i]); });
    case DType::kUInt16:
      return visit(ints.size(), [&](int i) { return static_cast<uint16_t>(ints[i]); });
    case DType::kUInt32:
      return visit(p.uint32_val_size(), [&](int i) { return uint32_t{p.uint32_val(i)}; });
    case DType::kUInt64:
      return visit(p.uint64_val_size(), [&](int i) { return uint64_t{p.uint64_val(i)}; });
    case DType::kBool:
      return visit(p.bool_val_size(), [&](int i) { return p.bool_val(i); });
    case DType::kComplex64:
      return visit(p.scomplex_val_size() / 2, [&](int i) {
        return std::complex<float>(p.scomplex_val(2 * i), p.scomplex_val(2 * i + 1));
      });
    case DType::kComplex128:
      return visit(p.dcomplex_val_size() / 2, [&](int i) {
        return std::complex<double>(p.dcomplex_val(2 * i), p.dcomplex_val(2 * i + 1));
      });
    case DType::kString:
      return visit(p.string_val_size(), [&](int i) { return p.string_val(i); });
    case DType::kInvalid:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "a DType with values");
}

Tensor FromTypedValues(const tf::TensorProto& proto, DType dtype, std::vector<int64_t> dims,
                       std::string_view subject) {
  const auto count = static_cast<uint64_t>(ElementCount(dims));
  Tensor tensor;
  VisitValues(proto, dtype, [&](int given, const auto& value) {
    const uint64_t filled = count > static_cast<uint64_t>(given) ? count - static_cast<uint64_t>(given) : 0;
    if (filled > kMaxFilledBytes / DTypeSize(dtype)) {
      Throw(ErrorCode::kModel, "{}: {} {} asks for {} elements, but the file holds {}", subject,
            DTypeName(dtype), DimsToString(dims), count, given);
    }
    tensor = Tensor(dtype, std::move(dims));
    using T = decltype(value(0));
    T* out = tensor.data<T>();
    const int64_t copied = std::min<int64_t>(tensor.size(), given);
    for (int64_t i = 0; i < copied; ++i) out[i] = value(static_cast<int>(i));
    if (copied > 0) std::fill(out + copied, out + tensor.size(), T(out[copied - 1]));
  });
  return tensor;
}

// All lengths as varints, then all the bytes.
Tensor FromStringContent(const std::string& content, std::vector<int64_t> dims, const std::string& subject) {
  ByteReader reader(AsBytes(content), subject);
  const int64_t count = ElementCount(dims);
  if (static_cast<uint64_t>(count) > content.size()) {
    Throw(ErrorCode::kModel, "{}: string {} asks for {} elements, but its content has {} bytes", subject,
          DimsToString(dims), count, content.size());
  }
  std::vector<uint64_t> lengths(static_cast<size_t>(count));
  for (uint64_t& length : lengths) length = reader.Varint();
  Tensor tensor(DType::kString, std::move(dims));
  auto* out = tensor.data<std::string>();
  for (const uint64_t length : lengths) *out++ = AsText(reader.Raw(length));
  if (!reader.done())
    Throw(ErrorCode::kModel, "{}: {} bytes left behind the strings", subject, reader.remaining());
  return tensor;
}

void CheckContentSize(DType dtype, const std::vector<int64_t>& dims, size_t content_size,
                      std::string_view subject) {
  const auto count = static_cast<uint64_t>(ElementCount(dims));
  if (count > content_size || count * DTypeSize(dtype) != content_size) {
    Throw(ErrorCode::kModel, "{}: {} {} needs {} elements of {} bytes, but the content has {} bytes", subject,
          DTypeName(dtype), DimsToString(dims), count, DTypeSize(dtype), content_size);
  }
}

bool AllElementsEqual(const Tensor& tensor) {
  const auto* bytes = static_cast<const uint8_t*>(tensor.raw());
  const size_t element = DTypeSize(tensor.dtype());
  // Equal to itself shifted by one element.
  return tensor.size_bytes() <= element ||
         std::memcmp(bytes, bytes + element, tensor.size_bytes() - element) == 0;
}

void AddFirstValue(const Tensor& t, tf::TensorProto* proto) {
  switch (t.dtype()) {
    case DType::kFloat32:
      return proto->add_float_val(*t.data<float>());
    case DType::kFloat64:
      return proto->add_double_val(*t.data<double>());
    case DType::kFloat16:
      return proto->add_half_val(t.data<Float16>()->bits);
    case DType::kBFloat16:
      return proto->add_half_val(t.data<BFloat16>()->bits);
    case DType::kInt8:
      return proto->add_int_val(*t.data<int8_t>());
    case DType::kInt16:
      return proto->add_int_val(*t.data<int16_t>());
    case DType::kInt32:
      return proto->add_int_val(*t.data<int32_t>());
    case DType::kInt64:
      return proto->add_int64_val(*t.data<int64_t>());
    case DType::kUInt8:
      return proto->add_int_val(*t.data<uint8_t>());
    case DType::kUInt16:
      return proto->add_int_val(*t.data<uint16_t>());
    case DType::kUInt32:
      return proto->add_uint32_val(*t.data<uint32_t>());
    case DType::kUInt64:
      return proto->add_uint64_val(*t.data<uint64_t>());
    case DType::kBool:
      return proto->add_bool_val(*t.data<bool>());
    case DType::kComplex64:
      proto->add_scomplex_val(t.data<std::complex<float>>()->real());
      return proto->add_scomplex_val(t.data<std::complex<float>>()->imag());
    case DType::kComplex128:
      proto->add_dcomplex_val(t.data<std::complex<double>>()->real());
      return proto->add_dcomplex_val(t.data<std::complex<double>>()->imag());
    case DType::kString:
    case DType::kInvalid:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "a DType of numbers");
}

void CheckProtoSize(uint64_t size_bytes) {
  if (size_bytes < INT_MAX) return;
  Throw(ErrorCode::kModel, "a constant of {} bytes is more than protobuf's limit of 2 GB", size_bytes);
}

}  // namespace

Tensor TensorFromProto(const tf::TensorProto& proto, std::string_view subject) {
  const DType dtype = RequireDTypeFromTf(proto.dtype(), subject);
  std::vector<int64_t> dims = KnownDimsFromShapeProto(proto.tensor_shape(), subject);
  const std::string& content = proto.tensor_content();
  if (content.empty()) return FromTypedValues(proto, dtype, std::move(dims), subject);
  if (dtype == DType::kString) return FromStringContent(content, std::move(dims), std::string(subject));
  CheckContentSize(dtype, dims, content.size(), subject);
  return TensorFromRaw(dtype, std::move(dims), AsBytes(content), nullptr);
}

Tensor TensorFromProto(tf::TensorProto&& proto, std::string_view subject) {
  const DType dtype = RequireDTypeFromTf(proto.dtype(), subject);
  if (dtype == DType::kString || proto.tensor_content().size() < kWorthTaking) {
    return TensorFromProto(static_cast<const tf::TensorProto&>(proto), subject);
  }
  std::vector<int64_t> dims = KnownDimsFromShapeProto(proto.tensor_shape(), subject);
  CheckContentSize(dtype, dims, proto.tensor_content().size(), subject);
  auto content = std::make_shared<std::string>(std::move(*proto.mutable_tensor_content()));
  proto.clear_tensor_content();
  return TensorFromRaw(dtype, std::move(dims), AsBytes(*content), content);
}

tf::TensorProto TensorToProto(const Tensor& tensor) {
  CHECK(!tensor.empty());
  tf::TensorProto proto;
  proto.set_dtype(DTypeToTf(tensor.dtype()));
  DimsToShapeProto(tensor.dims(), proto.mutable_tensor_shape());
  if (tensor.size() == 0) return proto;
  if (tensor.dtype() == DType::kString) {
    const auto* strings = tensor.data<std::string>();
    uint64_t total = 0;
    for (int64_t i = 0; i < tensor.size(); ++i) {
      total += strings[i].size() + 6;
      CheckProtoSize(total);
      proto.add_string_val(strings[i]);
    }
  } else if (AllElementsEqual(tensor)) {
    AddFirstValue(tensor, &proto);
  } else {
    CheckProtoSize(tensor.size_bytes());
    const Bytes bytes(static_cast<const uint8_t*>(tensor.raw()), tensor.size_bytes());
    std::string* content = proto.mutable_tensor_content();
    content->reserve(bytes.size());
    ForEachPiece(bytes, [&](Bytes piece) { content->append(AsText(piece)); });
    ReleaseMapped(bytes);
  }
  return proto;
}

}  // namespace floe
