// Convolutions of which only the maxima of 2 x 2 pixels are kept.
#include <gmock/gmock.h>

#include <cmath>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/isa.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

MaxPool OfFour(Ints pads = {}, bool ceil = false) {
  MaxPool op;
  op.kernel_shape = {2, 2};
  op.strides = {2, 2};
  op.pads = std::move(pads);
  op.ceil_mode = ceil;
  return op;
}

Graph Pooled(const Case& c, const MaxPool& pool,
             const std::optional<Op>& activation = Unary{UnaryKind::kRelu}) {
  Graph g;
  ValueId y = AddConv(g, c);
  if (activation) y = g.Add(*activation, {y});
  g.AddOutput(g.Add(pool, {y}));
  return g;
}

Case ThreeByThree(Ints input, int64_t columns) {
  const int64_t channels = input.back();
  return {.input = std::move(input), .filter = {columns, 3, 3, channels}, .pads = {1, 1, 1, 1}};
}

constexpr std::string_view kRows[] = {"cpu.winograd_3x3_f2", "cpu.winograd_3x3_f4", "cpu.winograd_3x3_f6"};

TEST(Pooled, EqualsTheReferenceAtOddSizes) {
  for (const std::string_view row : kRows) {
    for (const Ints& input :
         {Ints{1, 8, 8, 16}, Ints{2, 13, 17, 19}, Ints{1, 7, 12, 33}, Ints{3, 2, 2, 16}, Ints{1, 3, 5, 40}}) {
      for (const bool ceil : {false, true}) {
        SCOPED_TRACE(std::string(row) + " " + DimsToString(input));
        ExpectMatches(row, Pooled(ThreeByThree(input, 37), OfFour({}, ceil)));
      }
    }
    ExpectMatches(row, Pooled(ThreeByThree({1, 9, 9, 20}, 16), OfFour({0, 0, 1, 1})));
    ExpectMatches(row, Pooled(ThreeByThree({1, 14, 14, 96}, 512), OfFour()));  // by panels
    for (const std::optional<Op>& activation :
         {std::optional<Op>(), std::optional<Op>(Clip{.min = -1, .max = 6})}) {
      ExpectMatches(row, Pooled(ThreeByThree({1, 10, 11, 20}, 70), OfFour(), activation));
    }
  }
  Case five = ThreeByThree({1, 9, 10, 20}, 24);
  five.filter = {24, 5, 5, 20};
  for (const char* row : {"cpu.winograd_5x5_f2", "cpu.winograd_5x5_f4"})
    ExpectMatches(row, Pooled(five, OfFour()));
}

TEST(Pooled, NanIsKept) {
  const Graph g = Pooled(ThreeByThree({1, 8, 8, 16}, 16), OfFour());
  Tensor x = RandomTensor(DType::kFloat32, {1, 8, 8, 16}, 3);
  std::fill_n(x.data<float>(), x.size(), std::nanf(""));
  for (const std::string& isa : AvailableIsas()) {
    const Tensor y = RunKernel(Row("cpu.winograd_3x3_f2"), g, {x}, isa, 1)[0];
    for (int64_t i = 0; i < y.size(); ++i) ASSERT_TRUE(std::isnan(y.data<float>()[i])) << isa;
  }
}

// To the bit what the convolution's own output gives.
TEST(Pooled, InBf16) {
  if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  const std::string isa(kBf16Isa);
  const Kernel& kernel = Row("cpu.winograd_3x3_f2_bf16");
  const Case c = ThreeByThree({2, 13, 17, 40}, 48);
  const std::vector<Tensor> inputs = {RandomTensor(DType::kFloat32, c.input, 9)};
  Graph pool;
  const std::vector<Tensor> convolved = RunKernel(kernel, Plain(c), inputs, isa, 1);
  pool.AddOutput(pool.Add(OfFour(), {pool.AddInput("x", {DType::kFloat32, Shape::Of(convolved[0].dims())})}));
  const Tensor expected = EvaluateGraph(pool, convolved)[0];
  const Tensor got = RunKernel(kernel, Pooled(c, OfFour(), std::nullopt), inputs, isa, 2)[0];
  ASSERT_EQ(got.dims(), expected.dims());
  for (int64_t i = 0; i < got.size(); ++i) ASSERT_EQ(got.data<float>()[i], expected.data<float>()[i]);
}

TEST(Pooled, OthersAreRefused) {
  const std::string_view row = "cpu.winograd_3x3_f4";
  const Case c = ThreeByThree({1, 9, 9, 20}, 24);
  ASSERT_EQ(RefusalOf(row, Pooled(c, OfFour())), "");
  EXPECT_EQ(RefusalOf(row, Pooled(c, OfFour(), Unary{UnaryKind::kSilu})),
            "maxima of a sum, or of what is no clamp");
  MaxPool three = OfFour();
  three.kernel_shape = {3, 3};
  const char* shape = "maxima that are not of 2 x 2 pixels each, all they read";
  EXPECT_EQ(RefusalOf(row, Pooled(c, three)), shape);
  EXPECT_EQ(RefusalOf(row, Pooled(c, OfFour({1, 1, 0, 0}))), shape);
  EXPECT_EQ(RefusalOf(row, Pooled(ThreeByThree({1, 8, 8, 20}, 24), OfFour({0, 0, 2, 2}))), shape);
  Case row_of_three = c;
  row_of_three.filter = {24, 1, 3, 20};
  row_of_three.pads = {0, 1, 0, 1};
  EXPECT_EQ(RefusalOf("cpu.winograd_1x3_f4", Pooled(row_of_three, OfFour())),
            "maxima of pixels of several tiles");

  Graph both = Pooled(c, OfFour());
  both.AddOutput(both.node(both.Order()[1]).outputs[0]);
  EXPECT_NE(RefusalOf(row, both), "");

  Graph forged = Pooled(c, OfFour());
  forged.value(forged.outputs()[0]).type.shape = {1, 9, 9, 24};
  EXPECT_EQ(RefusalOf(row, forged), shape);
}

}  // namespace
}  // namespace floe::cpu
