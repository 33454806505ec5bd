#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/spatial.h"

namespace floe {
namespace {

// Axes of everything but the channels.
Ints StatisticsAxes(Layout layout, int64_t rank) {
  const int64_t channel = layout == Layout::kNhwc ? rank - 1 : 1;
  Ints axes;
  for (int64_t i = 0; i < rank; ++i)
    if (i != channel) axes.push_back(i);
  return axes;
}

// The number of elements over which one channel's statistics go, float32 scalar.
ValueId ElementsPerChannel(Builder& b, ValueId x, const Ints& axes) {
  std::vector<ValueId> dims;
  for (const int64_t axis : axes) dims.push_back(b.DimTensor(x, axis));
  const ValueId count = b.Reduce(ReduceKind::kProd, b.ConcatVectors(std::move(dims)), {0}, false);
  return b.CastTo(count, DType::kFloat32);
}

// exponential_avg_factor blends what was with what is.
ValueId Blend(NodeContext& c, ValueId old_value, ValueId new_value) {
  const double factor =
      c.op() == "FusedBatchNormV3" || c.op() == "FusedBatchNorm" || c.op() == "FusedBatchNormV2"
          ? c.Float("exponential_avg_factor")
          : 1.0;
  if (factor == 1.0) return new_value;
  Builder& b = c.build();
  const ValueId kept = b.Binary(BinaryKind::kMul, old_value, b.Scalar(DType::kFloat32, 1 - factor));
  const ValueId added = b.Binary(BinaryKind::kMul, new_value, b.Scalar(DType::kFloat32, factor));
  return b.Binary(BinaryKind::kAdd, kept, added);
}

struct Statistics {
  ValueId mean;
  ValueId variance;           // of the population, for normalising
  ValueId unbiased_variance;  // the running one
};

Statistics BatchStatistics(NodeContext& c, ValueId x, Layout layout) {
  Builder& b = c.build();
  const Ints axes = StatisticsAxes(layout, c.Rank(0));
  Statistics s;
  const ValueId mean = b.Reduce(ReduceKind::kMean, x, axes, true);
  s.mean = b.Add(Squeeze{axes}, {mean});
  s.variance = b.Reduce(ReduceKind::kMean, b.Binary(BinaryKind::kSquaredDifference, x, mean), axes, false);
  const ValueId count = ElementsPerChannel(b, x, axes);
  const ValueId one = b.Scalar(DType::kFloat32, 1);
  const ValueId less = b.Binary(BinaryKind::kMax, b.Binary(BinaryKind::kSub, count, one), one);
  s.unbiased_variance = b.Binary(BinaryKind::kMul, s.variance, b.Binary(BinaryKind::kDiv, count, less));
  return s;
}

void ImportFusedBatchNorm(NodeContext& c) {
  Builder& b = c.build();
  const Layout layout = LayoutOf(c);
  const DType dtype = c.dtype(0);
  const bool small = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  const ValueId x = small ? b.CastTo(c.in(0), DType::kFloat32) : c.in(0);
  const bool training = c.Bool("is_training");
  ValueId mean = c.in(3), variance = c.in(4);
  ValueId mean_out = mean, variance_out = variance;
  if (training) {
    const Statistics s = BatchStatistics(c, x, layout);
    mean = s.mean;
    variance = s.variance;
    mean_out = Blend(c, c.in(3), s.mean);
    variance_out = Blend(c, c.in(4), s.unbiased_variance);
  }
  BatchNormalization op;
  op.layout = layout;
  op.epsilon = c.Float("epsilon");
  const std::vector<ValueId> inputs = {x, c.in(1), c.in(2), mean, variance};
  if (small)
    c.Return(Cast{dtype}, {b.Add(std::move(op), inputs)});
  else
    c.Return(std::move(op), inputs);
  c.Set(1, mean_out);
  c.Set(2, variance_out);
  c.Set(3, mean);
  c.Set(4, variance);
  if (c.op() == "FusedBatchNormV3") c.Set(5, b.Constant(Tensor(DType::kFloat32, {0})));
}

void ImportGlobalBatchNorm(NodeContext& c) {
  Builder& b = c.build();
  BatchNormalization op;
  op.epsilon = c.Float("variance_epsilon");
  ValueId scale = c.in(4);
  if (!c.Bool("scale_after_normalization"))
    scale = b.Binary(BinaryKind::kAdd, b.ZerosLike(scale), b.Scalar(c.dtype(4), 1));
  c.Return(std::move(op), {c.in(0), scale, c.in(3), c.in(1), c.in(2)});
}

void ImportLrn(NodeContext& c) {
  const int64_t radius = c.Int("depth_radius");
  if (radius < 0 || radius > (1 << 30)) c.Fail("depth_radius {} is out of range", radius);
  LRN op;
  op.size = 2 * radius + 1;
  op.alpha = c.Float("alpha") * static_cast<double>(op.size);
  op.beta = c.Float("beta");
  op.bias = c.Float("bias");
  c.Return(std::move(op), {c.in(0)});
}

void ImportSoftmax(NodeContext& c) {
  c.Return(Softmax{-1}, {c.in(0)});
}
void ImportLogSoftmax(NodeContext& c) {
  c.Return(LogSoftmax{-1}, {c.in(0)});
}

constexpr OpImporter kRows[] = {
    {"FusedBatchNorm", ImportFusedBatchNorm},
    {"FusedBatchNormV2", ImportFusedBatchNorm},
    {"FusedBatchNormV3", ImportFusedBatchNorm},
    {"BatchNormWithGlobalNormalization", ImportGlobalBatchNorm},
    {"LRN", ImportLrn},
    {"Softmax", ImportSoftmax},
    {"LogSoftmax", ImportLogSoftmax},
};

}  // namespace

std::span<const OpImporter> NormalizationImporters() {
  return kRows;
}

}  // namespace floe
