// Elements as they lie in memory, float32 or bf16, to and from a vector: for code that is a template of their
// type.
#ifndef FLOE_BACKENDS_CPU_SIMD_LANES_H_
#define FLOE_BACKENDS_CPU_SIMD_LANES_H_

#include "backends/cpu/simd.h"
#include "backends/cpu/simd_bf16.h"

namespace floe::cpu::FLOE_CPU_ISA {

// `lanes` <= kLanes of them, the others are zero, and their memory is not touched.
FLOE_INLINE Vec LoadLanes(const float* p, int64_t lanes) {
  return lanes < kLanes ? LoadPart(p, lanes) : Load(p);
}
FLOE_INLINE void StoreLanes(float* to, Vec x, int64_t lanes) {
  if (lanes < kLanes) {
    StorePart(to, x, lanes);
  } else {
    Store(to, x);
  }
}

#if defined(__AVX512BF16__)
FLOE_INLINE Vec LoadLanes(const uint16_t* p, int64_t lanes) {
  return LoadBf16(p, lanes);
}
FLOE_INLINE void StoreLanes(uint16_t* to, Vec x, int64_t lanes) {
  StoreBf16(to, x, lanes);
}
#endif

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_SIMD_LANES_H_
