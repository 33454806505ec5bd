// Block functions for every type that the CPU backend computes elementwise ops in.
#ifndef FLOE_BACKENDS_CPU_ELEMENTWISE_FUNCTIONS_H_
#define FLOE_BACKENDS_CPU_ELEMENTWISE_FUNCTIONS_H_

#include "backends/cpu/elementwise/block.h"
#include "backends/cpu/isa.h"
#include "floe/tensor.h"

namespace floe::cpu {

const FloatBlocks& FloatBlocksFor(Isa isa);

// Null where there is no such function: the reference backend computes it.
BlockFunction FindUnary(UnaryKind kind, DType dtype, Isa isa);
BlockFunction FindBinary(BinaryKind kind, DType dtype, Isa isa);
BlockFunction FindCast(DType from, DType to);
BlockFunction FindWhere(size_t element_bytes);  // (bool, x, y)

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ELEMENTWISE_FUNCTIONS_H_
