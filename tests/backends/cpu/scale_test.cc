// Convolutions of pixels that are multiplied, channel by channel, on their way in.
#include <gmock/gmock.h>

#include "backends/cpu/conv_case.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kName = "cpu.conv_packed";

struct ScaledCase {
  Ints input;
  Ints scale;
  Ints filter;
  Ints strides = {};
};

// With a residual and an activation.
Graph Scaled(const ScaledCase& c, const Op& activation = Unary{UnaryKind::kSilu}) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
  const ValueId s = g.AddInput("scale", {DType::kFloat32, Shape::Of(c.scale)});
  const ValueId w = g.AddConstant("filter", RandomTensor(DType::kFloat32, c.filter, 11));
  const ValueId bias = g.AddConstant("bias", RandomTensor(DType::kFloat32, {c.filter[0]}, 12));
  Conv op;
  op.strides = c.strides;
  const ValueId y = g.Add(op, {g.Add(Binary{BinaryKind::kMul}, {x, s}), w, bias});
  const ValueId residual = g.AddInput("residual", g.value(y).type);
  g.AddOutput(g.Add(activation, {g.Add(Binary{BinaryKind::kAdd}, {residual, y})}));
  return g;
}

TEST(Scale, EqualsTheReferenceAtOddSizes) {
  for (const ScaledCase& c :
       {ScaledCase{{1, 7, 7, 19}, {1, 1, 1, 19}, {5, 1, 1, 19}},
        ScaledCase{{3, 5, 4, 33}, {3, 1, 1, 33}, {70, 1, 1, 33}},
        ScaledCase{{2, 9, 7, 40}, {1, 1, 1, 40}, {24, 1, 1, 40}, {2, 2}},
        ScaledCase{{3, 8, 9, 6}, {3, 1, 1, 6}, {8, 1, 1, 6}, {2, 3}},
        ScaledCase{{2, 6, 6, 17}, {17}, {33, 1, 1, 17}}, ScaledCase{{2, 6, 6, 16}, {1, 1, 16}, {1, 1, 1, 16}},
        ScaledCase{{2, 30, 130}, {2, 1, 130}, {35, 1, 130}},
        ScaledCase{{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}},
        ScaledCase{{2, 31, 30, 48}, {2, 1, 1, 48}, {40, 1, 1, 48}},
        ScaledCase{{1, 7, 7, 480}, {1, 1, 1, 480}, {520, 1, 1, 480}}}) {
    SCOPED_TRACE(DimsToString(c.input) + " times " + DimsToString(c.scale));
    ExpectMatches(kName, Scaled(c));
  }
}

TEST(Scale, TakesEveryActivation) {
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    ExpectMatches(kName, Scaled({{2, 5, 5, 20}, {2, 1, 1, 20}, {37, 1, 1, 20}}, activation));
  }
}

TEST(Scale, MayBeTheFilterItself) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {1, 4, 4, 9}});
  const ValueId w = g.AddConstant("filter", RandomTensor(DType::kFloat32, {1, 1, 1, 9}, 11));
  g.AddOutput(g.Add(Conv{}, {g.Add(Binary{BinaryKind::kMul}, {x, w}), w}));
  ExpectMatches(kName, g);
}

TEST(Scale, OnlyKernelsThatKnowItTakeIt) {
  const Graph pointwise = Scaled({{1, 5, 5, 4}, {1, 1, 1, 4}, {6, 1, 1, 4}});
  EXPECT_EQ(RefusalOf(kName, pointwise), "");
  EXPECT_EQ(RefusalOf("cpu.conv_few_channels", pointwise), "a scale before it");
  EXPECT_NE(RefusalOf("cpu.conv_gemm", pointwise), "");
  EXPECT_EQ(RefusalOf(kName, Scaled({{1, 5, 5, 4}, {1, 1, 1, 4}, {6, 3, 3, 4}})), "a scale before a window");
  EXPECT_NE(RefusalOf(kName, Scaled({{1, 5, 5, 4}, {1, 5, 1, 4}, {6, 1, 1, 4}})), "");
  EXPECT_NE(RefusalOf(kName, Scaled({{2, 5, 5, 4}, {2, 5, 5, 4}, {6, 1, 1, 4}})), "");
}

}  // namespace
}  // namespace floe::cpu
