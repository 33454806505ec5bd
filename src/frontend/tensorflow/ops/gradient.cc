// Derivatives that inference models hold, such as saliency maps. Those of convolutions and of average pools
// are transposed convolutions, in convolution.cc.
#include <algorithm>

#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/spatial.h"

namespace floe {
namespace {

// Expressions over one graph, to write formulas as formulas.
struct Formula {
  Builder& b;
  DType type;

  ValueId number(double v) const { return b.Scalar(type, v); }
  ValueId mul(ValueId x, ValueId y) const { return b.Binary(BinaryKind::kMul, x, y); }
  ValueId add(ValueId x, double v) const { return b.Binary(BinaryKind::kAdd, x, number(v)); }
  ValueId sub(double v, ValueId x) const { return b.Binary(BinaryKind::kSub, number(v), x); }
  ValueId scale(ValueId x, double v) const { return mul(x, number(v)); }
  ValueId above(ValueId x, double v) const { return b.Binary(BinaryKind::kGreater, x, number(v)); }
  ValueId where(ValueId condition, ValueId x, ValueId y) const { return b.Add(Where{}, {condition, x, y}); }
};

Formula FormulaOf(NodeContext& c) {
  return {c.build(), c.dtype(0)};
}

// Of functions of which TensorFlow hands over the result: (y, dy).
void ImportFromResult(NodeContext& c) {
  const Formula f = FormulaOf(c);
  const ValueId y = c.in(0), dy = c.in(1);
  if (c.op() == "TanhGrad") return c.Set(0, f.mul(dy, f.sub(1, f.mul(y, y))));
  if (c.op() == "SigmoidGrad") return c.Set(0, f.mul(dy, f.mul(y, f.sub(1, y))));
  if (c.op() == "SqrtGrad") return c.Set(0, f.b.Binary(BinaryKind::kDiv, f.scale(dy, 0.5), y));
  if (c.op() == "RsqrtGrad") return c.Set(0, f.scale(f.mul(dy, f.mul(y, f.mul(y, y))), -0.5));
  c.Set(0, f.scale(f.mul(dy, f.mul(y, y)), -1));  // of the reciprocal
}

// Of functions of which it hands over (dy, x), or for Elu and Selu (dy, y).
void ImportFromInput(NodeContext& c) {
  constexpr double kSeluScale = 1.0507009873554804934, kSeluScaleAlpha = 1.7580993408473768599;
  const Formula f = FormulaOf(c);
  const ValueId dy = c.in(0), x = c.in(1), zero = f.number(0);
  const std::string& op = c.op();
  if (op == "ReluGrad") return c.Set(0, f.where(f.above(x, 0), dy, zero));
  if (op == "Relu6Grad") {
    const ValueId below = f.b.Binary(BinaryKind::kLess, x, f.number(6));
    return c.Set(0, f.where(f.b.Binary(BinaryKind::kAnd, f.above(x, 0), below), dy, zero));
  }
  if (op == "LeakyReluGrad") return c.Set(0, f.where(f.above(x, 0), dy, f.scale(dy, c.Float("alpha"))));
  const ValueId negative = f.b.Binary(BinaryKind::kLess, x, zero);
  if (op == "EluGrad") return c.Set(0, f.where(negative, f.mul(dy, f.add(x, 1)), dy));
  if (op == "SeluGrad")
    return c.Set(0, f.where(negative, f.mul(dy, f.add(x, kSeluScaleAlpha)), f.scale(dy, kSeluScale)));
  if (op == "SoftplusGrad") return c.Set(0, f.mul(dy, f.b.Unary(UnaryKind::kSigmoid, x)));
  const ValueId width = f.add(f.b.Unary(UnaryKind::kAbs, x), 1);  // Softsign
  c.Set(0, f.b.Binary(BinaryKind::kDiv, dy, f.mul(width, width)));
}

void ImportBiasAddGrad(NodeContext& c) {
  const int64_t rank = c.Rank(0);
  const int64_t channel = c.String("data_format") == "NCHW" ? 1 : rank - 1;
  Ints axes;
  for (int64_t i = 0; i < rank; ++i)
    if (i != channel) axes.push_back(i);
  c.Set(0, c.build().Reduce(ReduceKind::kSum, c.in(0), axes, false));
}

// The shape that input i holds, a dimension an element, unknown ones among them.
std::vector<Dim> DimsIn(NodeContext& c, size_t i) {
  if (const std::optional<Ints> known = c.KnownInts(i)) return {known->begin(), known->end()};
  const auto& elements = c.build().graph().value(c.in(i)).elements;
  if (!elements) c.FailUnknown("its shapes are not known");
  return *elements;
}

// Over which axes each of two operands was broadcast: where its dimension is 1, unless the shapes are alike.
// A dimension that only the run knows is taken for one that was not; if it was, the Reshape to the operand's
// shape, which follows the sum over these axes, says that the sizes do not fit.
void ImportBroadcastGradientArgs(NodeContext& c) {
  std::vector<Dim> dims[2] = {DimsIn(c, 0), DimsIn(c, 1)};
  const bool alike = dims[0] == dims[1];
  const size_t rank = std::max(dims[0].size(), dims[1].size());
  for (size_t side = 0; side < 2; ++side) {
    std::vector<Dim>& own = dims[side];
    own.insert(own.begin(), rank - own.size(), Dim(1));
    std::vector<double> axes;
    for (size_t i = 0; !alike && i < rank; ++i)
      if (own[i].value() == 1) axes.push_back(static_cast<double>(i));
    c.Set(side,
          c.build().Constant(TensorOfNumbers(c.dtype(side), {static_cast<int64_t>(axes.size())}, axes)));
  }
}

// (x, y, dy): dy goes to the first largest pixel under each window.
void ImportMaxPoolGrad(NodeContext& c) {
  Builder& b = c.build();
  if (LayoutOf(c) != Layout::kNhwc) c.Fail("data format {} is not supported", c.String("data_format"));
  const bool fed = c.op() == "MaxPoolGradV2";
  MaxPool op;
  op.kernel_shape =
      SpatialEntries(c, fed ? c.NeedInts(3, "ksize") : c.IntList("ksize"), op.layout, 2, "ksize");
  op.strides =
      SpatialEntries(c, fed ? c.NeedInts(4, "strides") : c.IntList("strides"), op.layout, 2, "strides");
  const Padding padding = PaddingOf(c, op.layout, 2);
  op.auto_pad = padding.auto_pad;
  op.pads = padding.pads;
  op.argmax_index = ArgmaxIndex::kTensorFlowBatch;
  const ValueId x = c.in(0);
  const ValueId winners = b.AddNode(std::move(op), {x}, 2)[1];
  const ValueId canvas = b.Zeros(c.dtype(2), b.ToVector(b.Add(SizeOf{}, {x})));
  const ValueId sums = b.Add(ScatterND{ScatterReduction::kAdd},
                             {canvas, b.Reshape(winners, {-1, 1}), b.Reshape(c.in(2), {-1})});
  c.Return(Reshape{}, {sums, b.ShapeTensor(x)});
}

// (dy, x, scale, mean, variance, …) of a normalisation by given statistics.
void ImportFusedBatchNormGrad(NodeContext& c) {
  if (c.Bool("is_training")) c.Fail("the derivative of training is not supported");
  Builder& b = c.build();
  const Layout layout = LayoutOf(c);
  const int64_t rank = c.Rank(0);
  const int64_t channel = layout == Layout::kNhwc ? rank - 1 : 1;
  Ints others, behind;
  for (int64_t i = 0; i < rank; ++i)
    if (i != channel) others.push_back(i);
  for (int64_t i = channel + 1; i < rank; ++i) behind.push_back(i - channel);
  const DType type = c.dtype(2);
  const auto along = [&](ValueId v) { return behind.empty() ? v : b.Add(Unsqueeze{behind}, {v}); };
  const ValueId dy = b.CastTo(c.in(0), type), x = b.CastTo(c.in(1), type);
  const ValueId variance = b.Binary(BinaryKind::kAdd, c.in(4), b.Scalar(type, c.Float("epsilon")));
  const ValueId factor = b.Unary(UnaryKind::kRsqrt, variance);
  const ValueId slope = b.Binary(BinaryKind::kMul, c.in(2), factor);
  c.Set(0, b.CastTo(b.Binary(BinaryKind::kMul, dy, along(slope)), c.dtype(0)));
  const ValueId centred = b.Binary(BinaryKind::kSub, x, along(c.in(3)));
  const ValueId sum = b.Reduce(ReduceKind::kSum, b.Binary(BinaryKind::kMul, dy, centred), others, false);
  c.Set(1, b.Binary(BinaryKind::kMul, sum, factor));
  c.Set(2, b.Reduce(ReduceKind::kSum, dy, others, false));
}

constexpr OpImporter kRows[] = {
    {"TanhGrad", ImportFromResult},
    {"SigmoidGrad", ImportFromResult},
    {"SqrtGrad", ImportFromResult},
    {"RsqrtGrad", ImportFromResult},
    {"InvGrad", ImportFromResult},
    {"ReciprocalGrad", ImportFromResult},
    {"ReluGrad", ImportFromInput},
    {"Relu6Grad", ImportFromInput},
    {"LeakyReluGrad", ImportFromInput},
    {"EluGrad", ImportFromInput},
    {"SeluGrad", ImportFromInput},
    {"SoftplusGrad", ImportFromInput},
    {"SoftsignGrad", ImportFromInput},
    {"BiasAddGrad", ImportBiasAddGrad},
    {"MaxPoolGrad", ImportMaxPoolGrad},
    {"MaxPoolGradV2", ImportMaxPoolGrad},
    {"BroadcastGradientArgs", ImportBroadcastGradientArgs},
    {"FusedBatchNormGrad", ImportFusedBatchNormGrad},
    {"FusedBatchNormGradV2", ImportFusedBatchNormGrad},
    {"FusedBatchNormGradV3", ImportFusedBatchNormGrad},
};

}  // namespace

std::span<const OpImporter> GradientImporters() {
  return kRows;
}

}  // namespace floe
