#include <gmock/gmock.h>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/harness.h"
#include "floe/error.h"

namespace floe::cpu {
namespace {

// Conv, residual, activation.
Graph Fused(const Case& c, const Op& activation, bool residual, bool residual_first = false) {
  Graph g;
  ValueId y = AddConv(g, c);
  if (residual) {
    const ValueId r = g.AddInput("residual", g.value(y).type);
    const std::vector<ValueId> operands = residual_first ? std::vector{r, y} : std::vector{y, r};
    y = g.Add(Binary{BinaryKind::kAdd}, operands);
  }
  g.AddOutput(g.Add(activation, {y}));
  return g;
}

class EveryConv : public testing::TestWithParam<Case> {};

TEST_P(EveryConv, EqualsTheReference) {
  ExpectMatches("cpu.conv_gemm", Plain(GetParam()));
  const bool flat = GetParam().group == 1 && GetParam().input.size() < 5;
  if (flat) ExpectMatches("cpu.conv_packed", Plain(GetParam()));
  const bool few = flat && GetParam().input.back() <= 8 &&
                   (GetParam().dilations.empty() || GetParam().dilations.back() == 1);
  if (few) ExpectMatches("cpu.conv_few_channels", Plain(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EveryConv,
    testing::Values(Case{{1, 7, 7, 5}, {9, 1, 1, 5}},                       // 1x1, odd channels
                    Case{{2, 9, 5, 16}, {33, 3, 3, 16}, {}, {1, 1, 1, 1}},  // two images
                    Case{{1, 14, 14, 32}, {64, 1, 1, 32}, {2, 2}},
                    Case{{1, 23, 21, 3}, {16, 3, 3, 3}, {2, 2}, {0, 0, 1, 1}},
                    Case{{1, 30, 31, 3}, {8, 7, 7, 3}, {2, 2}, {3, 3, 3, 3}},
                    Case{{1, 11, 11, 4}, {12, 5, 5, 4}, {1, 1}, {2, 2, 2, 2}},
                    Case{{1, 10, 12, 20}, {17, 3, 3, 20}},  // no padding: runs of a filter row
                    Case{{1, 13, 13, 8}, {10, 3, 3, 8}, {1, 1}, {2, 2, 2, 2}, {2, 2}},
                    Case{{1, 8, 8, 12}, {18, 3, 3, 4}, {}, {1, 1, 1, 1}, {}, 3},
                    Case{{1, 8, 8, 6}, {6, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 6},
                    Case{{3, 17, 6}, {5, 4, 6}, {2}, {1, 2}},                        // one dimension
                    Case{{1, 5, 6, 7, 3}, {4, 2, 3, 3, 3}, {}, {1, 1, 1, 0, 1, 1}},  // three
                    Case{{1, 1, 1, 130}, {70, 1, 1, 130}},
                    Case{{1, 7, 7, 260}, {520, 1, 1, 260}},  // by panels
                    Case{{1, 30, 30, 33}, {40, 1, 1, 33}},
                    Case{{1, 6, 6, 3}, {2, 5, 5, 3}, {1, 1}, {4, 4, 4, 4}},  // pads beyond
                    Case{{1, 40, 40, 24}, {48, 3, 3, 24}, {1, 1}, {1, 1, 1, 1}, {}, 1, false}));

TEST(ConvGemm, DoesEveryActivationAfterAResidual) {
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    const Graph g = Fused({{1, 9, 7, 6}, {35, 3, 3, 6}, {}, {1, 1, 1, 1}}, activation, true);
    ExpectMatches("cpu.conv_gemm", g);
    ExpectMatches("cpu.conv_packed", g);
    ExpectMatches("cpu.conv_few_channels", g);
  }
}

TEST(ConvGemm, TakesTheResidualOnEitherSide) {
  ExpectMatches("cpu.conv_gemm", Fused({{1, 6, 6, 8}, {8, 1, 1, 8}}, Unary{UnaryKind::kRelu}, true, true));
}

TEST(ConvGemm, KeepsANanThroughRelu) {
  const Graph g = Fused({{1, 2, 2, 3}, {4, 1, 1, 3}}, Unary{UnaryKind::kRelu}, false);
  Tensor x = RandomTensor(DType::kFloat32, {1, 2, 2, 3}, 5);
  x.data<float>()[0] = std::nanf("");
  ExpectMatches("cpu.conv_gemm", g, std::vector<Tensor>{x});
}

TEST(ConvGemm, DoesPReluWithASlopeAChannel) {
  for (const std::string_view kernel : {"cpu.conv_gemm", "cpu.depthwise"}) {
    Graph g;
    const ValueId y = AddConv(g, {{1, 5, 5, 35},
                                  {35, 3, 3, kernel == "cpu.conv_gemm" ? 35 : 1},
                                  {},
                                  {},
                                  {},
                                  kernel == "cpu.conv_gemm" ? 1 : 35});
    const ValueId slope = g.AddConstant("slope", RandomTensor(DType::kFloat32, {1, 1, 35}, 4));
    g.AddOutput(g.Add(PRelu{}, {y, slope}));
    ExpectMatches(kernel, g);
  }
}

TEST(ConvGemm, SaysWhyItRefuses) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {1, 4, 4, 2}});
  const ValueId f = g.AddInput("f", {DType::kFloat32, {3, 1, 1, 2}});
  g.AddOutput(g.Add(Conv{}, {x, f}));
  EXPECT_EQ(RefusalOf("cpu.conv_gemm", g), "filter is not constant");

  Graph two = Plain({{1, 4, 4, 2}, {2, 1, 1, 2}});
  const ValueId y = two.outputs()[0];
  two.SetOutputs({two.Add(Unary{UnaryKind::kSin}, {y})});
  EXPECT_EQ(RefusalOf("cpu.conv_gemm", two), "'Sin' is no activation that can follow");
}

TEST(ConvGemm, RefusesAPackedConstantOfAnotherSize) {
  const Graph g = Plain({{1, 4, 4, 2}, {2, 1, 1, 2}});
  const Target target = TargetOf("generic");
  const std::vector<Tensor> wrong = {Tensor(DType::kFloat32, {3})};
  EXPECT_THROW(Row("cpu.conv_gemm").prepare({g, wrong, target}), Error);
  EXPECT_THROW(Row("cpu.conv_gemm").prepare({g, {}, target}), Error);
}

struct WinogradCase {
  std::string_view kernel;
  Case conv;
};

class EveryWinograd : public testing::TestWithParam<WinogradCase> {};

TEST_P(EveryWinograd, EqualsTheReference) {
  ExpectMatches(GetParam().kernel, Plain(GetParam().conv));
}

constexpr std::string_view k3x3[] = {"cpu.winograd_3x3_f2", "cpu.winograd_3x3_f4", "cpu.winograd_3x3_f6"};

std::vector<WinogradCase> WinogradCases() {
  std::vector<WinogradCase> cases;
  for (const std::string_view kernel : k3x3) {
    for (const Case& c : {Case{{1, 12, 12, 16}, {32, 3, 3, 16}, {}, {1, 1, 1, 1}},
                          Case{{2, 7, 9, 19}, {37, 3, 3, 19}, {}, {1, 1, 1, 1}},  // odd channels, two images
                          Case{{1, 5, 31, 20}, {50, 3, 3, 20}, {}, {0, 1, 2, 0}, {}, 1, false},
                          Case{{1, 3, 3, 16}, {16, 3, 3, 16}},                         // one output
                          Case{{1, 1, 2, 24}, {17, 3, 3, 24}, {}, {2, 2, 2, 2}},       // pads beyond
                          Case{{1, 14, 14, 130}, {200, 3, 3, 130}, {}, {1, 1, 1, 1}},  // by panels
                          Case{{1, 56, 56, 32}, {16, 3, 3, 32}, {}, {1, 1, 1, 1}}}) {
      cases.push_back({kernel, c});
    }
  }
  for (const Case& c : {Case{{1, 35, 35, 48}, {64, 5, 5, 48}, {}, {2, 2, 2, 2}},
                        Case{{2, 6, 9, 17}, {33, 5, 5, 17}, {}, {0, 2, 1, 2}}}) {
    cases.push_back({"cpu.winograd_5x5_f2", c});
    cases.push_back({"cpu.winograd_5x5_f4", c});
  }
  for (const Case& c : {Case{{1, 17, 17, 40}, {56, 1, 7, 40}, {}, {0, 3, 0, 3}},
                        Case{{2, 18, 13, 19}, {35, 7, 1, 19}, {}, {3, 0, 3, 0}}}) {
    cases.push_back({"cpu.winograd_1x7_f2", c});
  }
  for (const Case& c :
       {Case{{1, 8, 8, 40}, {56, 1, 3, 40}, {}, {0, 1, 0, 1}},
        Case{{2, 9, 7, 19}, {35, 3, 1, 19}, {}, {1, 0, 1, 0}}, Case{{3, 17, 20}, {18, 3, 20}}}) {
    cases.push_back({"cpu.winograd_1x3_f4", c});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Shapes, EveryWinograd, testing::ValuesIn(WinogradCases()));

TEST(Winograd, DoesEveryActivationAfterAResidual) {
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    ExpectMatches("cpu.winograd_3x3_f4",
                  Fused({{1, 9, 7, 16}, {35, 3, 3, 16}, {}, {1, 1, 1, 1}}, activation, true));
  }
}

TEST(Winograd, SaysWhyItRefuses) {
  const auto why = [](const Case& c) { return RefusalOf("cpu.winograd_3x3_f4", Plain(c)); };
  EXPECT_EQ(why({{1, 9, 9, 16}, {16, 1, 1, 16}}), "filter of another size");
  EXPECT_EQ(why({{1, 9, 9, 16}, {16, 3, 3, 16}, {2, 2}}), "strides other than 1");
  EXPECT_EQ(why({{1, 9, 9, 16}, {16, 3, 3, 16}, {}, {}, {2, 2}}), "dilated");
  EXPECT_EQ(why({{1, 9, 9, 32}, {32, 3, 3, 16}, {}, {}, {}, 2}), "grouped convolution");
  EXPECT_EQ(why({{1, 9, 9, 3}, {32, 3, 3, 3}}), "few channels");
}

class EveryDepthwise : public testing::TestWithParam<Case> {};

TEST_P(EveryDepthwise, EqualsTheReference) {
  ExpectMatches("cpu.depthwise", Plain(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EveryDepthwise,
    testing::Values(
        Case{{1, 9, 9, 16}, {16, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 16},
        Case{{2, 11, 13, 35}, {35, 3, 3, 1}, {2, 2}, {1, 1, 1, 1}, {}, 35},
        Case{{1, 12, 12, 8}, {8, 3, 3, 1}, {2, 2}, {0, 0, 1, 1}, {}, 8},
        Case{{1, 14, 14, 33}, {33, 5, 5, 1}, {}, {2, 2, 2, 2}, {}, 33},
        Case{{1, 15, 14, 20}, {20, 5, 5, 1}, {2, 2}, {1, 1, 2, 2}, {}, 20},
        Case{{1, 21, 20, 37}, {37, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 37},
        Case{{2, 5, 10, 48}, {48, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 48},  // a tile covers outputs again
        Case{{1, 4, 4, 17}, {17, 3, 3, 1}, {}, {2, 2, 2, 2}, {}, 17},
        Case{{1, 6, 9, 16}, {16, 3, 3, 1}, {}, {0, 0, 0, 0}, {}, 16},
        Case{{1, 1, 9, 16}, {16, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 16},
        Case{{2, 29, 15, 40}, {40, 3, 3, 1}, {2, 2}, {1, 1, 1, 1}, {}, 40},
        Case{{1, 14, 28, 19}, {19, 3, 3, 1}, {2, 2}, {0, 0, 1, 1}, {}, 19},
        Case{{1, 3, 8, 16}, {16, 3, 3, 1}, {2, 2}, {0, 0, 4, 4}, {}, 16},  // more zeros than window
        Case{{2, 7, 7, 50}, {50, 5, 5, 1}, {}, {2, 2, 2, 2}, {}, 50},
        Case{{1, 13, 11, 32}, {32, 5, 5, 1}, {2, 2}, {2, 2, 2, 2}, {}, 32},
        Case{{1, 28, 28, 17}, {17, 5, 5, 1}, {2, 2}, {1, 1, 2, 2}, {}, 17},
        Case{{1, 16, 16, 7}, {7, 7, 7, 1}, {}, {3, 3, 3, 3}, {}, 7},
        Case{{1, 13, 13, 18}, {18, 3, 3, 1}, {}, {2, 2, 2, 2}, {2, 2}, 18},
        Case{{1, 10, 10, 4}, {4, 4, 2, 1}, {3, 3}, {1, 1, 1, 1}, {}, 4},
        Case{{1, 8, 9, 5}, {15, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 5},  // multiplier 3
        Case{{1, 3, 2, 6}, {6, 5, 5, 1}, {}, {2, 2, 2, 2}, {}, 6},   // window > image
        Case{{1, 7, 7, 320}, {320, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 320},
        Case{{1, 30, 12}, {12, 3, 1}, {}, {1, 1}, {}, 12},
        Case{{1, 4, 5, 6, 5}, {5, 3, 3, 3, 1}, {}, {1, 1, 1, 1, 1, 1}, {}, 5}));

TEST(Depthwise, DoesEveryActivationAfterAResidual) {
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    ExpectMatches("cpu.depthwise",
                  Fused({{1, 9, 7, 21}, {21, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 21}, activation, true));
  }
}

TEST(Depthwise, IsRankedBeforeTheProduct) {
  const Graph g = Plain({{1, 28, 28, 64}, {64, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 64});
  for (const std::string& isa : AvailableIsas()) {
    EXPECT_LT(Row("cpu.depthwise").estimate_ns(g, TargetOf(isa)),
              Row("cpu.conv_gemm").estimate_ns(g, TargetOf(isa)));
  }
  EXPECT_EQ(RefusalOf("cpu.depthwise", Plain({{1, 4, 4, 2}, {2, 1, 1, 2}})), "not a depthwise convolution");
}

}  // namespace
}  // namespace floe::cpu
