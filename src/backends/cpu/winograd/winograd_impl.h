// Winograd's transforms and products, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_IMPL_H_
#define FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_IMPL_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/packed/tile.h"
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
struct TileInput {
  const float* image;
  int64_t pixel[2];  // floats from one to the next
  int64_t y, x;      // the tile's first
  bool inside;       // all of them lie in the image
};

// The alpha_y * alpha_x inputs of a tile that leaves the image, or of the last, partial block of channels.
template <int kAlphaY, int kAlphaX>
FLOE_INLINE void LoadEdge(const WinogradShape& s, const TileInput& in, int64_t lanes,
                          Vec (&d)[kAlphaY][kAlphaX]) {
  for (int i = 0; i < kAlphaY; ++i) {
    for (int j = 0; j < kAlphaX; ++j) {
      const int64_t y = in.y + i;
      const int64_t x = in.x + j;
      const bool inside = y >= 0 && y < s.input[0] && x >= 0 && x < s.input[1];
      const float* p = in.image + y * in.pixel[0] + x * in.pixel[1];
      d[i][j] = !inside ? Splat(0.0f) : lanes < kLanes ? LoadPart(p, lanes) : Load(p);
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
template <int kAlphaY, int kAlphaX, typename Put>
FLOE_INLINE void TransformChannels(const WinogradShape& s, const TileInput& in, int64_t lanes, Put put) {
  if (in.inside && lanes >= kLanes) {
    const float* corner = in.image + in.y * in.pixel[0] + in.x * in.pixel[1];
    TransformTile<kAlphaY, kAlphaX>(
        [&](int i, Vec(&d)[kAlphaX]) __attribute__((always_inline)) {
          const float* p = corner + i * in.pixel[0];
#pragma GCC unroll 8
          for (int j = 0; j < kAlphaX; ++j) d[j] = Load(p + j * in.pixel[1]);
        },
        put);
    return;
  }
  Vec edge[kAlphaY][kAlphaX];
  LoadEdge<kAlphaY, kAlphaX>(s, in, lanes, edge);
  TransformTile<kAlphaY, kAlphaX>(
      [&](int i, Vec(&d)[kAlphaX]) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int j = 0; j < kAlphaX; ++j) d[j] = edge[i][j];
      },
      put);
}

// One vector of words of all points of a tile, of which `channels` are still to come.
template <int kAlphaY, int kAlphaX>
FLOE_INLINE void TransformWords(const WinogradShape& s, const TileInput& in, int64_t channels, float* to,
                                int64_t pitch) {
#if defined(__AVX512BF16__)
  // The first half of the channels waits for the second.
  Vec first[kAlphaY * kAlphaX];
  TransformChannels<kAlphaY, kAlphaX>(
      s, in, channels, [&](int point, Vec value) __attribute__((always_inline)) { first[point] = value; });
  if (channels > kLanes) {
    TileInput second = in;
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
#else
  TransformChannels<kAlphaY, kAlphaX>(
      s, in, channels, [&](int point, Vec value) __attribute__((always_inline)) {
        Store(to + point * pitch, value);
      });
#endif
}

// Lines of the tile to the right, as far as this one does not read them: pixels lie too far apart for the
// processor to see which come next.
template <int kAlphaY, int kAlphaX, int kOutX>
FLOE_INLINE void AskForNext(const TileInput& in) {
  const float* corner = in.image + in.y * in.pixel[0] + (in.x + kAlphaX) * in.pixel[1];
#pragma GCC unroll 8
  for (int i = 0; i < kAlphaY; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < kOutX; ++j) {
      for (int d = 0; d < kDepths; ++d)
        __builtin_prefetch(corner + i * in.pixel[0] + j * in.pixel[1] + d * kLanes);
    }
  }
}

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
void Transform(const WinogradCall& call, const TileBlock& block, int64_t begin, int64_t end) {
  const WinogradShape& s = *call.shape;
  for (int64_t tile = begin; tile < end; ++tile) {
    const TilePlace at = PlaceOf<kOutY, kOutX>(s, block.first + tile);
    const int64_t y = at.y - s.pad[0];
    const int64_t x = at.x - s.pad[1];
    const bool inside = y >= 0 && y + kAlphaY <= s.input[0] && x >= 0 && x + kAlphaX <= s.input[1];
    float* to = block.transformed + tile * kLanes;
    constexpr int64_t kChannels = kLanes * kDepths;
    for (int64_t p = 0; p < call.part_count; ++p) {
      const int64_t channels = call.parts[p].channels;
      TileInput in{static_cast<const float*>(call.parts[p].first) + at.image * s.input_image * channels,
                   {s.input_pixel[0] * channels, s.input_pixel[1] * channels},
                   y,
                   x,
                   inside};
      for (int64_t c = 0; c < channels; c += kChannels, in.image += kChannels, to += block.count * kLanes) {
        if (inside) AskForNext<kAlphaY, kAlphaX, kOutX>(in);
        TransformWords<kAlphaY, kAlphaX>(s, in, channels - c, to, block.pitch);
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

// All points of a panel, all tiles of the block: sums[point][tile][column].
template <int kVectors>
void MultiplyPanel(const WinogradShape& s, const TileBlock& block, int points, const float* panel,
                   float* sums, int64_t sum_pitch) {
  constexpr int64_t kWidth = kVectors * kLanes;
  const int64_t depth = s.blocks * kLanes;
  const int64_t groups = (block.count + kRegisterRows - 1) / kRegisterRows;
  for (int p = 0; p < points; ++p) {
    const float* tiles = block.transformed + p * block.pitch;
    for (int64_t g = 0; g < groups; ++g) {
      const int64_t begin = block.count * g / groups;
      const int64_t end = block.count * (g + 1) / groups;
      const Ahead ahead = AskAhead(panel, depth, kWidth, g, groups, panel + depth * kWidth);
      const PointFunction run = PointFunctionOf<kVectors>(end - begin, RowCounts());
      run(tiles + begin * kLanes, block.count * kLanes, s.blocks, panel, ahead,
          sums + p * sum_pitch + begin * kWidth);
    }
    panel += depth * kWidth;
  }
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

FLOE_INLINE void StoreLanes(float* to, Vec x, int64_t lanes) {
  if (lanes < kLanes) {
    StorePart(to, x, lanes);
  } else {
    Store(to, x);
  }
}

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

// From the sums of a tile (points `pitch` apart) to its pixels.
template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
FLOE_INLINE void FinishTile(const WinogradCall& call, const TileColumns& c, const float* sums, int64_t pitch,
                            const OutputStyle& style) {
  const WinogradShape& s = *call.shape;
  const auto store = [&](int j, const Vec(&o)[kOutY]) __attribute__((always_inline)) {
    int64_t place = c.at.image * s.output_image + c.at.y * s.output_pixel[0] +
                    (c.at.x + j) * s.output_pixel[1] + c.column;
#pragma GCC unroll 8
    for (int i = 0; i < kOutY; ++i, place += s.output_pixel[0]) {
      if (c.at.y + i >= s.output[0]) break;
      Vec x = o[i];
      if (call.residual != nullptr) {
        const float* r = call.residual + place;
        x += c.lanes < kLanes ? LoadPart(r, c.lanes) : Load(r);
      }
      if (style.clamp) x = AtMost(AtLeast(x, style.low), style.high);
      StoreLanes(call.output + place, x, c.lanes);
    }
  };
  TransformTileOut<kAlphaY, kAlphaX, kOutY, kOutX>(call, c, sums, pitch, store);
}

// To the maxima of 2 x 2 of its pixels. Clamped is what is left of them: the order does not matter.
template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
FLOE_INLINE void FinishPooled(const WinogradCall& call, const TileColumns& c, const float* sums,
                              int64_t pitch, const OutputStyle& style) {
  const WinogradShape& s = *call.shape;
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
      float* to = call.output + c.at.image * s.output_image + y * s.output_pixel[0] + x * s.output_pixel[1];
      StoreLanes(to + c.column, most, c.lanes);
    }
  };
  TransformTileOut<kAlphaY, kAlphaX, kOutY, kOutX>(call, c, sums, pitch, store);
}

template <int kOutY, int kOutX>
void ActivateTile(const WinogradCall& call, const TilePlace& at, int64_t column, int64_t columns) {
  const WinogradShape& s = *call.shape;
  Activation activation = call.activation;
  if (activation.slope != nullptr) activation.slope += column;
  for (int64_t y = at.y; y < at.y + kOutY && y < s.output[0]; ++y) {
    for (int64_t x = at.x; x < at.x + kOutX && x < s.output[1]; ++x) {
      const int64_t place =
          at.image * s.output_image + y * s.output_pixel[0] + x * s.output_pixel[1] + column;
      ActivateRow(activation, call.output + place, columns);
    }
  }
}

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
void Multiply(const WinogradCall& call, const TileBlock& block, int64_t begin, int64_t end, float* sums) {
  constexpr int kPoints = kAlphaY * kAlphaX;
  constexpr bool kCanPool = CanPool({{kAlphaY, kAlphaX}, {kOutY, kOutX}, {}});
  const WinogradShape& s = *call.shape;
  const bool clamp = call.activation.kind == ActivationKind::kClamp;
  const bool apart = !clamp && call.activation.kind != ActivationKind::kNone;
  const OutputStyle style{clamp, Splat(call.activation.a), Splat(call.activation.b)};
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t column = panel * kPanelVectors * kLanes;
    const int64_t columns =
        s.columns - column < kPanelVectors * kLanes ? s.columns - column : kPanelVectors * kLanes;
    const int64_t width = columns <= kLanes ? kLanes : kPanelVectors * kLanes;
    const float* weights = call.packed + column * kPoints * s.blocks * kLanes;
    const int64_t pitch = block.count * width + kPointSkew;
    if (width == kLanes) {
      MultiplyPanel<1>(s, block, kPoints, weights, sums, pitch);
    } else {
      MultiplyPanel<kPanelVectors>(s, block, kPoints, weights, sums, pitch);
    }
    for (int64_t tile = 0; tile < block.count; ++tile) {
      const TilePlace at = PlaceOf<kOutY, kOutX>(s, block.first + tile);
      for (int64_t c = 0; c < columns; c += kLanes) {
        const int64_t lanes = columns - c < kLanes ? columns - c : kLanes;
        const TileColumns at_columns{at, column + c, lanes};
        const float* tile_sums = sums + tile * width + c;
        if constexpr (kCanPool) {
          if (s.pools) {
            FinishPooled<kAlphaY, kAlphaX, kOutY, kOutX>(call, at_columns, tile_sums, pitch, style);
            continue;
          }
        }
        FinishTile<kAlphaY, kAlphaX, kOutY, kOutX>(call, at_columns, tile_sums, pitch, style);
      }
      if (apart) ActivateTile<kOutY, kOutX>(call, at, column, columns);
    }
  }
}

template <int kAlphaY, int kAlphaX, int kOutY, int kOutX>
constexpr WinogradCode CodeOf() {
  return {{{kAlphaY, kAlphaX}, {kOutY, kOutX}, {kAlphaY - kOutY + 1, kAlphaX - kOutX + 1}},
          kPanelVectors * kLanes,
          kLanes,
          kRegisterRows,
          kDepths,
          Transform<kAlphaY, kAlphaX, kOutY, kOutX>,
          Multiply<kAlphaY, kAlphaX, kOutY, kOutX>};
}

// One file an instruction set includes this, each in its own namespace.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const WinogradCodes kWinogradCodes = {{
    CodeOf<4, 4, 2, 2>(),     // 3x3
#if !defined(__AVX512BF16__)  // larger tiles amplify bf16's rounding too much
    CodeOf<6, 6, 4, 4>(), CodeOf<8, 8, 6, 6>(), CodeOf<6, 6, 2, 2>(),  // 5x5
    CodeOf<1, 6, 1, 4>(),                                              // 1x3
    CodeOf<1, 8, 1, 2>(),                                              // 1x7
#endif
}};

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_WINOGRAD_WINOGRAD_IMPL_H_
