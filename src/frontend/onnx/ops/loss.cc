// Losses, which training leaves in a model.
#include <numeric>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

Ints AllAxes(int64_t rank) {
  Ints axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

// -w[target] * log_probability[target] over classes in dimension 1, reduced.
ValueId NegativeLogLikelihood(OnnxContext& c, ValueId log_probability, ValueId target, ValueId weight) {
  Builder& b = c.build();
  const DType type = b.dtype(log_probability);
  const std::string reduction = c.String("reduction", "mean");
  ValueId labels = b.ToInt64(target);
  ValueId ignored = kNoValue;
  if (c.HasAttr("ignore_index")) {
    ignored = b.Binary(BinaryKind::kEqual, labels, b.Int64(c.NeedInt("ignore_index")));
    labels = c.Add(Where{}, {ignored, b.Int64(0), labels});
  }
  const ValueId picked = c.Add(GatherElements{1}, {log_probability, c.Add(Unsqueeze{{1}}, {labels})});
  ValueId loss = b.Unary(UnaryKind::kNeg, c.Add(Squeeze{{1}}, {picked}));
  ValueId share = kNoValue;
  if (weight != kNoValue) share = c.Add(Gather{}, {weight, labels});
  if (ignored != kNoValue) {
    const ValueId ones = c.Add(Expand{}, {b.Scalar(type, 1), b.ShapeTensor(labels)});
    share = c.Add(Where{}, {ignored, b.Scalar(type, 0), share == kNoValue ? ones : share});
  }
  if (share != kNoValue) loss = b.Binary(BinaryKind::kMul, loss, share);
  const Ints axes = AllAxes(c.RankOf(loss));
  if (reduction == "none") return loss;
  if (reduction == "sum") return b.Reduce(ReduceKind::kSum, loss, axes, false);
  if (reduction != "mean") c.Fail("attribute 'reduction': '{}' is not known", reduction);
  if (share == kNoValue) return b.Reduce(ReduceKind::kMean, loss, axes, false);
  return b.Binary(BinaryKind::kDiv, b.Reduce(ReduceKind::kSum, loss, axes, false),
                  b.Reduce(ReduceKind::kSum, share, axes, false));
}

void ImportNegativeLogLikelihood(OnnxContext& c) {
  c.Set(0, NegativeLogLikelihood(c, c.in(0), c.in(1), c.in_or_none(2)));
}

void ImportSoftmaxCrossEntropy(OnnxContext& c) {
  const ValueId log_probability = c.Add(LogSoftmax{.axis = 1}, {c.in(0)});
  c.Set(0, NegativeLogLikelihood(c, log_probability, c.in(1), c.in_or_none(2)));
  if (c.wants(1)) c.Set(1, log_probability);
}

constexpr OnnxOpImporter kRows[] = {
    {"NegativeLogLikelihoodLoss", 12, kNewest, ImportNegativeLogLikelihood},
    {"SoftmaxCrossEntropyLoss", 12, kNewest, ImportSoftmaxCrossEntropy},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxLossImporters() {
  return kRows;
}

}  // namespace floe
