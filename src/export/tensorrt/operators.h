// The operators that TensorRT's ONNX parser has, with the element types that each takes: onnx-tensorrt,
// docs/operators.md of TensorRT 10.15.
#ifndef FLOE_EXPORT_TENSORRT_OPERATORS_H_
#define FLOE_EXPORT_TENSORRT_OPERATORS_H_

#include <cstdint>
#include <string_view>

namespace floe {

constexpr int kOldestTensorRtOpset = 9;
constexpr int kNewestTensorRtOpset = 24;

enum TensorRtTypes : unsigned {
  kFp32 = 1,  // float64 too, which the parser narrows
  kFp16 = 2,
  kBf16 = 4,
  kFloats = kFp32 | kFp16 | kBf16,
  kInts = 8,  // int32, int64
  kBools = 16,
  kAnyType = kFloats | kInts | kBools,
  kUint8 = 32,
  kQuantised = 64,  // int8, and the formats of 8 and 4 bits
};

struct TensorRtOperator {
  std::string_view name;
  unsigned types;
};

// nullptr where the parser has none of that name.
const TensorRtOperator* FindTensorRtOperator(std::string_view name);

// The flag of an element type of ONNX; 0 for one that TensorRT has not.
unsigned TensorRtType(int32_t element);

}  // namespace floe

#endif  // FLOE_EXPORT_TENSORRT_OPERATORS_H_
