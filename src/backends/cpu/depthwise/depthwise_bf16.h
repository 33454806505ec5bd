// Depthwise convolution in bf16 as AVX512_BF16's code sees it: plain data, no owner.
//
// VDPBF16PS adds two products a lane, so taps come in pairs, one above the other: two rows of the input meet
// two of the filter. Where the stride is 1, two rows of the output share the pairs. The filter that the upper
// one sees begins with a pair's first row, the one that the lower one sees with its second: both are packed,
// [which][pair][x][channels, a multiple of 16] words of two taps, rows that the filter lacks are zero.
#ifndef FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_BF16_H_
#define FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_BF16_H_

#include <cstdint>

#include "backends/cpu/activation.h"
#include "backends/cpu/window.h"
#include "floe/tensor.h"

namespace floe::cpu {

// Rows of the filter that there is code for.
constexpr int64_t kMostBf16FilterRows = 15;

// Depths of a block of packed rows (see packed/packed.h).
constexpr int64_t kBf16BlockDepths = 32;

struct DepthwiseBf16Call {
  const Window* window = nullptr;     // of the output's channels: multiplier 1
  const uint16_t* input = nullptr;    // bf16
  const uint32_t* weights = nullptr;  // as packed
  const float* bias = nullptr;        // or null
  uint16_t* output = nullptr;
  // Where pixel p and channel c lie in a row of the output: at p * pixel_pitch + c / 32 * block_pitch + c
  // % 32. Channels last: their number, and 32. Packed rows of a block: 32, and 32 times the rows of the
  // block; there what fills up 16 channels is zero.
  int64_t pixel_pitch = 0;
  int64_t block_pitch = kBf16BlockDepths;
  bool fills_up = false;
  int64_t first_row = 0;        // of batch * y, the one that lies at `output`
  int64_t first_input_row = 0;  // of batch * y, the one that lies at `input`
  float* row_sums = nullptr;    // of every output row the sums over its pixels, [rows][channels]; or null
  Activation activation;
  int64_t row_begin = 0;  // of batch * y output rows
  int64_t row_end = 0;
  int64_t channel_begin = 0;  // a multiple of 16
  int64_t channel_end = 0;
};

using DepthwiseBf16Code = void (*)(const DepthwiseBf16Call& call);

// Null where the processor's kind has no such code.
DepthwiseBf16Code DepthwiseCodeForBf16();

// Why there is no code for the window, which is a depthwise one of two dimensions.
Refusal RefuseDepthwiseBf16(const Window& window);

// The filter of a depthwise convolution, [channels][taps], as the code wants it; bfloat16.
Tensor PackDepthwiseBf16(const Window& window, const float* filter);
int64_t PackedDepthwiseBf16Elements(const Window& window);

namespace avx512_bf16 {
extern const DepthwiseBf16Code kDepthwiseBf16Code;
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_BF16_H_
