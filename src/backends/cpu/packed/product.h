// A fused group around a product of the input's pixels with constant weights, by packed rows.
#ifndef FLOE_BACKENDS_CPU_PACKED_PRODUCT_H_
#define FLOE_BACKENDS_CPU_PACKED_PRODUCT_H_

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/packed/division.h"
#include "backends/cpu/window.h"

namespace floe::cpu {

struct ProductPlan {
  FusedGroup group;          // its main op's inputs: pixels, weights, bias
  ValueId input = kNoValue;  // the pixels, before they are multiplied by `scale`
  ValueId scale = kNoValue;  // see ScaledGroup; only where a window is one pixel, without padding
  bool scale_by_image = false;
  Window window;  // a matrix is an image of one row, its columns the channels
  PackedShape shape;
  int64_t column_stride = 1;  // of the weights
  int64_t depth_stride = 1;
};

// A convolution in one or two spatial dimensions, without groups; the whole problem, or a group of it.
Refusal PlanConv(const Graph& problem, ProductPlan* plan);
Refusal PlanConvGroup(const Graph& problem, const FusedGroup& group, ProductPlan* plan);
// Its pixels are so few floats that PackedCode::direct may read them where they lie.
bool IsDirect(const Window& window);

// The weights, unless something else in the problem reads them, too.
inline std::vector<ValueId> ConsumedAlone(const Graph& problem, ValueId weights) {
  if (problem.value(weights).users.size() != 1) return {};
  return {weights};
}

class PackedProduct : public Executable {
 public:
  PackedProduct(const PrepareArgs& args, const ProductPlan& plan, const PackedCode& code)
      : window_(plan.window),
        shape_(plan.shape),
        code_(code),
        input_(args.problem, plan.input),
        scale_(args.problem, plan.scale),
        scale_pitch_(plan.scale_by_image ? plan.window.channels : 0),
        epilogue_(args.problem, plan.group),
        packed_(args.packed[0]) {}

  size_t WorkspaceBytes(int threads) const override {
    return PackedWorkspaceFloats(shape_, code_, threads) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    const PackedCall call = CallFor(args);
    const float* input = input_.floats(args);
    const PixelScale scale{scale_.floats(args), scale_pitch_};
    const auto fill = [&](const RowBlock& block, int64_t begin, int64_t end, float* scratch) {
      if (scale.first != nullptr) return code_.gather_scaled(window_, input, scale, block, begin, end);
      code_.gather(window_, input, block, begin, end, scratch);
    };
    RunPacked(shape_, code_, call, fill, static_cast<float*>(args.workspace), *args.pool);
  }

 protected:
  PackedCall CallFor(const RunArgs& args) const {
    PackedCall call;
    call.words = WordsOf(shape_, code_);
    call.columns = shape_.columns;
    call.weights = static_cast<const float*>(packed_.raw());
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.floats(args);
    call.output = static_cast<float*>(args.outputs[0].raw());
    call.activation = epilogue_.activation;
    return call;
  }

  Window window_;
  PackedShape shape_;
  const PackedCode& code_;
  Operand input_;
  Operand scale_;
  int64_t scale_pitch_;
  Epilogue epilogue_;
  Tensor packed_;
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PACKED_PRODUCT_H_
