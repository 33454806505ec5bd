// A fused group around a product of the input's pixels with constant weights, by packed rows.
#ifndef FLOE_BACKENDS_CPU_PACKED_PRODUCT_H_
#define FLOE_BACKENDS_CPU_PACKED_PRODUCT_H_

#include <limits>
#include <optional>
#include <vector>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/packed/division.h"
#include "backends/cpu/storage.h"
#include "backends/cpu/window.h"

namespace floe::cpu {

struct ProductPlan {
  FusedGroup group;  // its main op's inputs: pixels, weights, bias
  PixelHead head;    // more than the pixels only where a window is one of them, without padding
  Window window;     // a matrix is an image of one row, its columns the channels
  PackedShape shape;
  int64_t column_stride = 1;  // of the weights
  int64_t depth_stride = 1;
};

// A convolution in one or two spatial dimensions, without groups; the whole problem, or a group of it.
Refusal PlanConv(const Graph& problem, ProductPlan* plan);
Refusal PlanConvGroup(const Graph& problem, const FusedGroup& group, ProductPlan* plan);
// Its pixels are so few floats that PackedCode::direct may read them where they lie.
bool IsDirect(const Window& window);
// Its weights as PackedCode::direct of bf16 wants them, and the product's shape then.
PackedShape DirectBf16Shape(const Window& window);
Tensor PackDirectBf16(const Window& window, const float* filter);

// The weights, unless something else in the problem reads them, too.
inline std::vector<ValueId> ConsumedAlone(const Graph& problem, ValueId weights) {
  if (problem.value(weights).users.size() != 1) return {};
  return {weights};
}

class PackedProduct : public Executable {
 public:
  // The plan is of the stored problem's graph; values in bf16 are for code that has it.
  PackedProduct(const PrepareArgs& args, const StoredProblem& stored, const ProductPlan& plan,
                const PackedCode& code)
      : window_(plan.window),
        shape_(plan.shape),
        code_(code),
        input_(stored.graph(), plan.head.parts[0]),
        head_(HeadOf(stored, plan)),
        epilogue_(stored.graph(), plan.group),
        packed_(args.packed[0]),
        bf16_input_(stored.bf16_input(input_.input())),
        bf16_residual_(stored.bf16_input(epilogue_.residual.input())),
        bf16_output_(stored.bf16_output(0)) {}

  size_t WorkspaceBytes(int threads) const override {
    return PackedWorkspaceFloats(shape_, code_, threads) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    const PackedCall call = CallFor(args);
    const void* input = input_.raw(args);
    std::vector<PixelPart> parts;
    const PixelMap map = head_ ? MapFor(args, &parts) : PixelMap{};
    const auto fill = [&](const RowBlock& block, int64_t begin, int64_t end, float* scratch) {
      if (head_) return code_.gather_mapped(window_, map, block, begin, end);
      if (bf16_input_) {
        return code_.gather_bf16(window_, static_cast<const uint16_t*>(input), block, begin, end,
                                 reinterpret_cast<uint16_t*>(scratch));
      }
      code_.gather(window_, static_cast<const float*>(input), block, begin, end, scratch);
    };
    RunPacked(shape_, code_, call, fill, static_cast<float*>(args.workspace), *args.pool);
  }

 private:
  struct Part {
    Operand operand;
    int64_t channels;
    bool bf16;
  };
  struct Head {
    PixelHead plan;
    std::vector<Part> parts;
    Operand scale;
    Operand offset;
    std::vector<float> ones;   // where there is no scale
    std::vector<float> zeros;  // where there is no offset
  };

  static std::optional<Head> HeadOf(const StoredProblem& stored, const ProductPlan& plan) {
    const Graph& problem = stored.graph();
    if (plan.head.plain()) return std::nullopt;
    Head head{plan.head, {}, Operand(problem, plan.head.scale), Operand(problem, plan.head.offset), {}, {}};
    for (const ValueId part : plan.head.parts) {
      const Operand operand(problem, part);
      head.parts.push_back({operand, DimsOf(problem, part).back(), stored.bf16_input(operand.input())});
    }
    const auto channels = static_cast<size_t>(plan.window.channels);
    if (!head.scale.present()) head.ones.assign(channels, 1.0f);
    if (!head.offset.present()) head.zeros.assign(channels, 0.0f);
    return head;
  }

  PixelMap MapFor(const RunArgs& args, std::vector<PixelPart>* parts) const {
    for (const Part& part : head_->parts) {
      parts->push_back({part.operand.raw(args), part.channels, part.bf16});
    }
    PixelMap map;
    map.parts = parts->data();
    map.part_count = static_cast<int64_t>(parts->size());
    map.scale = head_->scale.present() ? head_->scale.floats(args) : head_->ones.data();
    map.scale_pitch = head_->plan.scale_by_image ? window_.channels : 0;
    map.offset = head_->offset.present() ? head_->offset.floats(args) : head_->zeros.data();
    const bool clamps = head_->plan.clamp.kind == ActivationKind::kClamp;
    map.low = clamps ? head_->plan.clamp.a : -std::numeric_limits<float>::infinity();
    map.high = clamps ? head_->plan.clamp.b : std::numeric_limits<float>::infinity();
    return map;
  }

 protected:
  PackedCall CallFor(const RunArgs& args) const {
    PackedCall call;
    call.words = WordsOf(shape_, code_);
    call.columns = shape_.columns;
    call.weights = static_cast<const float*>(packed_.raw());
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.raw(args);
    call.output = args.outputs[0].raw();
    call.bf16_residual = bf16_residual_;
    call.bf16_output = bf16_output_;
    call.activation = epilogue_.activation;
    return call;
  }

  Window window_;
  PackedShape shape_;
  const PackedCode& code_;
  Operand input_;
  std::optional<Head> head_;
  Epilogue epilogue_;
  Tensor packed_;
  bool bf16_input_;
  bool bf16_residual_;
  bool bf16_output_;
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PACKED_PRODUCT_H_
