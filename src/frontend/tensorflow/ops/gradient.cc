// Derivatives that inference models hold, such as saliency maps: of elementwise functions and of BiasAdd.
#include "frontend/tensorflow/ops/families.h"

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

constexpr OpImporter kRows[] = {
    {"TanhGrad", ImportFromResult},     {"SigmoidGrad", ImportFromResult},
    {"SqrtGrad", ImportFromResult},     {"RsqrtGrad", ImportFromResult},
    {"InvGrad", ImportFromResult},      {"ReciprocalGrad", ImportFromResult},
    {"ReluGrad", ImportFromInput},      {"Relu6Grad", ImportFromInput},
    {"LeakyReluGrad", ImportFromInput}, {"EluGrad", ImportFromInput},
    {"SeluGrad", ImportFromInput},      {"SoftplusGrad", ImportFromInput},
    {"SoftsignGrad", ImportFromInput},  {"BiasAddGrad", ImportBiasAddGrad},
};

}  // namespace

std::span<const OpImporter> GradientImporters() {
  return kRows;
}

}  // namespace floe
