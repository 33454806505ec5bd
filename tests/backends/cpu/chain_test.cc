// Kernels of two or three layers.
#include <gmock/gmock.h>

#include <cmath>
#include <optional>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/harness.h"
#include "backends/cpu/isa.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kPair = "cpu.depthwise_pointwise";
constexpr std::string_view kBands = "cpu.conv_depthwise";

// One layer more: a depthwise one, or a pointwise one to so many columns.
struct Depthwise {
  int64_t height = 3;
  int64_t width = 3;
  int64_t stride = 1;
  int64_t pad = 1;
  int64_t dilation = 1;
};
using Pointwise = int64_t;

// A layer's values are its own: another one for each node.
uint64_t SeedOf(const Graph& g) {
  return 100 + 2 * g.node_count();
}

ValueId AddLayer(Graph& g, ValueId x, const Depthwise& layer) {
  const int64_t channels = g.value(x).type.shape.Static().back();
  const Tensor values = RandomTensor(DType::kFloat32, {channels, layer.height, layer.width, 1}, SeedOf(g));
  Conv op;
  op.strides = {layer.stride, layer.stride};
  op.pads = Ints(4, layer.pad);
  op.dilations = Ints(2, layer.dilation);
  op.group = channels;
  const Tensor bias = RandomTensor(DType::kFloat32, {channels}, SeedOf(g) + 1);
  return g.Add(op, {x, g.AddConstant("depthwise", values), g.AddConstant("bias", bias)});
}

ValueId AddLayer(Graph& g, ValueId x, Pointwise columns) {
  const Ints dims = g.value(x).type.shape.Static();
  Ints filter(dims.size(), 1);
  filter.front() = columns;
  filter.back() = dims.back();
  const Tensor values = RandomTensor(DType::kFloat32, filter, SeedOf(g));
  const Tensor bias = RandomTensor(DType::kFloat32, {columns}, SeedOf(g) + 1);
  return g.Add(Conv{}, {x, g.AddConstant("pointwise", values), g.AddConstant("bias", bias)});
}

ValueId Activated(Graph& g, ValueId x, const std::optional<Op>& activation) {
  return activation ? g.Add(*activation, {x}) : x;
}

void Finish(Graph& g, ValueId y, bool residual) {
  if (residual) y = g.Add(Binary{BinaryKind::kAdd}, {g.AddInput("residual", g.value(y).type), y});
  g.AddOutput(g.Add(Unary{UnaryKind::kRelu}, {y}));
}

// The convolution, the activation, a pointwise convolution to so many columns, perhaps a residual, a ReLU.
Graph Pair(const Case& first, const std::optional<Op>& between, int64_t columns, bool residual) {
  Graph g;
  Finish(g, AddLayer(g, Activated(g, AddConv(g, first), between), columns), residual);
  return g;
}

class EveryPair : public testing::TestWithParam<Case> {};

TEST_P(EveryPair, EqualsTheReference) {
  for (const int64_t columns : {1, 17, 48, 600}) {
    for (const bool residual : {false, true}) {
      SCOPED_TRACE(columns);
      ExpectMatches(kPair, Pair(GetParam(), Clip{0, 6}, columns, residual));
    }
  }
  ExpectMatches(kPair, Pair(GetParam(), std::nullopt, 33, false));
}

const Case kDepthwiseCases[] = {{{1, 9, 9, 16}, {16, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 16},
                                {{3, 11, 13, 35}, {35, 3, 3, 1}, {2, 2}, {1, 1, 1, 1}, {}, 35},
                                {{1, 40, 37, 70}, {70, 5, 5, 1}, {}, {2, 2, 2, 2}, {}, 70},
                                {{1, 13, 13, 18}, {18, 3, 3, 1}, {}, {2, 2, 2, 2}, {2, 2}, 18},
                                {{2, 10, 10, 4}, {4, 4, 2, 1}, {3, 3}, {1, 1, 1, 1}, {}, 4},
                                {{1, 3, 2, 6}, {6, 5, 5, 1}, {}, {2, 2, 2, 2}, {}, 6},
                                {{1, 7, 7, 320}, {320, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 320},
                                {{1, 30, 12}, {12, 3, 1}, {}, {1, 1}, {}, 12}};

INSTANTIATE_TEST_SUITE_P(Shapes, EveryPair, testing::ValuesIn(kDepthwiseCases));

TEST(DepthwisePointwise, DoesEveryActivationBetween) {
  const Case first = {{2, 9, 7, 21}, {21, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 21};
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    ExpectMatches(kPair, Pair(first, activation, 40, true));
  }
  Graph g;
  const ValueId slope = g.AddConstant("slope", RandomTensor(DType::kFloat32, {1, 1, 21}, 4));
  g.AddOutput(AddLayer(g, g.Add(PRelu{}, {AddConv(g, first), slope}), 8));
  ExpectMatches(kPair, g);
}

TEST(DepthwisePointwise, SaysWhyItRefuses) {
  const auto why = [](const Graph& g) { return RefusalOf(kPair, g); };
  const Case depthwise = {{1, 9, 9, 4}, {4, 3, 3, 1}, {}, {}, {}, 4};
  EXPECT_EQ(why(Pair({{1, 9, 9, 4}, {4, 3, 3, 4}}, std::nullopt, 8, false)), "not a depthwise convolution");
  EXPECT_EQ(why(Plain(depthwise)), "not two layers");
  Graph wide;
  const ValueId wide_filter = wide.AddConstant("wide", RandomTensor(DType::kFloat32, {8, 3, 3, 4}, 21));
  wide.AddOutput(wide.Add(Conv{}, {AddConv(wide, depthwise), wide_filter}));
  EXPECT_EQ(why(wide), "not a pointwise convolution");
  Graph shown = Pair(depthwise, std::nullopt, 8, false);
  shown.AddOutput(shown.node(shown.Order()[0]).outputs[0]);
  EXPECT_EQ(why(shown), "an inner value of the chain is used twice or is an output");
  Graph added;
  const ValueId y = AddConv(added, depthwise);
  const ValueId sum = added.Add(Binary{BinaryKind::kAdd}, {y, added.AddInput("r", added.value(y).type)});
  added.AddOutput(AddLayer(added, sum, 8));
  EXPECT_EQ(why(added), "an addition between the two");
}

// A convolution, a depthwise one, and with columns > 0 a pointwise one.
Graph Bands(const Case& first, const Op& activation, const Depthwise& depthwise, int64_t columns,
            bool residual) {
  Graph g;
  ValueId y = AddLayer(g, Activated(g, AddConv(g, first), activation), depthwise);
  if (columns > 0) y = AddLayer(g, Activated(g, y, activation), columns);
  Finish(g, y, residual);
  return g;
}

struct BandCase {
  Case first;
  Depthwise depthwise;
};

const BandCase kBandCases[] = {
    {{{1, 14, 14, 8}, {48, 1, 1, 8}}, {}},
    {{{2, 23, 21, 3}, {16, 3, 3, 3}, {2, 2}, {0, 0, 1, 1}}, {}},            // few channels, two images
    {{{1, 30, 31, 3}, {24, 3, 3, 3}, {2, 2}, {1, 1, 1, 1}}, {3, 3, 2, 1}},  // and on
    {{{1, 19, 17, 20}, {37, 1, 1, 20}}, {5, 5, 2, 2}},
    {{{3, 9, 9, 16}, {33, 3, 3, 16}, {}, {1, 1, 1, 1}}, {3, 3, 1, 1}},
    {{{1, 12, 12, 9}, {18, 1, 1, 9}}, {3, 3, 1, 2, 2}},                   // dilated
    {{{1, 3, 2, 6}, {6, 1, 1, 6}}, {5, 5, 1, 2}},                         // window > image
    {{{1, 11, 11, 4}, {5, 1, 1, 4}}, {2, 2, 3, 0}},                       // rows that nobody reads
    {{{2, 8, 8, 4}, {12, 3, 3, 4}, {1, 1}, {1, 1, 1, 1}}, {1, 1, 1, 2}},  // rows of padding alone
    {{{1, 64, 90, 17}, {96, 1, 1, 17}}, {3, 3, 1, 1}},                    // several bands
    {{{2, 40, 33, 16}, {72, 1, 1, 16}}, {}},                              // pixels that are packed rows
    {{{1, 33, 28, 32}, {40, 1, 1, 32}}, {3, 3, 2, 1}},                    // and so as bf16
    {{{1, 40, 9, 12}, {700, 1, 1, 12}}, {7, 7, 1, 3}}};

TEST(ConvDepthwise, EqualsTheReference) {
  for (const BandCase& c : kBandCases) {
    SCOPED_TRACE(DimsToString(c.first.input) + " with " + DimsToString(c.first.filter));
    for (const int64_t columns : {0, 1, 40}) {
      ExpectMatches(kBands, Bands(c.first, Clip{0, 6}, c.depthwise, columns, false));
      ExpectMatches(kBands, Bands(c.first, Unary{UnaryKind::kSilu}, c.depthwise, columns, true));
    }
  }
}

TEST(ConvDepthwise, ReadsItsInputUntilTheEnd) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {1, 20, 20, 16}});
  const ValueId y = AddLayer(g, AddLayer(g, AddLayer(g, x, 96), Depthwise{}), 16);
  g.AddOutput(g.Add(Binary{BinaryKind::kAdd}, {x, y}));
  ExpectMatches(kBands, g);
  EXPECT_TRUE(Row(kBands).in_place(g).empty());
}

TEST(ConvDepthwise, SaysWhyItRefuses) {
  const Case pointwise = {{1, 9, 9, 4}, {8, 1, 1, 4}};
  EXPECT_EQ(RefusalOf(kBands, Plain(pointwise)), "not two or three layers");
  EXPECT_EQ(RefusalOf(kBands, Pair(pointwise, std::nullopt, 8, false)), "not a depthwise convolution");
  EXPECT_EQ(RefusalOf(kBands, Bands({{1, 9, 9, 4}, {4, 3, 3, 1}, {}, {}, {}, 4}, Clip{0, 6}, {}, 8, false)),
            "grouped convolution");
}

class ChainBf16 : public testing::Test {
 protected:
  void SetUp() override {
    if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  }
};

// Small integers, so that nothing is rounded: products of a clipped layer stay below 256.
void FillWithIntegers(Tensor& t, int64_t count) {
  for (int64_t i = 0; i < t.size(); ++i) {
    const int64_t step = (i * 7 + i / 5) % count - count / 2;
    t.data<float>()[i] = static_cast<float>(step);
  }
}

double Distance(const Tensor& got, const Tensor& expected) {
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

std::vector<Tensor> InputsOf(const Graph& g) {
  std::vector<Tensor> inputs;
  for (const ValueId id : g.inputs()) {
    inputs.push_back(RandomTensor(DType::kFloat32, g.value(id).type.shape.Static(), 21 + inputs.size()));
  }
  return inputs;
}

// Exact where nothing rounds, within the bound where something does, which is returned; the same with any
// number of threads.
double RoundsAsItSays(std::string_view name, Graph& g) {
  const std::string isa(kBf16Isa);
  const Kernel& kernel = Row(name);
  EXPECT_EQ(RefusalOf(name, g, isa), "");
  EXPECT_EQ(RefusalOf(name, g, "avx512"), "the engine is built for float32");
  std::vector<Tensor> inputs = InputsOf(g);
  const double distance = Distance(RunKernel(kernel, g, inputs, isa, 1)[0], EvaluateGraph(g, inputs)[0]);
  EXPECT_LE(distance, kernel.error_bound);
  for (Tensor& input : inputs) FillWithIntegers(input, 5);
  for (const ValueId id : g.Values()) {
    if (g.value(id).is_constant()) FillWithIntegers(g.value(id).constant, 3);
  }
  const Tensor one = RunKernel(kernel, g, inputs, isa, 1)[0];
  EXPECT_EQ(Distance(RunKernel(kernel, g, inputs, isa, 2, true)[0], one), 0) << "two threads, in place";
  EXPECT_EQ(Distance(one, EvaluateGraph(g, inputs)[0]), 0);
  return distance;
}

TEST_F(ChainBf16, PairsRoundWhatTheProductReads) {
  double largest = 0;
  for (const Case& c : kDepthwiseCases) {
    SCOPED_TRACE(DimsToString(c.input) + " with " + DimsToString(c.filter));
    for (const int64_t columns : {1, 48, 600}) {
      Graph g = Pair(c, Clip{0, 6}, columns, true);
      largest = std::max(largest, RoundsAsItSays("cpu.depthwise_pointwise_bf16", g));
    }
  }
  EXPECT_GT(largest, 1e-4) << "nothing was rounded";
}

TEST_F(ChainBf16, BandsRoundWhatTheProductsRead) {
  double largest = 0;
  for (const BandCase& c : kBandCases) {
    SCOPED_TRACE(DimsToString(c.first.input) + " with " + DimsToString(c.first.filter));
    for (const int64_t columns : {0, 1, 40}) {
      const bool direct = c.first.input.back() <= 8;
      if (direct && columns == 0) continue;
      Graph g = Bands(c.first, Clip{0, 6}, c.depthwise, columns, true);
      largest = std::max(largest, RoundsAsItSays("cpu.conv_depthwise_bf16", g));
    }
  }
  EXPECT_GT(largest, 1e-4) << "nothing was rounded";
}

TEST_F(ChainBf16, AFewChannelsAloneAreNotRounded) {
  EXPECT_EQ(
      RefusalOf("cpu.conv_depthwise_bf16", Bands({{1, 14, 14, 3}, {16, 3, 3, 3}}, Clip{0, 6}, {}, 0, false),
                std::string(kBf16Isa)),
      "no product that bf16 makes faster");
}

}  // namespace
}  // namespace floe::cpu
