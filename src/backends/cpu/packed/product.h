// Fused groups around products of the input's pixels with constant weights, by packed rows: one, or several
// of the same pixels.
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

struct Product {
  FusedGroup group;  // its main op's inputs: pixels, weights, bias
  PackedShape shape;
  int64_t column_stride = 1;  // of the weights
  int64_t depth_stride = 1;
};

struct ProductPlan {
  PixelHead head;  // more than the pixels only where a window is one of them, without padding
  Window window;   // of the first product; a matrix is an image of one row, its columns the channels
  std::vector<Product> products;

  // For RunPacked().
  PackedShape WholeShape(const PackedCode& code) const {
    PackedShape whole = products[0].shape;
    whole.columns = 0;
    for (const Product& p : products) whole.columns = RoundUp(whole.columns, code.panel) + p.shape.columns;
    return whole;
  }
};

// Convolutions in one or two spatial dimensions, without groups; the whole problem, or a group of it.
Refusal PlanConv(const Graph& problem, ProductPlan* plan);
Refusal PlanConvGroup(const Graph& problem, const FusedGroup& group, ProductPlan* plan);
// The groups' products, each by `plan_group`, where their pixels are the same.
Refusal PlanProducts(const Graph& problem, const HeadedGroups& headed,
                     Refusal (*plan_group)(const Graph&, const FusedGroup&, ProductPlan*), ProductPlan* plan);
// Its pixels are so few floats that PackedCode::direct may read them where they lie.
bool IsDirect(const Window& window);
// Its weights as PackedCode::direct of bf16 wants them, and the product's shape then.
PackedShape DirectBf16Shape(const Window& window);
Tensor PackDirectBf16(const Window& window, const float* filter);

// The weights of each. One constant may be several of the problem's operands; it is consumed when it is one.
Packed PackProducts(const Graph& problem, const ProductPlan& plan, const PackedCode& code);
// Throws Error(kEngine) unless they are what PackProducts() gives.
void CheckPackedProducts(std::span<const Tensor> packed, const ProductPlan& plan, const PackedCode& code,
                         std::string_view kernel);

class PackedProduct : public Executable {
 public:
  // The plan is of the stored problem's graph; values in bf16 are for code that has it.
  PackedProduct(const PrepareArgs& args, const StoredProblem& stored, const ProductPlan& plan,
                const PackedCode& code)
      : window_(plan.window),
        shape_(plan.WholeShape(code)),
        code_(code),
        input_(stored.graph(), plan.head.parts[0]),
        head_(HeadOf(stored, plan)),
        bf16_input_(stored.bf16_input(input_.input())) {
    for (size_t i = 0; i < plan.products.size(); ++i) {
      const Product& p = plan.products[i];
      const Epilogue epilogue(stored.graph(), p.group);
      products_.push_back({p.shape.columns, epilogue, args.packed[i],
                           stored.bf16_input(epilogue.residual.input()), stored.bf16_output(i)});
    }
  }

  size_t WorkspaceBytes(int threads) const override {
    return PackedWorkspaceFloats(shape_, code_, threads) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    std::vector<PackedCall> calls;
    for (size_t i = 0; i < products_.size(); ++i) calls.push_back(CallFor(args, i));
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
    RunPacked(shape_, code_, calls, fill, static_cast<float*>(args.workspace), *args.pool);
  }

 private:
  struct Bound {
    int64_t columns;
    Epilogue epilogue;
    Tensor packed;
    bool bf16_residual;
    bool bf16_output;
  };
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
  PackedCall CallFor(const RunArgs& args, size_t product) const {
    const Bound& bound = products_[product];
    PackedCall call;
    call.words = WordsOf(shape_, code_);
    call.columns = bound.columns;
    call.weights = static_cast<const float*>(bound.packed.raw());
    call.bias = bound.epilogue.bias.floats(args);
    call.residual = bound.epilogue.residual.raw(args);
    call.output = args.outputs[product].raw();
    call.bf16_residual = bound.bf16_residual;
    call.bf16_output = bound.bf16_output;
    call.activation = bound.epilogue.activation;
    return call;
  }

  Window window_;
  PackedShape shape_;
  const PackedCode& code_;
  Operand input_;
  std::optional<Head> head_;
  bool bf16_input_;
  std::vector<Bound> products_;
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PACKED_PRODUCT_H_
