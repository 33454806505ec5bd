// Products of bf16 by AMX: blocks of 32 rows and 32 columns in four of the eight tile registers, 16 words of
// depth an instruction. Rows and weights lie as PackedCode of AVX512_BF16 has them, so that one engine runs
// with tiles and without.
#define FLOE_CPU_ISA amx
#include "backends/cpu/packed/tile_end.h"

namespace floe::cpu::FLOE_CPU_ISA {
namespace {

// Of a tile register: rows of 64 bytes.
constexpr int64_t kTileRows = 16;
constexpr int64_t kTileBytes = 64;
static_assert(kBlockRows == 2 * kTileRows);
constexpr int64_t kPanelFloats = kPanelVectors * kLanes;
constexpr int64_t kSumsPitch = kPanelFloats * static_cast<int64_t>(sizeof(float));

// What LDTILECFG reads.
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};
};

// Tiles 0 to 3 are sums (upper left, upper right, lower left, lower right), 4 and 5 rows, 6 and 7 weights.
void SetShapes(int64_t rows) {
  const int64_t upper = rows < kTileRows ? rows : kTileRows;
  const int64_t lower = rows - upper;
  const int64_t rows_of[] = {upper, upper, lower, lower, upper, lower, kTileRows, kTileRows};
  TileShapes shapes;
  for (int i = 0; i < 8; ++i) {
    shapes.rows[i] = static_cast<uint8_t>(rows_of[i]);
    shapes.bytes[i] = rows_of[i] == 0 ? 0 : kTileBytes;
  }
  _tile_loadconfig(&shapes);
}

// The compiler does not know what tile loads read.
FLOE_INLINE void WritesAreDone() {
  asm volatile("" ::: "memory");
}

// The words after the last whole sixteen, between zeros: of a panel's weights, and of a block's rows.
struct Rest {
  alignas(64) float rows[kBlockRows * kLanes];
  alignas(64) float weights[kTileRows * kPanelFloats];
};

void CopyWeights(const float* from, int64_t words, int64_t width, Rest* rest) {
  for (int64_t k = 0; k < kTileRows; ++k) {
    for (int64_t c = 0; c < width; c += kLanes) {
      Store(rest->weights + k * width + c, k < words ? Load(from + k * width + c) : Splat(0.0f));
    }
  }
}

void CopyRows(const float* from, int64_t words, int64_t rows, Rest* rest) {
  for (int64_t i = 0; i < rows; ++i) Store(rest->rows + i * kLanes, LoadPart(from + i * kLanes, words));
}

// kLower: more than 16 rows. kWide: more than 16 columns.
template <bool kLower, bool kWide>
FLOE_INLINE void AddTiles(const float* rows, const float* weights) {
  constexpr int64_t kWidth = (kWide ? 2 : 1) * kTileBytes;
  _tile_loadd(4, rows, kTileBytes);
  _tile_loadd(6, weights, kWidth);
  _tile_dpbf16ps(0, 4, 6);
  if constexpr (kWide) {
    _tile_loadd(7, weights + kLanes, kWidth);
    _tile_dpbf16ps(1, 4, 7);
  }
  if constexpr (kLower) {
    _tile_loadd(5, rows + kTileRows * kLanes, kTileBytes);
    _tile_dpbf16ps(2, 5, 6);
    if constexpr (kWide) _tile_dpbf16ps(3, 5, 7);
  }
}

// The sums of the rows over all words, without bias, to `sums`.
template <bool kLower, bool kWide>
void SumTiles(const float* rows, int64_t block_floats, int64_t words, const float* weights, const Rest& rest,
              Ahead ahead, float* sums) {
  constexpr int64_t kWidth = (kWide ? 2 : 1) * kLanes;
  _tile_zero(0);
  if constexpr (kWide) _tile_zero(1);
  if constexpr (kLower) _tile_zero(2);
  if constexpr (kLower && kWide) _tile_zero(3);
  for (; words >= kLanes; words -= kLanes, rows += block_floats, weights += kLanes * kWidth) {
    for (const char* end = ahead.at + kLanes * ahead.step; ahead.at < end; ahead.at += kTileBytes) {
      __builtin_prefetch(ahead.at, 0, 2);
    }
    AddTiles<kLower, kWide>(rows, weights);
  }
  if (words > 0) AddTiles<kLower, kWide>(rest.rows, rest.weights);
  _tile_stored(0, sums, kSumsPitch);
  if constexpr (kWide) _tile_stored(1, sums + kLanes, kSumsPitch);
  if constexpr (kLower) _tile_stored(2, sums + kTileRows * kPanelFloats, kSumsPitch);
  if constexpr (kLower && kWide) _tile_stored(3, sums + kTileRows * kPanelFloats + kLanes, kSumsPitch);
}

using TilesFunction = void (*)(const float*, int64_t, int64_t, const float*, const Rest&, Ahead, float*);

// [lower][wide]
constexpr TilesFunction kSumTiles[2][2] = {{SumTiles<false, false>, SumTiles<false, true>},
                                           {SumTiles<true, false>, SumTiles<true, true>}};

template <int kRows, int kVectors>
void FinishSums(const float* sums, const TileOut& out) {
  Vec acc[kRows][kVectors];
  BeginSums<kRows, kVectors>(out, acc);
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[i][v] += Load(sums + i * kPanelFloats + v * kLanes);
  }
  FinishRows<kRows, kVectors>(out, acc);
}

// So many rows of sums pass through the registers at a time.
constexpr int kFinishRows = 8;
using FinishFunction = void (*)(const float*, const TileOut&);

template <int kVectors, int... kCounts>
FinishFunction FinishFunctionOf(int64_t rows, std::integer_sequence<int, kCounts...>) {
  static constexpr FinishFunction kFunctions[] = {FinishSums<kCounts + 1, kVectors>...};
  return kFunctions[rows - 1];
}

class BlockByTiles {
 public:
  BlockByTiles(const PackedCall& call, const RowBlock& block)
      : call_(call),
        block_(block),
        end_of_tile_(call),
        tiles_((block.count + kBlockRows - 1) / kBlockRows),
        rest_words_(call.words % kLanes) {}

  void MultiplyPanel(int64_t panel, bool last) {
    const int64_t column = panel * kPanelFloats;
    const int64_t left = call_.columns - column;
    const int64_t columns = left < kPanelFloats ? left : kPanelFloats;
    const bool wide = columns > kLanes;
    const int64_t width = wide ? kPanelFloats : kLanes;
    const float* weights = call_.weights + column * call_.words;
    const float* next = last ? nullptr : weights + width * call_.words;
    const NextPanel ahead = AskForNext(weights, call_.words, width, tiles_, next);
    const int64_t whole = call_.words - rest_words_;
    if (rest_words_ > 0) CopyWeights(weights + whole * width, rest_words_, width, &rest_);
    for (int64_t t = 0; t < tiles_; ++t) {
      const int64_t first = t * kBlockRows;
      const int64_t left_rows = block_.count - first;
      const int64_t rows = left_rows < kBlockRows ? left_rows : kBlockRows;
      const float* from = block_.rows + first * kLanes;
      if (rest_words_ > 0) CopyRows(from + whole * block_.count, rest_words_, rows, &rest_);
      if (rows != shaped_rows_) SetShapes(shaped_rows_ = rows);
      WritesAreDone();
      kSumTiles[rows > kTileRows][wide](from, block_.count * kLanes, call_.words, weights, rest_,
                                        ahead.OfTile(t), sums_);
      Finish(first, rows, column, columns);
    }
  }

 private:
  void Finish(int64_t first, int64_t rows, int64_t column, int64_t columns) {
    constexpr std::make_integer_sequence<int, kFinishRows> kCounts;
    for (int64_t i = 0; i < rows; i += kFinishRows) {
      const int64_t count = rows - i < kFinishRows ? rows - i : kFinishRows;
      const int64_t at = (block_.first + first + i) * call_.columns + column;
      const TileOut out = end_of_tile_.Out(at, column, columns);
      const FinishFunction finish = columns > kLanes ? FinishFunctionOf<kPanelVectors>(count, kCounts)
                                                     : FinishFunctionOf<1>(count, kCounts);
      finish(sums_ + i * kPanelFloats, out);
      end_of_tile_.Finish(at, column, count, columns);
    }
  }

  const PackedCall& call_;
  const RowBlock& block_;
  TileEnd end_of_tile_;
  int64_t tiles_;
  int64_t rest_words_;
  int64_t shaped_rows_ = 0;
  Rest rest_;
  alignas(64) float sums_[kBlockRows * kPanelFloats];
};

}  // namespace

void MultiplyBf16(const PackedCall& call, const RowBlock& block, int64_t begin, int64_t end) {
  BlockByTiles tiles(call, block);
  for (int64_t panel = begin; panel < end; ++panel) tiles.MultiplyPanel(panel, panel + 1 == end);
  _tile_release();  // or the system saves them with every change of threads
}

}  // namespace floe::cpu::FLOE_CPU_ISA
