// The matrix product under convolutions and MatMul, as one instruction set's code sees it: plain data, no
// owner.
//
// Output row r is a pixel (n, z, y, x) of a grid; its inner product runs over `taps` (z, y, x), each `depth`
// floats that lie together in the input. Where a tap lies follows from three small tables, so that padding,
// strides, dilations and the phases of a transposed convolution cost nothing but their tables, and no image
// is ever unrolled. Output columns are channels: groups of `group_columns`, each packed in panels.
//
// Packed weights: for each group, panels of `panel` columns (the last one of a group is padded with zeros to
// a multiple of the vector length, and only that wide), each panel [taps * depth][columns].
#ifndef FLOE_BACKENDS_CPU_GEMM_GEMM_H_
#define FLOE_BACKENDS_CPU_GEMM_GEMM_H_

#include <cstdint>

#include "backends/cpu/activation.h"

namespace floe::cpu {

// Added to a table's entry to say: outside the image. The sum of three entries stays below zero.
constexpr int64_t kOutside = -(int64_t{1} << 60);

struct GemmShape {
  int64_t batch = 1;
  int64_t grid[3] = {1, 1, 1};  // output pixels of an image: z, y, x
  int64_t taps[3] = {1, 1, 1};
  // tables[d][place * taps[d] + tap]: floats from the start of the image, or kOutside.
  const int64_t* tables[3] = {};
  int64_t depth = 1;         // floats a tap
  int64_t input_image = 0;   // floats from image to image
  int64_t input_group = 0;   // floats from group to group
  int64_t output_image = 0;  // floats
  int64_t output_pixel[3] = {};
  int64_t groups = 1;
  int64_t group_columns = 1;
  int64_t panel = 1;             // columns of a full panel
  int64_t group_panels = 1;      // panels of a group
  int64_t packed_group = 0;      // floats from group to group
  const float* zeros = nullptr;  // `depth` of them, for taps outside

  int64_t rows() const { return batch * grid[0] * grid[1] * grid[2]; }
  int64_t taps_in_all() const { return taps[0] * taps[1] * taps[2]; }
};

struct GemmCall {
  const GemmShape* shape = nullptr;
  const float* input = nullptr;
  const float* packed = nullptr;
  const float* bias = nullptr;      // one a column, or null
  const float* residual = nullptr;  // laid out as the output, or null; may be the output
  float* output = nullptr;
  Activation activation;
  // The part to compute; panels are counted through all groups.
  int64_t row_begin = 0;
  int64_t row_end = 0;
  int64_t panel_begin = 0;
  int64_t panel_end = 0;
};

// One instruction set's code.
struct GemmCode {
  int64_t panel;      // columns of a full panel
  int64_t vector;     // panels are padded to it
  int64_t tile_rows;  // most rows a tile has
  void (*run)(const GemmCall& call);
};

namespace generic {
extern const GemmCode kGemmCode;
}
namespace avx2 {
extern const GemmCode kGemmCode;
}
namespace avx512 {
extern const GemmCode kGemmCode;
}
namespace neon {
extern const GemmCode kGemmCode;
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_GEMM_GEMM_H_
