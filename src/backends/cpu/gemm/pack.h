// Panels of weights, and a product over all threads of a pool.
#ifndef FLOE_BACKENDS_CPU_GEMM_PACK_H_
#define FLOE_BACKENDS_CPU_GEMM_PACK_H_

#include <cstdint>

#include "backends/cpu/gemm/gemm.h"
#include "backends/cpu/isa.h"
#include "base/thread_pool.h"

namespace floe::cpu {

const GemmCode& GemmCodeFor(Isa isa);

// Sets panel, group_panels and packed_group of a shape whose taps, depth and columns are set.
void SetPanels(const GemmCode& code, GemmShape* shape);
// Floats of the packed weights of all groups.
int64_t PackedFloats(const GemmShape& shape);

// Packs one group's weights; element (k, column) lies at weights[k * k_stride + column * column_stride].
void PackGroup(const GemmShape& shape, const GemmCode& code, const float* weights, int64_t k_stride,
               int64_t column_stride, float* packed);

// The whole product, split by rows and panels so that each thread gets an equal part and reads little.
// The result does not depend on the number of threads.
void RunGemm(const GemmCode& code, const GemmCall& call, ThreadPool& pool);

// A guess for one thread: multiply-adds with the padding of panels counted.
double EstimateGemmNs(const GemmShape& shape, Isa isa);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_GEMM_PACK_H_
