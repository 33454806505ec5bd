// Functions over short runs of elements: the instructions that chains of elementwise ops are made of.
#ifndef FLOE_BACKENDS_CPU_ELEMENTWISE_BLOCK_H_
#define FLOE_BACKENDS_CPU_ELEMENTWISE_BLOCK_H_

#include <cstdint>

#include "backends/cpu/activation.h"
#include "graph/ops/elementwise.h"

namespace floe::cpu {

struct BlockArgs {
  void* out = nullptr;  // may be one of the inputs
  const void* in[3] = {};
  int64_t count = 0;
  const Activation* activation = nullptr;
};
// Throws Error(kUsage) for integer division by zero.
using BlockFunction = void (*)(const BlockArgs& args);

// float32 with vector code, one table an instruction set; null where there is none.
struct FloatBlocks {
  BlockFunction (*unary)(UnaryKind kind);
  BlockFunction (*binary)(BinaryKind kind);
  BlockFunction activation;
  BlockFunction prelu;         // (x, slope)
  BlockFunction multiply_add;  // (x, scale, offset)
  BlockFunction widen_half;    // from float16, whose bits are uint16_t
  BlockFunction narrow_half;   // to float16, rounded to nearest even
};

namespace generic {
extern const FloatBlocks kFloatBlocks;
}
namespace avx2 {
extern const FloatBlocks kFloatBlocks;
}
namespace avx512 {
extern const FloatBlocks kFloatBlocks;
}
namespace neon {
extern const FloatBlocks kFloatBlocks;
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ELEMENTWISE_BLOCK_H_
