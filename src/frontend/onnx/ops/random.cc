// Random numbers of our own generator: the distribution is ONNX's, the numbers are not another runtime's.
#include <bit>
#include <cmath>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// ONNX's seed is a float; of one that is no whole number the bits do as well.
int64_t SeedOf(OnnxContext& c) {
  constexpr double kExact = 1 << 24;
  const double seed = c.Float("seed", 0);
  if (std::abs(seed) <= kExact && seed == std::trunc(seed)) return static_cast<int64_t>(seed);
  return std::bit_cast<int32_t>(static_cast<float>(seed));
}

// The shape of x; where x was only made to have it, what it was made from.
ValueId ShapeToFill(OnnxContext& c) {
  const Graph& graph = c.build().graph();
  const NodeId maker = graph.value(c.in(0)).producer;
  const bool filled = maker != kNoNode && IsOp<Expand>(graph.node(maker).op) &&
                      graph.value(graph.node(maker).inputs[0]).type.shape == Shape(std::vector<Dim>{});
  return filled ? graph.node(maker).inputs[1] : c.build().ShapeTensor(c.in(0));
}

ValueId Numbers(OnnxContext& c, RandomKind kind, DType type, ValueId shape) {
  const DType drawn = type == DType::kFloat64 ? type : DType::kFloat32;
  const ValueId numbers = c.Add(Random{.kind = kind, .to = drawn, .seed = SeedOf(c)}, {shape});
  return c.build().CastTo(numbers, type);
}

// numbers * scale + shift
ValueId Moved(OnnxContext& c, ValueId numbers, double scale, double shift) {
  Builder& b = c.build();
  const DType type = b.dtype(numbers);
  if (scale != 1) numbers = b.Binary(BinaryKind::kMul, numbers, b.Scalar(type, scale));
  return shift == 0 ? numbers : b.Binary(BinaryKind::kAdd, numbers, b.Scalar(type, shift));
}

void ReturnUniform(OnnxContext& c, DType type, ValueId shape) {
  const double low = c.Float("low", 0), high = c.Float("high", 1);
  c.Set(0, Moved(c, Numbers(c, RandomKind::kUniform, type, shape), high - low, low));
}

void ReturnNormal(OnnxContext& c, DType type, ValueId shape) {
  c.Set(0, Moved(c, Numbers(c, RandomKind::kNormal, type, shape), c.Float("scale", 1), c.Float("mean", 0)));
}

void ImportUniform(OnnxContext& c) {
  ReturnUniform(c, c.Type("dtype", DType::kFloat32), c.build().Int64s(c.IntList("shape")));
}
void ImportUniformLike(OnnxContext& c) {
  ReturnUniform(c, c.Type("dtype", c.dtype(0)), ShapeToFill(c));
}
void ImportNormal(OnnxContext& c) {
  ReturnNormal(c, c.Type("dtype", DType::kFloat32), c.build().Int64s(c.IntList("shape")));
}
void ImportNormalLike(OnnxContext& c) {
  ReturnNormal(c, c.Type("dtype", c.dtype(0)), ShapeToFill(c));
}

void ImportBernoulli(OnnxContext& c) {
  Builder& b = c.build();
  const ValueId numbers = Numbers(c, RandomKind::kUniform, c.dtype(0), b.ShapeTensor(c.in(0)));
  c.Set(0, b.CastTo(b.Binary(BinaryKind::kLess, numbers, c.in(0)), c.Type("dtype", c.dtype(0))));
}

void ImportMultinomial(OnnxContext& c) {
  Multinomial op;
  op.seed = SeedOf(c);
  op.to = c.Type("dtype", DType::kInt32);
  c.Return(op, {c.in(0), c.build().Int64(c.Int("sample_size", 1))});
}

constexpr OnnxOpImporter kRows[] = {
    {"RandomUniform", 1, kNewest, ImportUniform}, {"RandomUniformLike", 1, kNewest, ImportUniformLike},
    {"RandomNormal", 1, kNewest, ImportNormal},   {"RandomNormalLike", 1, kNewest, ImportNormalLike},
    {"Bernoulli", 15, kNewest, ImportBernoulli},  {"Multinomial", 7, kNewest, ImportMultinomial},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxRandomImporters() {
  return kRows;
}

}  // namespace floe
