#include <gtest/gtest.h>

#include <cmath>

#include "backends/cpu/harness.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

// Pairs of random numbers as complex ones.
Tensor Complex(const std::vector<int64_t>& dims, uint64_t seed) {
  Tensor t(DType::kComplex64, dims);
  const Tensor parts = RandomTensor(DType::kFloat32, {2 * t.size()}, seed);
  std::copy_n(parts.data<float>(), parts.size(), static_cast<float*>(t.raw()));
  return t;
}

Graph FftOf(FftKind kind, int64_t rows, int64_t in, int64_t length = 0) {
  Graph g;
  const DType from = kind == FftKind::kRfft ? DType::kFloat32 : DType::kComplex64;
  std::vector<ValueId> inputs = {g.AddInput("x", {from, {3, rows, in}})};
  if (length > 0)
    inputs.push_back(g.AddConstant("n", Tensor::FromVector<int32_t>({static_cast<int32_t>(length)})));
  g.AddOutput(g.Add(Fft{kind, 1}, inputs));
  return g;
}

void ExpectEqual(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(got.dims(), expected.dims());
  const auto count = static_cast<int64_t>(got.size_bytes() / sizeof(float));
  const auto* a = static_cast<const float*>(got.raw());
  const auto* b = static_cast<const float*>(expected.raw());
  float largest = 0, apart = 0;
  for (int64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::fabs(b[i]));
    apart = std::max(apart, std::isfinite(a[i]) ? std::fabs(a[i] - b[i]) : INFINITY);
  }
  EXPECT_LE(apart, Row("cpu.fft").error_bound * largest);
}

void ExpectEqualsReference(const Graph& g) {
  const TensorType& type = g.value(g.inputs()[0]).type;
  const std::vector<int64_t> dims = type.shape.Static();
  const std::vector<Tensor> x = {type.dtype == DType::kFloat32 ? RandomTensor(type.dtype, dims, 3)
                                                               : Complex(dims, 4)};
  ASSERT_EQ(RefusalOf("cpu.fft", g), "");
  const Tensor expected = EvaluateGraph(g, x)[0];
  for (const int threads : {1, 2})
    ExpectEqual(RunKernel(Row("cpu.fft"), g, x, "generic", threads)[0], expected);
}

// Lengths of every factor, odd and even, of few rows and of more than pass together.
TEST(Fft, EqualsTheReference) {
  for (const int64_t rows : {1, 2, 11}) {
    for (const int64_t n : {2, 3, 4, 6, 8, 12, 15, 17, 31, 34, 64, 121, 210, 256, 400, 512}) {
      SCOPED_TRACE(n);
      ExpectEqualsReference(FftOf(FftKind::kRfft, rows, n));
      ExpectEqualsReference(FftOf(FftKind::kFft, rows, n));
      ExpectEqualsReference(FftOf(FftKind::kIfft, rows, n));
      ExpectEqualsReference(FftOf(FftKind::kIrfft, rows, n / 2 + 1));
      ExpectEqualsReference(FftOf(FftKind::kIrfft, rows, n / 2 + 1, n));
    }
  }
}

// A frame is filled with zeros or cut to the length.
TEST(Fft, TakesALengthOfItsOwn) {
  for (const int64_t n : {9, 16, 40}) {
    ExpectEqualsReference(FftOf(FftKind::kRfft, 5, 20, n));
    ExpectEqualsReference(FftOf(FftKind::kIrfft, 5, 11, n));
  }
}

// Over several dimensions, of which one may be 1; rows of lanes that end inside a column block.
TEST(Fft, TransformsSeveralDimensions) {
  const std::vector<std::vector<int64_t>> shapes = {
      {3, 6, 10}, {2, 17, 8}, {5, 1, 12}, {2, 3, 4, 5}, {4, 9, 2}};
  for (const std::vector<int64_t>& dims : shapes) {
    for (const int64_t count : {2, 3}) {
      SCOPED_TRACE(count);
      for (const FftKind kind : {FftKind::kFft, FftKind::kIfft, FftKind::kRfft, FftKind::kIrfft}) {
        Graph g;
        const DType from = kind == FftKind::kRfft ? DType::kFloat32 : DType::kComplex64;
        const ValueId x = g.AddInput("x", {from, Shape::Of(dims)});
        g.AddOutput(g.Add(Fft{kind, count}, {x}));
        ExpectEqualsReference(g);
      }
    }
  }
}

TEST(Fft, TakesOddLengthsOfSeveralDimensions) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kComplex64, {2, 6, 5}});
  g.AddOutput(g.Add(Fft{FftKind::kIrfft, 2}, {x, g.AddConstant("n", Tensor::FromVector<int32_t>({6, 9}))}));
  ExpectEqualsReference(g);
}

TEST(Fft, AQuietRowHearsNothingOfALoudOne) {
  const Graph g = FftOf(FftKind::kRfft, 16, 64);
  Tensor x = RandomTensor(DType::kFloat32, {3, 16, 64}, 5);
  for (int64_t i = 0; i < x.size(); ++i) x.data<float>()[i] *= i / 64 % 2 == 0 ? 1.0f : 1e-12f;
  const Tensor expected = EvaluateGraph(g, std::vector{x})[0];
  const Tensor got = RunKernel(Row("cpu.fft"), g, {x}, "generic", 1)[0];
  const auto* a = static_cast<const float*>(got.raw());
  const auto* b = static_cast<const float*>(expected.raw());
  for (int64_t i = 66; i < 2 * 66; ++i) EXPECT_NEAR(a[i], b[i], 1e-16f);
}

// What stands between a spectrum and real numbers.
TEST(Elementwise, ComputesOnSpectra) {
  const auto run = [](const Graph& g, const std::vector<Tensor>& x) {
    ASSERT_EQ(RefusalOf("cpu.elementwise", g), "");
    ExpectEqual(RunKernel(Row("cpu.elementwise"), g, x, "generic", 2)[0], EvaluateGraph(g, x)[0]);
  };
  const TensorType type{DType::kComplex64, {5, 33}};
  const std::vector<Tensor> x = {Complex({5, 33}, 1), Complex({33}, 2)};
  for (const UnaryKind kind :
       {UnaryKind::kAbs, UnaryKind::kReal, UnaryKind::kImag, UnaryKind::kConj, UnaryKind::kNeg}) {
    Graph g;
    g.AddOutput(g.Add(Unary{kind}, {g.AddInput("x", type)}));
    run(g, {x[0]});
  }
  for (const BinaryKind kind : {BinaryKind::kAdd, BinaryKind::kSub, BinaryKind::kMul}) {
    Graph g;
    g.AddOutput(g.Add(Binary{kind}, {g.AddInput("x", type), g.AddInput("y", {DType::kComplex64, {33}})}));
    run(g, x);
  }
  Graph g;
  const ValueId parts[] = {g.AddInput("x", {DType::kFloat32, {70}}),
                           g.AddInput("y", {DType::kFloat32, {70}})};
  g.AddOutput(g.Add(Binary{BinaryKind::kComplex}, {parts[0], parts[1]}));
  run(g, {RandomTensor(DType::kFloat32, {70}, 1), RandomTensor(DType::kFloat32, {70}, 2)});
}

TEST(Fft, Refuses) {
  EXPECT_EQ(RefusalOf("cpu.fft", FftOf(FftKind::kFft, 2, 37)),
            "length out of range, or with a prime factor above 31");
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {2, 6, 8}});
  g.AddOutput(g.Add(Fft{FftKind::kRfft, 2}, {x, g.AddConstant("n", Tensor::FromVector<int32_t>({4, 8}))}));
  EXPECT_EQ(RefusalOf("cpu.fft", g), "a length of its own");
}

}  // namespace
}  // namespace floe::cpu
