// The first convolution, of an image's few channels, and the 3x3 one behind it, by a row of Winograd's tiles
// at a time: the pixels between them, of all tensors of a network the largest, are made and read while they
// lie in the second-level cache.
//
// Each thread takes neighbouring rows of tiles. The rows of pixels that two of them have in common are kept;
// those that two threads have in common both compute.
#include <algorithm>
#include <cstring>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/packed/product.h"
#include "backends/cpu/storage.h"
#include "backends/cpu/winograd/pack.h"
#include "backends/cpu/winograd/plan.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

// Of tiles and their sums, beside the rows of pixels and weights that are streamed past.
constexpr int64_t kTileFloats = 90 * 1024;
// Rows of pixels that would leave the second-level cache before they are read.
constexpr int64_t kMostBandBytes = 768 * 1024;

constexpr WinogradAlgorithm kF4{"cpu.winograd_few_f4", kTileF4, 1e-4};
constexpr WinogradAlgorithm kF6{"cpu.winograd_few_f6", kTileF6, 2e-4};
constexpr WinogradAlgorithm kBf16{"cpu.winograd_few_bf16", kTileF2x4, 5e-2, DType::kBFloat16};

struct FewPlan {
  std::vector<FusedGroup> chain;
  Window first;
  PackedShape first_shape;
  const PackedCode* first_code = nullptr;
  WinogradPlan second;
  int64_t band_rows = 0;
  int64_t block_tiles = 1;

  size_t element_bytes() const { return second.bf16_pixels ? sizeof(uint16_t) : sizeof(float); }
  size_t row_bytes() const {
    return static_cast<size_t>(first.output[2] * first.output_channels) * element_bytes();
  }
};

Refusal ReadFirst(const Graph& problem, bool bf16, const Target& target, FewPlan* plan) {
  ProductPlan product;
  if (Refusal refusal = PlanConvGroup(problem, plan->chain[0], &product)) return refusal;
  plan->first = product.window;
  if (!IsDirect(plan->first)) return "more than 8 channels, or dilated";
  plan->first_code = bf16 ? &PackedBf16Code() : &PackedCodeFor(IsaOf(target));
  plan->first_shape = bf16 ? DirectBf16Shape(plan->first) : product.products[0].shape;
  return std::nullopt;
}

Refusal MakePlan(const StoredProblem& stored, const Target& target, const WinogradAlgorithm& algorithm,
                 FewPlan* plan) {
  std::string why;
  const Graph& problem = stored.graph();
  const PooledChain chain = MatchPooledChain(problem, &why);
  if (chain.groups.empty()) return why;
  if (chain.groups.size() != 2) return "not two layers";
  plan->chain = chain.groups;
  for (const FusedGroup& group : plan->chain) {
    if (group.residual != kNoValue) return "an addition";
  }
  const bool bf16 = algorithm.arithmetic == DType::kBFloat16;
  if (Refusal refusal = ReadFirst(problem, bf16, target, plan)) return refusal;
  WinogradPlan& second = plan->second;
  second.group = plan->chain[1];
  second.shape.pools = chain.pooled;
  if (chain.pooled) {
    if (Refusal refusal = RefusePooling(algorithm.tile, second.group)) return refusal;
  }
  if (Refusal refusal = ReadTiles(problem, target, algorithm, &second)) return refusal;
  if (!stored.is_plain() && !HasBf16(target)) return kNotForBf16;
  if (stored.bf16_input(Operand(problem, plan->chain[0].main->inputs[0]).input())) return "pixels in bf16";
  second.bf16_pixels = bf16;
  second.bf16_output = stored.bf16_output(0);
  const WinogradShape& s = second.shape;
  plan->band_rows = std::min<int64_t>(algorithm.tile.alpha[0], s.input[0]);
  if (plan->band_rows * static_cast<int64_t>(plan->row_bytes()) > kMostBandBytes)
    return "rows too long for the cache";
  const WinogradCode& code = second.code;
  const int64_t tile_floats = algorithm.tile.points() * (s.blocks * code.vector + code.panel);
  const int64_t fit = kTileFloats / tile_floats / code.tile_rows * code.tile_rows;
  plan->block_tiles = std::clamp(fit, code.tile_rows, std::max(code.tile_rows, s.tiles[1]));
  return std::nullopt;
}

class FewWinograd : public Executable {
 public:
  FewWinograd(const PrepareArgs& args, const Graph& problem, const WinogradTile& tile, const FewPlan& plan)
      : tile_(tile),
        plan_(plan),
        input_(problem, plan.chain[0].main->inputs[0]),
        first_(problem, plan.chain[0]),
        second_(problem, plan.chain[1]) {
    plan_.chain.clear();  // of a graph that goes
    plan_.second.group = {};
    packed_.assign(args.packed.begin(), args.packed.end());
  }

  size_t WorkspaceBytes(int threads) const override {
    return static_cast<size_t>(threads * Layout().end) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    const WinogradShape& s = plan_.second.shape;
    args.pool->ParallelFor(s.batch * s.tiles[0], 1, [&](int64_t begin, int64_t end, int thread) {
      float* memory = static_cast<float*>(args.workspace) + thread * Layout().end;
      Band band{reinterpret_cast<char*>(memory), 0, 0};
      for (int64_t row = begin; row < end; ++row) {
        FillBand(args, row, memory + Layout().edge, &band);
        RunTiles(args, row, band, memory);
      }
    });
  }

 private:
  // A thread's memory, in floats; first the band.
  struct Places {
    int64_t edge = 0;
    int64_t tiles = 0;
    int64_t sums = 0;
    int64_t end = 0;
  };

  // Rows [begin, end) of batch * y of the pixels between the layers.
  struct Band {
    char* at;
    int64_t begin;
    int64_t end;
  };

  Places Layout() const {
    constexpr int64_t kLine = 16;
    Places p;
    const auto band = static_cast<int64_t>(plan_.row_bytes()) * plan_.band_rows;
    p.edge = RoundUp(DivideUp(band, sizeof(float)), kLine);
    p.tiles = p.edge + RoundUp(DirectEdgeFloats(plan_.first, *plan_.first_code), kLine);
    p.sums = p.tiles + BlockFloats(tile_, plan_.second, plan_.block_tiles);
    p.end = p.sums + PanelFloats(tile_, plan_.second, plan_.block_tiles);
    return p;
  }

  // What a row of tiles reads of the pixels.
  void FillBand(const RunArgs& args, int64_t tile_row, float* edge, Band* band) const {
    const WinogradShape& s = plan_.second.shape;
    const int64_t image = tile_row / s.tiles[0] * s.input[0];
    const int64_t y = tile_row % s.tiles[0] * tile_.outputs[0] - s.pad[0];
    const int64_t begin = image + std::clamp<int64_t>(y, 0, s.input[0]);
    const int64_t end = image + std::clamp<int64_t>(y + tile_.alpha[0], 0, s.input[0]);
    const size_t row = plan_.row_bytes();
    int64_t have = begin;  // rows from `begin` to it lie in the band
    if (band->begin <= begin && begin < band->end) {
      have = std::min(band->end, end);
      std::memmove(band->at, band->at + static_cast<size_t>(begin - band->begin) * row,
                   static_cast<size_t>(have - begin) * row);
    }
    band->begin = begin;
    band->end = end;
    if (have >= end) return;
    PackedCall call;
    call.words = WordsOf(plan_.first_shape, *plan_.first_code);
    call.columns = plan_.first_shape.columns;
    call.weights = static_cast<const float*>(packed_[0].raw());
    call.bias = first_.bias.floats(args);
    call.output = band->at;
    call.bf16_output = plan_.second.bf16_pixels;
    call.first_row = begin;
    call.activation = first_.activation;
    plan_.first_code->direct(call, plan_.first, input_.floats(args), have, end, edge);
  }

  void RunTiles(const RunArgs& args, int64_t tile_row, const Band& band, float* memory) const {
    const WinogradPlan& plan = plan_.second;
    const WinogradShape& s = plan.shape;
    const Places at = Layout();
    const PixelPart part{band.at, s.channels, plan.bf16_pixels};
    WinogradCall call;
    call.shape = &s;
    call.parts = &part;
    call.part_count = 1;
    call.first_pixel = band.begin * s.input[1];
    call.packed = static_cast<const float*>(packed_[1].raw());
    call.bias = second_.bias.floats(args);
    call.output = args.outputs[0].raw();
    call.activation = second_.activation;
    const WinogradCode::Transform transform =
        plan.bf16_pixels ? plan.code.transform_bf16 : plan.code.transform;
    const int64_t blocks = DivideUp(s.tiles[1], plan_.block_tiles);
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t first = s.tiles[1] * b / blocks;
      const int64_t count = s.tiles[1] * (b + 1) / blocks - first;
      const TileBlock block{tile_row * s.tiles[1] + first, count, PointPitch(s, plan.code, count),
                            memory + at.tiles};
      transform(call, block, 0, count);
      RunPanels(tile_, plan, call, block, 0, s.panels, memory + at.sums);
    }
  }

  const WinogradTile& tile_;
  FewPlan plan_;
  Operand input_;
  Epilogue first_;
  Epilogue second_;
  std::vector<Tensor> packed_;
};

template <const WinogradAlgorithm& kAlgorithm>
Refusal Refuses(const Graph& problem, const Target& target) {
  FewPlan plan;
  return MakePlan(StoredProblem(problem), target, kAlgorithm, &plan);
}

template <const WinogradAlgorithm& kAlgorithm>
double Estimate(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  FewPlan plan;
  MakePlan(stored, target, kAlgorithm, &plan);
  const Isa isa = IsaOf(target);
  const double points = static_cast<double>(kAlgorithm.tile.points() * plan.second.shape.all_tiles());
  const double channels = static_cast<double>(plan.second.shape.channels);
  const double columns = static_cast<double>(plan.second.shape.columns);
  return EstimatePackedNs(plan.first_shape, *plan.first_code, isa) + BytesMoved(problem) * 0.02 +
         points * (channels * columns + (channels + columns) * 8) / MaddsPerNs(isa);
}

template <const WinogradAlgorithm& kAlgorithm>
Packed Pack(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  FewPlan plan;
  CHECK(!MakePlan(stored, target, kAlgorithm, &plan));
  const ValueId first = plan.chain[0].main->inputs[1];
  const auto* filter = ConstantOf(problem, first)->data<float>();
  Packed packed;
  packed.tensors.push_back(plan.second.bf16_pixels ? PackDirectBf16(plan.first, filter)
                                                   : PackWeights(plan.first_shape, *plan.first_code,
                                                                 {filter, plan.first_shape.depth}));
  packed.tensors.push_back(PackTiles(problem, kAlgorithm, plan.second));
  for (const ValueId weights : {first, plan.chain[1].main->inputs[1]}) {
    if (problem.value(weights).users.size() == 1) packed.consumed.push_back(weights);
  }
  return packed;
}

template <const WinogradAlgorithm& kAlgorithm>
std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  FewPlan plan;
  CHECK(!MakePlan(stored, args.target, kAlgorithm, &plan));
  CheckPackedCount(args.packed, 2, kAlgorithm.name);
  CheckPackedWeights(args.packed[0], plan.first_shape, *plan.first_code, kAlgorithm.name);
  CheckPacked(args.packed[1], kAlgorithm.arithmetic, PackedElements(kAlgorithm, plan.second),
              kAlgorithm.name);
  return std::make_unique<FewWinograd>(args, stored.graph(), kAlgorithm.tile, plan);
}

template <const WinogradAlgorithm& kAlgorithm>
Kernel Row() {
  return {.name = kAlgorithm.name,
          .version = 1,
          .refuses = Refuses<kAlgorithm>,
          .estimate_ns = Estimate<kAlgorithm>,
          .pack = Pack<kAlgorithm>,
          .prepare = Prepare<kAlgorithm>,
          .error_bound = kAlgorithm.error_bound,
          .arithmetic = kAlgorithm.arithmetic};
}

}  // namespace

Kernel FewWinogradF4Kernel() {
  return Row<kF4>();
}
Kernel FewWinogradF6Kernel() {
  return Row<kF6>();
}
Kernel FewWinogradBf16Kernel() {
  return Row<kBf16>();
}

}  // namespace floe::cpu
