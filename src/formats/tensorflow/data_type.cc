#include "formats/tensorflow/data_type.h"

#include "base/check.h"
#include "base/error.h"

namespace floe {
namespace {

constexpr int kRefOffset = 100;  // DT_FLOAT_REF == DT_FLOAT + 100, and so on
constexpr int kMaxRank = 254;

}  // namespace

bool IsRefType(tf::DataType type) {
  return type > kRefOffset;
}

tf::DataType RemoveRef(tf::DataType type) {
  return IsRefType(type) ? static_cast<tf::DataType>(type - kRefOffset) : type;
}

std::optional<DType> DTypeFromTf(tf::DataType type) {
  switch (RemoveRef(type)) {
    case tf::DT_FLOAT:
      return DType::kFloat32;
    case tf::DT_DOUBLE:
      return DType::kFloat64;
    case tf::DT_HALF:
      return DType::kFloat16;
    case tf::DT_BFLOAT16:
      return DType::kBFloat16;
    case tf::DT_INT8:
    case tf::DT_QINT8:
      return DType::kInt8;
    case tf::DT_INT16:
    case tf::DT_QINT16:
      return DType::kInt16;
    case tf::DT_INT32:
    case tf::DT_QINT32:
      return DType::kInt32;
    case tf::DT_INT64:
      return DType::kInt64;
    case tf::DT_UINT8:
    case tf::DT_QUINT8:
      return DType::kUInt8;
    case tf::DT_UINT16:
    case tf::DT_QUINT16:
      return DType::kUInt16;
    case tf::DT_UINT32:
      return DType::kUInt32;
    case tf::DT_UINT64:
      return DType::kUInt64;
    case tf::DT_BOOL:
      return DType::kBool;
    case tf::DT_COMPLEX64:
      return DType::kComplex64;
    case tf::DT_COMPLEX128:
      return DType::kComplex128;
    case tf::DT_STRING:
      return DType::kString;
    default:
      return std::nullopt;
  }
}

DType RequireDTypeFromTf(tf::DataType type, std::string_view subject) {
  if (const auto dtype = DTypeFromTf(type)) return *dtype;
  Throw(ErrorCode::kModel, "{}: element type {} is not supported", subject, DataTypeName(type));
}

tf::DataType DTypeToTf(DType dtype) {
  switch (dtype) {
    case DType::kInvalid:
      return tf::DT_INVALID;
    case DType::kFloat32:
      return tf::DT_FLOAT;
    case DType::kFloat64:
      return tf::DT_DOUBLE;
    case DType::kFloat16:
      return tf::DT_HALF;
    case DType::kBFloat16:
      return tf::DT_BFLOAT16;
    case DType::kInt8:
      return tf::DT_INT8;
    case DType::kInt16:
      return tf::DT_INT16;
    case DType::kInt32:
      return tf::DT_INT32;
    case DType::kInt64:
      return tf::DT_INT64;
    case DType::kUInt8:
      return tf::DT_UINT8;
    case DType::kUInt16:
      return tf::DT_UINT16;
    case DType::kUInt32:
      return tf::DT_UINT32;
    case DType::kUInt64:
      return tf::DT_UINT64;
    case DType::kBool:
      return tf::DT_BOOL;
    case DType::kComplex64:
      return tf::DT_COMPLEX64;
    case DType::kComplex128:
      return tf::DT_COMPLEX128;
    case DType::kString:
      return tf::DT_STRING;
  }
  CheckFailed(__FILE__, __LINE__, "a DType");
}

std::string DataTypeName(tf::DataType type) {
  const std::string& name = tf::DataType_Name(type);
  return name.empty() ? fmt::format("DT_{}", static_cast<int>(type)) : name;
}

std::optional<std::vector<int64_t>> DimsFromShapeProto(const tf::TensorShapeProto& shape,
                                                       std::string_view subject) {
  if (shape.unknown_rank()) return std::nullopt;
  if (shape.dim_size() > kMaxRank) {
    Throw(ErrorCode::kModel, "{}: a shape of rank {}, but TensorFlow allows at most {}", subject,
          shape.dim_size(), kMaxRank);
  }
  std::vector<int64_t> dims;
  for (const auto& dim : shape.dim()) {
    if (dim.size() < -1) Throw(ErrorCode::kModel, "{}: a shape with dimension {}", subject, dim.size());
    dims.push_back(dim.size());
  }
  return dims;
}

std::vector<int64_t> KnownDimsFromShapeProto(const tf::TensorShapeProto& shape, std::string_view subject) {
  auto dims = DimsFromShapeProto(shape, subject);
  if (!dims) Throw(ErrorCode::kModel, "{}: expected a known shape, found unknown rank", subject);
  int64_t count = 1;
  bool zero = false, overflow = false;
  for (const int64_t dim : *dims) {
    if (dim < 0) {
      Throw(ErrorCode::kModel, "{}: expected a known shape, found {}", subject, ShapeProtoToString(shape));
    }
    zero = zero || dim == 0;
    overflow = overflow || (dim != 0 && __builtin_mul_overflow(count, dim, &count));
  }
  if (overflow && !zero) {
    Throw(ErrorCode::kModel, "{}: the shape {} has more elements than 64 bits count", subject,
          DimsToString(*dims));
  }
  return std::move(*dims);
}

void DimsToShapeProto(const std::vector<int64_t>& dims, tf::TensorShapeProto* shape) {
  shape->Clear();
  for (const int64_t dim : dims) shape->add_dim()->set_size(dim);
}

std::string ShapeProtoToString(const tf::TensorShapeProto& shape) {
  if (shape.unknown_rank()) return "of unknown rank";
  std::string text = "[";
  for (int i = 0; i < shape.dim_size(); ++i) {
    if (i > 0) text += ", ";
    text += shape.dim(i).size() < 0 ? "?" : std::to_string(shape.dim(i).size());
  }
  return text + "]";
}

}  // namespace floe
