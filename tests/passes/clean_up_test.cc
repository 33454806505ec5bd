#include "passes/pass_test.h"

namespace floe {
namespace {

TEST(RemoveIdentity, DropsNodesThatGiveWhatTheyTake) {
  const auto graph = After(R"(graph g(%x: float32[2, 3]) -> (%y) {
    %one: float32[3] = const 1
    %zero: float32[] = const 0
    %s: int64[2] = const [2, -1]
    %p: int64[4] = const 0
    %a = Identity(%x)
    %b = Mul(%a, %one)
    %c = Sub(%b, %zero)
    %d = Reshape(%c, %s)
    %e = Pad(%d, %p)
    %f = Transpose(%e) {perm=[0, 1]}
    %h = Cast(%f) {to=float32}
    %i = Clip(%h) {min=-inf, max=inf}
    %y = Exp(%i)
  })",
                           RemoveIdentity);
  EXPECT_THAT(*graph, SameGraphAs("graph g(%x: float32[2, 3]) -> (%y) { %y = Exp(%x) }"));
}

TEST(RemoveIdentity, AnOutputKeepsItsName) {
  const auto graph =
      After("graph g(%x: float32[2]) -> (%y) { %a = Exp(%x) %y = Identity(%a) }", RemoveIdentity);
  EXPECT_EQ(graph->node_count(), 1u);
  EXPECT_EQ(graph->value(graph->outputs()[0]).name, "y");
}

TEST(RemoveIdentity, KeepsWhatOnlyLooksLikeIt) {
  ExpectUntouched(R"(graph g(%x: float32[3], %u: float32[?]) -> (%a, %b, %c, %d, %e) {
    %ones: float32[2, 3] = const 1
    %zero: float32[] = const 0
    %minus: int64[1] = const [-1]
    %last: int64[1] = const [-9]
    %axis: int64[1] = const [0]
    %s: int64[1] = const [3]
    %a = Mul(%x, %ones)
    %b = Add(%x, %zero)
    %c = Slice(%x, %minus, %last, %axis, %minus)
    %d = Reshape(%u, %s)
    %e = Identity(%x)
  })",
                  RemoveIdentity);
}

TEST(MergeCommon, ComputesEqualThingsOnce) {
  const auto graph = After(R"(graph g(%x: float32[2]) -> (%y, %e) {
    %p: float32[2] = const [1, 2]
    %q: float32[2] = const [1, 2]
    %a = Add(%x, %p)
    %b = Add(%x, %q)
    %c = Exp(%a)
    %e = Exp(%b)
    %y = Mul(%c, %e)
  })",
                           MergeCommon);
  EXPECT_EQ(graph->node_count(), 3u);
}

TEST(MergeCommon, NeverRandomNumbersOrOtherFields) {
  ExpectUntouched(R"(graph g(%x: float32[2], %s: int64[1]) -> (%a, %b, %c, %d, %e, %f) {
    %a = RandomUniform(%s)
    %b = RandomUniform(%s)
    %c = LeakyRelu(%x) {alpha=0.1}
    %d = LeakyRelu(%x) {alpha=0.2}
    %e = Exp(%x)
    %f = Exp(%x)
  })",
                  MergeCommon);
}

TEST(MergeReshapes, AChainIsOneReshape) {
  const auto graph = After(R"(graph g(%x: float32[n, 3, 4]) -> (%y) {
    %s: int64[2] = const [-1, 12]
    %a = Reshape(%x, %s)
    %b = Unsqueeze(%a) {axes=[1]}
    %y = Squeeze(%b) {axes=[1]}
  })",
                           MergeReshapes);
  EXPECT_EQ(graph->node_count(), 1u);
}

TEST(MergeReshapes, NotWithTwoUnknownDimensions) {
  ExpectUntouched(R"(graph g(%x: float32[n, m]) -> (%y) {
    %a = Unsqueeze(%x) {axes=[0]}
    %y = Unsqueeze(%a) {axes=[0]}
  })",
                  MergeReshapes);
}

TEST(MergeTransposes, CancelThroughAnElementwiseOp) {
  const auto graph = After(R"(graph g(%x: float32[1, 4, 5, 3]) -> (%y) {
    %a = Transpose(%x) {perm=[0, 3, 1, 2]}
    %b = Relu(%a)
    %c = Transpose(%b) {perm=[0, 2, 3, 1]}
    %y = Exp(%c)
  })",
                           MergeTransposes);
  EXPECT_THAT(*graph, SameGraphAs("graph g(%x: float32[1, 4, 5, 3]) -> (%y) { %a = Relu(%x) %y = Exp(%a) }"));
}

TEST(MergeTransposes, BecomeFlagsOfAMatMulOrReshapes) {
  const auto graph = After(R"(graph g(%a: float32[3, 2], %b: float32[3, 4], %c: float32[1, 5]) -> (%y, %z) {
    %t = Transpose(%a)
    %y = MatMul(%t, %b)
    %u = Transpose(%c)
    %z = Exp(%u)
  })",
                           MergeTransposes);
  EXPECT_THAT(PrintGraph(*graph), testing::HasSubstr("transpose_a=true"));
  EXPECT_THAT(PrintGraph(*graph), testing::Not(testing::HasSubstr("Transpose(")));
}

TEST(MergeTransposes, LeavesOneThatMovesData) {
  ExpectUntouched(
      "graph g(%x: float32[2, 3, 4]) -> (%y) { %a = Transpose(%x) {perm=[1, 0, 2]} %y = Exp(%a) }",
      MergeTransposes);
}

TEST(PreferNhwc, AChainOfNchwOpsKeepsTransposesAtItsEndsOnly) {
  const std::string text = R"(graph g(%x: float32[1, 2, 6, 6]) -> (%y) {
    %w: float32[3, 2, 3, 3] = const seeded(1)
    %b: float32[3, 1, 1] = const seeded(2)
    %pads: int64[8] = const [0, 0, 1, 1, 0, 0, 0, 1]
    %a = Conv(%x, %w) {layout=NCHW}
    %c = Add(%a, %b)
    %d = Relu(%c)
    %e = Pad(%d, %pads)
    %f = MaxPool(%e) {layout=NCHW, kernel_shape=[2, 2], strides=[2, 2]}
    %h = Concat(%f, %f) {axis=1}
    %y = ReduceMean(%h) {axes=[2, 3]}
  })";
  const auto graph = After(text, [](Graph& g, const PassContext& context) {
    return PreferNhwc(g, context) + MergeTransposes(g, context) + FoldConstants(g, context);
  });
  EXPECT_EQ(graph->node_count(), 8u) << PrintGraph(*graph);  // one transpose, at the front
}

// The transposes that are left.
int TransposesAfterTurning(const std::string& text) {
  const auto graph = After(text, [](Graph& g, const PassContext& context) {
    return PreferNhwc(g, context) + MergeTransposes(g, context) + FoldConstants(g, context);
  });
  int count = 0;
  for (const NodeId id : graph->Order()) count += IsOp<Transpose>(graph->node(id).op) ? 1 : 0;
  return count;
}

TEST(PreferNhwc, SplitsAndSlicesOfChannelsStayInside) {
  EXPECT_EQ(TransposesAfterTurning(R"(graph g(%x: float32[1, 4, 6, 6]) -> (%y) {
    %w: float32[4, 4, 1, 1] = const seeded(1)
    %v: float32[2, 2, 1, 1] = const seeded(2)
    %start: int64[1] = const [1]
    %end: int64[1] = const [5]
    %axis: int64[1] = const [3]
    %a = Conv(%x, %w) {layout=NCHW}
    %p, %q = Split(%a) {axis=1}
    %b = Conv(%q, %v) {layout=NCHW}
    %c = Concat(%b, %p) {axis=1}
    %d = Slice(%c, %start, %end, %axis)
    %y = ReduceMean(%d) {axes=[2, 3]}
  })"),
            1);  // at the front
}

TEST(PreferNhwc, ASpatialDimensionOfOneComesAndGoes) {
  EXPECT_EQ(TransposesAfterTurning(R"(graph g(%x: float32[2, 1, 9, 4]) -> (%y) {
    %w: float32[8, 4, 1, 3] = const seeded(1)
    %v: float32[8, 8, 1, 3] = const seeded(2)
    %n = Transpose(%x) {perm=[0, 3, 1, 2]}
    %a = Conv(%n, %w) {layout=NCHW}
    %b = Squeeze(%a) {axes=[2]}
    %c = Relu(%b)
    %d = Unsqueeze(%c) {axes=[2]}
    %e = Conv(%d, %v) {layout=NCHW}
    %f = Squeeze(%e) {axes=[-2]}
    %y = Transpose(%f) {perm=[0, 2, 1]}
  })"),
            0);
}

TEST(PreferNhwc, TheBatchSqueezedAwayKeepsItsTranspose) {
  EXPECT_EQ(TransposesAfterTurning(R"(graph g(%x: float32[1, 4, 5, 6]) -> (%y) {
    %w: float32[4, 4, 1, 1] = const seeded(1)
    %a = Conv(%x, %w) {layout=NCHW}
    %y = Squeeze(%a) {axes=[0]}
  })"),
            2);
}

TEST(PreferNhwc, LeavesNhwcAndThePlacesOfMaxima) {
  ExpectUntouched(R"(graph g(%x: float32[1, 4, 4, 3]) -> (%y, %m, %i) {
    %y = MaxPool(%x) {kernel_shape=[2, 2]}
    %m, %i = MaxPool(%x) {layout=NCHW, kernel_shape=[2, 2], argmax_index=ONNX}
  })",
                  PreferNhwc);
}

}  // namespace
}  // namespace floe
