// Products of the same pixels in one: several layers, each with its own weights, activation and output.
#include <gmock/gmock.h>

#include <cstring>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/isa.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kName = "cpu.conv_packed";

// One layer of several: what it is over the shared pixels.
struct Layer {
  int64_t columns;
  std::optional<Op> activation = std::nullopt;
  bool bias = true;
  bool residual = false;
};

struct SiblingsCase {
  Ints input;
  std::vector<Layer> layers;
  Ints kernel = {1, 1};
  Conv op = {};
};

void AddLayer(Graph& g, ValueId x, const SiblingsCase& c, size_t i) {
  const Layer& layer = c.layers[i];
  Ints filter = {layer.columns};
  filter.insert(filter.end(), c.kernel.begin(), c.kernel.end());
  filter.push_back(c.input.back());
  const auto constant = [&](const char* name, Ints dims) {
    return g.AddConstant(name, RandomTensor(DType::kFloat32, std::move(dims), 20 + i));
  };
  std::vector<ValueId> inputs = {x, constant("filter", filter)};
  if (layer.bias) inputs.push_back(constant("bias", {layer.columns}));
  ValueId y = g.Add(c.op, inputs);
  if (layer.residual) {
    y = g.Add(Binary{BinaryKind::kAdd}, {y, g.AddInput("residual" + std::to_string(i), g.value(y).type)});
  }
  if (layer.activation) y = g.Add(*layer.activation, {y});
  g.AddOutput(y);
}

Graph Together(const SiblingsCase& c) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
  for (size_t i = 0; i < c.layers.size(); ++i) AddLayer(g, x, c, i);
  return g;
}

Graph Alone(const SiblingsCase& c, size_t i) {
  Graph g;
  AddLayer(g, g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)}), c, i);
  return g;
}

SiblingsCase Inception(Ints input) {
  return {std::move(input),
          {{64, Unary{UnaryKind::kRelu}},
           {48, Unary{UnaryKind::kSilu}, true, true},
           {1},
           {33, Clip{.min = 0, .max = 6}, false, true}}};
}

TEST(Siblings, EachEqualsTheReference) {
  ExpectMatches(kName, Together(Inception({1, 9, 7, 40})));
  ExpectMatches(kName, Together(Inception({3, 1, 1, 3})));
  ExpectMatches(kName, Together(Inception({2, 31, 30, 48})));
  SiblingsCase window = Inception({2, 9, 8, 19});
  window.kernel = {3, 3};
  window.op.strides = {2, 2};
  window.op.pads = {1, 0, 1, 1};
  ExpectMatches(kName, Together(window));
  ExpectMatches(kName,
                Together({{1, 7, 7, 480}, {{256}, {520}, {100, Unary{UnaryKind::kTanh}}}}));  // by panels
  ExpectMatches(kName, Together({{2, 30, 130}, {{35}, {40}}, {3}}));                          // a signal
}

TEST(Siblings, TakeEveryActivation) {
  for (const Op& activation : Activations()) {
    SCOPED_TRACE(std::string(OpName(activation)));
    ExpectMatches(kName, Together({{1, 5, 5, 20}, {{37}, {40, activation}, {5, activation}}}));
  }
}

TEST(Siblings, BehindWhatTheirPixelsPassThrough) {
  Graph g;
  const ValueId parts[] = {g.AddInput("a", {DType::kFloat32, {1, 6, 5, 64}}),
                           g.AddInput("b", {DType::kFloat32, {1, 6, 5, 19}})};
  const ValueId both = g.Add(Concat{-1}, {parts[0], parts[1]});
  const ValueId x = g.Add(Unary{UnaryKind::kRelu}, {both});
  const SiblingsCase c{{1, 6, 5, 83}, {{20}, {70, Unary{UnaryKind::kRelu}, true, true}}};
  for (size_t i = 0; i < c.layers.size(); ++i) AddLayer(g, x, c, i);
  ExpectMatches(kName, g);
}

// The order of sums does not depend on what stands beside them.
TEST(Siblings, EqualWhatEachIsAloneToTheBit) {
  std::vector<std::pair<std::string_view, std::string>> rows;
  for (const std::string& isa : AvailableIsas()) rows.emplace_back(kName, isa);
  if (DetectBf16()) rows.emplace_back("cpu.product_bf16", std::string(kBf16Isa));
  SiblingsCase c = Inception({1, 17, 17, 96});
  for (Layer& layer : c.layers) layer.residual = false;
  const std::vector<Tensor> inputs = {RandomTensor(DType::kFloat32, c.input, 5)};
  for (const auto& [name, isa] : rows) {
    const std::vector<Tensor> together = RunKernel(Row(name), Together(c), inputs, isa, 2);
    ASSERT_EQ(together.size(), c.layers.size());
    for (size_t i = 0; i < c.layers.size(); ++i) {
      const Tensor alone = RunKernel(Row(name), Alone(c, i), inputs, isa, 1)[0];
      EXPECT_EQ(std::memcmp(together[i].raw(), alone.raw(), alone.size_bytes()), 0) << name << " " << isa;
    }
  }
}

TEST(Siblings, MatrixProductsInBf16) {
  if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  const std::string isa(kBf16Isa);
  const Kernel& kernel = Row("cpu.product_bf16");
  const std::vector<Tensor> inputs = {RandomTensor(DType::kFloat32, {2, 21, 50}, 5)};
  const auto constant = [](Graph& g, int64_t columns, bool transpose) {
    Ints dims = transpose ? Ints{columns, 50} : Ints{50, columns};
    return g.AddConstant("w",
                         RandomTensor(DType::kFloat32, std::move(dims), 7 + static_cast<uint64_t>(columns)));
  };
  const auto add = [&](Graph& g, ValueId x, int64_t columns, bool transpose) {
    MatMul op;
    op.transpose_b = transpose;
    g.AddOutput(g.Add(op, {x, constant(g, columns, transpose)}));
  };
  const auto input = [](Graph& g) { return g.AddInput("x", {DType::kFloat32, {2, 21, 50}}); };
  Graph all;
  const ValueId x = input(all);
  for (const int64_t columns : {40, 7, 65}) add(all, x, columns, columns == 7);
  const std::vector<Tensor> together = RunKernel(kernel, all, inputs, isa, 2);
  for (size_t i = 0; i < 3; ++i) {
    Graph one;
    const int64_t columns = std::array{40, 7, 65}[i];
    add(one, input(one), columns, columns == 7);
    const Tensor alone = RunKernel(kernel, one, inputs, isa, 1)[0];
    EXPECT_EQ(std::memcmp(together[i].raw(), alone.raw(), alone.size_bytes()), 0) << columns;
  }
}

TEST(Siblings, OthersAreRefused) {
  const SiblingsCase c = {{1, 5, 5, 4}, {{6}, {8}}};
  ASSERT_EQ(RefusalOf(kName, Together(c)), "");
  EXPECT_EQ(RefusalOf("cpu.conv_few_channels", Together(c)), "several layers");
  EXPECT_NE(RefusalOf("cpu.conv_gemm", Together(c)), "");

  Graph windows = Together(c);
  SiblingsCase other = c;
  other.op.strides = {2, 2};
  AddLayer(windows, windows.inputs()[0], other, 0);
  EXPECT_EQ(RefusalOf(kName, windows), "layers whose windows differ");

  Graph pixels = Together(c);
  AddLayer(pixels, pixels.AddInput("y", {DType::kFloat32, {1, 5, 5, 4}}), c, 0);
  EXPECT_NE(RefusalOf(kName, pixels), "");

  Graph swapped = Together(c);
  swapped.SetOutputs({swapped.outputs()[1], swapped.outputs()[0]});
  EXPECT_NE(RefusalOf(kName, swapped), "");

  Graph hidden = Together(c);
  hidden.SetOutputs({hidden.outputs()[0]});
  EXPECT_NE(RefusalOf(kName, hidden), "");
}

// One's output is the other's residual: it would have to be there before.
TEST(Siblings, ThatReadEachOtherAreRefused) {
  Graph g = Together({{1, 5, 5, 4}, {{6}, {6, std::nullopt, true, true}}});
  ASSERT_EQ(RefusalOf(kName, g), "");
  for (const NodeId id : g.Order()) {
    if (IsOp<Binary>(g.node(id).op)) g.SetInput(id, 1, g.outputs()[0]);
  }
  EXPECT_NE(RefusalOf(kName, g), "");
}

}  // namespace
}  // namespace floe::cpu
