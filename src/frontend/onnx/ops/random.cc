// Random numbers of our own generator: the distribution is ONNX's, the numbers are not another runtime's.
#include <bit>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// ONNX's seed is a float; its bits do as well as any number.
int64_t SeedOf(OnnxContext& c) {
  return std::bit_cast<int32_t>(static_cast<float>(c.Float("seed", 0)));
}

ValueId Numbers(OnnxContext& c, RandomKind kind, DType type, ValueId shape) {
  const DType drawn = type == DType::kFloat64 ? type : DType::kFloat32;
  const ValueId numbers = c.Add(Random{.kind = kind, .to = drawn, .seed = SeedOf(c)}, {shape});
  return c.build().CastTo(numbers, type);
}

void ReturnUniform(OnnxContext& c, DType type, ValueId shape) {
  Builder& b = c.build();
  const double low = c.Float("low", 0), high = c.Float("high", 1);
  const ValueId numbers = Numbers(c, RandomKind::kUniform, type, shape);
  c.Set(0, b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, numbers, b.Scalar(type, high - low)),
                    b.Scalar(type, low)));
}

void ReturnNormal(OnnxContext& c, DType type, ValueId shape) {
  Builder& b = c.build();
  const ValueId numbers = Numbers(c, RandomKind::kNormal, type, shape);
  c.Set(0,
        b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, numbers, b.Scalar(type, c.Float("scale", 1))),
                 b.Scalar(type, c.Float("mean", 0))));
}

void ImportUniform(OnnxContext& c) {
  ReturnUniform(c, c.Type("dtype", DType::kFloat32), c.build().Int64s(c.IntList("shape")));
}
void ImportUniformLike(OnnxContext& c) {
  ReturnUniform(c, c.Type("dtype", c.dtype(0)), c.build().ShapeTensor(c.in(0)));
}
void ImportNormal(OnnxContext& c) {
  ReturnNormal(c, c.Type("dtype", DType::kFloat32), c.build().Int64s(c.IntList("shape")));
}
void ImportNormalLike(OnnxContext& c) {
  ReturnNormal(c, c.Type("dtype", c.dtype(0)), c.build().ShapeTensor(c.in(0)));
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
