// Winograd convolution as one instruction set's code sees it: plain data, no owner.
//
// F(m, r) computes m outputs of an r-tap filter from alpha = m + r - 1 products. Along each axis a tile of
// alpha inputs is transformed, multiplied point by point with the transformed filter, summed over channels,
// and transformed back to m outputs; an axis without taps has alpha = m = 1 and is not transformed. The sums
// over channels are alpha_y * alpha_x products of matrices, tiles by channels by output channels.
//
// The points are 0, infinity and pairs +-p (see Points), so that transforms split into even and odd halves.
// References: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks"; Barabasz et al., "Error
// Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", on the choice of
// points.
//
// Packed weights: panels of `panel` columns (the last one padded with zeros to a multiple of the vector
// length), each [point][channel, padded to the vector length][columns]. With bf16, two neighbouring channels
// share a word, as in packed/packed.h, and what counts channels here counts words.
#ifndef FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_H_
#define FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_H_

#include <cstdint>

#include "backends/cpu/activation.h"
#include "backends/cpu/packed/packed.h"

namespace floe::cpu {

// The pairs of points for alpha = 2 + 2 * pairs. Those of alpha 6 have a quarter of the largest error of 1
// and 2.
template <int kAlpha>
struct Points;
template <>
struct Points<1> {
  static constexpr int kPairs = 0;
  static constexpr float kAt[1] = {0};
};
template <>
struct Points<4> {
  static constexpr int kPairs = 1;
  static constexpr float kAt[1] = {1};
};
template <>
struct Points<6> {
  static constexpr int kPairs = 2;
  static constexpr float kAt[2] = {0.75f, 1.5f};
};
template <>
struct Points<8> {
  static constexpr int kPairs = 3;
  static constexpr float kAt[3] = {1, 2, 0.5f};
};

// Two axes, y and x. An algorithm of one axis has its taps in x, whichever axis of the image that is.
struct WinogradTile {
  int alpha[2];
  int outputs[2];  // m
  int taps[2];     // r

  constexpr int points() const { return alpha[0] * alpha[1]; }
  bool operator==(const WinogradTile&) const = default;
};

// Pixels that are pooled together lie in one tile.
constexpr bool CanPool(const WinogradTile& tile) {
  return tile.outputs[0] % 2 == 0 && tile.outputs[1] % 2 == 0;
}

struct WinogradShape {
  int64_t batch = 1;
  int64_t input[2] = {1, 1};  // pixels
  int64_t output[2] = {1, 1};
  int64_t pad[2] = {0, 0};
  int64_t tiles[2] = {1, 1};  // of an image
  int64_t input_image = 0;    // pixels from image to image
  int64_t input_pixel[2] = {};
  int64_t output_image = 0;  // floats
  int64_t output_pixel[2] = {};
  int64_t channels = 1;
  int64_t blocks = 1;   // of channels' words, each of the vector length
  int64_t columns = 1;  // output channels
  int64_t panels = 1;

  // Not the output but the maxima of 2 x 2 pixels of it are stored, so many; `output_image` and
  // `output_pixel` are theirs.
  bool pools = false;
  int64_t pooled[2] = {};

  int64_t all_tiles() const { return batch * tiles[0] * tiles[1]; }
};

// A run of tiles whose transformed input lies together: [point][channel block][tile][lane], points `pitch`
// apart.
struct TileBlock {
  int64_t first = 0;
  int64_t count = 0;
  int64_t pitch = 0;  // floats
  float* transformed = nullptr;
};

struct WinogradCall {
  const WinogradShape* shape = nullptr;
  const PixelPart* parts = nullptr;  // of the input's pixels
  int64_t part_count = 0;
  int64_t first_pixel = 0;  // of batch * y * x, the one that the parts begin with
  const float* packed = nullptr;
  const float* bias = nullptr;     // one a column, or null
  const void* residual = nullptr;  // of the output's type and layout, or null; may be the output
  void* output = nullptr;
  Activation activation;
};

// The sums of a panel's columns [first, first + count) for all tiles of a block: [point][tile][column].
struct PanelSums {
  float* at = nullptr;
  int64_t pitch = 0;  // floats from point to point
  int64_t first = 0;
  int64_t count = 0;
  int64_t width = 0;  // `count` padded to the vector length
};

// One instruction set's code for one algorithm.
struct WinogradCode {
  // Transforms tiles [begin, end) of the block, counted from its first.
  using Transform = void (*)(const WinogradCall& call, const TileBlock& block, int64_t begin, int64_t end);
  // From the sums of all the block's tiles to their outputs.
  using Finish = void (*)(const WinogradCall& call, const TileBlock& block, const PanelSums& sums);

  WinogradTile tile = {};
  int64_t panel = 0;      // columns of a full panel
  int64_t vector = 0;     // panels and channels are padded to it
  int64_t tile_rows = 0;  // tiles that one register block takes
  int64_t depths = 1;     // channels in a word
  Transform transform = nullptr;
  // All of the block's tiles with the weights of one panel.
  void (*multiply)(const WinogradShape& shape, const TileBlock& block, int64_t points, const float* panel,
                   const PanelSums& sums) = nullptr;
  Finish finish = nullptr;
  // The same where the input's pixels or the output lie in memory as bf16; null where nothing is compiled
  // for that.
  Transform transform_bf16 = nullptr;
  Finish finish_bf16 = nullptr;
};

// The skew keeps the points' lines out of each other's cache sets.
constexpr int64_t kPointSkew = 16;

inline int64_t PointPitch(const WinogradShape& s, const WinogradCode& code, int64_t tiles) {
  return s.blocks * tiles * code.vector + kPointSkew;
}
inline int64_t SumFloats(const WinogradTile& tile, const WinogradCode& code, int64_t tiles) {
  return tile.points() * (tiles * code.panel + kPointSkew);
}

// One instruction set's code for all algorithms; of fewer, the rest is empty.
struct WinogradCodes {
  WinogradCode all[7];
};

namespace generic {
extern const WinogradCodes kWinogradCodes;
}
namespace avx2 {
extern const WinogradCodes kWinogradCodes;
}
namespace avx512 {
extern const WinogradCodes kWinogradCodes;
}
namespace neon {
extern const WinogradCodes kWinogradCodes;
}
namespace avx512_bf16 {
extern const WinogradCodes kWinogradCodes;  // products in bf16
// The functions for bf16 in memory around products of another set's; the rest is empty.
extern const WinogradCodes kWinogradMemoryCodes;
}  // namespace avx512_bf16

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_H_
