// Winograd's transforms and products, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_IMPL_H_
#define FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_IMPL_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/packed/tile.h"
#include "backends/cpu/simd_bf16.h"
#include "backends/cpu/simd_lanes.h"
#include "backends/cpu/winograd/winograd.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Coefficients, lowest first, of the product of (x - p^2) over all pairs of points, and over all but one: the
// even powers in the polynomials of Toom and Cook. The highest is 1.
template <int kAlpha>
struct Squares {
  static constexpr int kPairs = Points<kAlpha>::kPairs;
  float all[kPairs + 1] = {};
  float others[kPairs][kPairs + 1] = {};

  constexpr Squares() {
    Multiply(-1, all);
    for (int i = 0; i < kPairs; ++i) Multiply(i, others[i]);
  }

 private:
  static constexpr void Multiply(int without, float* out) {
    double c[kPairs + 1] = {1};
    int degree = 0;
    for (int i = 0; i < kPairs; ++i) {
      if (i == without) continue;
      const double square = static_cast<double>(Points<kAlpha>::kAt[i]) * Points<kAlpha>::kAt[i];
      for (int k = ++degree; k > 0; --k) c[k] = c[k - 1] - square * c[k];
      c[0] *= -square;
    }
    for (int k = 0; k <= kPairs; ++k) out[k] = static_cast<float>(c[k]);
  }
};

// The sum of c[k] * d[first + 2k] over kCount terms, where the last c is 1.
template <int kCount, int kAlpha>
FLOE_INLINE Vec EverySecond(const Vec (&d)[kAlpha], int first, const float* c) {
  Vec sum = d[first + 2 * (kCount - 1)];
#pragma GCC unroll 4
  for (int k = 0; k < kCount - 1; ++k) sum = Fma(Splat(c[k]), d[first + 2 * k], sum);
  return sum;
}

// One axis of the input: alpha values to alpha points, in the order 0, +p, -p, ..., infinity.
template <int kAlpha>
FLOE_INLINE void TransformIn(const Vec (&d)[kAlpha], Vec (&out)[kAlpha]) {
  if constexpr (kAlpha == 1) {
    out[0] = d[0];
  } else {
    constexpr int kPairs = Points<kAlpha>::kPairs;
    static constexpr Squares<kAlpha> kSquares;
    out[0] = EverySecond<kPairs + 1>(d, 0, kSquares.all);
    out[kAlpha - 1] = EverySecond<kPairs + 1>(d, 1, kSquares.all);
#pragma GCC unroll 4
    for (int i = 0; i < kPairs; ++i) {
      const Vec even = EverySecond<kPairs>(d, 2, kSquares.others[i]);
      const Vec odd = EverySecond<kPairs>(d, 1, kSquares.others[i]);
      const Vec p = Splat(Points<kAlpha>::kAt[i]);
      out[1 + 2 * i] = Fma(p, odd, even);
      out[2 + 2 * i] = Fma(-p, odd, even);
    }
  }
}

// One axis of the output: alpha points to kOut values.
template <int kAlpha, int kOut>
FLOE_INLINE void TransformOut(const Vec (&t)[kAlpha], Vec (&out)[kOut]) {
  if constexpr (kAlpha == 1) {
    out[0] = t[0];
  } else {
    constexpr int kPairs = Points<kAlpha>::kPairs;
    Vec sum[kPairs];
    Vec difference[kPairs];
#pragma GCC unroll 4
    for (int i = 0; i < kPairs; ++i) {
      sum[i] = t[1 + 2 * i] + t[2 + 2 * i];
      difference[i] = t[1 + 2 * i] - t[2 + 2 * i];
    }
    float power[kPairs];
    for (int i = 0; i < kPairs; ++i) power[i] = 1;
#pragma GCC unroll 8
    for (int y = 0; y < kOut; ++y) {
      Vec x = y == 0 ? t[0] : Splat(0.0f);
      if (y == kOut - 1) x += t[kAlpha - 1];
#pragma GCC unroll 4
      for (int i = 0; i < kPairs; ++i) {
        x = Fma(Splat(power[i]), y % 2 == 0 ? sum[i] : difference[i], x);
        power[i] *= Points<kAlpha>::kAt[i];
      }
      out[y] = x;
    }
  }
}

struct TilePlace {
  int64_t image;
  int64_t y, x;  // first output pixel
};

template <int kOutY, int kOutX>
FLOE_INLINE TilePlace PlaceOf(const WinogradShape& s, int64_t tile) {
  TilePlace at;
  at.x = tile % s.tiles[1] * kOutX;
  tile /= s.tiles[1];
  at.y = tile % s.tiles[0] * kOutY;
  at.image = tile / s.tiles[0];
  return at;
}

// Where the inputs of a tile are: the image's first pixel at the first of some channels, and how pixels lie.
template <typename T>
struct TileInput {
  const T* image;
  int64_t pixel[2];  // elements from one to the next
  int64_t y, x;      // the tile's first
  bool inside;       // all of them lie in the image
};

// The alpha_y * alpha_x inputs of a tile that leaves the image, or of the last, partial block of channels.
template <int kAlphaY, int kAlphaX, typename T>
FLOE_INLINE void LoadEdge(const WinogradShape& s, const TileInput<T>& in, int64_t lanes,
                          Vec (&d)[kAlphaY][kAlphaX]) {
  for (int i = 0; i < kAlphaY; ++i) {
    for (int j = 0; j < kAlphaX; ++j) {
      const int64_t y = in.y + i;
      const int64_t x = in.x + j;
      const bool inside = y >= 0 && y < s.input[0] && x >= 0 && x < s.input[1];
      const T* p = in.image + y * in.pixel[0] + x * in.pixel[1];
      d[i][j] = inside ? LoadLanes(p, lanes) : Splat(0.0f);
    }
  }
}

// Both axes; row i of the tile is what `row(i, d)` loads, point p goes to `put(p, value)`.
template <int kAlphaY, int kAlphaX, typename LoadRow, typename Put>
FLOE_INLINE void TransformTile(LoadRow row, Put put) {
  Vec half[kAlphaX][kAlphaY];
#pragma GCC unroll 8
  for (int i = 0; i < kAlphaY; ++i) {
    Vec d[kAlphaX];
    Vec t[kAlphaX];
    row(i, d);
    TransformIn<kAlphaX>(d, t);
#pragma GCC unroll 8
    for (int j = 0; j < kAlphaX; ++j) half[j][i] = t[j];
  }
#pragma GCC unroll 8
  for (int j = 0; j < kAlphaX; ++j) {
    Vec t[kAlphaY];
    TransformIn<kAlphaY>(half[j], t);
#pragma GCC unroll 8
    for (int i = 0; i < kAlphaY; ++i) put(i * kAlphaX + j, t[i]);
  }
}

// One vector of channels, `lanes` of them real, of the tile at (y, x).
template <int kAlphaY, int kAlphaX, typename T, typename Put>
FLOE_INLINE void TransformChannels(const WinogradShape& s, const TileInput<T>& in, int64_t lanes, Put put) {
  if (in.inside && lanes >= kLanes) {
    const T* corner = in.image + in.y * in.pixel[0] + in.x * in.pixel[1];
    TransformTile<kAlphaY, kAlphaX>(
        [&](int i, Vec(&d)[kAlphaX]) __attribute__((always_inline)) {
          const T* p = corner + i * in.pixel[0];
#pragma GCC unroll 8
          for (int j = 0; j < kAlphaX; ++j) d[j] = LoadLanes(p + j * in.pixel[1], kLanes);
        },
        put);
    return;
  }
  Vec edge[kAlphaY][kAlphaX];
  LoadEdge<kAlphaY, kAlphaX>(s, in, lanes < kLanes ? lanes : kLanes, edge);
  TransformTile<kAlphaY, kAlphaX>(
      [&](int i, Vec(&d)[kAlphaX]) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int j = 0; j < kAlphaX; ++j) d[j] = edge[i][j];
      },
      put);
}

// One vector of words of all points of a tile, of which `channels` are still to come; kWordDepths channels
// are a word.
template <int kAlphaY, int kAlphaX, int kWordDepths, typename T>
FLOE_INLINE void TransformWords(const WinogradShape& s, const TileInput<T>& in, int64_t channels, float* to,
                                int64_t pitch) {
  if constexpr (kWordDepths == 1) {
    TransformChannels<kAlphaY, kAlphaX>(
        s, in, channels, [&](int point, Vec value) __attribute__((always_inline)) {
          Store(to + point * pitch, value);
        });
    return;
  }
#if defined(__AVX512BF16__)
  // The first half of the channels waits for the second.
  Vec first[kAlphaY * kAlphaX];
  TransformChannels<kAlphaY, kAlphaX>(
      s, in, channels, [&](int point, Vec value) __attribute__((always_inline)) { first[point] = value; });
  if (channels > kLanes) {
    TileInput<T> second = in;
    second.image += kLanes;
    TransformChannels<kAlphaY, kAlphaX>(
        s, second, channels - kLanes, [&](int point, Vec value) __attribute__((always_inline)) {
          Store(to + point * pitch, reinterpret_cast<Vec>(_mm512_cvtne2ps_pbh(value, first[point])));
        });
  } else {
    for (int point = 0; point < kAlphaY * kAlphaX; ++point) {
      Store(to + point * pitch, reinterpret_cast<Vec>(_mm512_cvtne2ps_pbh(Splat(0.0f), first[point])));
    }
  }
#endif
}

// Lines of the tile to the right, as far as this one does not read them: pixels lie too far apart for the
// processor to see which come next.
template <int kAlphaY, int kAlphaX, int kOutX, int kChannels, typename T>
FLOE_INLINE void AskForNext(const TileInput<T>& in) {
  constexpr int kLine = 64 / sizeof(T);
  const T* corner = in.image + in.y * in.pixel[0] + (in.x + kAlphaX) * in.pixel[1];
#pragma GCC unroll 8
  for (int i = 0; i < kAlphaY; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kOutX; ++j) {
      for (int c = 0; c < kChannels; c += kLine)
        __builtin_prefetch(corner + i * in.pixel[0] + j * in.pixel[1] + c);
    }
  }
}

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX, int kWordDepths, typename T>
void Transform(const WinogradCall& call, const TileBlock& block, int64_t begin, int64_t end) {
  const WinogradShape& s = *call.shape;
  for (int64_t tile = begin; tile < end; ++tile) {
    const TilePlace at = PlaceOf<kOutY, kOutX>(s, block.first + tile);
    const int64_t y = at.y - s.pad[0];
    const int64_t x = at.x - s.pad[1];
    const bool inside = y >= 0 && y + kAlphaY <= s.input[0] && x >= 0 && x + kAlphaX <= s.input[1];
    float* to = block.transformed + tile * kLanes;
    constexpr int64_t kChannels = kLanes * kWordDepths;
    for (int64_t p = 0; p < call.part_count; ++p) {
      const int64_t channels = call.parts[p].channels;
      const int64_t image = at.image * s.input_image - call.first_pixel;
      TileInput<T> in{static_cast<const T*>(call.parts[p].first) + image * channels,
                      {s.input_pixel[0] * channels, s.input_pixel[1] * channels},
                      y,
                      x,
                      inside};
      for (int64_t c = 0; c < channels; c += kChannels, in.image += kChannels, to += block.count * kLanes) {
        if (inside) AskForNext<kAlphaY, kAlphaX, kOutX, kChannels>(in);
        TransformWords<kAlphaY, kAlphaX, kWordDepths>(s, in, channels - c, to, block.pitch);
      }
    }
  }
}

// kTiles tiles of one point against one panel; the tiles of a channel block lie `block_floats` from the
// next's.
template <int kTiles, int kVectors>
void MultiplyPoint(const float* tiles, int64_t block_floats, int64_t blocks, const float* panel, Ahead ahead,
                   float* sums) {
  Vec acc[kTiles][kVectors];
  Accumulate<kTiles, kVectors>(tiles, block_floats, blocks * kLanes, panel, ahead, acc);
#pragma GCC unroll 16
  for (int i = 0; i < kTiles; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) Store(sums + (i * kVectors + v) * kLanes, acc[i][v]);
  }
}

using PointFunction = void (*)(const float*, int64_t, int64_t, const float*, Ahead, float*);

template <int kVectors, int... kCounts>
PointFunction PointFunctionOf(int64_t tiles, std::integer_sequence<int, kCounts...>) {
  static constexpr PointFunction kFunctions[] = {MultiplyPoint<kCounts + 1, kVectors>...};
  return kFunctions[tiles - 1];
}

// All points of a panel, all tiles of the block.
template <int kVectors>
void MultiplyPanel(const WinogradShape& s, const TileBlock& block, int64_t points, const float* panel,
                   const PanelSums& sums) {
  constexpr int64_t kWidth = kVectors * kLanes;
  const int64_t depth = s.blocks * kLanes;
  const int64_t groups = (block.count + kRegisterRows - 1) / kRegisterRows;
  for (int64_t p = 0; p < points; ++p) {
    const float* tiles = block.transformed + p * block.pitch;
    for (int64_t g = 0; g < groups; ++g) {
      const int64_t begin = block.count * g / groups;
      const int64_t end = block.count * (g + 1) / groups;
      const Ahead ahead = AskAhead(panel, depth, kWidth, g, groups, panel + depth * kWidth);
      const PointFunction run = PointFunctionOf<kVectors>(end - begin, RowCounts());
      run(tiles + begin * kLanes, block.count * kLanes, s.blocks, panel, ahead,
          sums.at + p * sums.pitch + begin * kWidth);
    }
    panel += depth * kWidth;
  }
}

inline void Multiply(const WinogradShape& s, const TileBlock& block, int64_t points, const float* panel,
                     const PanelSums& sums) {
  if (sums.width == kLanes) return MultiplyPanel<1>(s, block, points, panel, sums);
  MultiplyPanel<kPanelVectors>(s, block, points, panel, sums);
}

struct OutputStyle {
  bool clamp;
  Vec low, high;
};

// One vector of columns of one tile: where it is, and how many are real.
struct TileColumns {
  TilePlace at;
  int64_t column;
  int64_t lanes;
};

// What store(j, o) does with column j of the tile's pixels.
template <int kAlphaY, int kAlphaX, int kOutY, int kOutX, typename StoreColumn>
FLOE_INLINE void TransformTileOut(const WinogradCall& call, const TileColumns& c, const float* sums,
                                  int64_t pitch, StoreColumn store) {
  const WinogradShape& s = *call.shape;
  Vec half[kOutX][kAlphaY];
#pragma GCC unroll 8
  for (int i = 0; i < kAlphaY; ++i) {
    Vec t[kAlphaX];
    Vec o[kOutX];
#pragma GCC unroll 8
    for (int j = 0; j < kAlphaX; ++j) t[j] = Load(sums + (i * kAlphaX + j) * pitch);
    TransformOut<kAlphaX, kOutX>(t, o);
#pragma GCC unroll 8
    for (int j = 0; j < kOutX; ++j) half[j][i] = o[j];
  }
  Vec bias = Splat(0.0f);
  if (call.bias != nullptr) {
    bias = c.lanes < kLanes ? LoadPart(call.bias + c.column, c.lanes) : Load(call.bias + c.column);
  }
#pragma GCC unroll 8
  for (int j = 0; j < kOutX; ++j) {
    if (c.at.x + j >= s.output[1]) break;
    Vec o[kOutY];
    TransformOut<kAlphaY, kOutY>(half[j], o);
#pragma GCC unroll 8
    for (int i = 0; i < kOutY; ++i) o[i] += bias;
    store(j, o);
  }
}

// Where a tile's pixels go, and what is added to them.
template <typename T, typename R>
struct TilePixels {
  T* first;  // at the vector's first column
  const R* residual;
  int64_t step[2];  // elements from one to the next
  int64_t residual_step[2];
};

// From the sums of a tile (points `pitch` apart) to its pixels.
template <int kAlphaY, int kAlphaX, int kOutY, int kOutX, typename T, typename R>
FLOE_INLINE void FinishTile(const WinogradCall& call, const TileColumns& c, const float* sums, int64_t pitch,
                            const OutputStyle& style, const TilePixels<T, R>& to) {
  const WinogradShape& s = *call.shape;
  const auto store = [&](int j, const Vec(&o)[kOutY]) __attribute__((always_inline)) {
    T* place = to.first + j * to.step[1];
#pragma GCC unroll 8
    for (int i = 0; i < kOutY; ++i) {
      if (c.at.y + i >= s.output[0]) break;
      Vec x = o[i];
      if (to.residual != nullptr) {
        x += LoadLanes(to.residual + i * to.residual_step[0] + j * to.residual_step[1], c.lanes);
      }
      if (style.clamp) x = AtMost(AtLeast(x, style.low), style.high);
      StoreLanes(place + i * to.step[0], x, c.lanes);
    }
  };
  TransformTileOut<kAlphaY, kAlphaX, kOutY, kOutX>(call, c, sums, pitch, store);
}

// To the maxima of 2 x 2 of its pixels. Clamped is what is left of them: the order does not matter.
template <int kAlphaY, int kAlphaX, int kOutY, int kOutX, typename T>
FLOE_INLINE void FinishPooled(const WinogradCall& call, const TileColumns& c, const float* sums,
                              int64_t pitch, const OutputStyle& style) {
  const WinogradShape& s = *call.shape;
  T* output = static_cast<T*>(call.output) + c.at.image * s.output_image + c.column;
  Vec left[kOutY / 2];
  const auto store = [&](int j, const Vec(&o)[kOutY]) __attribute__((always_inline)) {
    const bool last = c.at.x + j + 1 == s.output[1];
    const int64_t x = (c.at.x + j) / 2;
#pragma GCC unroll 4
    for (int i = 0; i < kOutY; i += 2) {
      Vec most = c.at.y + i + 1 < s.output[0] ? Larger(o[i], o[i + 1]) : o[i];
      if (j % 2 == 1) most = Larger(left[i / 2], most);
      left[i / 2] = most;
      const int64_t y = (c.at.y + i) / 2;
      if ((j % 2 == 0 && !last) || x >= s.pooled[1] || y >= s.pooled[0]) continue;
      if (style.clamp) most = AtMost(AtLeast(most, style.low), style.high);
      StoreLanes(output + y * s.output_pixel[0] + x * s.output_pixel[1], most, c.lanes);
    }
  };
  TransformTileOut<kAlphaY, kAlphaX, kOutY, kOutX>(call, c, sums, pitch, store);
}

template <typename T>
FLOE_INLINE TilePixels<T, T> PlaceInOutput(const WinogradCall& call, const TileColumns& c) {
  const WinogradShape& s = *call.shape;
  const int64_t first =
      c.at.image * s.output_image + c.at.y * s.output_pixel[0] + c.at.x * s.output_pixel[1] + c.column;
  const T* residual = static_cast<const T*>(call.residual);
  return {static_cast<T*>(call.output) + first,
          residual == nullptr ? nullptr : residual + first,
          {s.output_pixel[0], s.output_pixel[1]},
          {s.output_pixel[0], s.output_pixel[1]}};
}

// With an activation that takes its operands from memory: a small buffer, since a line of the output that is
// not in the cache yet would be waited for.
template <int kAlphaY, int kAlphaX, int kOutY, int kOutX, typename T>
FLOE_INLINE void FinishApart(const WinogradCall& call, const TileColumns& c, const float* sums, int64_t pitch,
                             const OutputStyle& style) {
  const WinogradShape& s = *call.shape;
  alignas(64) float buffer[kOutY * kOutX * kLanes];
  const TilePixels<T, T> out = PlaceInOutput<T>(call, c);
  const TilePixels<float, T> to{
      buffer, out.residual, {kOutX * kLanes, kLanes}, {out.residual_step[0], out.residual_step[1]}};
  FinishTile<kAlphaY, kAlphaX, kOutY, kOutX>(call, c, sums, pitch, style, to);
  Activation activation = call.activation;
  if (activation.slope != nullptr) activation.slope += c.column;
  const int64_t rows = s.output[0] - c.at.y < kOutY ? s.output[0] - c.at.y : kOutY;
  const int64_t pixels = s.output[1] - c.at.x < kOutX ? s.output[1] - c.at.x : kOutX;
  for (int64_t y = 0; y < rows; ++y) {
    float* from = buffer + y * kOutX * kLanes;
    T* row = out.first + y * out.step[0];
    if constexpr (sizeof(T) == sizeof(float)) {
      float* pixel[kOutX];
      for (int64_t x = 0; x < pixels; ++x) pixel[x] = row + x * out.step[1];
      ActivateTile(activation, {from, kLanes, pixel, pixels, c.lanes});
    } else {
#if defined(__AVX512BF16__)
      ActivateToBf16(activation, {from, kLanes, pixels, c.lanes, row, out.step[1]});
#endif
    }
  }
}

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX, typename T>
void Finish(const WinogradCall& call, const TileBlock& block, const PanelSums& sums) {
  constexpr bool kCanPool = CanPool({{kAlphaY, kAlphaX}, {kOutY, kOutX}, {}});
  const WinogradShape& s = *call.shape;
  const bool clamp = call.activation.kind == ActivationKind::kClamp;
  const bool apart = !InEpilogue(call.activation.kind);
  const OutputStyle style{clamp, Splat(call.activation.a), Splat(call.activation.b)};
  for (int64_t tile = 0; tile < block.count; ++tile) {
    const TilePlace at = PlaceOf<kOutY, kOutX>(s, block.first + tile);
    for (int64_t i = 0; i < sums.count; i += kLanes) {
      const int64_t left = sums.count - i;
      const TileColumns c{at, sums.first + i, left < kLanes ? left : kLanes};
      const float* from = sums.at + tile * sums.width + i;
      if constexpr (kCanPool) {
        if (s.pools) {
          FinishPooled<kAlphaY, kAlphaX, kOutY, kOutX, T>(call, c, from, sums.pitch, style);
          continue;
        }
      }
      if (apart) {
        FinishApart<kAlphaY, kAlphaX, kOutY, kOutX, T>(call, c, from, sums.pitch, style);
        continue;
      }
      FinishTile<kAlphaY, kAlphaX, kOutY, kOutX>(call, c, from, sums.pitch, style, PlaceInOutput<T>(call, c));
    }
  }
}

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
constexpr WinogradTile kTileOf = {
    {kAlphaY, kAlphaX}, {kOutY, kOutX}, {kAlphaY - kOutY + 1, kAlphaX - kOutX + 1}};

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
constexpr WinogradCode CodeOf() {
  return {
    .tile = kTileOf<kAlphaY, kAlphaX, kOutY, kOutX>, .panel = kPanelVectors * kLanes, .vector = kLanes,
    .tile_rows = kRegisterRows, .depths = kDepths,
    .transform = Transform<kAlphaY, kAlphaX, kOutY, kOutX, kDepths, float>, .multiply = Multiply,
    .finish = Finish<kAlphaY, kAlphaX, kOutY, kOutX, float>,
#if defined(__AVX512BF16__)
    .transform_bf16 = Transform<kAlphaY, kAlphaX, kOutY, kOutX, kDepths, uint16_t>,
    .finish_bf16 = Finish<kAlphaY, kAlphaX, kOutY, kOutX, uint16_t>
#endif
  };
}

// One file an instruction set includes this, each in its own namespace.
#if defined(__AVX512BF16__)

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
constexpr WinogradCode MemoryCodeOf() {
  return {.tile = kTileOf<kAlphaY, kAlphaX, kOutY, kOutX>,
          .transform_bf16 = Transform<kAlphaY, kAlphaX, kOutY, kOutX, 1, uint16_t>,
          .finish_bf16 = Finish<kAlphaY, kAlphaX, kOutY, kOutX, uint16_t>};
}

// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const WinogradCodes kWinogradMemoryCodes = {{MemoryCodeOf<4, 4, 2, 2>(), MemoryCodeOf<6, 6, 4, 4>(),
                                                       MemoryCodeOf<8, 8, 6, 6>(), MemoryCodeOf<6, 6, 2, 2>(),
                                                       MemoryCodeOf<8, 8, 4, 4>(), MemoryCodeOf<1, 6, 1, 4>(),
                                                       MemoryCodeOf<1, 8, 1, 2>()}};

// Larger tiles amplify bf16's rounding too much.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const WinogradCodes kWinogradCodes = {{CodeOf<4, 4, 2, 2>(), CodeOf<4, 6, 2, 4>()}};

#elif defined(__AVX2__) || defined(FLOE_NEON)

// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const WinogradCodes kWinogradCodes = {{
    CodeOf<4, 4, 2, 2>(), CodeOf<6, 6, 4, 4>(), CodeOf<8, 8, 6, 6>(),  // 3x3
    CodeOf<6, 6, 2, 2>(), CodeOf<8, 8, 4, 4>(),                        // 5x5
    CodeOf<1, 6, 1, 4>(),                                              // 1x3
    CodeOf<1, 8, 1, 2>(),                                              // 1x7
}};

#else

// The largest tiles are as much code as all else here, and 64 points in 16 short registers gain little.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const WinogradCodes kWinogradCodes = {{CodeOf<4, 4, 2, 2>(), CodeOf<6, 6, 4, 4>(),
                                                 CodeOf<6, 6, 2, 2>(), CodeOf<1, 6, 1, 4>(),
                                                 CodeOf<1, 8, 1, 2>()}};

#endif

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_IMPL_H_
