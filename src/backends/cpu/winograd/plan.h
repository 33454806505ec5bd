// What a Winograd convolution is, read from a problem: for the kernels that are one and those that have one.
#ifndef FLOE_BACKENDS_CPU_WINOGRAD_PLAN_H_
#define FLOE_BACKENDS_CPU_WINOGRAD_PLAN_H_

#include <string_view>
#include <vector>

#include "backends/cpu/match.h"
#include "backends/cpu/winograd/winograd.h"

namespace floe::cpu {

struct WinogradAlgorithm {
  std::string_view name;  // of the row
  WinogradTile tile;
  double error_bound;
  DType arithmetic = DType::kFloat32;
};

// What rows refuse with where a set has no code for their tile.
constexpr const char* kNoCodeForIsa = "no code for this instruction set";

constexpr WinogradTile kTileF2{{4, 4}, {2, 2}, {3, 3}};
constexpr WinogradTile kTileF2x4{{4, 6}, {2, 4}, {3, 3}};
constexpr WinogradTile kTileF4{{6, 6}, {4, 4}, {3, 3}};
constexpr WinogradTile kTileF6{{8, 8}, {6, 6}, {3, 3}};

struct WinogradPlan {
  FusedGroup group;
  std::vector<ValueId> parts;  // of the pixels
  bool bf16_pixels = false;
  bool bf16_output = false;
  WinogradShape shape;
  WinogradCode code;
};

// The convolution that is the plan's group: shape and code. The plan knows its storage, and whether it pools.
Refusal ReadTiles(const Graph& problem, const Target& target, const WinogradAlgorithm& algorithm,
                  WinogradPlan* plan);
// Maxima of 2 x 2 of its pixels can come out of the tiles.
Refusal RefusePooling(const WinogradTile& tile, const FusedGroup& group);

// The weights as words of the arithmetic's type, and how many there are.
Tensor PackTiles(const Graph& problem, const WinogradAlgorithm& algorithm, const WinogradPlan& plan);
int64_t PackedElements(const WinogradAlgorithm& algorithm, const WinogradPlan& plan);

// Floats of a block of so many tiles, and of the sums of a panel of it.
int64_t BlockFloats(const WinogradTile& tile, const WinogradPlan& plan, int64_t tiles);
int64_t PanelFloats(const WinogradTile& tile, const WinogradPlan& plan, int64_t tiles);
// Products and outputs of all the block's tiles with panels [begin, end); `sums` holds PanelFloats() floats.
void RunPanels(const WinogradTile& tile, const WinogradPlan& plan, const WinogradCall& call,
               const TileBlock& block, int64_t begin, int64_t end, float* sums);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_WINOGRAD_PLAN_H_
