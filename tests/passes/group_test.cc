#include "passes/pass_test.h"

namespace floe {
namespace {

TEST(GroupOps, AConvolutionTakesItsResidualAndActivation) {
  const auto graph = After(R"(graph g(%x: float32[1, 4, 4, 3], %r: float32[1, 4, 4, 3]) -> (%y) {
    %w: float32[3, 1, 1, 3] = const seeded(1)
    %c = Conv(%x, %w) from "conv"
    %a = Add(%r, %c) from "add"
    %y = Relu(%a) from "relu"
  })",
                           GroupOps);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[1, 4, 4, 3], %r: float32[1, 4, 4, 3]) -> (%y) {
    %w: float32[3, 1, 1, 3] = const seeded(1)
    %y = Group(%x, %w, %r)
      graph body(%x: float32[1, 4, 4, 3], %w: float32[3, 1, 1, 3], %r: float32[1, 4, 4, 3]) -> (%y) {
        %c = Conv(%x, %w)
        %a = Add(%r, %c)
        %y = Relu(%a)
      }
  })"));
  const Node& group = graph->node(graph->Order()[0]);
  EXPECT_EQ(group.name, "y");
  EXPECT_EQ(group.sources, (std::vector<std::string>{"conv", "add", "relu"}));
}

// One number an image and channel, or a channel, before a convolution of single pixels.
TEST(GroupOps, AConvolutionTakesTheScaleBeforeIt) {
  for (const char* scale :
       {"%s: float32[2, 1, 1, 3]", "%s: float32[1, 1, 1, 3]", "%s: float32[1, 3]", "%s: float32[3]"}) {
    for (const char* product : {"Mul(%x, %s)", "Mul(%s, %x)"}) {
      const auto graph = After("graph g(%x: float32[2, 4, 4, 3], " + std::string(scale) + R"() -> (%y) {
        %w: float32[5, 1, 1, 3] = const seeded(1)
        %m = )" + product + R"( from "scale"
        %c = Conv(%m, %w) {strides=[2, 2]} from "conv"
        %y = Silu(%c) from "silu"
      })",
                               GroupOps);
      ASSERT_EQ(graph->node_count(), 1u) << scale << product;
      EXPECT_EQ(graph->node(graph->Order()[0]).sources, (std::vector<std::string>{"scale", "conv", "silu"}));
    }
  }
}

// A layer of a dense block: the concatenation is normalised, and a pointwise convolution reads it.
TEST(GroupOps, AConvolutionTakesTheNormalisedConcatenationBeforeIt) {
  const char* text = R"(graph g(%x: float32[1, 4, 4, 3], %z: float32[1, 4, 4, 2]) -> (%y) {
    %w: float32[5, FILTER, 5] = const seeded(1)
    %s: float32[5] = const seeded(2)
    %o: float32[5] = const seeded(3)
    %a = Concat(%x, %z) {axis=AXIS} from "concat"
    %b = Mul(%a, %s) from "mul"
    %n = Add(%b, %o) from "add"
    %r = Relu(%n) from "relu"
    %y = Conv(%r, %w) from "conv"
  })";
  const auto with = [&](const std::string& filter, const std::string& axis) {
    std::string graph = text;
    graph.replace(graph.find("FILTER"), 6, filter);
    graph.replace(graph.find("AXIS"), 4, axis);
    return After(graph, GroupOps);
  };
  const auto pointwise = with("1, 1", "-1");
  ASSERT_EQ(pointwise->node_count(), 1u);
  EXPECT_EQ(pointwise->node(pointwise->Order()[0]).sources,
            (std::vector<std::string>{"concat", "mul", "add", "relu", "conv"}));
  EXPECT_EQ(with("1, 1", "3")->node_count(), 1u);
  EXPECT_EQ(with("2, 1", "3")->node_count(), 2u) << "a window: the elementwise ops are a group of their own";
}

TEST(GroupOps, AWindowTakesAConcatenationAlone) {
  const auto graph = After(R"(graph g(%x: float32[1, 4, 4, 3], %z: float32[1, 4, 4, 2]) -> (%y) {
    %w: float32[5, 3, 3, 5] = const seeded(1)
    %a = Concat(%x, %z) {axis=3} from "concat"
    %b = Conv(%a, %w) from "conv"
    %y = Relu(%b) from "relu"
  })",
                           GroupOps);
  ASSERT_EQ(graph->node_count(), 1u);
  EXPECT_EQ(graph->node(graph->Order()[0]).sources, (std::vector<std::string>{"concat", "conv", "relu"}));
  ExpectUntouched(R"(graph g(%x: float32[1, 4, 4, 4], %z: float32[1, 4, 4, 4]) -> (%y) {
    %w: float32[8, 3, 3, 1] = const seeded(1)
    %a = Concat(%x, %z) {axis=3}
    %y = Conv(%a, %w) {group=8}
  })",
                  GroupOps);
}

TEST(GroupOps, AScaleOfAnotherKindStaysApart) {
  const auto expect_apart = [](const std::string& inputs, const std::string& body,
                               const std::string& outputs = "%y") {
    ExpectUntouched("graph g(" + inputs + ") -> (" + outputs + ") {" + body + "}", GroupOps);
  };
  const std::string w = "%w: float32[5, 1, 1, 3] = const seeded(1) %m = Mul(%x, %s) ";
  expect_apart("%x: float32[2, 4, 4, 3], %s: float32[2, 4, 1, 3]", w + "%y = Conv(%m, %w)");
  expect_apart("%x: float32[2, 4, 4, 3], %s: float32[2, 1, 1, 1]", w + "%y = Conv(%m, %w)");
  expect_apart("%x: float32[1, 4, 4, 3], %s: float32[2, 1, 1, 3]", w + "%y = Conv(%m, %w)");
  expect_apart("%x: float32[2, 4, 4, 3], %s: float32[3]", w + "%y = Conv(%m, %w)", "%y, %m");
  expect_apart("%x: float32[2, 4, 4, 3], %s: float32[3]", w + "%y = Conv(%m, %w) {pads=[1, 1, 0, 0]}");
  expect_apart("%x: float32[2, 4, 4, 3], %s: float32[3]",
               "%w: float32[5, 3, 1, 3] = const seeded(1) %m = Mul(%x, %s) %y = Conv(%m, %w)");
}

TEST(GroupOps, ChainsOfElementwiseOpsComeTogether) {
  const auto graph = After(R"(graph g(%x: float32[2, 3], %z: float32[3]) -> (%y) {
    %a = Exp(%x)
    %b = Mul(%a, %z)
    %y = Sqrt(%b)
  })",
                           GroupOps);
  EXPECT_EQ(graph->node_count(), 1u);
}

// Two layers of a dense block: each concatenation is normalised and goes into the next one.
TEST(GroupOps, GrowingConcatenationsAreReadWhereTheirPartsLie) {
  const auto graph =
      After(R"(graph g(%x: float32[1, 4, 2], %y: float32[1, 4, 3], %z: float32[1, 4, 1]) -> (%n, %m) {
    %f: float32[5] = const seeded(1)
    %g: float32[6] = const seeded(2)
    %a = Concat(%x, %y) {axis=2}
    %b = Mul(%a, %f)
    %n = Relu(%b)
    %c = Concat(%a, %z) {axis=-1}
    %d = Mul(%c, %g)
    %m = Relu(%d)
  })",
            GroupOps);
  EXPECT_THAT(
      *graph,
      SameGraphAs(R"(graph g(%x: float32[1, 4, 2], %y: float32[1, 4, 3], %z: float32[1, 4, 1]) -> (%n, %m) {
    %f: float32[5] = const seeded(1)
    %g: float32[6] = const seeded(2)
    %n = Group(%x, %y, %f)
      graph body(%x: float32[1, 4, 2], %y: float32[1, 4, 3], %f: float32[5]) -> (%n) {
        %a = Concat(%x, %y) {axis=2}
        %b = Mul(%a, %f)
        %n = Relu(%b)
      }
    %m = Group(%x, %y, %z, %g)
      graph body(%x: float32[1, 4, 2], %y: float32[1, 4, 3], %z: float32[1, 4, 1], %g: float32[6]) -> (%m) {
        %c = Concat(%x, %y, %z) {axis=-1}
        %d = Mul(%c, %g)
        %m = Relu(%d)
      }
  })"));
}

TEST(GroupOps, AConcatenationThatOthersReadStaysWhole) {
  ExpectUntouched(R"(graph g(%x: float32[1, 4, 2], %y: float32[1, 4, 3]) -> (%c, %d) {
    %w: float32[3, 5] = const seeded(1)
    %a = Concat(%x, %y) {axis=2}
    %b = Concat(%a, %y) {axis=2}
    %c = MatMul(%a, %w) {transpose_b=true}
    %d = Softmax(%b)
  })",
                  GroupOps);
}

TEST(GroupOps, AValueUsedTwiceEndsAGroup) {
  ExpectUntouched(R"(graph g(%x: float32[1, 4, 4, 3]) -> (%y, %c) {
    %w: float32[3, 1, 1, 3] = const seeded(1)
    %c = Conv(%x, %w)
    %y = Relu(%c)
  })",
                  GroupOps);
}

TEST(GroupOps, ABroadcastThatWidensEndsAChain) {
  ExpectUntouched("graph g(%x: float32[3], %z: float32[2, 3]) -> (%y) { %a = Exp(%x) %y = Mul(%a, %z) }",
                  GroupOps);
}

}  // namespace
}  // namespace floe
