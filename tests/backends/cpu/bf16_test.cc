// Products in bf16 against the reference backend on operands rounded as VDPBF16PS and VCVTNE2PS2BF16 do:
// what is left is the order of float32 sums.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "backends/cpu/cpu.h"
#include "backends/cpu/harness.h"
#include "backends/cpu/isa.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

using Ints = std::vector<int64_t>;

constexpr std::string_view kName = "cpu.product_bf16";
constexpr std::string_view kWinograd = "cpu.winograd_3x3_f2_bf16";
constexpr std::string_view kWideWinograd = "cpu.winograd_3x3_f2x4_bf16";
constexpr double kSumBound = 2e-5;  // of float32 sums, relative to the largest output

// Eight significant bits, to nearest even; subnormals are zero.
float RoundToBf16(float x) {
  if (!std::isfinite(x)) return x;
  if (std::fabs(x) < std::numeric_limits<float>::min()) return std::copysign(0.0f, x);
  int exponent = 0;
  const double fraction = std::frexp(static_cast<double>(x), &exponent);
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8));
}

Tensor Rounded(const Tensor& t) {
  Tensor out = t.Clone();
  for (int64_t i = 0; i < out.size(); ++i) out.data<float>()[i] = RoundToBf16(t.data<float>()[i]);
  return out;
}

class Bf16 : public testing::Test {
 protected:
  void SetUp() override {
    if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  }
};

// The largest difference, relative to the largest magnitude expected.
double Distance(const Tensor& got, const Tensor& expected) {
  EXPECT_EQ(got.dims(), expected.dims());
  double scale = 0;
  double largest = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    const double want = expected.data<float>()[i];
    const double difference = std::fabs(got.data<float>()[i] - want);
    scale = std::max(scale, std::fabs(want));
    largest = std::isnan(difference) ? HUGE_VAL : std::max(largest, difference);
  }
  return scale > 0 ? largest / scale : largest;
}

// A problem whose first input meets constant `weights`.
struct Product {
  Graph graph;
  ValueId weights = kNoValue;
};

std::vector<Tensor> InputsOf(const Graph& g) {
  std::vector<Tensor> inputs;
  for (const ValueId id : g.inputs()) {
    inputs.push_back(RandomTensor(DType::kFloat32, g.value(id).type.shape.Static(), 21 + inputs.size()));
  }
  return inputs;
}

void ExpectRoundedProduct(const Product& product, const std::vector<Tensor>& inputs) {
  const Kernel& kernel = Row(kName);
  const std::string isa(kBf16Isa);
  ASSERT_EQ(RefusalOf(kName, product.graph, isa), "");
  const std::vector<Tensor> one = RunKernel(kernel, product.graph, inputs, isa, 1);
  const std::vector<Tensor> two = RunKernel(kernel, product.graph, inputs, isa, 2);
  const std::vector<Tensor> placed = RunKernel(kernel, product.graph, inputs, isa, 2, true);
  EXPECT_EQ(Distance(two[0], one[0]), 0) << "two threads against one";
  EXPECT_EQ(Distance(placed[0], one[0]), 0) << "in place";
  EXPECT_LE(Distance(one[0], EvaluateGraph(product.graph, inputs)[0]), kernel.error_bound);
  const std::unique_ptr<Graph> rounded = product.graph.Clone();
  rounded->value(product.weights).constant = Rounded(product.graph.value(product.weights).constant);
  std::vector<Tensor> rounded_inputs = inputs;
  rounded_inputs[0] = Rounded(inputs[0]);
  EXPECT_LE(Distance(one[0], EvaluateGraph(*rounded, rounded_inputs)[0]), kSumBound);
}

struct ConvCase {
  Ints input;   // N, spatial..., C
  Ints filter;  // O, spatial..., C
  Ints strides = {};
  Ints pads = {};
  Ints dilations = {};
};

Product ConvOf(const ConvCase& c) {
  Product p;
  const ValueId x = p.graph.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
  p.weights = p.graph.AddConstant("filter", RandomTensor(DType::kFloat32, c.filter, 11));
  const ValueId bias = p.graph.AddConstant("bias", RandomTensor(DType::kFloat32, {c.filter[0]}, 12));
  Conv op;
  op.strides = c.strides;
  op.pads = c.pads;
  op.dilations = c.dilations;
  ValueId y = p.graph.Add(op, {x, p.weights, bias});
  const ValueId residual = p.graph.AddInput("residual", p.graph.value(y).type);
  y = p.graph.Add(Binary{BinaryKind::kAdd}, {y, residual});
  p.graph.AddOutput(p.graph.Add(Unary{UnaryKind::kSilu}, {y}));
  return p;
}

TEST_F(Bf16, ConvolutionsEqualTheReferenceOnRoundedOperands) {
  for (const ConvCase& c :
       {ConvCase{{1, 7, 7, 5}, {9, 1, 1, 5}},  // an odd depth: half of the last word
        ConvCase{{2, 9, 5, 16}, {33, 3, 3, 16}, {}, {1, 1, 1, 1}},
        ConvCase{{1, 14, 14, 31}, {64, 1, 1, 31}, {2, 2}},
        ConvCase{{1, 30, 31, 3}, {8, 7, 7, 3}, {2, 2}, {3, 3, 3, 3}},
        ConvCase{{1, 13, 13, 8}, {10, 3, 3, 8}, {1, 1}, {2, 2, 2, 2}, {2, 2}},
        ConvCase{{3, 17, 6}, {5, 4, 6}, {2}, {1, 2}},
        ConvCase{{1, 6, 6, 3}, {2, 5, 5, 3}, {1, 1}, {4, 4, 4, 4}}, ConvCase{{1, 1, 1, 1}, {1, 1, 1, 1}},
        ConvCase{{1, 7, 7, 261}, {520, 1, 1, 261}},  // by panels
        ConvCase{{1, 40, 40, 17}, {48, 3, 3, 17}, {1, 1}, {1, 1, 1, 1}},
        ConvCase{{1, 31, 30, 33}, {40, 1, 1, 33}}}) {
    SCOPED_TRACE(DimsToString(c.input) + " with " + DimsToString(c.filter));
    const Product p = ConvOf(c);
    ExpectRoundedProduct(p, InputsOf(p.graph));
  }
}

// Pixels are multiplied in float32 and rounded then.
TEST_F(Bf16, AScaleComesBeforeTheRounding) {
  for (const ConvCase& c :
       {ConvCase{{2, 7, 7, 5}, {9, 1, 1, 5}}, ConvCase{{3, 9, 8, 51}, {40, 1, 1, 51}, {2, 2}}}) {
    const int64_t channels = c.input.back();
    Graph g;
    const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
    const ValueId s = g.AddInput("scale", {DType::kFloat32, {c.input[0], 1, 1, channels}});
    const ValueId w = g.AddConstant("filter", Rounded(RandomTensor(DType::kFloat32, c.filter, 11)));
    Conv op;
    op.strides = c.strides;
    g.AddOutput(g.Add(op, {g.Add(Binary{BinaryKind::kMul}, {x, s}), w}));
    const std::vector<Tensor> inputs = InputsOf(g);
    ASSERT_EQ(RefusalOf(kName, g, std::string(kBf16Isa)), "");
    const Tensor got = RunKernel(Row(kName), g, inputs, std::string(kBf16Isa), 2)[0];
    Graph product;
    const ValueId px = product.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
    const ValueId ps = product.AddInput("scale", {DType::kFloat32, {c.input[0], 1, 1, channels}});
    product.AddOutput(product.Add(Binary{BinaryKind::kMul}, {px, ps}));
    Graph conv;
    const ValueId cx = conv.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
    const ValueId cw = conv.AddConstant("filter", Rounded(RandomTensor(DType::kFloat32, c.filter, 11)));
    conv.AddOutput(conv.Add(op, {cx, cw}));
    const std::vector<Tensor> multiplied = {Rounded(EvaluateGraph(product, inputs)[0])};
    EXPECT_LE(Distance(got, EvaluateGraph(conv, multiplied)[0]), kSumBound);
  }
}

TEST_F(Bf16, MatrixProductsEqualTheReferenceOnRoundedOperands) {
  for (const bool transpose_b : {false, true}) {
    for (const auto& [a, columns] :
         {std::pair<Ints, int64_t>{{1, 1024}, 1001}, {{5, 17}, 3}, {{2, 3, 11, 7}, 13}, {{37, 64}, 33}}) {
      SCOPED_TRACE(DimsToString(a));
      Product p;
      const ValueId x = p.graph.AddInput("a", {DType::kFloat32, Shape::Of(a)});
      const Ints b = transpose_b ? Ints{columns, a.back()} : Ints{a.back(), columns};
      p.weights = p.graph.AddConstant("b", RandomTensor(DType::kFloat32, b, 3));
      const ValueId bias = p.graph.AddConstant("bias", RandomTensor(DType::kFloat32, {columns}, 4));
      MatMul op;
      op.transpose_b = transpose_b;
      p.graph.AddOutput(p.graph.Add(op, {x, p.weights, bias}));
      ExpectRoundedProduct(p, InputsOf(p.graph));
    }
  }
}

// Depth 3 with one column: the sum of products of the pairs.
float DotOf(std::vector<float> x, std::vector<float> w) {
  Product p;
  const auto depth = static_cast<int64_t>(x.size());
  Tensor weights(DType::kFloat32, {depth, 1});
  std::ranges::copy(w, weights.data<float>());
  Tensor input(DType::kFloat32, {1, depth});
  std::ranges::copy(x, input.data<float>());
  const ValueId a = p.graph.AddInput("a", {DType::kFloat32, {1, depth}});
  p.weights = p.graph.AddConstant("b", weights);
  p.graph.AddOutput(p.graph.Add(MatMul{}, {a, p.weights}));
  const std::vector<Tensor> inputs = {input};
  return RunKernel(Row(kName), p.graph, inputs, std::string(kBf16Isa), 1)[0].data<float>()[0];
}

TEST_F(Bf16, RoundsToNearestEvenOnBothSides) {
  const float half = std::ldexp(1.0f, -8);  // half of the last place at 1
  EXPECT_EQ(DotOf({1 + half, 0, 0}, {1, 0, 0}), 1);
  EXPECT_EQ(DotOf({1 + 3 * half, 0, 0}, {1, 0, 0}), 1 + 4 * half);
  EXPECT_EQ(DotOf({0, 1, 0}, {0, 1 + half, 0}), 1);
  EXPECT_EQ(DotOf({0, 0, 1}, {0, 0, 1 + 3 * half}), 1 + 4 * half);
  EXPECT_EQ(DotOf({1, 0, 0}, {3.4e38f, 0, 0}), std::numeric_limits<float>::infinity());
}

TEST_F(Bf16, FlushesSubnormals) {
  const float small = std::numeric_limits<float>::denorm_min() * 4096;
  EXPECT_EQ(DotOf({small, 0, 0}, {1e38f, 0, 0}), 0);
  EXPECT_EQ(DotOf({0, 0, 1e38f}, {0, 0, small}), 0);
}

TEST_F(Bf16, KeepsNanAndInfinity) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnan(DotOf({1, 1, 1}, {1, std::nanf(""), 1})));
  EXPECT_TRUE(std::isnan(DotOf({1, std::nanf(""), 1}, {1, 1, 1})));
  EXPECT_EQ(DotOf({1, -infinity, 1}, {1, 1, 1}), -infinity);
}

void Fill(Tensor& t, int64_t count, float scale) {
  for (int64_t i = 0; i < t.size(); ++i) {
    const int64_t step = (i * 7 + i / 5) % count - count / 2;
    t.data<float>()[i] = scale * static_cast<float>(step);
  }
}

// Of small integers, filters of multiples of 4: all that the transforms make of them is exact in eight bits.
TEST_F(Bf16, WinogradIsExactWhereNothingRounds) {
  for (const ConvCase& c : {ConvCase{{1, 8, 8, 32}, {32, 3, 3, 32}, {}, {1, 1, 1, 1}},
                            ConvCase{{2, 13, 9, 64}, {48, 3, 3, 64}, {}, {1, 1, 1, 1}},
                            ConvCase{{1, 14, 14, 40}, {33, 3, 3, 40}},  // 8 of the second 32 channels
                            ConvCase{{1, 7, 7, 17}, {16, 3, 3, 17}, {}, {1, 1, 1, 1}},
                            ConvCase{{1, 12, 5, 47}, {70, 3, 3, 47}, {}, {0, 1, 2, 1}},
                            ConvCase{{1, 30, 31, 16}, {16, 3, 3, 16}, {}, {1, 1, 1, 1}}}) {
    SCOPED_TRACE(DimsToString(c.input) + " with " + DimsToString(c.filter));
    const Product p = ConvOf(c);
    Tensor filter(DType::kFloat32, c.filter);
    Fill(filter, 5, 4);
    const std::unique_ptr<Graph> graph = p.graph.Clone();
    graph->value(p.weights).constant = filter;
    std::vector<Tensor> inputs = InputsOf(*graph);
    Fill(inputs[0], 17, 1);
    const std::string isa(kBf16Isa);
    ASSERT_EQ(RefusalOf(kWinograd, *graph, isa), "");
    const Tensor one = RunKernel(Row(kWinograd), *graph, inputs, isa, 1)[0];
    EXPECT_EQ(Distance(RunKernel(Row(kWinograd), *graph, inputs, isa, 2, true)[0], one), 0);
    EXPECT_LE(Distance(one, EvaluateGraph(*graph, inputs)[0]), 1e-6);
  }
}

TEST_F(Bf16, WinogradStaysWithinItsBound) {
  for (const std::string_view row : {kWinograd, kWideWinograd}) {
    for (const ConvCase& c : {ConvCase{{1, 14, 14, 16}, {64, 3, 3, 16}, {}, {1, 1, 1, 1}},
                              ConvCase{{1, 14, 14, 256}, {64, 3, 3, 256}, {}, {1, 1, 1, 1}},
                              ConvCase{{2, 13, 9, 50}, {37, 3, 3, 50}, {}, {1, 1, 1, 1}},
                              ConvCase{{1, 12, 5, 47}, {70, 3, 3, 47}, {}, {0, 1, 2, 1}},
                              ConvCase{{1, 3, 3, 17}, {16, 3, 3, 17}}}) {
      SCOPED_TRACE(std::string(row) + " " + DimsToString(c.input));
      const Product p = ConvOf(c);
      const std::vector<Tensor> inputs = InputsOf(p.graph);
      const std::string isa(kBf16Isa);
      const Tensor have = RunKernel(Row(row), p.graph, inputs, isa, 1)[0];
      EXPECT_EQ(Distance(RunKernel(Row(row), p.graph, inputs, isa, 2, true)[0], have), 0);
      const double distance = Distance(have, EvaluateGraph(p.graph, inputs)[0]);
      EXPECT_LE(distance, Row(row).error_bound);
      EXPECT_GT(distance, 1e-4) << "nothing was rounded";
    }
  }
}

TEST(Bf16Target, IsAskedFor) {
  const Product p = ConvOf({{1, 4, 4, 8}, {8, 1, 1, 8}});
  EXPECT_EQ(RefusalOf(kName, p.graph, "avx512"), "the engine is built for float32");
  const Product square = ConvOf({{1, 8, 8, 16}, {16, 3, 3, 16}});
  EXPECT_EQ(RefusalOf(kWinograd, square.graph, "avx512"), "the engine is built for float32");
  Target target = TargetOf("avx2");
  EXPECT_EQ(CpuBackend().allow_bf16(target), "instruction set avx2 has no AVX512_BF16");
  EXPECT_EQ(target.isa, "avx2");
}

TEST(Bf16Target, IsRefusedWhereTheInstructionIsMissing) {
  const Refusal why = CpuBackend().refuses_target(TargetOf(std::string(kBf16Isa)));
  EXPECT_EQ(why.has_value(), !DetectBf16());
  EXPECT_EQ(CpuBackend().refuses_target(TargetOf("avx512+bf17")),
            "instruction set 'avx512+bf17' is not known");
}

TEST(Bf16Target, ChoosesNoBf16WhereNothingWasMeasured) {
  const Product p = ConvOf({{1, 56, 56, 256}, {256, 1, 1, 256}});
  EXPECT_EQ(RankStatically(p.graph, TargetOf(std::string(kBf16Isa)))->arithmetic, DType::kFloat32);
}

}  // namespace
}  // namespace floe::cpu
