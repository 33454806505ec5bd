// Kernels whose inputs and outputs lie in memory as bf16, against the reference backend on the same problem,
// casts and all: exact where nothing but the casts rounds, within the row's bound elsewhere.
#include "backends/cpu/storage.h"

#include <gmock/gmock.h>

#include <cmath>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/harness.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/stored_case.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kProduct = "cpu.product_bf16";
constexpr std::string_view kDepthwise = "cpu.depthwise_bf16";
constexpr std::string_view kPair = "cpu.depthwise_pointwise_bf16";
constexpr std::string_view kBands = "cpu.conv_depthwise_bf16";
constexpr std::string_view kFew = "cpu.conv_few_channels_bf16";

void FillWithIntegers(Tensor& t, int64_t count) {
  for (int64_t i = 0; i < t.size(); ++i) {
    const int64_t whole = (i * 7 + i / 5) % count - count / 2;
    t.data<float>()[i] = static_cast<float>(whole);
  }
}

std::vector<Tensor> InputsOf(const Graph& g, bool integers) {
  std::vector<Tensor> inputs;
  for (const ValueId id : g.inputs()) {
    const TensorType& type = g.value(id).type;
    Tensor t = RandomTensor(DType::kFloat32, type.shape.Static(), 21 + inputs.size());
    if (integers) FillWithIntegers(t, 5);
    inputs.push_back(type.dtype == DType::kBFloat16 ? Narrowed(t) : t);
  }
  return inputs;
}

void ExpectWithinBound(std::string_view name, const Graph& g) {
  const Kernel& kernel = Row(name);
  const std::string isa(kBf16Isa);
  ASSERT_EQ(RefusalOf(name, g, isa), "");
  EXPECT_EQ(RefusalOf(name, g, "avx512"), "the engine is built for float32");
  const std::vector<Tensor> inputs = InputsOf(g, false);
  const std::vector<Tensor> one = RunKernel(kernel, g, inputs, isa, 1);
  const std::vector<Tensor> two = RunKernel(kernel, g, inputs, isa, 2, true);
  const std::vector<Tensor> want = EvaluateGraph(g, inputs);
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(Distance(two[i], one[i]), 0) << "two threads, in place";
    EXPECT_LE(Distance(one[i], want[i]), kernel.error_bound);
  }
}

// Of small integers all sums are exact, and the cast at the end rounds them as the reference does.
void ExpectExact(std::string_view name, const Graph& g) {
  const std::unique_ptr<Graph> whole = g.Clone();
  for (const ValueId id : whole->Values()) {
    if (!whole->value(id).is_constant()) continue;
    Tensor integers = whole->value(id).constant.Clone();
    FillWithIntegers(integers, 3);
    whole->value(id).constant = integers;
  }
  const std::vector<Tensor> inputs = InputsOf(*whole, true);
  const Tensor got = RunKernel(Row(name), *whole, inputs, std::string(kBf16Isa), 2)[0];
  EXPECT_EQ(Distance(got, EvaluateGraph(*whole, inputs)[0]), 0);
}

void ExpectMatches(std::string_view name, const Graph& g) {
  ExpectWithinBound(name, g);
  ExpectExact(name, g);
}

ValueId AddDepthwise(Graph& g, ValueId x, int64_t size, int64_t stride, int64_t pad) {
  const int64_t channels = g.value(x).type.shape.Static().back();
  Conv op;
  op.strides = {stride, stride};
  op.pads = Ints(4, pad);
  op.group = channels;
  return g.Add(op,
               {x, g.AddConstant("depthwise", RandomTensor(DType::kFloat32, {channels, size, size, 1}, 3)),
                g.AddConstant("bias", RandomTensor(DType::kFloat32, {channels}, 4))});
}

ValueId AddPointwise(Graph& g, ValueId x, int64_t columns) {
  const int64_t depth = g.value(x).type.shape.Static().back();
  const Tensor filter = RandomTensor(DType::kFloat32, {columns, 1, 1, depth}, 5);
  return g.Add(Conv{}, {x, g.AddConstant("pointwise", filter)});
}

ValueId AddResidual(Graph& g, ValueId y) {
  return g.Add(Binary{BinaryKind::kAdd}, {y, g.AddInput("residual", g.value(y).type)});
}

void AddMean(Graph& g, ValueId y) {
  g.AddOutput(y);
  g.AddOutput(g.Add(Reduce{.kind = ReduceKind::kMean, .axes = {1, 2}, .keep_dims = true}, {y}));
}

const Case kConvCases[] = {{{1, 7, 7, 5}, {9, 1, 1, 5}},
                           {{2, 9, 5, 16}, {33, 3, 3, 16}, {}, {1, 1, 1, 1}},
                           {{1, 14, 14, 31}, {64, 1, 1, 31}, {2, 2}},
                           {{1, 13, 13, 9}, {10, 3, 3, 9}, {1, 1}, {2, 2, 2, 2}, {2, 2}},
                           {{1, 7, 7, 261}, {520, 1, 1, 261}},  // by panels
                           {{1, 31, 30, 33}, {40, 1, 1, 33}}};

TEST_F(StorageBf16, ProductsReadAndWriteIt) {
  for (const Case& c : kConvCases) {
    SCOPED_TRACE(DimsToString(c.input) + " with " + DimsToString(c.filter));
    Graph g;
    g.AddOutput(g.Add(Clip{-2, 6}, {AddResidual(g, AddConv(g, c))}));
    for (const Names& inputs : {Names{}, {"x"}, {"residual"}, {"x", "residual"}}) {
      for (const bool output : {false, true}) ExpectMatches(kProduct, *Stored(g, inputs, output));
    }
  }
}

// A product would have rounded what it reads.
TEST_F(StorageBf16, AProductOfStoredPixelsHasTheSameBits) {
  for (const Case& c : kConvCases) {
    Graph g;
    g.AddOutput(AddConv(g, c));
    const std::string isa(kBf16Isa);
    const Tensor x = RandomTensor(DType::kFloat32, c.input, 9);
    const Tensor wide = RunKernel(Row(kProduct), g, {x}, isa, 1)[0];
    const Tensor narrow = RunKernel(Row(kProduct), *Stored(g, {"x"}, false), {Narrowed(x)}, isa, 1)[0];
    EXPECT_EQ(Distance(narrow, wide), 0);
    const Tensor both = RunKernel(Row(kProduct), *Stored(g, {"x"}), {Narrowed(x)}, isa, 1)[0];
    EXPECT_EQ(Distance(both, Narrowed(wide)), 0);
  }
}

TEST_F(StorageBf16, EveryActivation) {
  const Case conv = {{1, 9, 7, 21}, {37, 1, 1, 21}};
  const Case depthwise = {{1, 9, 7, 21}, {21, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 21};
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    Graph product;
    product.AddOutput(product.Add(activation, {AddConv(product, conv)}));
    ExpectWithinBound(kProduct, *Stored(product, {"x"}));
    Graph one;
    one.AddOutput(one.Add(activation, {AddConv(one, depthwise)}));
    ExpectWithinBound(kDepthwise, *Stored(one, {"x"}));
    Graph pair;
    pair.AddOutput(AddPointwise(pair, pair.Add(activation, {AddConv(pair, depthwise)}), 18));
    ExpectWithinBound(kPair, *Stored(pair, {"x"}));
  }
  Graph prelu;
  const ValueId slope = prelu.AddConstant("slope", RandomTensor(DType::kFloat32, {1, 1, 21}, 4));
  prelu.AddOutput(prelu.Add(PRelu{}, {AddConv(prelu, depthwise), slope}));
  ExpectWithinBound(kDepthwise, *Stored(prelu, {"x"}));
}

TEST_F(StorageBf16, CheapExponentialsAreRightEverywhere) {
  for (const UnaryKind kind : {UnaryKind::kSilu, UnaryKind::kSigmoid}) {
    Graph g;
    const ValueId x = g.AddInput("x", {DType::kFloat32, {1, 1, 4096, 1}});
    const ValueId one = g.AddConstant("one", Tensor::FromValues<float>({1, 1, 1, 1}, {1}));
    g.AddOutput(g.Add(Unary{kind}, {g.Add(Conv{}, {x, one})}));
    Tensor values(DType::kFloat32, {1, 1, 4096, 1});
    for (int64_t i = 0; i < values.size(); ++i) {
      values.data<float>()[i] = static_cast<float>(BFloat16(static_cast<float>(i - 2048) * 0.05F));
    }
    const std::vector<Tensor> inputs = {Narrowed(values)};
    const Tensor got =
        Widened(RunKernel(Row(kProduct), *Stored(g, {"x"}), inputs, std::string(kBf16Isa), 1)[0]);
    for (int64_t i = 0; i < values.size(); ++i) {
      const double v = values.data<float>()[i];
      const double want = (kind == UnaryKind::kSilu ? v : 1.0) / (1.0 + std::exp(-v));
      // Half of the last place, and what the approximation adds; a sigmoid below the normal numbers is zero.
      const double half = want == 0 ? 0 : std::ldexp(1, std::ilogb(want) - 8);
      double added = std::ldexp(std::fabs(want), -12) + 1e-36;
      if (kind == UnaryKind::kSilu) added = std::fabs(v) < 0.18 ? std::ldexp(std::fabs(want), -10) : 1.3e-4;
      const double bound = half + added;
      ASSERT_LE(std::fabs(got.data<float>()[i] - want), bound) << v;
    }
  }
}

TEST_F(StorageBf16, AScaleOfPixelsIsFloat32) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {2, 7, 6, 37}});
  const ValueId s = g.AddInput("scale", {DType::kFloat32, {2, 1, 1, 37}});
  g.AddOutput(AddPointwise(g, g.Add(Binary{BinaryKind::kMul}, {x, s}), 20));
  ExpectMatches(kProduct, *Stored(g, {"x"}));
  EXPECT_EQ(RefusalOf(kProduct, *Stored(g, {"x", "scale"}), std::string(kBf16Isa)),
            "a scale, or the like, in bf16");
}

TEST_F(StorageBf16, ConcatenatedPartsMayDiffer) {
  Graph g;
  const ValueId a = g.AddInput("a", {DType::kFloat32, {1, 6, 5, 32}});
  const ValueId b = g.AddInput("b", {DType::kFloat32, {1, 6, 5, 64}});
  const ValueId c = g.AddInput("c", {DType::kFloat32, {1, 6, 5, 7}});
  g.AddOutput(AddPointwise(g, g.Add(Unary{UnaryKind::kRelu}, {g.Add(Concat{3}, {a, b, c})}), 20));
  for (const Names& inputs : {Names{"b"}, {"a", "c"}, {"a", "b", "c"}}) {
    ExpectMatches(kProduct, *Stored(g, inputs));
  }
}

struct DepthwiseCase {
  Ints input;
  int64_t size = 3;
  int64_t stride = 1;
  int64_t pad = 1;
};

const DepthwiseCase kDepthwiseCases[] = {{{1, 9, 9, 16}},
                                         {{3, 11, 13, 35}, 3, 2},
                                         {{1, 40, 37, 70}, 5, 1, 2},
                                         {{2, 21, 22, 18}, 5, 2, 2},
                                         {{1, 15, 8, 50}, 7, 1, 3},
                                         {{1, 3, 2, 6}, 5, 1, 2},  // window > image
                                         {{1, 12, 12, 33}, 3, 1, 0},
                                         {{1, 6, 6, 1}},
                                         {{1, 28, 29, 150}},
                                         {{1, 7, 7, 320}}};

TEST_F(StorageBf16, DepthwiseConvolutions) {
  for (const DepthwiseCase& c : kDepthwiseCases) {
    SCOPED_TRACE(DimsToString(c.input) + " by " + std::to_string(c.size));
    Graph g;
    const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
    g.AddOutput(g.Add(Clip{0, 6}, {AddDepthwise(g, x, c.size, c.stride, c.pad)}));
    ExpectMatches(kDepthwise, *Stored(g, {"x"}));
    EXPECT_EQ(RefusalOf(kDepthwise, *Stored(g, {}), std::string(kBf16Isa)), "pixels in float32");
  }
}

TEST_F(StorageBf16, TheMeanIsOfWhatWasNotRounded) {
  for (const Op& activation : {Op(Clip{0, 6}), Op(Unary{UnaryKind::kSilu})}) {
    Graph g;
    const ValueId x = g.AddInput("x", {DType::kFloat32, {2, 14, 15, 40}});
    AddMean(g, g.Add(activation, {AddDepthwise(g, x, 3, 1, 1)}));
    ExpectWithinBound(kDepthwise, *Stored(g, {"x"}));
    Graph bands;
    const ValueId z = bands.AddInput("x", {DType::kFloat32, {2, 14, 15, 20}});
    AddMean(bands, bands.Add(activation, {AddDepthwise(bands, AddPointwise(bands, z, 40), 3, 1, 1)}));
    ExpectWithinBound(kBands, *Stored(bands, {"x"}));
    ExpectWithinBound(kBands, *Stored(bands, {}));
    ExpectWithinBound(kBands, *Stored(bands, {"x"}, false));
  }
}

TEST_F(StorageBf16, Pairs) {
  for (const DepthwiseCase& c : kDepthwiseCases) {
    SCOPED_TRACE(DimsToString(c.input) + " by " + std::to_string(c.size));
    for (const int64_t columns : {1, 48, 600}) {
      Graph g;
      const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
      const ValueId y = g.Add(Clip{0, 6}, {AddDepthwise(g, x, c.size, c.stride, c.pad)});
      g.AddOutput(AddResidual(g, AddPointwise(g, y, columns)));
      for (const Names& inputs : {Names{}, {"x"}, {"residual"}, {"x", "residual"}}) {
        ExpectMatches(kPair, *Stored(g, inputs));
      }
      ExpectMatches(kPair, *Stored(g, {"x"}, false));
    }
  }
}

TEST_F(StorageBf16, Bands) {
  for (const DepthwiseCase& c : kDepthwiseCases) {
    SCOPED_TRACE(DimsToString(c.input) + " by " + std::to_string(c.size));
    for (const int64_t columns : {0, 1, 40}) {
      Graph g;
      const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
      ValueId y = g.Add(Clip{-1, 2}, {AddPointwise(g, x, 52)});
      y = g.Add(Clip{-1, 2}, {AddDepthwise(g, y, c.size, c.stride, c.pad)});
      if (columns > 0) y = AddResidual(g, AddPointwise(g, y, columns));
      g.AddOutput(y);
      Names inputs;
      if (c.input.back() > 8) inputs.emplace_back("x");  // fewer are an image's, which comes as float32
      ExpectMatches(kBands, *Stored(g, inputs));
      if (columns > 0) inputs.emplace_back("residual");
      ExpectMatches(kBands, *Stored(g, inputs));
      if (columns > 0) ExpectMatches(kBands, *Stored(g, inputs, false));
    }
  }
}

TEST_F(StorageBf16, FewChannels) {
  for (const Case& c : {Case{{1, 23, 21, 3}, {16, 3, 3, 3}, {2, 2}, {0, 0, 1, 1}},
                        Case{{2, 30, 31, 3}, {24, 7, 7, 3}, {2, 2}, {3, 3, 3, 3}},
                        Case{{1, 9, 40, 1}, {33, 5, 5, 1}, {}, {2, 2, 2, 2}},
                        Case{{1, 12, 17, 5}, {70, 3, 2, 5}, {1, 3}, {1, 0, 1, 1}},
                        Case{{1, 6, 6, 8}, {5, 1, 1, 8}}, Case{{1, 4, 5, 3}, {8, 5, 5, 3}, {}, {4, 4, 4, 4}},
                        Case{{1, 20, 9, 2}, {9, 3, 3, 2}, {}, {2, 1, 2, 1}, {2, 1}}}) {
    SCOPED_TRACE(DimsToString(c.input) + " with " + DimsToString(c.filter));
    Graph g;
    g.AddOutput(g.Add(Unary{UnaryKind::kRelu}, {AddConv(g, c)}));
    for (const bool output : {false, true}) ExpectMatches(kFew, *Stored(g, {}, output));
    EXPECT_EQ(RefusalOf(kFew, *Stored(g, {"x"}), std::string(kBf16Isa)), "pixels in bf16");
  }
}

TEST(StoredProblem, IsTheProblemWithoutItsCasts) {
  Graph g;
  g.AddOutput(g.Add(Clip{-2, 6}, {AddResidual(g, AddConv(g, {{1, 5, 5, 9}, {9, 1, 1, 9}}))}));
  EXPECT_TRUE(StoredProblem(g).is_plain());
  const std::unique_ptr<Graph> stored = Stored(g, {"residual"});
  const StoredProblem seen(*stored);
  EXPECT_EQ(seen.graph().Order().size(), 3);
  EXPECT_FALSE(seen.bf16_input(0));
  EXPECT_TRUE(seen.bf16_input(1));
  EXPECT_TRUE(seen.bf16_output(0));
  EXPECT_TRUE(seen.OfSameType({{0, 0}}).empty());
  EXPECT_EQ(seen.OfSameType({{1, 0}}).size(), 1);
}

TEST(StoredProblem, LeavesWhatIsMoreThanCast) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kBFloat16, {1, 4, 4, 8}});
  g.AddOutput(g.Add(Binary{BinaryKind::kAdd}, {x, x}));
  EXPECT_EQ(RefusalOf(kProduct, g, std::string(kBf16Isa)), "neither a convolution nor a matrix product");
  EXPECT_FALSE(StoredProblem(g).bf16_input(0));
}

}  // namespace
}  // namespace floe::cpu
