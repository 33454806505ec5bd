#include "verify/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/made_up.h"
#include "graph/builder.h"
#include "support/engines.h"
#include "verify/bisect.h"
#include "verify/layout.h"

namespace floe {
namespace {

using ::testing::ElementsAre;

// A convolution, an activation on it, another convolution; `seed` makes the second filter.
std::string Network(int seed) {
  return R"(graph net(%x: float32[1, 6, 6, 8] @"x:0") -> (%c) {
    %w1: float32[8, 3, 3, 8] = const seeded(1)
    %w2: float32[4, 1, 1, 8] = const seeded()" +
         std::to_string(seed) + R"()
    %a: float32[1, 6, 6, 8] @"a:0" = Conv(%x, %w1) {pads=[1, 1, 1, 1]} from "a"
    %b: float32[1, 6, 6, 8] @"b:0" = Relu(%a) from "b"
    %c: float32[1, 6, 6, 4] @"c:0" @"c_alias:0" = Conv(%b, %w2) from "c"
  })";
}

std::vector<Tensor> Inputs() {
  return {MadeUpTensor(DType::kFloat32, {1, 6, 6, 8}, 1)};
}

TEST(Layers, AnEngineAgreesWithTheGraphItWasBuiltFrom) {
  const std::unique_ptr<Graph> graph = ParseGraph(Network(2));
  const std::vector<Tensor> inputs = Inputs();
  const auto layers =
      CompareLayers(testing::EngineFor(Network(2)), inputs, ReferenceLayers(*graph, inputs, 1), 1);
  ASSERT_FALSE(layers.empty());
  EXPECT_EQ(layers.back().tensor, "c:0");
  for (const LayerDifference& layer : layers) {
    EXPECT_LT(layer.error.relative, 1e-5) << layer.tensor;
    EXPECT_LT(layer.own.relative, 1e-5) << layer.tensor;
  }
}

TEST(Layers, InBf16AreComparedAsSuch) {
  const std::unique_ptr<Graph> graph = ParseGraph(Network(2));
  const std::vector<Tensor> inputs = Inputs();
  const std::string stored = R"(graph net(%x: float32[1, 6, 6, 8] @"x:0") -> (%c) {
    %w1: float32[8, 3, 3, 8] = const seeded(1)
    %w2: float32[4, 1, 1, 8] = const seeded(2)
    %a: float32[1, 6, 6, 8] = Conv(%x, %w1) {pads=[1, 1, 1, 1]} from "a"
    %r: float32[1, 6, 6, 8] = Relu(%a) from "b"
    %b: bfloat16[1, 6, 6, 8] @"b:0" = Cast(%r) {to=bfloat16}
    %d: float32[1, 6, 6, 8] = Cast(%b) {to=float32}
    %c: float32[1, 6, 6, 4] @"c:0" = Conv(%d, %w2) from "c"
  })";
  const auto layers =
      CompareLayers(testing::EngineFor(stored), inputs, ReferenceLayers(*graph, inputs, 1), 1);
  bool seen = false;
  for (const LayerDifference& layer : layers) {
    EXPECT_EQ(layer.error.incomparable, "") << layer.tensor;
    EXPECT_LT(layer.error.relative, 1e-2) << layer.tensor;
    seen |= layer.tensor == "b:0";
  }
  EXPECT_TRUE(seen);
}

// The same network with its channels first, weights too.
std::string ChannelsFirst(int seed) {
  return R"(graph net(%x: float32[1, 8, 6, 6] @"x:0") -> (%c) {
    %w1: float32[8, 3, 3, 8] = const seeded(1)
    %w2: float32[4, 1, 1, 8] = const seeded()" +
         std::to_string(seed) + R"()
    %v1 = Transpose(%w1) {perm=[0, 3, 1, 2]}
    %v2 = Transpose(%w2) {perm=[0, 3, 1, 2]}
    %a: float32[1, 8, 6, 6] @"a:0" = Conv(%x, %v1) {pads=[1, 1, 1, 1], layout=NCHW} from "a"
    %b: float32[1, 8, 6, 6] @"b:0" = Relu(%a) from "b"
    %c: float32[1, 4, 6, 6] @"c:0" = Conv(%b, %v2) {layout=NCHW} from "c"
  })";
}

TEST(Layers, AreFoundWhereTheChannelsStandElsewhere) {
  const std::unique_ptr<Graph> graph = ParseGraph(Network(2));
  const std::vector<Tensor> inputs = Inputs();
  const std::vector<Tensor> turned = {WithLayoutOf(inputs[0], std::vector<int64_t>{1, 8, 6, 6})};
  ASSERT_EQ(turned[0].dims(), (std::vector<int64_t>{1, 8, 6, 6}));
  const LayerValues wanted = ReferenceLayers(*graph, inputs, 1);
  const auto layers = CompareLayers(testing::EngineFor(ChannelsFirst(2)), turned, wanted, 1);
  ASSERT_GE(layers.size(), 2u);
  EXPECT_EQ(layers.back().tensor, "c:0");
  for (const LayerDifference& layer : layers) {
    EXPECT_EQ(layer.error.incomparable, "") << layer.tensor;
    EXPECT_LT(layer.own.relative, 1e-5) << layer.tensor;
  }
  const auto wrong = CompareLayers(testing::EngineFor(ChannelsFirst(3)), turned, wanted, 1);
  EXPECT_GT(wrong.back().own.relative, 0.1);
  EXPECT_LT(wrong.front().own.relative, 1e-5);
}

TEST(Layout, TurnsOnlyWhereThatFits) {
  const Tensor image = MadeUpTensor(DType::kFloat32, {1, 2, 3, 4}, 1);
  const auto dims = [&](std::vector<int64_t> wanted) { return WithLayoutOf(image, wanted).dims(); };
  EXPECT_THAT(dims({-1, 4, 2, 3}), ElementsAre(1, 4, 2, 3));
  EXPECT_THAT(dims({1, 3, 4, 2}), ElementsAre(1, 3, 4, 2));
  EXPECT_THAT(dims({-1, -1, -1, -1}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(dims({1, 4, 3, 2}), ElementsAre(1, 2, 3, 4));
}

TEST(Layout, OfDimsThatAreAllEqualTheNearerOneIsTaken) {
  const Tensor wanted = MadeUpTensor(DType::kFloat32, {1, 3, 3, 3}, 1);
  const Tensor turned = PermuteTensor(wanted, {0, 3, 1, 2});
  EXPECT_EQ(CompareTensors("", turned, InLayoutOf(wanted, turned)).different, 0);
  EXPECT_EQ(CompareTensors("", wanted, InLayoutOf(wanted, wanted)).different, 0);
}

TEST(Layers, AnErrorIsTheOwnOfTheLayerWhereItArises) {
  // The engine multiplies by -1 behind `a`, unseen by the reference's names, and goes on from there.
  const char* wrong = R"(graph net(%x: float32[1, 6, 6, 8] @"x:0") -> (%c) {
    %w1: float32[8, 3, 3, 8] = const seeded(1)
    %w2: float32[4, 1, 1, 8] = const seeded(2)
    %a: float32[1, 6, 6, 8] @"a:0" = Conv(%x, %w1) {pads=[1, 1, 1, 1]} from "a"
    %n: float32[1, 6, 6, 8] = Neg(%a) from "a"
    %b: float32[1, 6, 6, 8] @"b:0" = Relu(%n) from "b"
    %c: float32[1, 6, 6, 4] @"c:0" = Conv(%b, %w2) from "c"
  })";
  const std::unique_ptr<Graph> graph = ParseGraph(Network(2));
  const std::vector<Tensor> inputs = Inputs();
  const auto layers = CompareLayers(testing::EngineFor(wrong), inputs, ReferenceLayers(*graph, inputs, 1), 1);
  ASSERT_EQ(layers.size(), 3u);
  EXPECT_LT(layers[0].own.relative, 1e-5);
  EXPECT_GT(layers[1].own.relative, 0.1);
  EXPECT_THAT(layers[1].inputs, ElementsAre("a:0"));
  EXPECT_EQ(layers[1].steps.size(), 2u);  // the negation and the activation
  EXPECT_GT(layers[2].error.relative, 0.01);
  EXPECT_LT(layers[2].own.relative, 1e-5);
}

TEST(Layers, ForcedTensorsDoNotStayInTheEngine) {
  const std::unique_ptr<Graph> graph = ParseGraph(Network(2));
  const std::vector<Tensor> inputs = Inputs();
  const auto engine = testing::EngineFor(Network(3));
  const LayerValues before = EngineLayers(engine, inputs, 1);
  CompareLayers(engine, inputs, ReferenceLayers(*graph, inputs, 1), 1);
  const LayerValues after = EngineLayers(engine, inputs, 1);
  const std::string name = "c";
  EXPECT_TRUE(SameContents(*before.Find({&name, 1}), *after.Find({&name, 1})));
}

TEST(Layers, NamesWithoutAPortMeanPortZero) {
  LayerValues layers;
  const std::vector<std::string> names{"scope/a", "b:1"};
  layers.Add(names, Tensor::Scalar<float>(1));
  const auto knows = [&](const std::string& name) { return layers.Find({&name, 1}) != nullptr; };
  EXPECT_TRUE(knows("scope/a:0"));
  EXPECT_TRUE(knows("b:1"));
  EXPECT_FALSE(knows("b"));
}

TEST(Bisect, FindsNothingWhereNothingIsWrong) {
  const std::unique_ptr<Graph> graph = ParseGraph(Network(2));
  const std::vector<Tensor> inputs = Inputs();
  const Bisection found =
      Bisect(testing::EngineFor(Network(2)), *graph, inputs, ReferenceLayers(*graph, inputs, 1), {});
  EXPECT_FALSE(found.wrong);
}

TEST(Bisect, AWrongWeightOfTheModelIsFoundAndIsWrongWhenBuiltAlone) {
  const std::unique_ptr<Graph> right = ParseGraph(Network(2));
  const std::unique_ptr<Graph> wrong = ParseGraph(Network(3));
  const std::vector<Tensor> inputs = Inputs();
  const Bisection found =
      Bisect(testing::EngineFor(Network(3)), *wrong, inputs, ReferenceLayers(*right, inputs, 1), {});
  ASSERT_TRUE(found.wrong);
  EXPECT_EQ(found.layers[*found.wrong].tensor, "c:0");
  ASSERT_TRUE(found.rebuilt);
  EXPECT_THAT(found.rebuilt->nodes, ElementsAre("c"));
  ASSERT_EQ(found.rebuilt->feeds.size(), 1u);
  EXPECT_EQ(found.rebuilt->feeds[0].name, "b:0");
}

TEST(Bisect, ABrokenStepOfTheEngineIsFoundThoughItsPartIsRightWhenBuiltAlone) {
  const std::unique_ptr<Graph> graph = ParseGraph(Network(2));
  std::unique_ptr<Graph> built = ParseGraph(Network(2));
  EngineData data = testing::DataFor(*built);
  Tensor& last = data.constants.back();
  last = last.Clone();
  for (int64_t i = 0; i < last.size(); ++i) last.data<float>()[i] *= -2;
  const std::vector<Tensor> inputs = Inputs();
  const Bisection found = Bisect(std::make_shared<const Engine>(std::move(data)), *graph, inputs,
                                 ReferenceLayers(*graph, inputs, 1), {});
  ASSERT_TRUE(found.wrong);
  EXPECT_EQ(found.layers[*found.wrong].tensor, "c:0");
  EXPECT_FALSE(found.rebuilt);
  ASSERT_EQ(found.part.found.size(), 1u);
  EXPECT_FALSE(SameContents(found.part.found[0].tensor, found.part.expected[0].tensor));
}

}  // namespace
}  // namespace floe
