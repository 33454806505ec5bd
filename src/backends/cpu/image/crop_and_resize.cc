// Crops of NHWC float32 images, each resized to one size: what detectors take their regions with.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"
#include "base/error.h"

namespace floe::cpu {
namespace {

struct Plan {
  const CropAndResize* op = nullptr;
  std::vector<int64_t> image;
  std::vector<int64_t> output;
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  plan->op = OnlyOp<CropAndResize>(problem);
  if (plan->op == nullptr) return "not one crop_and_resize";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const TensorType& image = problem.value(node.inputs[0]).type;
  if (image.dtype != DType::kFloat32) return std::string(DTypeName(image.dtype)) + " images";
  if (plan->op->mode != ResizeMode::kLinear && plan->op->mode != ResizeMode::kNearest)
    return "mode of interpolation";
  for (const ValueId input : node.inputs) {
    const Tensor* constant = ConstantOf(problem, input);
    if (constant != nullptr && constant->raw() == nullptr) return "a constant has no contents";
  }
  plan->image = DimsOf(problem, node.inputs[0]);
  plan->output = DimsOf(problem, node.outputs[0]);
  if (plan->image.size() != 4 || plan->output.size() != 4) return "rank of the images";
  if (problem.value(node.inputs[1]).type.dtype != DType::kFloat32 ||
      problem.value(node.inputs[2]).type.dtype != DType::kInt32 ||
      problem.value(node.outputs[0]).type.dtype != DType::kFloat32)
    return "types of the boxes";
  const std::vector<int64_t> boxes = {plan->output[0], 4};
  if (DimsOf(problem, node.inputs[1]) != boxes || SizeOf(problem, node.inputs[2]) != boxes[0] ||
      plan->output[3] != plan->image[3])
    return "output shape";
  return std::nullopt;
}

// In float32 as TensorFlow does: it decides which pixels lie outside.
float Coordinate(float begin, float end, int64_t image, int64_t crop, int64_t i) {
  const float last = static_cast<float>(image - 1);
  if (crop <= 1) return 0.5f * (begin + end) * last;
  const float scale = (end - begin) * last / static_cast<float>(crop - 1);
  return begin * last + static_cast<float>(i) * scale;
}

class CropImages : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.crop_and_resize";

  CropImages(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        nearest_(plan.op->mode == ResizeMode::kNearest),
        outside_(static_cast<float>(plan.op->extrapolation_value)),
        code_(RowCodeFor(IsaOf(args.target))),
        name_(OnlyNode(args.problem)->name),
        images_(args.problem, OnlyNode(args.problem)->inputs[0]),
        boxes_(args.problem, OnlyNode(args.problem)->inputs[1]),
        which_(args.problem, OnlyNode(args.problem)->inputs[2]) {}

  void Run(const RunArgs& args) const override {
    const float* images = images_.floats(args);
    const float* boxes = boxes_.floats(args);
    const int32_t* which = static_cast<const int32_t*>(which_.raw(args));
    float* output = static_cast<float*>(args.outputs[0].raw());
    for (int64_t b = 0; b < plan_.output[0]; ++b) {
      if (which[b] < 0 || which[b] >= plan_.image[0])
        Throw(ErrorCode::kUsage, "CropAndResize '{}': image index {} is not in [0, {})", name_, which[b],
              plan_.image[0]);
    }
    const int64_t height = plan_.output[1], row = plan_.output[2] * plan_.output[3];
    const int64_t picture = plan_.image[1] * plan_.image[2] * plan_.image[3];
    args.pool->ParallelFor(plan_.output[0] * height, 4096 / row + 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r)
        CropRow(images + which[r / height] * picture, boxes + r / height * 4, r % height, output + r * row);
    });
  }

 private:
  bool Inside(float place, int64_t length) const {
    return place >= 0 && place <= static_cast<float>(length - 1);
  }

  void CropRow(const float* image, const float* box, int64_t i, float* to) const {
    const int64_t width = plan_.output[2], channels = plan_.output[3];
    const float y = Coordinate(box[0], box[2], plan_.image[1], plan_.output[1], i);
    if (!Inside(y, plan_.image[1])) {
      std::fill(to, to + width * channels, outside_);
      return;
    }
    for (int64_t j = 0; j < width; ++j, to += channels) {
      const float x = Coordinate(box[1], box[3], plan_.image[2], width, j);
      if (!Inside(x, plan_.image[2])) {
        std::fill(to, to + channels, outside_);
      } else if (nearest_) {
        std::memcpy(to, At(image, std::round(y), std::round(x)),
                    sizeof(float) * static_cast<size_t>(channels));
      } else {
        const float top = std::floor(y), left = std::floor(x), bottom = std::ceil(y), right = std::ceil(x);
        const float* const corners[4] = {At(image, top, left), At(image, top, right), At(image, bottom, left),
                                         At(image, bottom, right)};
        code_.blend(corners, x - left, y - top, to, channels);
      }
    }
  }

  const float* At(const float* image, float y, float x) const {
    return image + (static_cast<int64_t>(y) * plan_.image[2] + static_cast<int64_t>(x)) * plan_.image[3];
  }

  Plan plan_;
  bool nearest_;
  float outside_;
  const RowCode& code_;
  std::string name_;
  Operand images_;
  Operand boxes_;
  Operand which_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + static_cast<double>(problem.value(problem.outputs()[0]).type.StaticBytes()) * 0.2;
}

using Row = Planned<Plan, MakePlan, CropImages>;

}  // namespace

Kernel CropAndResizeKernel() {
  return {.name = CropImages::kName,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .error_bound = 2e-6};
}

}  // namespace floe::cpu
