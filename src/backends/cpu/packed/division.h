// How a packed product is divided between threads and into blocks that stay in the cache.
#ifndef FLOE_BACKENDS_CPU_PACKED_DIVISION_H_
#define FLOE_BACKENDS_CPU_PACKED_DIVISION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "backends/cpu/isa.h"
#include "backends/cpu/packed/packed.h"
#include "base/thread_pool.h"

namespace floe::cpu {

const PackedCode& PackedCodeFor(Isa isa);
// VDPBF16PS, or TDPBF16PS where the processor has it: sums in float32 of products of bf16, rounded to nearest
// even and flushed to zero where subnormal. Weights and rows lie alike for both; blocks and
// threads are divided for the faster one otherwise.
const PackedCode& PackedBf16Code();

struct PackedShape {
  int64_t rows = 1;
  int64_t depth = 1;
  int64_t columns = 1;
  int64_t unit = 1;  // blocks begin at multiples of so many rows
  // Rows cost more than a copy: threads that divide the panels fill a block together, and not each its own.
  bool fill_once = false;
  int64_t scratch_rows = 1;  // whose depths as floats the scratch of a thread that fills can hold
};

size_t PackedWeightBytes(const PackedShape& shape, const PackedCode& code);
// Words that a row has: without and with what fills up the last vector.
int64_t WordsOf(const PackedShape& shape, const PackedCode& code);
int64_t RowFloats(const PackedShape& shape, const PackedCode& code);

// Where element (k, column) of the weights is: first[column * column_stride + k * depth_stride].
struct WeightView {
  const float* first = nullptr;
  int64_t column_stride = 0;
  int64_t depth_stride = 1;
};
Tensor PackWeights(const PackedShape& shape, const PackedCode& code, const WeightView& weights);
// Throws Error(kEngine) unless it is what PackWeights() gives.
void CheckPackedWeights(const Tensor& packed, const PackedShape& shape, const PackedCode& code,
                        std::string_view kernel);

// Products whose rows come from `fill`, in memory of PackedWorkspaceFloats(). The rows meet the weights of
// all calls, one after the other; the shape's columns are theirs, those of each but the last padded to full
// panels.
size_t PackedWorkspaceFloats(const PackedShape& shape, const PackedCode& code, int threads);
// Fills rows [begin, end) of the block, counted from its first, both multiples of the unit or the block's
// end; `scratch` has `scratch_rows` rows' depths as floats, rounded up, for the calling thread alone.
using FillRows = std::function<void(const RowBlock& block, int64_t begin, int64_t end, float* scratch)>;
void RunPacked(const PackedShape& shape, const PackedCode& code, std::span<const PackedCall> calls,
               const FillRows& fill, float* workspace, ThreadPool& pool);

// A guess for one thread.
double EstimatePackedNs(const PackedShape& shape, const PackedCode& code, Isa isa);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PACKED_DIVISION_H_
