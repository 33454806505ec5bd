// Convolutions of pixels that are put side by side, multiplied, added to or clamped on their way in.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/isa.h"
#include "backends/reference/evaluate.h"

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
  EXPECT_EQ(RefusalOf("cpu.conv_few_channels", pointwise), "a scale, or the like, before it");
  EXPECT_NE(RefusalOf("cpu.conv_gemm", pointwise), "");
  EXPECT_EQ(RefusalOf(kName, Scaled({{1, 5, 5, 4}, {1, 1, 1, 4}, {6, 3, 3, 4}})),
            "a scale, or the like, before a window");
  EXPECT_NE(RefusalOf(kName, Scaled({{1, 5, 5, 4}, {1, 5, 1, 4}, {6, 1, 1, 4}})), "");
  EXPECT_NE(RefusalOf(kName, Scaled({{2, 5, 5, 4}, {2, 5, 5, 4}, {6, 1, 1, 4}})), "");
  Graph forged = Scaled({{1, 5, 5, 4}, {1, 1, 1, 4}, {6, 1, 1, 4}});
  forged.value(forged.inputs()[0]).type.shape = {1, 5, 1, 4};
  EXPECT_NE(RefusalOf(kName, forged), "");
}

// What may stand before the convolution, in this order; `stages` says which do.
enum Stage { kConcat = 1, kMul = 2, kAdd = 4, kClip = 8 };

Graph Headed(const std::vector<Ints>& parts, int stages, int64_t columns, bool by_image = false,
             int64_t kernel = 1) {
  Graph g;
  std::vector<ValueId> inputs;
  for (const Ints& dims : parts) {
    inputs.push_back(g.AddInput(fmt::format("x{}", inputs.size()), {DType::kFloat32, Shape::Of(dims)}));
  }
  ValueId y = (stages & kConcat) != 0 ? g.Add(Concat{-1}, inputs) : inputs[0];
  const Ints dims = g.value(y).type.shape.Static();
  if ((stages & kMul) != 0) {
    const ValueId scale = by_image ? g.AddInput("scale", {DType::kFloat32, {dims[0], 1, 1, dims.back()}})
                                   : g.AddConstant("scale", RandomTensor(DType::kFloat32, {dims.back()}, 31));
    y = g.Add(Binary{BinaryKind::kMul}, {y, scale});
  }
  if ((stages & kAdd) != 0) {
    const ValueId offset = g.AddConstant("offset", RandomTensor(DType::kFloat32, {1, dims.back()}, 32));
    y = g.Add(Binary{BinaryKind::kAdd}, {offset, y});
  }
  if ((stages & kClip) != 0) y = g.Add(Clip{.min = -0.2, .max = 0.7}, {y});
  const Tensor filter = RandomTensor(DType::kFloat32, {columns, kernel, kernel, dims.back()}, 33);
  Conv conv;
  conv.pads.assign(4, kernel / 2);
  y = g.Add(conv, {y, g.AddConstant("filter", filter)});
  g.AddOutput(g.Add(Unary{UnaryKind::kRelu}, {y}));
  return g;
}

TEST(Head, EveryPartOfItAloneAndWithTheOthers) {
  const std::vector<Ints> parts = {{2, 6, 5, 64}, {2, 6, 5, 32}, {2, 6, 5, 96}, {2, 6, 5, 19}};
  for (int stages = 1; stages < 16; ++stages) {
    SCOPED_TRACE(stages);
    ExpectMatches(kName,
                  Headed((stages & kConcat) != 0 ? parts : std::vector<Ints>{{2, 6, 5, 37}}, stages, 40));
    if ((stages & kMul) != 0) {
      ExpectMatches(
          kName, Headed((stages & kConcat) != 0 ? parts : std::vector<Ints>{{2, 6, 5, 37}}, stages, 7, true));
    }
  }
  ExpectMatches(kName, Headed({{1, 30, 31, 160}, {1, 30, 31, 32}, {1, 30, 31, 32}}, 15, 128));
  ExpectMatches(kName, Headed({{1, 7, 7, 480}, {1, 7, 7, 64}}, 15, 520));  // by panels
}

// Before a window there may be a concatenation alone.
TEST(Head, WinogradTilesAreReadFromParts) {
  for (const std::string_view name : {"cpu.winograd_3x3_f2", "cpu.winograd_3x3_f4", "cpu.winograd_3x3_f6"}) {
    SCOPED_TRACE(std::string(name));
    ExpectMatches(name, Headed({{2, 9, 7, 64}, {2, 9, 7, 32}, {2, 9, 7, 19}}, kConcat, 40, false, 3));
    ExpectMatches(name, Headed({{1, 14, 14, 96}, {1, 14, 14, 96}}, kConcat, 520, false, 3));  // by panels
    EXPECT_EQ(RefusalOf(name, Headed({{1, 4, 4, 30}, {1, 4, 4, 32}}, kConcat, 16, false, 3)),
              "channels of a part that are no multiple of 32");
    EXPECT_EQ(RefusalOf(name, Headed({{1, 4, 4, 32}, {1, 4, 4, 32}}, kConcat | kClip, 16, false, 3)),
              "a scale, or the like, before a window");
  }
  ExpectMatches("cpu.winograd_5x5_f2", Headed({{1, 9, 7, 32}, {1, 9, 7, 20}}, kConcat, 40, false, 5));
}

TEST(Head, WinogradTilesOfPartsInBf16) {
  if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  const std::string isa(kBf16Isa);
  const Kernel& kernel = Row("cpu.winograd_3x3_f2_bf16");
  const std::vector<Ints> dims = {{2, 9, 7, 64}, {2, 9, 7, 32}, {2, 9, 7, 19}};
  std::vector<Tensor> parts;
  Graph concat;
  std::vector<ValueId> inputs;
  for (const Ints& d : dims) {
    parts.push_back(RandomTensor(DType::kFloat32, d, 40 + parts.size()));
    inputs.push_back(concat.AddInput("x", {DType::kFloat32, Shape::Of(d)}));
  }
  concat.AddOutput(concat.Add(Concat{-1}, inputs));
  const std::vector<Tensor> whole = EvaluateGraph(concat, parts);
  const Tensor expected = RunKernel(kernel, Headed({{2, 9, 7, 115}}, 0, 40, false, 3), whole, isa, 1)[0];
  const Tensor got = RunKernel(kernel, Headed(dims, kConcat, 40, false, 3), parts, isa, 2)[0];
  EXPECT_EQ(std::memcmp(got.raw(), expected.raw(), expected.size_bytes()), 0);
}

// Of a file: the contents of what a kernel reads are not there.
TEST(Head, PartsWithoutContentsAreRefused) {
  for (const auto& [name, kernel] : {std::pair{"cpu.conv_packed", 1}, std::pair{"cpu.winograd_3x3_f4", 3}}) {
    Graph g = Headed({{1, 4, 4, 32}, {1, 4, 4, 32}}, kConcat, 16, false, kernel);
    ASSERT_EQ(RefusalOf(name, g), "");
    const Tensor nothing = Tensor::ConstView(DType::kFloat32, {1, 4, 4, 32}, nullptr);
    const ValueId part = g.AddConstant("part", nothing);
    g.SetInput(g.Order()[0], 1, part);
    EXPECT_NE(RefusalOf(name, g), "");
  }
}

TEST(Head, PartsOfOddWidthsAreRefused) {
  EXPECT_EQ(RefusalOf(kName, Headed({{1, 4, 4, 30}, {1, 4, 4, 32}}, kConcat, 8)),
            "channels of a part that are no multiple of 32");
}

// Of a file that declares more than the parts have.
TEST(Head, PartsThatDoNotAddUpAreRefused) {
  Graph g = Headed({{1, 4, 4, 32}, {1, 4, 4, 32}}, kConcat, 8);
  ASSERT_EQ(RefusalOf(kName, g), "");
  g.value(g.inputs()[1]).type.shape = Shape::Of(Ints{1, 4, 4, 16});
  EXPECT_NE(RefusalOf(kName, g), "");
  g.value(g.inputs()[1]).type.shape = Shape::Of(Ints{1, 4, 2, 32});
  EXPECT_NE(RefusalOf(kName, g), "");
}

TEST(Head, IsInThatOrder) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {1, 4, 4, 8}});
  const ValueId row = g.AddConstant("row", RandomTensor(DType::kFloat32, {8}, 1));
  const ValueId clamped = g.Add(Unary{UnaryKind::kRelu}, {x});
  const ValueId scaled = g.Add(Binary{BinaryKind::kMul}, {clamped, row});
  g.AddOutput(g.Add(Conv{}, {scaled, g.AddConstant("w", RandomTensor(DType::kFloat32, {4, 1, 1, 8}, 2))}));
  EXPECT_NE(RefusalOf(kName, g), "");
}

// Integers that bf16 holds and sums that float32 does: equal to the bit where nothing rounds.
TEST(Head, IsRoundedAfterwardsInBf16) {
  if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  const std::string isa(kBf16Isa);
  const Kernel& kernel = Row("cpu.product_bf16");
  Graph g = Headed({{2, 6, 5, 64}, {2, 6, 5, 32}, {2, 6, 5, 19}}, kConcat | kMul | kAdd, 40);
  const auto fill = [](Tensor t) {
    for (int64_t i = 0; i < t.size(); ++i) {
      const int64_t step = (i * 7 + i / 5) % 5 - 2;
      t.data<float>()[i] = static_cast<float>(step);
    }
    return t;
  };
  std::vector<Tensor> inputs;
  for (const ValueId id : g.inputs())
    inputs.push_back(fill(Tensor(DType::kFloat32, g.value(id).type.shape.Static())));
  for (const ValueId id : g.Values()) {
    if (g.value(id).is_constant()) g.value(id).constant = fill(g.value(id).constant.Clone());
  }
  const Tensor expected = EvaluateGraph(g, inputs)[0];
  const Tensor got = RunKernel(kernel, g, inputs, isa, 2)[0];
  EXPECT_EQ(std::memcmp(got.raw(), expected.raw(), expected.size_bytes()), 0);
}

}  // namespace
}  // namespace floe::cpu
