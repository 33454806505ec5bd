#include "backends/cpu/winograd/plan.h"

#include <algorithm>

#include "backends/cpu/isa.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/window.h"
#include "backends/cpu/winograd/pack.h"

namespace floe::cpu {
namespace {

// Fewer channels than this and the transforms outweigh the products.
constexpr int64_t kFewestChannels = 16;

// Empty where the set has none for the tile.
WinogradCode Find(const WinogradCodes& codes, const WinogradTile& tile) {
  const auto* code = std::ranges::find(codes.all, tile, &WinogradCode::tile);
  return code == std::end(codes.all) ? WinogradCode{} : *code;
}

WinogradCode CodeOf(const Target& target, const WinogradAlgorithm& algorithm) {
#if defined(__x86_64__)
  if (algorithm.arithmetic == DType::kBFloat16) return Find(avx512_bf16::kWinogradCodes, algorithm.tile);
#endif
  WinogradCode code = Find(
      CodeFor<generic::kWinogradCodes, avx2::kWinogradCodes, avx512::kWinogradCodes, neon::kWinogradCodes>(
          IsaOf(target)),
      algorithm.tile);
#if defined(__x86_64__)
  if (HasBf16(target)) {
    const WinogradCode memory = Find(avx512_bf16::kWinogradMemoryCodes, algorithm.tile);
    code.transform_bf16 = memory.transform_bf16;
    code.finish_bf16 = memory.finish_bf16;
  }
#endif
  return code;
}

}  // namespace

Refusal ReadTiles(const Graph& problem, const Target& target, const WinogradAlgorithm& algorithm,
                  WinogradPlan* plan) {
  const WinogradTile& tile = algorithm.tile;
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
  plan->code = CodeOf(target, algorithm);
  if (plan->code.transform == nullptr) return kNoCodeForIsa;
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
  const std::vector<int64_t> kept = DimsOf(problem, problem.outputs()[0]);
  s.pooled[0] = kept[1];
  s.pooled[1] = kept[2];
  s.output_pixel[0] = kept[2] * kept[3];
  s.output_image = kept[1] * s.output_pixel[0];
  return std::nullopt;
}

Refusal RefusePooling(const WinogradTile& tile, const FusedGroup& group) {
  if (!CanPool(tile)) return "maxima of pixels of several tiles";
  const ActivationKind kind = group.activation.kind;
  const bool clamps = kind == ActivationKind::kNone || kind == ActivationKind::kClamp;
  if (!clamps || group.residual != kNoValue) return "maxima of a sum, or of what is no clamp";
  return std::nullopt;
}

int64_t PackedElements(const WinogradAlgorithm& algorithm, const WinogradPlan& plan) {
  return WinogradFloats(algorithm.tile, plan.shape, plan.code) * plan.code.depths;
}

Tensor PackTiles(const Graph& problem, const WinogradAlgorithm& algorithm, const WinogradPlan& plan) {
  Tensor packed(algorithm.arithmetic, {PackedElements(algorithm, plan)});
  PackWinograd(algorithm.tile, plan.shape, plan.code,
               ConstantOf(problem, plan.group.main->inputs[1])->data<float>(),
               static_cast<float*>(packed.raw()));
  return packed;
}

int64_t BlockFloats(const WinogradTile& tile, const WinogradPlan& plan, int64_t tiles) {
  return RoundUp(tile.points() * PointPitch(plan.shape, plan.code, tiles), 16);
}
int64_t PanelFloats(const WinogradTile& tile, const WinogradPlan& plan, int64_t tiles) {
  return RoundUp(SumFloats(tile, plan.code, tiles), 16);
}

void RunPanels(const WinogradTile& tile, const WinogradPlan& plan, const WinogradCall& call,
               const TileBlock& block, int64_t begin, int64_t end, float* sums) {
  const WinogradShape& s = plan.shape;
  const WinogradCode& code = plan.code;
  const WinogradCode::Finish finish = plan.bf16_output ? code.finish_bf16 : code.finish;
  for (int64_t panel = begin; panel < end; ++panel) {
    PanelSums to;
    to.at = sums;
    to.first = panel * code.panel;
    to.count = std::min(s.columns - to.first, code.panel);
    to.width = RoundUp(to.count, code.vector);
    to.pitch = block.count * to.width + kPointSkew;
    const float* weights = call.packed + to.first * tile.points() * s.blocks * code.vector;
    code.multiply(s, block, tile.points(), weights, to);
    finish(call, block, to);
  }
}

}  // namespace floe::cpu
