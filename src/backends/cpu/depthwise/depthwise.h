// Depthwise convolution as one instruction set's code sees it: plain data, no owner.
//
// Works row by row of the output; taps of a row that lie above or below the image are left out, those to its
// left and right are what the edge pixels spare. Weights are packed [taps][channels].
#ifndef FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_H_
#define FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_H_

#include <cstdint>

#include "backends/cpu/activation.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/rows/rows.h"
#include "backends/cpu/window.h"

namespace floe::cpu {

// Filter rows (z, y) that one output row may have.
constexpr int64_t kMostFilterRows = 64;

struct DepthwiseCall {
  const Window* window = nullptr;  // of the output's channels: multiplier 1
  const float* input = nullptr;
  const float* weights = nullptr;
  const float* bias = nullptr;      // or null
  const float* residual = nullptr;  // laid out as the output, or null; may be the output
  float* output = nullptr;
  // Where pixel p and the vector of channels from c on lie in a row of the output: p * pixel_pitch +
  // c * channel_pitch. Channels last: their number, and 1. Packed rows of a block (see packed/packed.h): a
  // vector, and the rows of the block.
  int64_t pixel_pitch = 0;
  int64_t channel_pitch = 1;
  int64_t first_row = 0;  // the one that lies at `output`
  // Channels last only: of every output row the sums over its pixels, [rows][channels]; or null.
  float* row_sums = nullptr;
  int64_t first_input_row = 0;  // of batch * z * y, the one that lies at `input`
  Activation activation;
  int64_t row_begin = 0;  // of batch * z * y output rows
  int64_t row_end = 0;
  int64_t channel_begin = 0;
  int64_t channel_end = 0;
};

using DepthwiseCode = void (*)(const DepthwiseCall& call);

DepthwiseCode DepthwiseCodeFor(Isa isa);

// The filter of a depthwise convolution, [channels][taps], as the code wants it.
Tensor PackDepthwise(const Window& window, const float* filter);

// The mean over an image's pixels of each channel from DepthwiseCall::row_sums; added in the order of rows,
// whichever thread made which.
void MeanOfRowSums(const Window& window, const RowCode& code, const float* sums, float* mean);

namespace generic {
extern const DepthwiseCode kDepthwiseCode;
}
namespace avx2 {
extern const DepthwiseCode kDepthwiseCode;
}
namespace avx512 {
extern const DepthwiseCode kDepthwiseCode;
}
namespace neon {
extern const DepthwiseCode kDepthwiseCode;
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_H_
