// Channels first inside, with as few transposes as there can be.
#include <gmock/gmock.h>

#include "backends/reference/evaluate.h"
#include "export/export_test.h"
#include "export/layout/min_cut.h"
#include "export/layout/turn_layout.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "passes/pass_test.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The turned graph gives the same numbers, and is left with so many transposes.
void ExpectTransposes(std::string_view text, size_t count) {
  const ReferenceEvaluator evaluator;
  const auto before = ParseGraph(text);
  auto graph = before->Clone();
  TurnLayout(*graph, false, false, &evaluator);
  MergeTransposes(*graph, {evaluator});
  graph->RemoveDeadNodes();
  VerifyGraph(*graph);
  ExpectSameNumbers(*before, *graph, 1e-5);
  size_t found = 0;
  for (const NodeId id : graph->Order()) found += IsOp<Transpose>(graph->node(id).op) ? 1 : 0;
  EXPECT_EQ(found, count) << PrintGraph(*graph);
}

TEST(TurnLayout, OneTransposeInAndOneOut) {
  ExpectTransposes(R"(
    graph main(%x: float32[1, 6, 5, 3]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %g: float32[2, 1, 1, 4] = const seeded(2)
      %bias: float32[4] = const seeded(3)
      %a = Conv(%x, %f) {auto_pad=SAME_UPPER, strides=[2, 2]}
      %b = Add(%a, %bias)
      %c = Relu(%b)
      %y = Conv(%c, %g)
    })",
                   2);
}

TEST(TurnLayout, NoneBehindAGlobalMean) {
  ExpectTransposes(R"(
    graph main(%x: float32[2, 6, 5, 3]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %a = Conv(%x, %f)
      %y = ReduceMean(%a) {axes=[1, 2]}
    })",
                   1);
}

TEST(TurnLayout, ResidualsConcatsPadsAndSoftmaxFollow) {
  ExpectTransposes(R"(
    graph main(%x: float32[1, 6, 6, 4]) -> (%y) {
      %f: float32[4, 3, 3, 4] = const seeded(1)
      %pads: int64[8] = const [0, 1, 1, 0, 0, 1, 1, 0]
      %h: float32[4, 3, 3, 8] = const seeded(2)
      %a = Conv(%x, %f) {auto_pad=SAME_UPPER}
      %b = Sigmoid(%a)
      %c = Mul(%a, %b)
      %d = Concat(%c, %x) {axis=3}
      %e = Pad(%d, %pads)
      %g = Conv(%e, %h)
      %s = Softmax(%g) {axis=-1}
      %y = ReduceSum(%s) {axes=[1, 2]}
    })",
                   1);
}

TEST(TurnLayout, ASqueezeAndExciteBlockHasNoneOfItsOwn) {
  ExpectTransposes(R"(
    graph main(%x: float32[2, 4, 4, 8]) -> (%y) {
      %f: float32[8, 3, 3, 8] = const seeded(1)
      %s: float32[2, 1, 1, 8] = const seeded(2)
      %e: float32[8, 1, 1, 2] = const seeded(3)
      %a = Conv(%x, %f) {auto_pad=SAME_UPPER}
      %m = ReduceMean(%a) {axes=[1, 2], keep_dims=true}
      %q = Conv(%m, %s)
      %r = Conv(%q, %e)
      %g = Sigmoid(%r)
      %z = Mul(%a, %g)
      %y = ReduceMax(%z) {axes=[1, 2]}
    })",
                   1);
}

TEST(TurnLayout, ConvolutionOfSequencesThroughReshapes) {
  ExpectTransposes(R"(
    graph main(%x: float32[2, 9, 3]) -> (%y) {
      %f: float32[4, 1, 3, 3] = const seeded(1)
      %t: int64[4] = const [2, 1, 9, 3]
      %u: int64[3] = const [2, 7, 4]
      %a = Reshape(%x, %t)
      %b = Conv(%a, %f)
      %c = Reshape(%b, %u)
      %y = Relu(%c)
    })",
                   2);
}

TEST(TurnLayout, FlatteningIntoAProductTurnsItsWeights) {
  for (const char* flags : {"", "{transpose_b=true}"}) {
    const std::string weights = flags[0] == 0 ? "float32[48, 5]" : "float32[5, 48]";
    ExpectTransposes(R"(
      graph main(%x: float32[2, 6, 5, 3]) -> (%y) {
        %f: float32[4, 3, 3, 3] = const seeded(1)
        %t: int64[2] = const [-1, 48]
        %w: )" + weights +
                         R"( = const seeded(2)
        %a = Conv(%x, %f)
        %b = Reshape(%a, %t)
        %y = MatMul(%b, %w) )" +
                         flags + "}",
                     1);
  }
}

TEST(TurnLayout, FlatteningIntoAnythingElseNeedsATranspose) {
  ExpectTransposes(R"(
    graph main(%x: float32[2, 6, 5, 3]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %t: int64[2] = const [-1, 48]
      %a = Conv(%x, %f)
      %b = Reshape(%a, %t)
      %y = Softmax(%b)
    })",
                   2);
}

TEST(TurnLayout, PreprocessingIsDoneBehindTheTranspose) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[1, 6, 5, 3]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %c: float32[3] = const seeded(2)
      %a = Sub(%x, %c)
      %b = Conv(%a, %f)
      %y = Relu(%b)
    })");
  EXPECT_THAT(Operators(result), ElementsAre("Transpose", "Sub", "Conv", "Relu", "Transpose"));
}

TEST(TurnLayout, AShapeIsPutBackInOrder) {
  ExpectTransposes(R"(
    graph main(%x: float32[1, 6, w, 3]) -> (%y, %s) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %a = Conv(%x, %f) {auto_pad=SAME_UPPER}
      %s = ShapeOf(%a)
      %y = ReduceMean(%a) {axes=[1, 2]}
    })",
                   1);
}

TEST(TurnLayout, WhatHasNoImagesStaysAsItIs) {
  ExpectTransposes(R"(
    graph main(%x: float32[2, 3, 4, 5], %b: float32[5]) -> (%y) {
      %a = Add(%x, %b)
      %y = ReduceSum(%a) {axes=[1]}
    })",
                   0);
}

TEST(Export, ChannelsFirstAtTheEdgesLeavesNoTranspose) {
  ExportOptions options;
  options.nchw_inputs = options.nchw_outputs = true;
  const ExportResult result = Exported(R"(
    graph main(%x: float32[1, 6, 5, 3]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %y = Conv(%x, %f)
    })",
                                       options);
  EXPECT_THAT(Operators(result), ElementsAre("Conv"));
  EXPECT_THAT(result.transposes, IsEmpty());
  EXPECT_EQ(result.model.proto.graph().input(0).type().tensor_type().shape().dim(1).dim_value(), 3);
  EXPECT_EQ(result.model.proto.graph().output(0).type().tensor_type().shape().dim(1).dim_value(), 4);
}

TEST(Export, NamesTheReasonOfEachTranspose) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[1, 6, 5, 3]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %y = Conv(%x, %f)
    })");
  ASSERT_THAT(result.transposes, SizeIs(2));
  EXPECT_EQ(result.transposes[0].reason, "input 'x' has its channels last (--nchw-inputs)");
  EXPECT_EQ(result.transposes[1].reason, "output 'y' has its channels last (--nchw-outputs)");
}

TEST(MinCut, OfEqualCutsTheOneWithMostOnTheSinksSide) {
  MinCut cut;
  const int a = cut.AddNode();
  cut.AddHyperedge({MinCut::kSource, a}, 1);
  cut.AddHyperedge({a, MinCut::kSink}, 1);
  EXPECT_TRUE(cut.Solve()[static_cast<size_t>(a)]);
}

TEST(MinCut, CutsTheCheapestHyperedge) {
  MinCut cut;
  const int a = cut.AddNode(), b = cut.AddNode();
  cut.AddHyperedge({MinCut::kSource, a}, 5);
  cut.AddHyperedge({a, b}, 2);
  cut.AddHyperedge({b, MinCut::kSink}, 3);
  const std::vector<bool> with_sink = cut.Solve();
  EXPECT_FALSE(with_sink[static_cast<size_t>(a)]);
  EXPECT_TRUE(with_sink[static_cast<size_t>(b)]);
}

TEST(MinCut, AHyperedgeIsPaidOnce) {
  // Apart from the source, three members cost 4 together, less than the 5 that keep them from the sink.
  MinCut cut;
  const int a = cut.AddNode(), b = cut.AddNode(), c = cut.AddNode();
  cut.AddHyperedge({MinCut::kSource, a, b, c}, 4);
  cut.AddHyperedge({a, MinCut::kSink}, 2);
  cut.AddHyperedge({b, MinCut::kSink}, 2);
  cut.AddHyperedge({c, MinCut::kSink}, 1);
  const std::vector<bool> with_sink = cut.Solve();
  EXPECT_TRUE(with_sink[static_cast<size_t>(a)] && with_sink[static_cast<size_t>(b)] &&
              with_sink[static_cast<size_t>(c)]);
}

}  // namespace
}  // namespace floe
