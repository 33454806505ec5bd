// The first convolution and the 3x3 one behind it as one kernel.
#include <gmock/gmock.h>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/stored_case.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kRows[] = {"cpu.winograd_few_f4", "cpu.winograd_few_f6"};
constexpr std::string_view kBf16 = "cpu.winograd_few_bf16";

struct Pair {
  Case first;
  int64_t columns;
  Ints pads = {1, 1, 1, 1};  // of the second
  Op between = Unary{UnaryKind::kRelu};
};

ValueId AddSecond(Graph& g, ValueId x, const Pair& pair) {
  const int64_t channels = g.value(x).type.shape.Static().back();
  const Tensor filter = RandomTensor(DType::kFloat32, {pair.columns, 3, 3, channels}, 5, -0.3, 0.3);
  Conv op;
  op.pads = pair.pads;
  return g.Add(op, {x, g.AddConstant("second", filter),
                    g.AddConstant("bias2", RandomTensor(DType::kFloat32, {pair.columns}, 6))});
}

Graph GraphOf(const Pair& pair, bool pooled = false) {
  Graph g;
  ValueId y = g.Add(Clip{-20, 100}, {AddSecond(g, g.Add(pair.between, {AddConv(g, pair.first)}), pair)});
  if (pooled) {
    MaxPool pool;
    pool.kernel_shape = {2, 2};
    pool.strides = {2, 2};
    y = g.Add(pool, {y});
  }
  g.AddOutput(y);
  return g;
}

std::vector<Pair> Pairs() {
  return {{{{1, 40, 37, 3}, {16, 3, 3, 3}, {}, {1, 1, 1, 1}}, 32},
          {{{2, 31, 29, 3}, {19, 3, 3, 3}, {2, 2}}, 37},
          {{{1, 45, 40, 3}, {24, 7, 7, 3}, {2, 2}, {3, 3, 3, 3}}, 20, {0, 0, 0, 0}},
          {{{3, 9, 12, 1}, {33, 5, 5, 1}, {}, {2, 2, 2, 2}}, 16, {2, 1, 0, 3}},
          {{{1, 6, 5, 4}, {20, 3, 3, 4}, {}, {}, {}, 1, false}, 18, {1, 1, 1, 1}, Unary{UnaryKind::kSilu}},
          {{{1, 3, 70, 3}, {40, 3, 3, 3}, {}, {1, 1, 1, 1}}, 70}};
}

TEST(FewWinograd, EqualsTheReference) {
  for (const std::string_view row : kRows) {
    for (const Pair& pair : Pairs()) {
      SCOPED_TRACE(std::string(row) + " " + DimsToString(pair.first.input));
      ExpectMatches(row, GraphOf(pair));
      if (pair.first.input[1] > 10) ExpectMatches(row, GraphOf(pair, true));
    }
  }
}

TEST(FewWinograd, OthersAreRefused) {
  const auto why = [](const Graph& g) { return RefusalOf(kRows[0], g); };
  const Pair pair = Pairs()[0];
  EXPECT_EQ(why(GraphOf(pair)), "");
  EXPECT_EQ(why(Plain(pair.first)), "not two layers");
  Pair wide = pair;
  wide.first = {{1, 12, 12, 16}, {16, 3, 3, 16}};
  EXPECT_EQ(why(GraphOf(wide)), "more than 8 channels, or dilated");
  Pair huge = pair;
  huge.first = {{1, 8, 2000, 3}, {128, 3, 3, 3}};
  EXPECT_EQ(why(GraphOf(huge)), "rows too long for the cache");
  Graph sum;
  const ValueId y = AddSecond(sum, AddConv(sum, pair.first), pair);
  sum.AddOutput(sum.Add(Binary{BinaryKind::kAdd}, {y, sum.AddInput("r", sum.value(y).type)}));
  EXPECT_EQ(why(sum), "an addition");
  Graph shared;
  const ValueId z = AddConv(shared, pair.first);
  shared.AddOutput(AddSecond(shared, z, pair));
  shared.AddOutput(z);
  EXPECT_NE(why(shared), "");
  EXPECT_EQ(RefusalOf(kBf16, GraphOf(pair), "avx512"), "the engine is built for float32");
}

TEST_F(StorageBf16, FirstTwoConvolutions) {
  const std::string isa(kBf16Isa);
  for (const Pair& pair : Pairs()) {
    SCOPED_TRACE(DimsToString(pair.first.input));
    for (const bool pooled : {false, true}) {
      if (pooled && pair.first.input[1] < 10) continue;
      const Graph g = GraphOf(pair, pooled);
      const std::vector<Tensor> inputs = {RandomTensor(DType::kFloat32, pair.first.input, 21)};
      for (const bool stored : {false, true}) {
        const std::unique_ptr<Graph> problem = Stored(g, {}, stored);
        ASSERT_EQ(RefusalOf(kBf16, *problem, isa), "");
        const Tensor one = RunKernel(Row(kBf16), *problem, inputs, isa, 1)[0];
        EXPECT_EQ(Distance(RunKernel(Row(kBf16), *problem, inputs, isa, 2)[0], one), 0);
        const double distance = Distance(one, EvaluateGraph(*problem, inputs)[0]);
        EXPECT_LE(distance, Row(kBf16).error_bound);
        EXPECT_GT(distance, 1e-4) << "nothing was rounded";
        // In float32 the last step alone rounds.
        if (!stored) continue;
        const Tensor wide = RunKernel(Row(kRows[1]), *problem, inputs, isa, 2)[0];
        EXPECT_LE(Distance(wide, EvaluateGraph(*problem, inputs)[0]), Row(kRows[1]).error_bound + 1.0 / 256);
      }
      EXPECT_EQ(RefusalOf(kBf16, *Stored(g, {"x"}), isa), "pixels in bf16");
    }
  }
}

}  // namespace
}  // namespace floe::cpu
