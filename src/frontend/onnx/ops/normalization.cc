// Normalisation over batches, channels, groups and layers.
#include <numeric>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

Ints AxesFrom(int64_t first, int64_t rank) {
  Ints axes;
  for (int64_t i = first; i < rank; ++i) axes.push_back(i);
  return axes;
}

// A vector of channels as it broadcasts to N, C, spatial....
ValueId PerChannel(OnnxContext& c, ValueId vector, int64_t rank) {
  Ints dims(static_cast<size_t>(std::max<int64_t>(rank - 1, 1)), 1);
  dims[0] = -1;
  return c.build().Reshape(vector, std::move(dims));
}

struct Moments {
  ValueId mean, variance;
};
Moments MomentsOf(OnnxContext& c, ValueId x, const Ints& axes) {
  Builder& b = c.build();
  const ValueId mean = b.Reduce(ReduceKind::kMean, x, axes, true);
  const ValueId apart = b.Unary(UnaryKind::kSquare, b.Binary(BinaryKind::kSub, x, mean));
  return {mean, b.Reduce(ReduceKind::kMean, apart, axes, true)};
}

ValueId InverseDeviation(OnnxContext& c, ValueId variance, double epsilon) {
  Builder& b = c.build();
  return b.Unary(UnaryKind::kRsqrt,
                 b.Binary(BinaryKind::kAdd, variance, b.Scalar(b.dtype(variance), epsilon)));
}

ValueId Normalised(OnnxContext& c, ValueId x, const Moments& m, double epsilon) {
  Builder& b = c.build();
  return b.Binary(BinaryKind::kMul, b.Binary(BinaryKind::kSub, x, m.mean),
                  InverseDeviation(c, m.variance, epsilon));
}

ValueId ScaleAndShift(OnnxContext& c, ValueId x, ValueId scale, ValueId bias) {
  Builder& b = c.build();
  return b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, x, scale), bias);
}

// Training: statistics of the batch, and the running ones moved towards them.
void ImportTrainingBatchNorm(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  Ints axes = AxesFrom(2, rank);
  axes.insert(axes.begin(), 0);
  const Moments m = MomentsOf(c, c.in(0), axes);
  const ValueId x = Normalised(c, c.in(0), m, c.Float("epsilon", 1e-5));
  c.Set(0, ScaleAndShift(c, x, PerChannel(c, b.CastTo(c.in(1), c.dtype(0)), rank),
                         PerChannel(c, b.CastTo(c.in(2), c.dtype(0)), rank)));
  const double momentum = c.Float("momentum", 0.9);
  const ValueId now[] = {m.mean, m.variance};
  for (size_t i = 0; i < 2 && c.wants(i + 1); ++i) {
    const DType type = c.dtype(3 + i);
    const ValueId old_part = b.Binary(BinaryKind::kMul, c.in(3 + i), b.Scalar(type, momentum));
    const ValueId flat = b.CastTo(b.Reshape(now[i], {-1}), type);
    const ValueId new_part = b.Binary(BinaryKind::kMul, flat, b.Scalar(type, 1 - momentum));
    c.Set(i + 1, b.Binary(BinaryKind::kAdd, old_part, new_part));
  }
}

void ImportBatchNorm(OnnxContext& c) {
  if (c.opset() < 9 && !c.Flag("spatial", true)) c.Fail("spatial is 0, which is not supported");
  if (c.Flag("training_mode")) return ImportTrainingBatchNorm(c);
  if (c.opset() >= 9 && c.wants(1)) c.Fail("it asks for the statistics of training");
  BatchNormalization op;
  op.epsilon = c.Float("epsilon", 1e-5);
  // Of a matrix, channels are the last dimension in either layout.
  op.layout = c.Rank(0) == 2 ? Layout::kNhwc : Layout::kNchw;
  std::vector<ValueId> inputs = {c.in(0)};
  for (size_t i = 1; i < 5; ++i) inputs.push_back(c.build().CastTo(c.in(i), c.dtype(0)));
  c.Return(std::move(op), std::move(inputs));
}

void ImportInstanceNorm(OnnxContext& c) {
  const int64_t rank = c.Rank(0);
  const ValueId x =
      Normalised(c, c.in(0), MomentsOf(c, c.in(0), AxesFrom(2, rank)), c.Float("epsilon", 1e-5));
  c.Set(0, ScaleAndShift(c, x, PerChannel(c, c.in(1), rank), PerChannel(c, c.in(2), rank)));
}

// Version 18 scales each group, 21 each channel.
void ImportGroupNorm(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0), groups = c.NeedInt("num_groups");
  const Dim& channels = c.shape(0)[1];
  if (!channels.known() || groups < 1 || channels.value() % groups != 0)
    c.Fail("the channels of {} do not divide into {} groups", c.shape(0).ToString(), groups);
  const ValueId shape = b.ShapeTensor(c.in(0));
  const DType type = c.dtype(0);
  const DType computed = c.opset() >= 21 && type != DType::kFloat64 ? DType::kFloat32 : type;
  const ValueId split =
      c.Add(Reshape{.allow_zero = false},
            {b.CastTo(c.in(0), computed), b.Int64s({0, groups, channels.value() / groups, -1})});
  ValueId x = Normalised(c, split, MomentsOf(c, split, {2, 3}), c.Float("epsilon", 1e-5));
  const auto parameter = [&](size_t i) { return b.CastTo(c.in(i), computed); };
  if (c.opset() < 21) {
    const auto per_group = [&](size_t i) { return b.Reshape(parameter(i), {groups, 1, 1}); };
    x = ScaleAndShift(c, x, per_group(1), per_group(2));
    return c.Set(0, b.CastTo(c.Add(Reshape{}, {x, shape}), type));
  }
  x = c.Add(Reshape{}, {x, shape});
  x = ScaleAndShift(c, x, PerChannel(c, parameter(1), rank), PerChannel(c, parameter(2), rank));
  c.Set(0, b.CastTo(x, type));
}

// One op where only the result is wanted; the statistics are computed beside it.
void ImportLayerNorm(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0), axis = c.Axis(c.Int("axis", -1), rank);
  const double epsilon = c.Float("epsilon", 1e-5);
  std::vector<ValueId> inputs = {c.in(0), c.in(1)};
  if (c.has(2)) inputs.push_back(c.in(2));
  c.Set(0,
        b.AddNode(LayerNormalization{.axis = axis, .epsilon = epsilon}, std::move(inputs), 1, b.source())[0]);
  if (!c.wants(1) && !c.wants(2)) return;
  const ValueId x = b.CastTo(c.in(0), c.Type("stash_type", DType::kFloat32));
  const Moments m = MomentsOf(c, x, AxesFrom(axis, rank));
  if (c.wants(1)) c.Set(1, m.mean);
  if (c.wants(2)) c.Set(2, InverseDeviation(c, m.variance, epsilon));
}

// (x - mean) / (standard deviation + 1e-9)
void ImportMeanVarianceNorm(OnnxContext& c) {
  Builder& b = c.build();
  Ints axes = c.IntList("axes");
  if (axes.empty()) axes = {0, 2, 3};
  const Moments m = MomentsOf(c, c.in(0), c.Axes(axes, c.Rank(0)));
  const ValueId deviation =
      b.Binary(BinaryKind::kAdd, b.Unary(UnaryKind::kSqrt, m.variance), b.Scalar(c.dtype(0), 1e-9));
  c.Set(0, b.Binary(BinaryKind::kDiv, b.Binary(BinaryKind::kSub, c.in(0), m.mean), deviation));
}

void ImportLrn(OnnxContext& c) {
  LRN op;
  op.layout = Layout::kNchw;
  op.size = c.NeedInt("size");
  op.alpha = c.Float("alpha", 1e-4);
  op.beta = c.Float("beta", 0.75);
  op.bias = c.Float("bias", 1);
  c.Return(op, {c.in(0)});
}

void ImportLpNorm(OnnxContext& c) {
  const int64_t p = c.Int("p", 2);
  if (p != 1 && p != 2) c.Fail("attribute 'p': expected 1 or 2, found {}", p);
  const int64_t axis = c.Axis(c.Int("axis", -1), c.Rank(0));
  const ValueId norm = c.build().Reduce(p == 1 ? ReduceKind::kL1 : ReduceKind::kL2, c.in(0), {axis}, true);
  c.Return(Binary{BinaryKind::kDivNoNan}, {c.in(0), norm});
}

constexpr OnnxOpImporter kRows[] = {
    {"BatchNormalization", 7, kNewest, ImportBatchNorm},
    {"InstanceNormalization", 6, kNewest, ImportInstanceNorm},
    {"GroupNormalization", 18, kNewest, ImportGroupNorm},
    {"LayerNormalization", 1, kNewest, ImportLayerNorm},  // exporters used it before version 17 had it
    {"MeanVarianceNormalization", 9, kNewest, ImportMeanVarianceNorm},
    {"LRN", 1, kNewest, ImportLrn},
    {"LpNormalization", 1, kNewest, ImportLpNorm},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxNormalizationImporters() {
  return kRows;
}

}  // namespace floe
