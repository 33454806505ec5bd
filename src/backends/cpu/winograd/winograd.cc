// Convolution by Winograd's minimal filtering: fewer multiplications, more memory for weights, larger
// rounding.
#include "backends/cpu/winograd/winograd.h"

#include <algorithm>
#include <array>
#include <optional>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/window.h"
#include "backends/cpu/winograd/pack.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

// Fewer channels than this and the transforms outweigh the products.
constexpr int64_t kFewestChannels = 16;
// Floats that transformed tiles and their sums may take in the second-level cache, beside weights that lie
// there too or are streamed past.
constexpr int64_t kTileFloats = 100 * 1024;
constexpr int64_t kStreamingTileFloats = 170 * 1024;
constexpr int64_t kResidentWeightFloats = 150 * 1024;

struct Algorithm {
  std::string_view name;
  WinogradTile tile;
  double error_bound;
  DType arithmetic = DType::kFloat32;
};

constexpr Algorithm kF2{"cpu.winograd_3x3_f2", {{4, 4}, {2, 2}, {3, 3}}, 2e-5};
constexpr Algorithm kF2Bf16{"cpu.winograd_3x3_f2_bf16", {{4, 4}, {2, 2}, {3, 3}}, 2e-2, DType::kBFloat16};
constexpr Algorithm kF4{"cpu.winograd_3x3_f4", {{6, 6}, {4, 4}, {3, 3}}, 5e-5};
constexpr Algorithm kF6{"cpu.winograd_3x3_f6", {{8, 8}, {6, 6}, {3, 3}}, 2e-4};
constexpr Algorithm k5x5{"cpu.winograd_5x5_f2", {{6, 6}, {2, 2}, {5, 5}}, 1e-4};
constexpr Algorithm k1x3{"cpu.winograd_1x3_f4", {{1, 6}, {1, 4}, {1, 3}}, 5e-5};
constexpr Algorithm k1x7{"cpu.winograd_1x7_f2", {{1, 8}, {1, 2}, {1, 7}}, 2e-4};

const WinogradCodes& CodesFor(Isa isa, DType arithmetic) {
#if defined(__x86_64__)
  if (arithmetic == DType::kBFloat16) return avx512_bf16::kWinogradCodes;
#else
  static_cast<void>(arithmetic);
#endif
  return CodeFor<generic::kWinogradCodes, avx2::kWinogradCodes, avx512::kWinogradCodes, neon::kWinogradCodes>(
      isa);
}

const WinogradCode& CodeFor(Isa isa, const Algorithm& algorithm) {
  const WinogradCodes& codes = CodesFor(isa, algorithm.arithmetic);
  const auto* code = std::ranges::find(codes.all, algorithm.tile, &WinogradCode::tile);
  CHECK(code != std::end(codes.all));
  return *code;
}

struct WinogradPlan {
  FusedGroup group;
  std::vector<ValueId> parts;  // of the pixels
  WinogradShape shape;
  WinogradCode code;
};

// A group with maxima behind it, or with its pixels' parts before it.
Refusal MatchLayer(const Graph& problem, const WinogradTile& tile, WinogradPlan* plan) {
  std::string why;
  if (const std::optional<PooledGroup> pooled = MatchPooledGroup(problem, &why)) {
    plan->group = pooled->group;
    const std::vector<ValueId>& inputs = pooled->group.main->inputs;
    plan->parts = {inputs.empty() ? kNoValue : inputs[0]};
    plan->shape.pools = pooled->pooled;
    if (!pooled->pooled) return std::nullopt;
    if (!CanPool(tile)) return "maxima of pixels of several tiles";
    const ActivationKind kind = pooled->group.activation.kind;
    const bool clamps = kind == ActivationKind::kNone || kind == ActivationKind::kClamp;
    if (!clamps || pooled->group.residual != kNoValue) return "maxima of a sum, or of what is no clamp";
    return std::nullopt;
  }
  std::string ignored;
  const std::optional<HeadedGroups> headed = MatchHeadedGroups(problem, &ignored);
  if (!headed) return why;
  if (headed->groups.size() > 1) return "several layers";
  if (!headed->head.OnlyJoins()) return "a scale, or the like, before a window";
  if (!PartsAreWhole(problem, headed->head.parts)) return kRaggedParts;
  plan->group = headed->groups[0];
  plan->parts = headed->head.parts;
  return std::nullopt;
}

Refusal MakePlan(const Graph& problem, const Target& target, const Algorithm& algorithm, WinogradPlan* plan) {
  const WinogradTile& tile = algorithm.tile;
  if (Refusal refusal = MatchLayer(problem, tile, plan)) return refusal;
  Window w;
  if (Refusal refusal = ReadConv(problem, plan->group, &w)) return refusal;
  const bool one_axis = tile.alpha[0] == 1;
  const bool upright = one_axis && w.kernel[1] == tile.taps[1] && w.kernel[2] == 1;
  const int y = upright ? 2 : 1;  // the window's dimensions of the tile's axes
  const int x = upright ? 1 : 2;
  if (w.kernel[0] != 1 || w.kernel[y] != tile.taps[0] || w.kernel[x] != tile.taps[1]) {
    return "filter of another size";
  }
  if (w.input[0] != 1 || w.pad[0] != 0) return "three spatial dimensions";
  if (w.stride[1] != 1 || w.stride[2] != 1) return "strides other than 1";
  if (w.dilation[1] != 1 || w.dilation[2] != 1) return "dilated";
  if (w.groups != 1) return "grouped convolution";
  if (std::min(w.channels, w.output_channels) < kFewestChannels) return "few channels";
  if (algorithm.arithmetic == DType::kBFloat16 && !HasBf16(target)) return kNotForBf16;
  plan->code = CodeFor(IsaOf(target), algorithm);
  WinogradShape& s = plan->shape;
  s.batch = w.batch;
  s.channels = w.channels;
  s.columns = w.output_channels;
  s.blocks = DivideUp(w.channels, plan->code.vector * plan->code.depths);
  s.panels = DivideUp(w.output_channels, plan->code.panel);
  const int dims[2] = {y, x};
  for (int axis = 0; axis < 2; ++axis) {
    const int d = dims[axis];
    s.input[axis] = w.input[d];
    s.output[axis] = w.output[d];
    s.pad[axis] = w.pad[d];
    s.tiles[axis] = DivideUp(w.output[d], tile.outputs[axis]);
    s.input_pixel[axis] = d == 2 ? 1 : w.input[2];
    s.output_pixel[axis] = (d == 2 ? 1 : w.output[2]) * w.output_channels;
  }
  s.input_image = w.input[1] * w.input[2];
  s.output_image = w.output[1] * w.output[2] * w.output_channels;
  if (!s.pools) return std::nullopt;
  const std::vector<int64_t> stored = DimsOf(problem, problem.outputs()[0]);
  s.pooled[0] = stored[1];
  s.pooled[1] = stored[2];
  s.output_pixel[0] = stored[2] * stored[3];
  s.output_image = stored[1] * s.output_pixel[0];
  return std::nullopt;
}

// How a run is divided. Many tiles: each thread takes a part of them, block by block, through all weights.
// Few tiles: all are transformed first and each thread takes a part of the panels, so that weights are read
// once.
struct Division {
  bool by_panels = false;
  int64_t block_tiles = 1;  // the most that a block has
};

Division Divide(const WinogradTile& tile, const WinogradShape& s, const WinogradCode& code, int64_t threads) {
  const int64_t tiles = s.all_tiles();
  const int64_t mine = DivideUp(tiles, threads);
  Division d;
  const int64_t tile_floats = tile.points() * (s.blocks * code.vector + code.panel);
  const bool resident = WinogradFloats(tile, s, code) <= kResidentWeightFloats;
  const int64_t most = (resident ? kTileFloats : kStreamingTileFloats) / tile_floats;
  d.block_tiles = std::clamp(most / code.tile_rows * code.tile_rows, code.tile_rows, tiles);
  // Parts of the tiles that leave register blocks half empty, or that read weights for little work.
  const int64_t rows = DivideUp(mine, code.tile_rows);
  const bool ragged = rows * code.tile_rows * threads > tiles + tiles / 4;
  if (threads > 1 && s.panels >= threads && !resident && (mine <= code.tile_rows || (ragged && rows <= 2))) {
    d.by_panels = true;
    d.block_tiles = tiles;
  }
  return d;
}

class Winograd : public Executable {
 public:
  Winograd(const PrepareArgs& args, const WinogradTile& tile, const WinogradPlan& plan)
      : tile_(tile),
        shape_(plan.shape),
        code_(plan.code),
        epilogue_(args.problem, plan.group),
        packed_(args.packed[0]) {
    for (const ValueId part : plan.parts) {
      parts_.emplace_back(Operand(args.problem, part), DimsOf(args.problem, part).back());
    }
  }

  size_t WorkspaceBytes(int threads) const override {
    const Division d = Divide(tile_, shape_, code_, threads);
    const int64_t blocks = d.by_panels ? 1 : threads;
    return static_cast<size_t>(blocks * BlockFloats(d.block_tiles) + threads * Sums(d.block_tiles)) *
           sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    WinogradCall call;
    call.shape = &shape_;
    std::vector<PixelPart> parts;
    for (const auto& [part, channels] : parts_) parts.push_back({part.floats(args), channels});
    call.parts = parts.data();
    call.part_count = static_cast<int64_t>(parts.size());
    call.packed = static_cast<const float*>(packed_.raw());
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.floats(args);
    call.output = static_cast<float*>(args.outputs[0].raw());
    call.activation = epilogue_.activation;
    const Division d = Divide(tile_, shape_, code_, args.pool->threads());
    (d.by_panels ? RunByPanels(call, args) : RunByTiles(call, d, args));
  }

 private:
  int64_t BlockFloats(int64_t tiles) const {
    return RoundUp(tile_.points() * PointPitch(shape_, code_, tiles), 16);
  }
  int64_t Sums(int64_t tiles) const { return RoundUp(SumFloats(tile_, code_, tiles), 16); }

  void RunByTiles(const WinogradCall& call, const Division& d, const RunArgs& args) const {
    const int64_t each = BlockFloats(d.block_tiles) + Sums(d.block_tiles);
    args.pool->ParallelFor(shape_.all_tiles(), 1, [&](int64_t begin, int64_t end, int thread) {
      float* memory = static_cast<float*>(args.workspace) + thread * each;
      const int64_t blocks = DivideUp(end - begin, d.block_tiles);
      for (int64_t b = 0; b < blocks; ++b) {
        const int64_t first = begin + (end - begin) * b / blocks;
        const int64_t count = begin + (end - begin) * (b + 1) / blocks - first;
        const TileBlock block{first, count, PointPitch(shape_, code_, count), memory};
        code_.transform(call, block, 0, count);
        code_.multiply(call, block, 0, shape_.panels, memory + BlockFloats(d.block_tiles));
      }
    });
  }

  void RunByPanels(const WinogradCall& call, const RunArgs& args) const {
    const int64_t tiles = shape_.all_tiles();
    float* memory = static_cast<float*>(args.workspace);
    const TileBlock block{0, tiles, PointPitch(shape_, code_, tiles), memory};
    args.pool->ParallelFor(
        tiles, 1, [&](int64_t begin, int64_t end, int) { code_.transform(call, block, begin, end); });
    args.pool->ParallelFor(shape_.panels, 1, [&](int64_t begin, int64_t end, int thread) {
      code_.multiply(call, block, begin, end, memory + BlockFloats(tiles) + thread * Sums(tiles));
    });
  }

  const WinogradTile& tile_;
  WinogradShape shape_;
  WinogradCode code_;
  std::vector<std::pair<Operand, int64_t>> parts_;  // with their channels
  Epilogue epilogue_;
  Tensor packed_;
};

template <const Algorithm& kAlgorithm>
Refusal Refuses(const Graph& problem, const Target& target) {
  WinogradPlan plan;
  return MakePlan(problem, target, kAlgorithm, &plan);
}

template <const Algorithm& kAlgorithm>
double Estimate(const Graph& problem, const Target& target) {
  WinogradPlan plan;
  MakePlan(problem, target, kAlgorithm, &plan);
  const WinogradTile& tile = kAlgorithm.tile;
  const double points = static_cast<double>(tile.points());
  const double tiles = static_cast<double>(RoundUp(plan.shape.all_tiles(), plan.code.tile_rows / 2));
  const double channels = static_cast<double>(plan.shape.blocks * plan.code.vector);
  const double columns = static_cast<double>(RoundUp(plan.shape.columns, plan.code.vector));
  const double products = points * tiles * channels * columns / MaddsPerNs(IsaOf(target));
  const double transforms = points * tiles * (channels + columns) * 8 / MaddsPerNs(IsaOf(target));
  return 1000 + products + transforms + points * channels * columns * 0.12 + BytesMoved(problem) * 0.02;
}

int64_t PackedElements(const Algorithm& algorithm, const WinogradPlan& plan) {
  return WinogradFloats(algorithm.tile, plan.shape, plan.code) * plan.code.depths;
}

template <const Algorithm& kAlgorithm>
Packed Pack(const Graph& problem, const Target& target) {
  WinogradPlan plan;
  CHECK(!MakePlan(problem, target, kAlgorithm, &plan));
  const ValueId filter = plan.group.main->inputs[1];
  Tensor packed(kAlgorithm.arithmetic, {PackedElements(kAlgorithm, plan)});
  PackWinograd(kAlgorithm.tile, plan.shape, plan.code, ConstantOf(problem, filter)->data<float>(),
               static_cast<float*>(packed.raw()));
  const bool alone = problem.value(filter).users.size() == 1;
  return {{packed}, alone ? std::vector<ValueId>{filter} : std::vector<ValueId>{}};
}

template <const Algorithm& kAlgorithm>
size_t PackedBytes(const Graph& problem, const Target& target) {
  WinogradPlan plan;
  CHECK(!MakePlan(problem, target, kAlgorithm, &plan));
  return static_cast<size_t>(WinogradFloats(kAlgorithm.tile, plan.shape, plan.code)) * sizeof(float);
}

template <const Algorithm& kAlgorithm>
std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  WinogradPlan plan;
  CHECK(!MakePlan(args.problem, args.target, kAlgorithm, &plan));
  CheckPackedCount(args.packed, 1, kAlgorithm.name);
  CheckPacked(args.packed[0], kAlgorithm.arithmetic, PackedElements(kAlgorithm, plan), kAlgorithm.name);
  return std::make_unique<Winograd>(args, kAlgorithm.tile, plan);
}

template <const Algorithm& kAlgorithm>
Kernel Row() {
  return {.name = kAlgorithm.name,
          .version = 3,
          .refuses = Refuses<kAlgorithm>,
          .estimate_ns = Estimate<kAlgorithm>,
          .pack = Pack<kAlgorithm>,
          .packed_bytes = PackedBytes<kAlgorithm>,
          .prepare = Prepare<kAlgorithm>,
          .in_place = ResidualInPlace,
          .error_bound = kAlgorithm.error_bound,
          .arithmetic = kAlgorithm.arithmetic};
}

}  // namespace

Kernel Winograd3x3F2Kernel() {
  return Row<kF2>();
}
Kernel Winograd3x3F2Bf16Kernel() {
  return Row<kF2Bf16>();
}
Kernel Winograd3x3F4Kernel() {
  return Row<kF4>();
}
Kernel Winograd3x3F6Kernel() {
  return Row<kF6>();
}
Kernel Winograd5x5Kernel() {
  return Row<k5x5>();
}
Kernel Winograd1x3Kernel() {
  return Row<k1x3>();
}
Kernel Winograd1x7Kernel() {
  return Row<k1x7>();
}

}  // namespace floe::cpu
