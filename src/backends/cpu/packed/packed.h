// A product of packed rows with packed weights, as one instruction set's code sees it: plain data, no owner.
//
// Row r is output pixel r of a convolution, its depth the pixels under the window, channels last. A block of
// rows is gathered once ([block of depths][row][lane]: see tile.h) and then meets all panels of weights,
// while it lies in the second-level cache. The output is dense: row r at r * columns.
//
// Packed weights: panels of `panel` columns (the last one padded with zeros to a multiple of the vector
// length, and only that wide), each [depth][columns].
//
// Both are stored in words of 32 bits: a float, or the bf16 of two neighbouring depths, the first in the low
// half and a last one without a neighbour beside a zero. Whatever counts floats here counts words then.
#ifndef FLOE_BACKENDS_CPU_PACKED_PACKED_H_
#define FLOE_BACKENDS_CPU_PACKED_PACKED_H_

#include <cstdint>

#include "backends/cpu/activation.h"
#include "backends/cpu/window.h"

namespace floe::cpu {

// A block of gathered rows.
struct RowBlock {
  int64_t first = 0;
  int64_t count = 0;
  float* rows = nullptr;  // DivideUp(words, vector) * count * vector
};

// The pixels of the input are the product's rows, one after the other.
inline __attribute__((always_inline)) bool PixelsAreRows(const Window& w) {
  return w.taps() == 1 && w.stride[1] == 1 && w.stride[2] == 1 && w.pad[1] == 0 && w.pad[2] == 0 &&
         w.input[1] == w.output[1] && w.input[2] == w.output[2];
}

// One of the tensors whose pixels lie side by side in a row (see PartsAreWhole() in match.h).
struct PixelPart {
  const void* first = nullptr;
  int64_t channels = 0;
  bool bf16 = false;  // else float32
};

// What a pixel's channels become on their way in: times scale, plus offset, clamped.
struct PixelMap {
  const PixelPart* parts = nullptr;
  int64_t part_count = 0;
  const float* scale = nullptr;  // one a channel
  int64_t scale_pitch = 0;       // from image to image; 0 where all share the numbers
  const float* offset = nullptr;
  float low = 0;
  float high = 0;
};

struct PackedCall {
  int64_t words = 1;  // of a row
  int64_t columns = 1;
  const float* weights = nullptr;
  const float* bias = nullptr;     // one a column, or null
  const void* residual = nullptr;  // laid out as the output, or null; may be the output
  void* output = nullptr;
  bool bf16_residual = false;  // else float32; bf16 for the code that has it
  bool bf16_output = false;
  int64_t first_row = 0;  // of batch * y, the one that lies at `output`; `direct` alone looks at it
  Activation activation;
};

// Of an input row in bf16 as PackedCode::direct keeps it: from the first pixel under a window to the last
// one, and what a last word or vector reads beyond.
inline int64_t DirectRowWords(const Window& w) {
  return (((w.output[2] - 1) * w.stride[2] + w.kernel[2]) * w.channels + 63) / 32 * 16;
}

// One instruction set's code.
struct PackedCode {
  int64_t panel = 0;      // columns of a full panel
  int64_t vector = 0;     // panels and depths are padded to it
  int64_t tile_rows = 0;  // rows that one register block takes
  int64_t depths = 1;     // in a word
  // Floats of gathered rows that stay in the second-level cache beside a panel of weights.
  int64_t block_floats = 96 * 1024;
  int64_t speed = 1;  // how many times as fast as by vectors it multiplies
  // Gathers rows [begin, end) of the block, counted from its first: the input under a two-dimensional window.
  // `row` is scratch for one row's depths as floats, padded.
  void (*gather)(const Window& window, const float* input, const RowBlock& block, int64_t begin, int64_t end,
                 float* row) = nullptr;
  // The same of an input in bf16; null without bf16. `row` is scratch for one row, too.
  void (*gather_bf16)(const Window& window, const uint16_t* input, const RowBlock& block, int64_t begin,
                      int64_t end, uint16_t* row) = nullptr;
  // The same of single pixels without padding.
  void (*gather_mapped)(const Window& window, const PixelMap& map, const RowBlock& block, int64_t begin,
                        int64_t end) = nullptr;
  // All the block's rows with panels [begin, end).
  void (*multiply)(const PackedCall& call, const RowBlock& block, int64_t begin, int64_t end) = nullptr;
  // Output rows [begin, end) of batch * y straight from the input, whose pixels lie close enough together to
  // be read where they are. `edge` is scratch for DirectEdgeFloats() floats. With bf16 a filter row's depths
  // are an even number: a zero weight may follow.
  void (*direct)(const PackedCall& call, const Window& window, const float* input, int64_t begin, int64_t end,
                 float* edge) = nullptr;
};

// A row of `tile_rows` neighbouring output pixels' windows; with bf16, whole rows of the padded input.
inline int64_t DirectEdgeFloats(const Window& w, const PackedCode& code) {
  if (code.depths == 1) {
    return w.kernel[1] * ((code.tile_rows - 1) * w.stride[2] + w.kernel[2]) * w.channels;
  }
  return w.kernel[1] * DirectRowWords(w);
}

namespace generic {
extern const PackedCode kPackedCode;
}
namespace avx2 {
extern const PackedCode kPackedCode;
}
namespace avx512 {
extern const PackedCode kPackedCode;
}
namespace neon {
extern const PackedCode kPackedCode;
}
namespace avx512_bf16 {
extern const PackedCode kPackedCode;
}
namespace amx {
constexpr int64_t kBlockRows = 32;
void MultiplyBf16(const PackedCall& call, const RowBlock& block, int64_t begin, int64_t end);
}  // namespace amx

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PACKED_PACKED_H_
