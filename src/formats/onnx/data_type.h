// ONNX's element types beside ours.
#ifndef FLOE_FORMATS_ONNX_DATA_TYPE_H_
#define FLOE_FORMATS_ONNX_DATA_TYPE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "floe/tensor.h"

namespace floe {

// The type that holds the elements of an ONNX type; nullopt for those that we have none for (float8, float4).
// 4-bit integers are held as 8-bit ones.
std::optional<DType> DTypeFromOnnx(int64_t type);
// "FLOAT", "INT4"..., or "type 99".
std::string OnnxTypeName(int64_t type);
bool IsFourBitOnnxType(int64_t type);

}  // namespace floe

#endif  // FLOE_FORMATS_ONNX_DATA_TYPE_H_
