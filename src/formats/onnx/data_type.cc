#include "formats/onnx/data_type.h"

#include <fmt/format.h>

#include <iterator>

namespace floe {
namespace {

struct Row {
  const char* name;
  DType dtype;
};

// By the numbers of TensorProto.DataType, those that the header is too old for included.
constexpr Row kRows[] = {
    {"UNDEFINED", DType::kInvalid},
    {"FLOAT", DType::kFloat32},
    {"UINT8", DType::kUInt8},
    {"INT8", DType::kInt8},
    {"UINT16", DType::kUInt16},
    {"INT16", DType::kInt16},
    {"INT32", DType::kInt32},
    {"INT64", DType::kInt64},
    {"STRING", DType::kString},
    {"BOOL", DType::kBool},
    {"FLOAT16", DType::kFloat16},
    {"DOUBLE", DType::kFloat64},
    {"UINT32", DType::kUInt32},
    {"UINT64", DType::kUInt64},
    {"COMPLEX64", DType::kComplex64},
    {"COMPLEX128", DType::kComplex128},
    {"BFLOAT16", DType::kBFloat16},
    {"FLOAT8E4M3FN", DType::kInvalid},
    {"FLOAT8E4M3FNUZ", DType::kInvalid},
    {"FLOAT8E5M2", DType::kInvalid},
    {"FLOAT8E5M2FNUZ", DType::kInvalid},
    {"UINT4", DType::kUInt8},
    {"INT4", DType::kInt8},
    {"FLOAT4E2M1", DType::kInvalid},
    {"FLOAT8E8M0", DType::kInvalid},
};

const Row* Find(int64_t type) {
  return type >= 0 && type < static_cast<int64_t>(std::size(kRows)) ? &kRows[type] : nullptr;
}

}  // namespace

std::optional<DType> DTypeFromOnnx(int64_t type) {
  const Row* row = Find(type);
  if (row == nullptr || row->dtype == DType::kInvalid) return std::nullopt;
  return row->dtype;
}

std::string OnnxTypeName(int64_t type) {
  const Row* row = Find(type);
  return row == nullptr ? fmt::format("type {}", type) : row->name;
}

bool IsFourBitOnnxType(int64_t type) {
  return type == 21 || type == 22;
}

}  // namespace floe
