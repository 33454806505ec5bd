#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <span>

#include "backends/cpu/harness.h"
#include "backends/reference/evaluate.h"
#include "floe/error.h"

namespace floe::cpu {
namespace {

using Ints = std::vector<int64_t>;

Graph Of(const Op& op, Ints dims, DType dtype = DType::kFloat32) {
  Graph g;
  g.AddOutput(g.Add(op, {g.AddInput("x", {dtype, Shape::Of(dims)})}));
  return g;
}

MaxPool Max(Ints kernel, Ints strides, Ints pads, Ints dilations = {}, bool ceil = false) {
  MaxPool op;
  op.kernel_shape = kernel;
  op.strides = strides;
  op.pads = pads;
  op.dilations = dilations;
  op.ceil_mode = ceil;
  return op;
}

AveragePool Average(Ints kernel, Ints strides, Ints pads, bool count_pads = false, bool ceil = false) {
  AveragePool op;
  op.kernel_shape = kernel;
  op.strides = strides;
  op.pads = pads;
  op.count_include_pad = count_pads;
  op.ceil_mode = ceil;
  return op;
}

Graph RunningOf(const Cumulative& op, Ints dims, int64_t axis, DType dtype = DType::kFloat32) {
  Graph g;
  const ValueId x = g.AddInput("x", {dtype, Shape::Of(dims)});
  g.AddOutput(g.Add(op, {x, g.AddConstant("axis", Tensor::Scalar(axis))}));
  return g;
}

// Columns that fill blocks, and some more; both directions, with and without the element itself.
TEST(Cumulative, EqualsTheReference) {
  for (const CumulativeKind kind : {CumulativeKind::kCumSum, CumulativeKind::kCumProd}) {
    for (const bool exclusive : {false, true}) {
      for (const bool reverse : {false, true}) {
        const Cumulative op{kind, exclusive, reverse};
        ExpectMatches("cpu.cumulative", RunningOf(op, {3, 50}, 1));
        ExpectMatches("cpu.cumulative", RunningOf(op, {2, 7, 37}, -2));
        ExpectMatches("cpu.cumulative", RunningOf(op, {9, 16}, 0, DType::kInt32));
        ExpectMatches("cpu.cumulative", RunningOf(op, {5}, 0, DType::kInt64));
      }
    }
  }
  ExpectMatches("cpu.cumulative", RunningOf(Cumulative{}, {300, 400}, 1));
}

TEST(Pool, EqualsTheReference) {
  ExpectMatches("cpu.pool", Of(Max({3, 3}, {2, 2}, {1, 1, 1, 1}), {2, 13, 12, 21}));
  ExpectMatches("cpu.pool", Of(Max({2, 2}, {2, 2}, {0, 0, 0, 0}), {1, 8, 8, 64}));
  ExpectMatches("cpu.pool", Of(Max({3, 2}, {1, 1}, {0, 0, 0, 0}, {2, 2}), {1, 9, 9, 5}));
  ExpectMatches("cpu.pool", Of(Max({3, 3}, {2, 2}, {0, 0, 0, 0}, {}, true), {1, 8, 8, 3}));
  ExpectMatches("cpu.pool", Of(Average({3, 3}, {1, 1}, {1, 1, 1, 1}), {1, 7, 7, 33}));
  ExpectMatches("cpu.pool", Of(Average({3, 3}, {2, 2}, {1, 1, 1, 1}, true), {1, 7, 7, 6}));
  ExpectMatches("cpu.pool", Of(Average({2, 2}, {2, 2}, {0, 0, 0, 0}, false, true), {1, 5, 5, 9}));
  ExpectMatches("cpu.pool", Of(Average({2, 2}, {2, 2}, {1, 0, 0, 1}, true, true), {1, 6, 5, 9}));
  ExpectMatches("cpu.pool", Of(Average({7, 7}, {1, 1}, {0, 0, 0, 0}), {1, 7, 7, 130}));
  ExpectMatches("cpu.pool", Of(Average({4}, {3}, {1, 1}), {2, 20, 10}));
  ExpectMatches("cpu.pool", Of(Max({2, 2, 2}, {2, 2, 2}, {}), {1, 4, 6, 5, 7}));
  ExpectMatches("cpu.pool", Of(Max({1, 3}, {1, 1}, {0, 2, 0, 1}), {1, 3, 1, 40}));
  ExpectMatches("cpu.pool", Of(Max({3, 3, 3}, {1, 2, 1}, {1, 1, 1, 1, 1, 1}), {1, 4, 6, 5, 20}));
}

// Windows that share columns with their neighbours, over more channels than pass together and some more.
TEST(Pool, SlidesOverARow) {
  for (const int64_t width : {3, 4, 5, 12, 31}) {
    SCOPED_TRACE(width);
    const Ints dims = {2, 9, width, 150};
    ExpectMatches("cpu.pool", Of(Max({2, 2}, {2, 2}, {0, 1, 0, 0}), dims));
    ExpectMatches("cpu.pool", Of(Max({3, 3}, {2, 2}, {0, 0, 1, 1}), dims));
    ExpectMatches("cpu.pool", Of(Max({3, 3}, {1, 1}, {}, {2, 1}), dims));
    ExpectMatches("cpu.pool", Of(Average({3, 3}, {1, 1}, {1, 1, 1, 1}), dims));
    ExpectMatches("cpu.pool", Of(Average({3, 3}, {2, 2}, {1, 1, 1, 1}, true), dims));
    ExpectMatches("cpu.pool", Of(Average({2, 2}, {2, 2}, {}, false, true), dims));
  }
}

TEST(Pool, AMaximumOfNanIsNan) {
  for (const int64_t step : {1, 2}) {
    const Graph g = Of(Max({3, 3}, {step, step}, {1, 1, 1, 1}), {1, 7, 7, 70});
    for (const int64_t at : {0, 24, 33, 48}) {
      Tensor x = RandomTensor(DType::kFloat32, {1, 7, 7, 70}, 3);
      for (int64_t c = 0; c < 70; c += 3) x.data<float>()[at * 70 + c] = std::nanf("");
      const Tensor expected = EvaluateGraph(g, std::vector{x})[0];
      for (const std::string& isa : AvailableIsas()) {
        const Tensor got = RunKernel(Row("cpu.pool"), g, {x}, isa, 1)[0];
        for (int64_t i = 0; i < got.size(); ++i) {
          ASSERT_EQ(std::isnan(got.data<float>()[i]), std::isnan(expected.data<float>()[i]))
              << isa << " " << i;
        }
      }
    }
  }
}

// Both outputs, or one of them.
Graph PlacesOf(MaxPool op, ArgmaxIndex how, Ints dims, std::vector<size_t> wanted = {0, 1}) {
  op.argmax_index = how;
  Graph g;
  const NodeId pool = g.AddNode(op, {g.AddInput("x", {DType::kFloat32, Shape::Of(dims)})}, {.outputs = 2});
  for (const size_t i : wanted) g.AddOutput(g.node(pool).outputs[i]);
  return g;
}

// Of equal ones the first; a nan beats all.
TEST(PoolPlaces, EqualsTheReference) {
  for (const ArgmaxIndex how :
       {ArgmaxIndex::kOnnx, ArgmaxIndex::kTensorFlow, ArgmaxIndex::kTensorFlowBatch}) {
    ExpectMatches("cpu.pool_places", PlacesOf(Max({2, 2}, {2, 2}, {0, 0, 0, 0}), how, {2, 8, 6, 64}));
    ExpectMatches("cpu.pool_places", PlacesOf(Max({3, 3}, {2, 2}, {1, 1, 1, 1}), how, {2, 13, 12, 5}));
    ExpectMatches("cpu.pool_places",
                  PlacesOf(Max({3, 2}, {1, 1}, {0, 0, 0, 0}, {2, 2}), how, {1, 9, 9, 300}));
    ExpectMatches("cpu.pool_places", PlacesOf(Max({3}, {2}, {0, 1}), how, {3, 20, 7}));
  }
  const MaxPool op = Max({3, 3}, {1, 1}, {1, 1, 1, 1});
  ExpectMatches("cpu.pool_places", PlacesOf(op, ArgmaxIndex::kTensorFlow, {1, 7, 7, 20}, {0}));
  ExpectMatches("cpu.pool_places", PlacesOf(op, ArgmaxIndex::kTensorFlow, {1, 7, 7, 20}, {1}));
  const Graph places = PlacesOf(op, ArgmaxIndex::kTensorFlow, {1, 7, 7, 20}, {1});
  ExpectMatches("cpu.pool_places", places, {RandomTensor(DType::kFloat32, {1, 7, 7, 20}, 1, 0, 0)});
  Tensor x = RandomTensor(DType::kFloat32, {1, 7, 7, 20}, 3);
  for (int64_t i = 0; i < x.size(); i += 7) x.data<float>()[i] = std::nanf("");
  ExpectMatches("cpu.pool_places", places, {x});
}

TEST(PoolPlaces, Refuses) {
  EXPECT_EQ(RefusalOf("cpu.pool_places", Of(Max({2, 2}, {2, 2}, {}), {1, 4, 4, 3})),
            "places are not asked for");
  const Graph both = PlacesOf(Max({2, 2}, {2, 2}, {}), ArgmaxIndex::kTensorFlow, {1, 4, 4, 3});
  EXPECT_EQ(RefusalOf("cpu.pool", both), "gives the places of the maxima");
  const Graph far = PlacesOf(Max({1, 1}, {1, 1}, {0, 2, 0, 0}), ArgmaxIndex::kTensorFlow, {1, 4, 4, 3});
  EXPECT_EQ(RefusalOf("cpu.pool_places", far), "a window lies outside the image");
}

TEST(Reduce, EqualsTheReference) {
  for (size_t k = 0; k < std::size(kReduceNames); ++k) {
    for (const Ints& axes : std::vector<Ints>{{3}, {1, 2}, {0}, {0, 1, 2, 3}, {-1, -2}}) {
      Reduce op;
      op.kind = static_cast<ReduceKind>(k);
      if (op.kind == ReduceKind::kAll || op.kind == ReduceKind::kAny) continue;  // of bools
      op.axes = axes;
      op.keep_dims = axes.size() == 2;
      const Graph g = Of(op, {3, 9, 11, 37});
      if (!RefusalOf("cpu.reduce", g).empty()) continue;
      SCOPED_TRACE(std::string(kReduceNames[k]) + DimsToString(axes));
      ExpectMatches("cpu.reduce", g, {RandomTensor(DType::kFloat32, {3, 9, 11, 37}, 2, 0.9, 1.1)});
    }
  }
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kMean, {1, 2}}, {1, 112, 112, 300}));
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kSum, {0, 1, 2}}, {1, 20, 30, 5}));
}

TEST(Reduce, AxesApart) {
  for (size_t k = 0; k < std::size(kReduceNames); ++k) {
    Reduce op;
    op.kind = static_cast<ReduceKind>(k);
    if (op.kind == ReduceKind::kAll || op.kind == ReduceKind::kAny) continue;  // of bools
    op.axes = {0, 2, 4};
    const Graph g = Of(op, {3, 5, 7, 2, 9});
    if (!RefusalOf("cpu.reduce", g).empty()) continue;
    SCOPED_TRACE(kReduceNames[k]);
    ExpectMatches("cpu.reduce", g, {RandomTensor(DType::kFloat32, {3, 5, 7, 2, 9}, 2, 0.9, 1.1)});
  }
  // The moments of group normalization, channels first and last, and of instance normalization.
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kMean, {1, 2, 4}, true}, {2, 33, 31, 8, 4}));
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kMean, {2, 3, 4}, true}, {1, 8, 4, 30, 30}));
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kMax, {0, 2}}, {64, 5, 700}));
}

TEST(Reduce, LongOnesInParts) {
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kSum, {0}}, {70000}));
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kSumSquare, {0}}, {65537}));  // a prime: one part
  ExpectMatches("cpu.reduce", Of(Reduce{ReduceKind::kL2, {1}}, {1, 48 * 48, 40}));
}

TEST(ArgReduce, EqualsTheReference) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const ArgKind kind : {ArgKind::kArgMax, ArgKind::kArgMin}) {
    for (const bool last : {false, true}) {
      for (const int64_t axis : {0, 1, -1}) {
        ArgReduce op;
        op.kind = kind;
        op.axis = axis;
        op.select_last = last;
        op.keep_dims = last;
        op.to = axis == 1 ? DType::kInt32 : DType::kInt64;
        SCOPED_TRACE(axis);
        const Graph g = Of(op, {5, 19, 531});
        ExpectMatches("cpu.arg_reduce", g);
        Tensor ties = RandomTensor(DType::kFloat32, {5, 19, 531}, 7, -2, 2);
        for (float& v : std::span(ties.data<float>(), 5 * 19 * 531)) v = std::round(v);
        ExpectMatches("cpu.arg_reduce", g, {ties});
        for (int64_t i = 0; i < ties.size(); i += 97) ties.data<float>()[i] = nan;
        ExpectMatches("cpu.arg_reduce", g, {ties});
      }
    }
  }
  ExpectMatches("cpu.arg_reduce", Of(ArgReduce{.axis = -1}, {700, 3}));
  ExpectMatches("cpu.arg_reduce", Of(ArgReduce{.axis = -1}, {3, 67, 128}));
  ExpectMatches("cpu.arg_reduce", Of(ArgReduce{.axis = -1}, {66, 129}));
  ExpectMatches("cpu.arg_reduce", Of(ArgReduce{.axis = 0}, {40}));
}

Graph TopOf(const TopK& op, Ints dims, int64_t k, DType dtype = DType::kFloat32) {
  Graph g;
  const ValueId count = g.AddConstant("k", Tensor::FromVector<int64_t>({k}));
  const NodeId top = g.AddNode(op, {g.AddInput("x", {dtype, Shape::Of(dims)}), count});
  for (const ValueId output : g.node(top).outputs) g.AddOutput(output);
  return g;
}

// Few of many (a list that is cut), most of few, and all (digit by digit), along each axis.
TEST(TopK, EqualsTheReference) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const bool largest : {false, true}) {
    for (const auto& [length, k] : std::vector<std::pair<int64_t, int64_t>>{
             {5, 1}, {5, 5}, {70, 40}, {513, 513}, {1000, 3}, {1000, 100}, {2000, 600}, {9001, 64}}) {
      SCOPED_TRACE(length);
      const TopK op{.axis = -1, .largest = largest, .index_type = largest ? DType::kInt32 : DType::kInt64};
      ExpectMatches("cpu.top_k", TopOf(op, {3, length}, k));
      ExpectMatches("cpu.top_k", TopOf({.axis = 1, .largest = largest}, {2, length, 3}, k));
      Tensor ties = RandomTensor(DType::kFloat32, {3, length}, 7, -2, 2);
      for (float& v : std::span(ties.data<float>(), static_cast<size_t>(ties.size()))) v = std::round(v);
      ExpectMatches("cpu.top_k", TopOf(op, {3, length}, k), {ties});
      for (int64_t i = 0; i < ties.size(); i += 97) ties.data<float>()[i] = nan;
      ExpectMatches("cpu.top_k", TopOf(op, {3, length}, k), {ties});
      const Tensor whole = RandomTensor(DType::kInt32, {3, length}, 9, -2147483648.0, 2147483647.0);
      ExpectMatches("cpu.top_k", TopOf(op, {3, length}, k, DType::kInt32), {whole});
    }
  }
}

// The worst order for a list that is cut: each is better than all before it.
TEST(TopK, TakesWhatAscends) {
  Tensor x(DType::kFloat32, {4000});
  for (int64_t i = 0; i < x.size(); ++i) x.data<float>()[i] = static_cast<float>(i - 2000);
  ExpectMatches("cpu.top_k", TopOf({}, {4000}, 20), {x});
  ExpectMatches("cpu.top_k", TopOf({.largest = false}, {4000}, 20), {x});
}

TEST(TopK, GivesOnlyWhatIsAskedFor) {
  for (const size_t wanted : {0, 1}) {
    Graph g;
    const ValueId k = g.AddConstant("k", Tensor::FromVector<int64_t>({4}));
    const NodeId top = g.AddNode(TopK{}, {g.AddInput("x", {DType::kFloat32, {3, 50}}), k});
    g.AddOutput(g.node(top).outputs[wanted]);
    ExpectMatches("cpu.top_k", g);
  }
}

TEST(TopK, Refuses) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {50}});
  g.AddOutput(g.node(g.AddNode(TopK{}, {x, g.AddInput("k", {DType::kInt64, {1}})})).outputs[0]);
  EXPECT_EQ(RefusalOf("cpu.top_k", g), "shapes are not known");
  EXPECT_EQ(RefusalOf("cpu.top_k", TopOf({}, {50}, 3, DType::kInt64)), "int64: float32 and int32 only");
}

TEST(Softmax, EqualsTheReference) {
  for (const Ints& dims :
       std::vector<Ints>{{1, 1001}, {7, 10}, {2, 3, 5, 1}, {300, 17}, {3}, {200, 2}, {65, 32}, {65, 33}}) {
    ExpectMatches("cpu.softmax", Of(Softmax{}, dims));
    ExpectMatches("cpu.softmax", Of(LogSoftmax{}, dims));
  }
  ExpectMatches("cpu.softmax", Of(Softmax{}, {4, 50}),
                {RandomTensor(DType::kFloat32, {4, 50}, 1, -200, 200)});
}

TEST(LayerNorm, EqualsTheReference) {
  for (const Ints& row : std::vector<Ints>{{768}, {1}, {5, 7}, {33}, {1000}}) {
    for (const bool with_bias : {true, false}) {
      Ints dims{3, 14};
      dims.insert(dims.end(), row.begin(), row.end());
      Graph g;
      std::vector<ValueId> inputs{g.AddInput("x", {DType::kFloat32, Shape::Of(dims)}),
                                  g.AddConstant("scale", RandomTensor(DType::kFloat32, row, 3))};
      if (with_bias) inputs.push_back(g.AddInput("bias", {DType::kFloat32, Shape::Of(row)}));
      g.AddOutput(g.Add(LayerNormalization{.axis = 2, .epsilon = 1e-3}, inputs));
      ExpectMatches("cpu.layer_norm", g);
    }
  }
}

TEST(Lrn, EqualsTheReference) {
  for (const double beta : {0.75, 0.5, 1.0, 0.6}) {
    for (const int64_t size : {5, 2, 11}) {
      LRN op;
      op.size = size;
      op.alpha = 1;
      op.beta = beta;
      ExpectMatches("cpu.lrn", Of(op, {2, 3, 4, 37}));
      ExpectMatches("cpu.lrn", Of(op, {1, 2, 2, 4}));
    }
  }
}

Graph ResizeOf(const Resize& op, Ints from, Ints to, DType dtype = DType::kFloat32) {
  Graph g;
  const ValueId x = g.AddInput("x", {dtype, Shape::Of(from)});
  g.AddOutput(g.Add(op, {x, g.AddConstant("sizes", Tensor::FromVector(to))}));
  return g;
}

TEST(Resize, LeavesVeryLongSidesToTheReference) {
  const Resize op{.mode = ResizeMode::kNearest};
  EXPECT_EQ(RefusalOf("cpu.resize", ResizeOf(op, {1, 2, 1, 1}, {1 << 20, 1}, DType::kUInt8)), "");
  EXPECT_EQ(RefusalOf("cpu.resize", ResizeOf(op, {1, 2, 1, 1}, {1 << 24, 1}, DType::kUInt8)),
            "a side of more than a million pixels");
}

TEST(Resize, EqualsTheReference) {
  for (const ResizeCoordinates coordinates :
       {ResizeCoordinates::kAsymmetric, ResizeCoordinates::kHalfPixel, ResizeCoordinates::kAlignCorners,
        ResizeCoordinates::kPytorchHalfPixel, ResizeCoordinates::kTfHalfPixelForNn}) {
    for (const ResizeMode mode : {ResizeMode::kLinear, ResizeMode::kNearest}) {
      Resize op;
      op.coordinates = coordinates;
      op.mode = mode;
      op.nearest = NearestRounding::kRoundPreferCeil;
      for (const Ints& to : std::vector<Ints>{{13, 9}, {3, 4}, {1, 1}}) {
        ExpectMatches("cpu.resize", ResizeOf(op, {2, 6, 7, 19}, to));
      }
    }
  }
  Resize nearest;
  nearest.mode = ResizeMode::kNearest;
  ExpectMatches("cpu.resize", ResizeOf(nearest, {1, 4, 4, 3}, {8, 6}, DType::kInt32));
}

Graph CropsOf(const CropAndResize& op, Ints image, int64_t boxes, Ints size) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(image)});
  const ValueId box = g.AddInput("boxes", {DType::kFloat32, Shape::Of(Ints{boxes, 4})});
  const ValueId which = g.AddInput("which", {DType::kInt32, Shape::Of(Ints{boxes})});
  g.AddOutput(g.Add(op, {x, box, which, g.AddConstant("size", Tensor::FromVector(size))}));
  return g;
}

// Boxes in the image, across its edge, turned around, and of one point.
std::vector<Tensor> CropInputs(const Ints& image) {
  return {RandomTensor(DType::kFloat32, image, 5),
          Tensor::FromValues<float>({5, 4}, {0,    0,    1,    1,    0.1f, 0.2f, 0.7f, 0.9f, -0.3f, 0.5f,
                                             0.6f, 1.4f, 0.9f, 0.8f, 0.2f, 0.1f, 0.5f, 0.5f, 0.5f,  0.5f}),
          Tensor::FromValues<int32_t>({5}, {0, 1, 1, 0, 1})};
}

TEST(CropAndResize, EqualsTheReference) {
  for (const ResizeMode mode : {ResizeMode::kLinear, ResizeMode::kNearest}) {
    for (const Ints& size : std::vector<Ints>{{7, 5}, {1, 3}, {1, 1}}) {
      for (const int64_t channels : {1, 19}) {
        const Ints image = {2, 6, 9, channels};
        const CropAndResize op{.mode = mode, .extrapolation_value = -2.5};
        ExpectMatches("cpu.crop_and_resize", CropsOf(op, image, 5, size), CropInputs(image));
      }
    }
  }
}

TEST(CropAndResize, AnImageThatIsNotThereIsAnError) {
  const Ints image = {2, 6, 9, 4};
  const Graph graph = CropsOf({}, image, 5, {3, 3});
  std::vector<Tensor> inputs = CropInputs(image);
  inputs[2].data<int32_t>()[3] = 2;
  EXPECT_THROW(RunKernel(Row("cpu.crop_and_resize"), graph, inputs, "generic", 1), Error);
}

}  // namespace
}  // namespace floe::cpu
