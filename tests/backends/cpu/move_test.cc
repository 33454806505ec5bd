#include <gmock/gmock.h>

#include "backends/cpu/harness.h"
#include "floe/error.h"

namespace floe::cpu {
namespace {

using Ints = std::vector<int64_t>;

// One op on an input and constants of integers, for every size of element.
void ExpectMoves(const Op& op, Ints dims, std::vector<Ints> constants = {}, int outputs = -1) {
  for (const DType dtype : {DType::kFloat32, DType::kUInt8, DType::kInt16, DType::kInt64}) {
    Graph g;
    std::vector<ValueId> inputs = {g.AddInput("x", {dtype, Shape::Of(dims)})};
    for (const Ints& c : constants) inputs.push_back(g.AddConstant("c", Tensor::FromVector(c)));
    const NodeId node = g.AddNode(op, inputs, {.outputs = outputs});
    for (const ValueId out : g.node(node).outputs) g.AddOutput(out);
    SCOPED_TRACE(std::string(DTypeName(dtype)));
    ExpectMatches("cpu.move", g, {RandomTensor(dtype, dims, 3, 0, 200)});
  }
}

TEST(Move, Transposes) {
  ExpectMoves(Transpose{{1, 0}}, {37, 53});
  ExpectMoves(Transpose{{0, 3, 1, 2}}, {2, 9, 11, 19});
  ExpectMoves(Transpose{{0, 2, 3, 1}}, {2, 19, 9, 11});
  ExpectMoves(Transpose{{3, 1, 2, 0}}, {5, 6, 7, 8});
  ExpectMoves(Transpose{}, {4, 1, 6});
  ExpectMoves(Transpose{{0, 1, 2}}, {4, 5, 6});
  for (const int64_t groups : {2, 3, 4, 5}) {  // channels shuffled, and back
    ExpectMoves(Transpose{{0, 2, 1}}, {11, groups, 37});
    ExpectMoves(Transpose{{0, 2, 1}}, {11, 37, groups});
    ExpectMoves(Transpose{{1, 0}}, {groups, 37});
  }
}

TEST(Move, SlicesForwardAndBackward) {
  ExpectMoves(Slice{}, {9, 10, 11}, {{1, 2}, {8, -1}, {0, 2}});
  ExpectMoves(Slice{}, {9, 10}, {{8, 1}, {-100, 10}, {0, 1}, {-2, 3}});
  ExpectMoves(Slice{}, {20}, {{3}, {17}});
}

TEST(Move, SplitsAndReverses) {
  Split equal;
  equal.axis = -1;
  ExpectMoves(equal, {3, 4, 12}, {}, 3);
  Split parts;
  parts.axis = 1;
  parts.sizes = {1, 3, 2};
  ExpectMoves(parts, {5, 6, 7}, {}, 3);
  ExpectMoves(Reverse{{0, 2}}, {3, 4, 5});
}

TEST(Move, ExpandsAndTiles) {
  ExpectMoves(Expand{}, {3, 1, 5}, {{2, 3, 4, 5}});
  ExpectMoves(Expand{}, {1}, {{7, 9}});
  ExpectMoves(Tile{}, {3, 4, 5}, {{2, 1, 3}});
}

TEST(Move, MovesSpaceToDepthAndBack) {
  ExpectMoves(SpaceToDepth{.block_size = 2}, {2, 6, 4, 5});
  ExpectMoves(DepthToSpace{.block_size = 2}, {2, 3, 2, 20});
  ExpectMoves(DepthToSpace{.block_size = 3, .order = DepthOrder::kCrd}, {1, 2, 2, 18});
}

TEST(Move, PadsAndCrops) {
  ExpectMoves(Pad{}, {2, 5, 6, 3}, {{0, 1, 2, 0, 0, 2, 3, 1}});
  ExpectMoves(Pad{}, {8, 9}, {{-1, 2, 3, -2}});
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {3, 4}});
  g.AddOutput(g.Add(Pad{}, {x, g.AddConstant("pads", Tensor::FromVector<int64_t>({1, 1, 1, 1})),
                            g.AddConstant("value", Tensor::Scalar(-2.5f))}));
  ExpectMatches("cpu.move", g);
}

TEST(Move, PadsWithWhatLiesInside) {
  for (const PadMode mode : {PadMode::kReflect, PadMode::kSymmetric, PadMode::kEdge}) {
    ExpectMoves(Pad{mode}, {2, 5, 6, 3}, {{0, 3, 2, 0, 0, 4, 1, 0}});
    ExpectMoves(Pad{mode}, {4, 3}, {{0, 2, 3, 0}});
    ExpectMoves(Pad{mode}, {2, 3, 4, 5}, {{1, 1, 2, 3, 1, 2, 3, 4}});
    ExpectMoves(Pad{mode}, {7}, {{0, 0}});
  }
  ExpectMoves(Pad{PadMode::kSymmetric}, {3, 4}, {{3, 4, 3, 4}});
  ExpectMoves(Pad{PadMode::kEdge}, {3, 4}, {{9, 0, 0, 11}});
}

TEST(Move, ConcatenatesAlongEveryAxis) {
  for (int64_t axis = 0; axis < 3; ++axis) {
    Graph g;
    std::vector<ValueId> inputs;
    for (int64_t i = 1; i < 4; ++i) {
      Ints dims = {4, 5, 6};
      dims[static_cast<size_t>(axis)] = i;
      inputs.push_back(g.AddInput("x", {DType::kFloat32, Shape::Of(dims)}));
    }
    inputs.push_back(inputs[0]);
    g.AddOutput(g.Add(Concat{axis}, inputs));
    ExpectMatches("cpu.move", g);
  }
}

Graph GatherOf(const Gather& op, Ints dims, const Tensor& indices) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(dims)});
  g.AddOutput(g.Add(op, {x, g.AddConstant("indices", indices)}));
  return g;
}

TEST(Gather, PicksSlices) {
  ExpectMatches("cpu.gather", GatherOf({.axis = 0}, {10, 7}, Tensor::FromVector<int64_t>({3, 0, 9, 3})));
  ExpectMatches("cpu.gather",
                GatherOf({.axis = -1}, {5, 6, 7}, Tensor::FromValues<int32_t>({2, 2}, {6, 0, 1, 2})));
  ExpectMatches("cpu.gather", GatherOf({.axis = 1, .batch_dims = 1}, {2, 6, 3},
                                       Tensor::FromValues<int32_t>({2, 2}, {5, 0, 1, 2})));
  ExpectMatches("cpu.gather",
                GatherOf({.axis = 0, .allow_negative = true}, {10}, Tensor::FromVector<int64_t>({-1, -10})));
}

Graph GatherTuples(int64_t batch_dims, Ints dims, const Tensor& indices) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(dims)});
  g.AddOutput(g.Add(GatherND{batch_dims}, {x, g.AddConstant("indices", indices)}));
  return g;
}

TEST(Gather, PicksByTuples) {
  ExpectMatches("cpu.gather",
                GatherTuples(0, {4, 5}, Tensor::FromValues<int32_t>({3, 2}, {3, 4, 0, -1, -4, 2})));
  for (const int64_t inner : {1, 2, 3, 7}) {
    SCOPED_TRACE(inner);
    ExpectMatches(
        "cpu.gather",
        GatherTuples(0, {4, 5, inner}, Tensor::FromValues<int64_t>({2, 2, 2}, {3, 4, 0, 1, 2, 2, 1, 0})));
    ExpectMatches(
        "cpu.gather",
        GatherTuples(1, {2, 5, 4, inner}, Tensor::FromValues<int32_t>({2, 2, 2}, {3, 3, 0, 1, 2, 2, 4, 0})));
  }
  ExpectMatches("cpu.gather",
                GatherTuples(2, {2, 3, 4}, Tensor::FromValues<int32_t>({2, 3, 1}, {3, 0, 1, 2, 2, 1})));
  ExpectMatches("cpu.gather", GatherTuples(1, {2, 3}, Tensor(DType::kInt32, {2, 4, 0})));
}

TEST(Gather, RaisesOnATupleOutOfRange) {
  for (const int32_t index : {-5, 4}) {
    const Graph g = GatherTuples(0, {4, 5}, Tensor::FromValues<int32_t>({1, 2}, {index, 1}));
    EXPECT_THROW(RunKernel(Row("cpu.gather"), g, {RandomTensor(DType::kFloat32, {4, 5}, 1)}, "generic", 2),
                 Error);
  }
}

TEST(Gather, RaisesOnAnIndexOutOfRange) {
  for (const int64_t index : {-1, 10}) {
    const Graph g = GatherOf({.axis = 0}, {10, 2}, Tensor::FromVector<int64_t>({index}));
    EXPECT_THROW(RunKernel(Row("cpu.gather"), g, {RandomTensor(DType::kFloat32, {10, 2}, 1)}, "generic", 2),
                 Error);
  }
}

Graph ScatterOf(ScatterReduction reduction, Ints dims, const Tensor& indices, Ints rows,
                DType dtype = DType::kFloat32) {
  Graph g;
  const ValueId x = g.AddInput("x", {dtype, Shape::Of(dims)});
  const ValueId updates = g.AddInput("updates", {dtype, Shape::Of(rows)});
  g.AddOutput(g.Add(ScatterND{reduction}, {x, g.AddConstant("indices", indices), updates}));
  return g;
}

// Rows that meet are combined in their order: to the bit as on the reference backend.
TEST(Scatter, WritesRowsAndCombinesThem) {
  for (const ScatterReduction reduction :
       {ScatterReduction::kNone, ScatterReduction::kAdd, ScatterReduction::kSub, ScatterReduction::kMul,
        ScatterReduction::kMin, ScatterReduction::kMax}) {
    const Tensor rows = Tensor::FromValues<int32_t>({5, 1}, {3, 0, -1, 3, 3});
    ExpectMatches("cpu.scatter", ScatterOf(reduction, {6, 70}, rows, {5, 70}));
    ExpectMatches("cpu.scatter", ScatterOf(reduction, {6, 3}, rows, {5, 3}, DType::kInt32));
    ExpectMatches("cpu.scatter", ScatterOf(reduction, {6}, rows, {5}, DType::kInt64));
    ExpectMatches("cpu.scatter",
                  ScatterOf(reduction, {4, 3, 2}, Tensor::FromValues<int64_t>({2, 2}, {3, 2, 0, 1}), {2, 2}));
  }
}

TEST(Scatter, RaisesOnAnIndexOutOfRange) {
  for (const int32_t index : {-7, 6}) {
    const Graph g =
        ScatterOf(ScatterReduction::kNone, {6, 2}, Tensor::FromValues<int32_t>({1, 1}, {index}), {1, 2});
    const std::vector<Tensor> inputs = {RandomTensor(DType::kFloat32, {6, 2}, 1),
                                        RandomTensor(DType::kFloat32, {1, 2}, 2)};
    EXPECT_THROW(RunKernel(Row("cpu.scatter"), g, inputs, "generic", 2), Error);
  }
}

}  // namespace
}  // namespace floe::cpu
