// Convolution by Winograd's minimal filtering: fewer multiplications, more memory for weights, larger
// rounding. Pixels and output may lie in memory as bf16, whatever the products are.
#include <algorithm>
#include <array>
#include <optional>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/storage.h"
#include "backends/cpu/winograd/pack.h"
#include "backends/cpu/winograd/plan.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

// Floats that transformed tiles and their sums may take in the second-level cache, beside weights that lie
// there too or are streamed past.
constexpr int64_t kTileFloats = 100 * 1024;
constexpr int64_t kStreamingTileFloats = 170 * 1024;
constexpr int64_t kResidentWeightFloats = 150 * 1024;

constexpr WinogradAlgorithm kF2{"cpu.winograd_3x3_f2", kTileF2, 2e-5};
constexpr WinogradAlgorithm kF2Bf16{"cpu.winograd_3x3_f2_bf16", kTileF2, 2e-2, DType::kBFloat16};
constexpr WinogradAlgorithm kF2x4Bf16{"cpu.winograd_3x3_f2x4_bf16", kTileF2x4, 4e-2, DType::kBFloat16};
constexpr WinogradAlgorithm kF4{"cpu.winograd_3x3_f4", kTileF4, 5e-5};
constexpr WinogradAlgorithm kF6{"cpu.winograd_3x3_f6", kTileF6, 2e-4};
constexpr WinogradAlgorithm k5x5{"cpu.winograd_5x5_f2", {{6, 6}, {2, 2}, {5, 5}}, 1e-4};
constexpr WinogradAlgorithm k5x5F4{"cpu.winograd_5x5_f4", {{8, 8}, {4, 4}, {5, 5}}, 2e-4};
constexpr WinogradAlgorithm k1x3{"cpu.winograd_1x3_f4", {{1, 6}, {1, 4}, {1, 3}}, 5e-5};
constexpr WinogradAlgorithm k1x7{"cpu.winograd_1x7_f2", {{1, 8}, {1, 2}, {1, 7}}, 2e-4};

// A group with maxima behind it, or with its pixels' parts before it.
Refusal MatchLayer(const Graph& problem, const WinogradTile& tile, WinogradPlan* plan) {
  std::string why;
  if (const std::optional<PooledGroup> pooled = MatchPooledGroup(problem, &why)) {
    plan->group = pooled->group;
    const std::vector<ValueId>& inputs = pooled->group.main->inputs;
    plan->parts = {inputs.empty() ? kNoValue : inputs[0]};
    plan->shape.pools = pooled->pooled;
    if (!pooled->pooled) return std::nullopt;
    return RefusePooling(tile, pooled->group);
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

// What lies in memory as bf16.
Refusal ReadStorage(const StoredProblem& stored, const Target& target, WinogradPlan* plan) {
  if (stored.is_plain()) return std::nullopt;
  if (!HasBf16(target)) return kNotForBf16;
  const auto is_bf16 = [&](ValueId id) { return stored.bf16_input(Operand(stored.graph(), id).input()); };
  plan->bf16_pixels = is_bf16(plan->parts[0]);
  plan->bf16_output = stored.bf16_output(0);
  if (!std::ranges::all_of(plan->parts, [&](ValueId id) { return is_bf16(id) == plan->bf16_pixels; })) {
    return "parts of different types";
  }
  const ValueId residual = plan->group.residual;
  if (residual != kNoValue && is_bf16(residual) != plan->bf16_output) return "a residual of another type";
  return std::nullopt;
}

Refusal MakePlan(const StoredProblem& stored, const Target& target, const WinogradAlgorithm& algorithm,
                 WinogradPlan* plan) {
  const Graph& problem = stored.graph();
  const WinogradTile& tile = algorithm.tile;
  if (Refusal refusal = MatchLayer(problem, tile, plan)) return refusal;
  if (Refusal refusal = ReadStorage(stored, target, plan)) return refusal;
  return ReadTiles(problem, target, algorithm, plan);
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
  // The plan is of the stored problem's graph.
  Winograd(const PrepareArgs& args, const Graph& problem, const WinogradTile& tile, const WinogradPlan& plan)
      : tile_(tile),
        plan_(plan),
        shape_(plan_.shape),
        code_(plan_.code),
        transform_(plan.bf16_pixels ? code_.transform_bf16 : code_.transform),
        epilogue_(problem, plan.group),
        packed_(args.packed[0]) {
    for (const ValueId part : plan.parts) {
      parts_.emplace_back(Operand(problem, part), DimsOf(problem, part).back());
    }
    plan_.group = {};  // of a graph that goes
  }

  size_t WorkspaceBytes(int threads) const override {
    const Division d = Divide(tile_, shape_, code_, threads);
    const int64_t blocks = d.by_panels ? 1 : threads;
    return static_cast<size_t>(blocks * Block(d.block_tiles) + threads * Sums(d.block_tiles)) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    WinogradCall call;
    call.shape = &shape_;
    std::vector<PixelPart> parts;
    for (const auto& [part, channels] : parts_) parts.push_back({part.raw(args), channels});
    call.parts = parts.data();
    call.part_count = static_cast<int64_t>(parts.size());
    call.packed = static_cast<const float*>(packed_.raw());
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.raw(args);
    call.output = args.outputs[0].raw();
    call.activation = epilogue_.activation;
    const Division d = Divide(tile_, shape_, code_, args.pool->threads());
    (d.by_panels ? RunByPanels(call, args) : RunByTiles(call, d, args));
  }

 private:
  int64_t Block(int64_t tiles) const { return BlockFloats(tile_, plan_, tiles); }
  int64_t Sums(int64_t tiles) const { return PanelFloats(tile_, plan_, tiles); }

  void RunByTiles(const WinogradCall& call, const Division& d, const RunArgs& args) const {
    const int64_t each = Block(d.block_tiles) + Sums(d.block_tiles);
    args.pool->ParallelFor(
        shape_.all_tiles(), {1, d.block_tiles}, [&](int64_t begin, int64_t end, int thread) {
          float* memory = static_cast<float*>(args.workspace) + thread * each;
          const int64_t blocks = DivideUp(end - begin, d.block_tiles);
          for (int64_t b = 0; b < blocks; ++b) {
            const int64_t first = begin + (end - begin) * b / blocks;
            const int64_t count = begin + (end - begin) * (b + 1) / blocks - first;
            const TileBlock block{first, count, PointPitch(shape_, code_, count), memory};
            transform_(call, block, 0, count);
            RunPanels(tile_, plan_, call, block, 0, shape_.panels, memory + Block(d.block_tiles));
          }
        });
  }

  void RunByPanels(const WinogradCall& call, const RunArgs& args) const {
    const int64_t tiles = shape_.all_tiles();
    float* memory = static_cast<float*>(args.workspace);
    const TileBlock block{0, tiles, PointPitch(shape_, code_, tiles), memory};
    args.pool->ParallelFor(tiles, {1, 4},
                           [&](int64_t begin, int64_t end, int) { transform_(call, block, begin, end); });
    args.pool->ParallelFor(shape_.panels, {1, 1}, [&](int64_t begin, int64_t end, int thread) {
      RunPanels(tile_, plan_, call, block, begin, end, memory + Block(tiles) + thread * Sums(tiles));
    });
  }

  const WinogradTile& tile_;
  WinogradPlan plan_;
  const WinogradShape& shape_;
  const WinogradCode& code_;
  WinogradCode::Transform transform_;
  std::vector<std::pair<Operand, int64_t>> parts_;  // with their channels
  Epilogue epilogue_;
  Tensor packed_;
};

template <const WinogradAlgorithm& kAlgorithm>
Refusal Refuses(const Graph& problem, const Target& target) {
  WinogradPlan plan;
  return MakePlan(StoredProblem(problem), target, kAlgorithm, &plan);
}

template <const WinogradAlgorithm& kAlgorithm>
double Estimate(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  WinogradPlan plan;
  MakePlan(stored, target, kAlgorithm, &plan);
  const WinogradTile& tile = kAlgorithm.tile;
  const double points = static_cast<double>(tile.points());
  const double tiles = static_cast<double>(RoundUp(plan.shape.all_tiles(), plan.code.tile_rows / 2));
  const double channels = static_cast<double>(plan.shape.blocks * plan.code.vector);
  const double columns = static_cast<double>(RoundUp(plan.shape.columns, plan.code.vector));
  const double products = points * tiles * channels * columns / MaddsPerNs(IsaOf(target));
  const double transforms = points * tiles * (channels + columns) * 8 / MaddsPerNs(IsaOf(target));
  return 1000 + products + transforms + points * channels * columns * 0.12 + BytesMoved(problem) * 0.02;
}

template <const WinogradAlgorithm& kAlgorithm>
Packed Pack(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  WinogradPlan plan;
  CHECK(!MakePlan(stored, target, kAlgorithm, &plan));
  const ValueId filter = plan.group.main->inputs[1];
  const Tensor packed = PackTiles(problem, kAlgorithm, plan);
  const bool alone = problem.value(filter).users.size() == 1;
  return {{packed}, alone ? std::vector<ValueId>{filter} : std::vector<ValueId>{}};
}

template <const WinogradAlgorithm& kAlgorithm>
size_t PackedBytes(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  WinogradPlan plan;
  CHECK(!MakePlan(stored, target, kAlgorithm, &plan));
  return static_cast<size_t>(WinogradFloats(kAlgorithm.tile, plan.shape, plan.code)) * sizeof(float);
}

template <const WinogradAlgorithm& kAlgorithm>
std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  WinogradPlan plan;
  CHECK(!MakePlan(stored, args.target, kAlgorithm, &plan));
  CheckPackedCount(args.packed, 1, kAlgorithm.name);
  CheckPacked(args.packed[0], kAlgorithm.arithmetic, PackedElements(kAlgorithm, plan), kAlgorithm.name);
  return std::make_unique<Winograd>(args, stored.graph(), kAlgorithm.tile, plan);
}

template <const WinogradAlgorithm& kAlgorithm>
Kernel Row() {
  return {.name = kAlgorithm.name,
          .version = 3,
          .refuses = Refuses<kAlgorithm>,
          .estimate_ns = Estimate<kAlgorithm>,
          .pack = Pack<kAlgorithm>,
          .packed_bytes = PackedBytes<kAlgorithm>,
          .prepare = Prepare<kAlgorithm>,
          .in_place = StoredResidualInPlace,
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
Kernel Winograd3x3F2x4Bf16Kernel() {
  return Row<kF2x4Bf16>();
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
Kernel Winograd5x5F4Kernel() {
  return Row<k5x5F4>();
}
Kernel Winograd1x3Kernel() {
  return Row<k1x3>();
}
Kernel Winograd1x7Kernel() {
  return Row<k1x7>();
}

}  // namespace floe::cpu
