#define FLOE_CPU_ISA avx512_bf16
#include "backends/cpu/rows/pool_impl.h"

namespace floe::cpu::avx512_bf16 {

void PoolInBf16(const PoolRun& run) {
  PoolAs<uint16_t>(run);
}

}  // namespace floe::cpu::avx512_bf16
