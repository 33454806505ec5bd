// Depthwise convolutions that give the mean of their result along with it.
#include <gmock/gmock.h>

#include "backends/cpu/conv_case.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kName = "cpu.depthwise";

Graph WithMean(const Case& c, std::vector<int64_t> axes, bool keep_dims,
               const Op& activation = Unary{UnaryKind::kSilu}, bool residual = false) {
  Graph g;
  ValueId y = AddConv(g, c);
  if (residual) y = g.Add(Binary{BinaryKind::kAdd}, {y, g.AddInput("residual", g.value(y).type)});
  y = g.Add(activation, {y});
  g.AddOutput(y);
  g.AddOutput(g.Add(Reduce{ReduceKind::kMean, std::move(axes), keep_dims}, {y}));
  return g;
}

// Values that don't cancel: the bound is relative to the largest mean.
std::vector<Tensor> Positive(const Graph& g) {
  std::vector<Tensor> inputs;
  for (const ValueId id : g.inputs()) {
    inputs.push_back(
        RandomTensor(DType::kFloat32, g.value(id).type.shape.Static(), 5 + inputs.size(), 0.5, 1.5));
  }
  return inputs;
}

TEST(Mean, EqualsTheReferenceAtOddSizes) {
  for (const Case& c :
       {Case{{1, 7, 7, 19}, {19, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 19},
        Case{{3, 9, 6, 33}, {33, 5, 5, 1}, {2, 2}, {2, 2, 2, 2}, {}, 33},
        Case{{2, 12, 13, 40}, {40, 3, 3, 1}, {2, 2}, {0, 0, 1, 1}, {}, 40},
        Case{{2, 5, 5, 300}, {300, 5, 5, 1}, {}, {2, 2, 2, 2}, {}, 300},  // split by channels
        Case{{1, 11, 9, 6}, {12, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 6},      // two outputs a channel
        Case{{1, 9, 9, 7}, {7, 3, 3, 1}, {}, {2, 2, 2, 2}, {2, 2}, 7},    // dilated
        Case{{2, 40, 37, 16}, {16, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 16},
        Case{{1, 4, 5, 6, 8}, {8, 2, 3, 3, 1}, {}, {}, {}, 8}, Case{{2, 30, 9}, {9, 3, 1}, {}, {1, 1}, {}, 9},
        Case{{1, 1, 1, 1}, {1, 1, 1, 1}, {}, {}, {}, 1}}) {
    SCOPED_TRACE(DimsToString(c.input) + " with " + DimsToString(c.filter));
    std::vector<int64_t> axes;
    for (size_t i = 1; i + 1 < c.input.size(); ++i) axes.push_back(static_cast<int64_t>(i));
    for (const bool keep_dims : {false, true}) {
      const Graph g = WithMean(c, axes, keep_dims);
      ExpectMatches(kName, g, Positive(g));
    }
  }
}

TEST(Mean, IsOfWhatTheActivationAndTheResidualGive) {
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    const Graph g =
        WithMean({{2, 6, 7, 21}, {21, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 21}, {-3, 2}, true, activation, true);
    ExpectMatches(kName, g, Positive(g));
  }
}

// A convolution, an activation, and a depthwise convolution with its mean, band by band.
TEST(Mean, ComesOutOfAChainToo) {
  for (const Case& first : {Case{{2, 12, 11, 24}, {40, 1, 1, 24}}, Case{{1, 30, 31, 16}, {96, 1, 1, 16}},
                            Case{{2, 21, 20, 3}, {16, 3, 3, 3}, {2, 2}, {1, 1, 1, 1}}}) {
    for (const int64_t stride : {1, 2}) {
      SCOPED_TRACE(DimsToString(first.input) + ", stride " + std::to_string(stride));
      Graph g;
      const ValueId x = g.Add(Unary{UnaryKind::kSigmoid}, {AddConv(g, first)});
      const int64_t channels = first.filter[0];
      Conv op;
      op.strides = {stride, stride};
      op.pads = {2, 2, 2, 2};
      op.group = channels;
      const ValueId w = g.AddConstant("w", RandomTensor(DType::kFloat32, {channels, 5, 5, 1}, 3, 0, 1));
      const ValueId y = g.Add(Unary{UnaryKind::kSilu}, {g.Add(op, {x, w})});
      g.AddOutput(y);
      g.AddOutput(g.Add(Reduce{ReduceKind::kMean, {1, 2}, true}, {y}));
      ExpectMatches("cpu.conv_depthwise", g);
      EXPECT_EQ(RefusalOf(kName, g), "more than one layer");
    }
  }
}

TEST(Mean, OverOtherDimensionsIsRefused) {
  const Case c{{2, 6, 7, 8}, {8, 3, 3, 1}, {}, {1, 1, 1, 1}, {}, 8};
  EXPECT_EQ(RefusalOf(kName, WithMean(c, {1, 2}, false)), "");
  for (const std::vector<int64_t>& axes : {std::vector<int64_t>{1}, {2}, {0, 1, 2}, {1, 2, 3}, {3}}) {
    EXPECT_EQ(RefusalOf(kName, WithMean(c, axes, true)),
              "the outputs are not a tensor and its mean over space");
  }
  Graph forged = WithMean(c, {1, 2}, false);
  forged.value(forged.outputs()[1]).type.shape = {2, 4};
  EXPECT_NE(RefusalOf(kName, forged), "");
  Graph most = Plain(c);
  most.AddOutput(most.Add(Reduce{ReduceKind::kMax, {1, 2}, true}, {most.outputs()[0]}));
  EXPECT_EQ(RefusalOf(kName, most), "the outputs are not a tensor and its mean over space");
}

}  // namespace
}  // namespace floe::cpu
