#include "passes/pass_test.h"

namespace floe {
namespace {

TEST(FoldBatchNorm, GoesIntoTheConvolutionBeforeIt) {
  const auto graph = After(R"(graph g(%x: float32[1, 6, 6, 2]) -> (%y) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %scale: float32[3] = const [1, 2, 0.5]
    %bias: float32[3] = const [0, -1, 3]
    %mean: float32[3] = const [0.1, 0.2, -0.3]
    %variance: float32[3] = const [1, 0.5, 2]
    %c = Conv(%x, %w)
    %y = BatchNormalization(%c, %scale, %bias, %mean, %variance) {epsilon=0.001}
  })",
                           FoldBatchNorm);
  EXPECT_EQ(graph->node_count(), 1u);
}

TEST(FoldBatchNorm, WrittenOutInArithmeticItGoesTooDepthwiseAndTransposed) {
  const auto depthwise = After(R"(graph g(%x: float32[1, 6, 6, 2]) -> (%y) {
    %w: float32[4, 3, 3, 1] = const seeded(1)
    %b: float32[4] = const seeded(5)
    %m: float32[4] = const seeded(2)
    %s: float32[1, 1, 1, 4] = const seeded(3)
    %c = Conv(%x, %w, %b) {group=2, auto_pad=SAME_UPPER}
    %d = Sub(%c, %m)
    %e = Mul(%s, %d)
    %two: float32[] = const 2
    %f = Div(%e, %two)
    %y = Add(%f, %m)
  })",
                               FoldBatchNorm);
  EXPECT_EQ(depthwise->node_count(), 1u);
  const auto transposed = After(R"(graph g(%x: float32[1, 3, 3, 4]) -> (%y) {
    %w: float32[4, 2, 2, 3] = const seeded(1)
    %s: float32[6] = const seeded(3)
    %c = ConvTranspose(%x, %w) {group=2, strides=[2, 2]}
    %d = Mul(%c, %s)
    %y = Add(%d, %s)
  })",
                                FoldBatchNorm);
  EXPECT_EQ(transposed->node_count(), 1u);
  const auto nchw = After(R"(graph g(%x: float32[1, 2, 5, 5]) -> (%y) {
    %w: float32[3, 2, 3, 3] = const seeded(1)
    %s: float32[3, 1, 1] = const seeded(3)
    %c = Conv(%x, %w) {layout=NCHW}
    %y = Mul(%c, %s)
  })",
                          FoldBatchNorm);
  EXPECT_EQ(nchw->node_count(), 1u);
}

TEST(FoldBatchNorm, BiasAndScaleGoIntoMatMul) {
  for (const std::string flags : {"", "{transpose_b=true}"}) {
    const std::string w = flags.empty() ? "[4, 3]" : "[3, 4]";
    const auto graph = After("graph g(%x: float32[2, 4]) -> (%y) { %w: float32" + w + R"( = const seeded(1)
      %b: float32[3] = const [1, 2, 3]
      %m = MatMul(%x, %w) )" + flags +
                                 R"(
      %a = Add(%b, %m)
      %y = Mul(%a, %b)
    })",
                             FoldBatchNorm);
    EXPECT_EQ(graph->node_count(), 1u);
  }
}

TEST(FoldBatchNorm, WithoutAConvolutionItIsAMultiplicationAndAnAddition) {
  const auto graph = After(R"(graph g(%x: float32[2, 3, 4, 4]) -> (%y) {
    %p: float32[3] = const [1, 2, 0.5]
    %y = BatchNormalization(%x, %p, %p, %p, %p) {layout=NCHW}
  })",
                           FoldBatchNorm);
  EXPECT_EQ(graph->node_count(), 2u);
}

TEST(FoldBatchNorm, NotWhenTheConvolutionHasAnotherUse) {
  ExpectUntouched(R"(graph g(%x: float32[1, 6, 6, 2]) -> (%y, %c) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %b: float32[3] = const [1, 2, 3]
    %c = Conv(%x, %w)
    %y = Add(%c, %b)
  })",
                  FoldBatchNorm);
}

TEST(FoldBatchNorm, NotWhenTheConstantVariesOverPixels) {
  ExpectUntouched(R"(graph g(%x: float32[1, 5, 5, 2]) -> (%y) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %b: float32[3, 1] = const [1, 2, 3]
    %c = Conv(%x, %w)
    %y = Add(%c, %b)
  })",
                  FoldBatchNorm);
}

TEST(FoldPadding, ZerosGoIntoConvolutionAndPooling) {
  const auto graph = After(R"(graph g(%x: float32[1, 5, 5, 2]) -> (%y, %z, %m) {
    %p: int64[8] = const [0, 1, 2, 0, 0, 1, 0, 0]
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %a = Pad(%x, %p)
    %y = Conv(%a, %w) {strides=[2, 2]}
    %z = AveragePool(%a) {kernel_shape=[3, 3], strides=[2, 2]}
    %r = Relu(%x)
    %b = Pad(%r, %p)
    %m = MaxPool(%b) {kernel_shape=[3, 3], strides=[2, 2]}
  })",
                           FoldPadding);
  EXPECT_EQ(graph->node_count(), 4u);
}

TEST(FoldPadding, NotWhereThePaddingCanWinOrIsNoZero) {
  ExpectUntouched(R"(graph g(%x: float32[1, 5, 5, 2]) -> (%m, %y) {
    %p: int64[8] = const [0, 1, 1, 0, 0, 1, 1, 0]
    %one: float32[] = const 1
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %a = Pad(%x, %p)
    %m = MaxPool(%a) {kernel_shape=[3, 3]}
    %b = Pad(%x, %p, %one)
    %y = Conv(%b, %w)
  })",
                  FoldPadding);
  ExpectUntouched(R"(graph g(%x: float32[1, 5, 5, 2]) -> (%y, %z) {
    %c: int64[8] = const [0, 0, 0, 1, 0, 0, 0, 1]
    %p: int64[8] = const [0, 1, 1, 0, 0, 1, 1, 0]
    %w: float32[3, 3, 3, 4] = const seeded(1)
    %a = Pad(%x, %c)
    %y = Conv(%a, %w)
    %b = Pad(%x, %p)
    %z = AveragePool(%b) {kernel_shape=[3, 3], pads=[1, 1, 1, 1]}
  })",
                  FoldPadding);
}

TEST(FoldDilation, SpaceToBatchAroundAConvolutionIsDilation) {
  const auto graph = After(R"(graph g(%x: float32[1, 9, 10, 2]) -> (%y) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %b: int32[2] = const [2, 2]
    %p: int32[2, 2] = const [2, 3, 2, 2]
    %c: int32[2, 2] = const [0, 1, 0, 0]
    %s = SpaceToBatch(%x, %b, %p)
    %v = Conv(%s, %w)
    %y = BatchToSpace(%v, %b, %c)
  })",
                           FoldDilation);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[1, 9, 10, 2]) -> (%y) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %y = Conv(%x, %w) {dilations=[2, 2], pads=[2, 2, 2, 2]}
  })"));
}

TEST(FoldDilation, NotWithStepsInBetween) {
  ExpectUntouched(R"(graph g(%x: float32[1, 8, 8, 2]) -> (%y) {
    %w: float32[3, 1, 1, 2] = const seeded(1)
    %b: int32[2] = const [2, 2]
    %p: int32[2, 2] = const 0
    %s = SpaceToBatch(%x, %b, %p)
    %v = Conv(%s, %w) {strides=[2, 2]}
    %y = BatchToSpace(%v, %b, %p)
  })",
                  FoldDilation);
}

TEST(DropUnitAxis, ConvolutionsOfOneDimension) {
  const auto graph = After(R"(graph g(%x: float32[n, 20, 4]) -> (%y) {
    %w: float32[6, 1, 3, 4] = const seeded(1)
    %v: float32[6, 1, 5, 1] = const seeded(2)
    %b: float32[6] = const seeded(3)
    %u = Unsqueeze(%x) {axes=[1]}
    %c = Conv(%u, %w) {dilations=[4, 2], pads=[0, 1, 0, 2], strides=[1, 2]}
    %a = Add(%c, %b)
    %r = Relu(%a)
    %d = Conv(%r, %v) {group=6, strides=[2, 2]}
    %m = MaxPool(%d) {kernel_shape=[1, 2], strides=[1, 2]}
    %y = Squeeze(%m) {axes=[-3]}
  })",
                           DropUnitAxis);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[n, 20, 4]) -> (%y) {
    %w: float32[6, 3, 4] = const seeded(1)
    %v: float32[6, 5, 1] = const seeded(2)
    %b: float32[6] = const seeded(3)
    %c = Conv(%x, %w) {strides=[2], dilations=[2], pads=[1, 2]}
    %a = Add(%c, %b)
    %r = Relu(%a)
    %d = Conv(%r, %v) {strides=[2], group=6}
    %y = MaxPool(%d) {kernel_shape=[2], strides=[2]}
  })"));
}

TEST(DropUnitAxis, TransposedAndWithAFilterThatIsComputed) {
  const auto graph = After(R"(graph g(%x: float32[2, 7, 4], %w: float32[4, 3, 1, 5]) -> (%y) {
    %u = Unsqueeze(%x) {axes=[2]}
    %c = ConvTranspose(%u, %w) {strides=[2, 1], output_padding=[1, 0]}
    %y = Squeeze(%c) {axes=[2]}
  })",
                           DropUnitAxis);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[2, 7, 4], %w: float32[4, 3, 1, 5]) -> (%y) {
    %f = Squeeze(%w) {axes=[2]}
    %y = ConvTranspose(%x, %f) {strides=[2], output_padding=[1]}
  })"));
}

TEST(DropUnitAxis, NotWhereTheDimensionIsUsed) {
  for (const std::string_view op :
       {"Conv(%u, %v) {pads=[1, 0, 1, 0]}", "MaxPool(%u) {kernel_shape=[2, 1], pads=[0, 0, 1, 0]}",
        "Add(%u, %k)", "Softmax(%u) {axis=2}"}) {
    ExpectUntouched(R"(graph g(%x: float32[1, 20, 4]) -> (%y) {
      %v: float32[4, 3, 1, 4] = const seeded(1)
      %k: float32[20, 1] = const seeded(2)
      %u = Unsqueeze(%x) {axes=[1]}
      %c = )" + std::string(op) +
                        R"(
      %y = Squeeze(%c) {axes=[1]}
    })",
                    DropUnitAxis);
  }
}

TEST(ResolvePadding, SameBecomesNumbers) {
  const auto graph = After(R"(graph g(%x: float32[n, 5, 6, 2]) -> (%y, %z, %t) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %v: float32[2, 3, 3, 2] = const seeded(2)
    %y = Conv(%x, %w) {strides=[2, 2], auto_pad=SAME_UPPER}
    %z = AveragePool(%x) {kernel_shape=[2, 2], auto_pad=SAME_LOWER}
    %t = ConvTranspose(%x, %v) {strides=[2, 2], auto_pad=SAME_UPPER}
  })",
                           ResolvePadding);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[n, 5, 6, 2]) -> (%y, %z, %t) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %v: float32[2, 3, 3, 2] = const seeded(2)
    %y = Conv(%x, %w) {strides=[2, 2], pads=[1, 0, 1, 1]}
    %z = AveragePool(%x) {kernel_shape=[2, 2], pads=[1, 1, 0, 0]}
    %t = ConvTranspose(%x, %v) {strides=[2, 2], pads=[0, 0, 1, 1], output_padding=[0, 0]}
  })"));
}

TEST(ResolvePadding, NotWhileTheSizeIsUnknown) {
  ExpectUntouched(R"(graph g(%x: float32[1, h, 6, 2]) -> (%y) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %y = Conv(%x, %w) {strides=[2, 2], auto_pad=SAME_UPPER}
  })",
                  ResolvePadding);
}

TEST(FoldConstants, ComputesWhatDependsOnConstantsAlone) {
  const auto graph = After(R"(graph g(%x: float32[2]) -> (%y, %k) {
    %a: float32[2] = const [1, 2]
    %b = Square(%a)
    %k = Neg(%b)
    %y = Add(%x, %b)
  })",
                           FoldConstants);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[2]) -> (%y, %k) {
    %b: float32[2] = const [1, 4]
    %k: float32[2] = const [-1, -4]
    %y = Add(%x, %b)
  })"));
}

TEST(FoldConstants, FollowsShapesAndTakesTheBranchThatIsKnown) {
  const auto graph = After(R"(graph g(%x: float32[3, 4]) -> (%y) {
    %s = ShapeOf(%x)
    %n = ReduceProd(%s) {axes=[0]}
    %limit: int64[] = const 10
    %big = Greater(%n, %limit)
    %y = If(%big, %x)
      graph then(%p: float32[3, 4]) -> (%q) { %q = Exp(%p) }
      graph else(%p: float32[3, 4]) -> (%p) {}
  })",
                           FoldConstants);
  graph->RemoveDeadNodes();
  EXPECT_EQ(TypeOf(*graph, "y"), "float32[3, 4]");
  EXPECT_THAT(PrintGraph(*graph), testing::Not(testing::HasSubstr("If(")));
}

TEST(FoldConstants, LeavesRandomNumbersAndWhatWouldGrowTheModel) {
  ExpectUntouched(R"(graph g() -> (%r, %e) {
    %s: int64[1] = const [4]
    %r = RandomUniform(%s)
    %big: int64[2] = const [4096, 4096]
    %one: float32[] = const 1
    %e = Expand(%one, %big)
  })",
                  FoldConstants);
}

TEST(FoldConstants, LeavesWhatRaisesToTheRun) {
  ExpectUntouched(R"(graph g() -> (%y) {
    %a: int32[1] = const [1]
    %z: int32[1] = const [0]
    %y = FloorDiv(%a, %z)
  })",
                  FoldConstants);
}

}  // namespace
}  // namespace floe
