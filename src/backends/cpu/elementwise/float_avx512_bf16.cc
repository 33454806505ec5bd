#define FLOE_CPU_ISA avx512_bf16
#include "backends/cpu/elementwise/bf16_blocks.h"
#include "backends/cpu/simd_lanes.h"

namespace floe::cpu::avx512_bf16 {
namespace {

template <typename From, typename To>
void CastBlock(const BlockArgs& args) {
  const From* from = static_cast<const From*>(args.in[0]);
  To* to = static_cast<To*>(args.out);
  int64_t i = 0;
  for (; i + kLanes <= args.count; i += kLanes) StoreLanes(to + i, LoadLanes(from + i, kLanes), kLanes);
  const int64_t left = args.count - i;
  if (left > 0) StoreLanes(to + i, LoadLanes(from + i, left), left);
}

}  // namespace

constinit const Bf16Blocks kBf16Blocks = {CastBlock<uint16_t, float>, CastBlock<float, uint16_t>};

}  // namespace floe::cpu::avx512_bf16
