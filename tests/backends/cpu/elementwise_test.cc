#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "backends/cpu/harness.h"
#include "backends/reference/evaluate.h"
#include "floe/error.h"

namespace floe::cpu {
namespace {

using Ints = std::vector<int64_t>;

Graph UnaryOf(const Op& op, DType dtype, Ints dims) {
  Graph g;
  g.AddOutput(g.Add(op, {g.AddInput("x", {dtype, Shape::Of(dims)})}));
  return g;
}

Graph BinaryOf(BinaryKind kind, DType dtype, Ints a, Ints b) {
  Graph g;
  const ValueId x = g.AddInput("a", {dtype, Shape::Of(a)});
  const ValueId y = g.AddInput("b", {dtype, Shape::Of(b)});
  g.AddOutput(g.Add(Binary{kind}, {x, y}));
  return g;
}

// Every kind that has a float32 function, on small, large and special values.
TEST(Elementwise, EqualsTheReferenceOnEveryUnaryKind) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<float> special = {0.0f,  -0.0f,         1.0f,   -1.0f,   kInf,
                                      -kInf, std::nanf(""), 1e-20f, -1e-20f, 3e38f};
  int done = 0;
  for (size_t k = 0; k < std::size(kUnaryNames); ++k) {
    const auto kind = static_cast<UnaryKind>(k);
    if (kind == UnaryKind::kNot || kind == UnaryKind::kBitwiseNot) continue;
    const Graph small = UnaryOf(Unary{kind}, DType::kFloat32, {1037});
    if (!RefusalOf("cpu.elementwise", small).empty()) continue;
    SCOPED_TRACE(std::string(kUnaryNames[k]));
    ++done;
    for (const double range : {0.9, 8.0, 60.0}) {
      ExpectMatches("cpu.elementwise", small, {RandomTensor(DType::kFloat32, {1037}, 3, -range, range)});
    }
    const Graph few = UnaryOf(Unary{kind}, DType::kFloat32, {static_cast<int64_t>(special.size())});
    ExpectMatches("cpu.elementwise", few, {Tensor::FromVector(special)});
  }
  EXPECT_GE(done, 38);
}

TEST(Elementwise, EqualsTheReferenceOnEveryBinaryKind) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64, DType::kUInt8,
                            DType::kInt8, DType::kBool}) {
    for (size_t k = 0; k < std::size(kBinaryNames); ++k) {
      const auto kind = static_cast<BinaryKind>(k);
      if (kind == BinaryKind::kNextAfter) continue;
      const bool logic = kind == BinaryKind::kAnd || kind == BinaryKind::kOr || kind == BinaryKind::kXor;
      const bool bits = k >= static_cast<size_t>(BinaryKind::kBitwiseAnd);
      if (logic != (dtype == DType::kBool) || (bits && IsFloat(dtype))) continue;
      const Graph g = BinaryOf(kind, dtype, {2, 3, 211}, {2, 3, 211});
      if (!RefusalOf("cpu.elementwise", g).empty()) continue;
      SCOPED_TRACE(std::string(DTypeName(dtype)) + " " + std::string(kBinaryNames[k]));
      ExpectMatches("cpu.elementwise", g,
                    {RandomTensor(dtype, {2, 3, 211}, 1, 1, 100), RandomTensor(dtype, {2, 3, 211}, 2, 1, 9)});
    }
  }
}

// Exact to the bit: what is exact in float32 rounds to the same half.
void ExpectSameHalves(const Graph& g, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> expected = EvaluateGraph(g, inputs);
  for (const std::string& isa : AvailableIsas()) {
    const std::vector<Tensor> got = RunKernel(Row("cpu.elementwise_half"), g, inputs, isa, 2);
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(SameContents(got[i], expected[i])) << isa << " " << i;
  }
}

// Every one of them, among them the subnormal ones and infinities; of the nans the one that has no message.
Tensor AllHalves() {
  Tensor x(DType::kFloat16, {1 << 16});
  for (int i = 0; i < 1 << 16; ++i) {
    const bool nan = (i & 0x7c00) == 0x7c00 && (i & 0x3ff) != 0;
    static_cast<uint16_t*>(x.raw())[i] = static_cast<uint16_t>(nan ? 0x7e00 : i);
  }
  return x;
}

TEST(ElementwiseHalf, WidensAndRoundsEveryHalf) {
  const Tensor x = AllHalves();
  ExpectSameHalves(UnaryOf(Cast{DType::kFloat32}, DType::kFloat16, {1 << 16}), {x});
  ExpectSameHalves(UnaryOf(Unary{UnaryKind::kAbs}, DType::kFloat16, {1 << 16}), {x});
  ExpectSameHalves(UnaryOf(Unary{UnaryKind::kSqrt}, DType::kFloat16, {1 << 16}), {x});
  const Graph narrow = UnaryOf(Cast{DType::kFloat16}, DType::kFloat32, {4001});
  for (const double range : {1e-7, 1e-4, 1.0, 3000.0, 80000.0})
    ExpectSameHalves(narrow, {RandomTensor(DType::kFloat32, {4001}, 5, -range, range)});
}

TEST(ElementwiseHalf, RoundsTheResultOfEachOp) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat16, {3, 5, 37}});
  const ValueId y = g.AddInput("y", {DType::kFloat16, {37}});
  const ValueId product = g.Add(Binary{BinaryKind::kMul}, {x, y});
  const ValueId sum = g.Add(Binary{BinaryKind::kAdd}, {product, x});
  const ValueId less = g.Add(Binary{BinaryKind::kLess}, {sum, y});
  const ValueId chosen = g.Add(Where{}, {less, sum, product});
  g.AddOutput(g.Add(Unary{UnaryKind::kRelu}, {chosen}));
  g.AddOutput(sum);
  ExpectSameHalves(g, {RandomTensor(DType::kFloat16, {3, 5, 37}, 1), RandomTensor(DType::kFloat16, {37}, 2)});
  EXPECT_EQ(RefusalOf("cpu.elementwise", g), "Mul of float16");
}

TEST(ElementwiseHalf, EqualsTheReference) {
  for (const UnaryKind kind : {UnaryKind::kExp, UnaryKind::kTanh, UnaryKind::kSigmoid, UnaryKind::kNeg})
    ExpectMatches("cpu.elementwise_half", UnaryOf(Unary{kind}, DType::kFloat16, {1037}));
  for (const BinaryKind kind : {BinaryKind::kDiv, BinaryKind::kMax, BinaryKind::kGreater, BinaryKind::kPow})
    ExpectMatches(
        "cpu.elementwise_half", BinaryOf(kind, DType::kFloat16, {9, 70}, {9, 1}),
        {RandomTensor(DType::kFloat16, {9, 70}, 1, 0.5, 2), RandomTensor(DType::kFloat16, {9, 1}, 2, 1, 3)});
  ExpectMatches("cpu.elementwise_half", UnaryOf(LeakyRelu{0.1f}, DType::kFloat16, {3, 50}));
  EXPECT_EQ(RefusalOf("cpu.elementwise_half", UnaryOf(Unary{UnaryKind::kNeg}, DType::kFloat32, {9})),
            "no float16");
}

TEST(Elementwise, DividesNegativeIntegersAsTensorFlowDoes) {
  for (const BinaryKind kind :
       {BinaryKind::kDiv, BinaryKind::kFloorDiv, BinaryKind::kFloorMod, BinaryKind::kTruncMod}) {
    const Graph g = BinaryOf(kind, DType::kInt32, {6}, {6});
    const std::vector<int32_t> a = {7, -7, 7, -7, std::numeric_limits<int32_t>::min(), 0};
    const std::vector<int32_t> b = {2, 2, -2, -2, -1, 5};
    ExpectMatches("cpu.elementwise", g, {Tensor::FromVector(a), Tensor::FromVector(b)});
  }
}

TEST(Elementwise, RaisesOnIntegerDivisionByZero) {
  const Graph g = BinaryOf(BinaryKind::kDiv, DType::kInt64, {3}, {3});
  const Tensor a = Tensor::FromVector<int64_t>({1, 2, 3});
  const Tensor b = Tensor::FromVector<int64_t>({1, 0, 3});
  EXPECT_THROW(RunKernel(Row("cpu.elementwise"), g, {a, b}, "generic", 1), Error);
}

TEST(Elementwise, NanWinsInMinAndMax) {
  const float nan = std::nanf("");
  for (const BinaryKind kind : {BinaryKind::kMin, BinaryKind::kMax}) {
    ExpectMatches("cpu.elementwise", BinaryOf(kind, DType::kFloat32, {3}, {3}),
                  {Tensor::FromVector<float>({nan, 1, nan}), Tensor::FromVector<float>({1, nan, nan})});
  }
}

TEST(Elementwise, BroadcastsAsNumpyDoes) {
  const std::vector<std::pair<Ints, Ints>> shapes = {
      {{4, 5, 6, 7}, {7}},          {{4, 5, 6, 7}, {}},     {{7}, {4, 5, 6, 7}},
      {{4, 1, 6, 1}, {5, 1, 7}},    {{3, 40, 40, 3}, {3}},  {{2, 9, 9, 700}, {1, 1, 1, 700}},
      {{2, 9, 9, 5}, {2, 1, 1, 5}}, {{2, 3, 5000}, {5000}}, {{1}, {1}},
      {{2, 7, 1}, {2, 7, 6}},       {{1, 1}, {3, 1}},       {{5, 1}, {1, 9}}};
  for (const auto& [a, b] : shapes) {
    SCOPED_TRACE(DimsToString(a) + " " + DimsToString(b));
    ExpectMatches("cpu.elementwise", BinaryOf(BinaryKind::kSub, DType::kFloat32, a, b));
  }
}

TEST(Elementwise, RunsAChainInOnePass) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {2, 13, 11, 24}});
  const ValueId gate = g.AddInput("gate", {DType::kFloat32, {2, 1, 1, 24}});
  const ValueId scale = g.AddConstant("scale", RandomTensor(DType::kFloat32, {24}, 7));
  const ValueId one = g.AddConstant("one", Tensor::Scalar(1.5f));
  const ValueId a = g.Add(Binary{BinaryKind::kMul}, {x, g.Add(Unary{UnaryKind::kSigmoid}, {gate})});
  const ValueId b = g.Add(Binary{BinaryKind::kMul}, {a, scale});
  const ValueId c = g.Add(Clip{.min = -0.5, .max = 0.5}, {g.Add(Binary{BinaryKind::kAdd}, {b, one})});
  g.AddOutput(c);
  g.AddOutput(g.Add(Sum{}, {c, x, a}));
  ExpectMatches("cpu.elementwise", g);
}

// To the bit: a value that rounds the other way is a whole step off.
TEST(Elementwise, QuantisesInSteps) {
  for (const int64_t channels : {1, 24}) {
    for (const FakeQuant op : {FakeQuant{}, FakeQuant{4, true}}) {
      Graph g;
      const ValueId x = g.AddInput("x", {DType::kFloat32, {3, 50, 24}});
      Tensor min = RandomTensor(DType::kFloat32, {channels}, 7), max(DType::kFloat32, {channels});
      for (int64_t c = 0; c < channels; ++c) max.data<float>()[c] = min.data<float>()[c] + 0.7f;
      const ValueId low = g.AddConstant("min", min), high = g.AddConstant("max", max);
      const ValueId y = g.Add(op, {g.Add(Unary{UnaryKind::kRelu}, {x}), low, high});
      g.AddOutput(y);
      const std::vector<Tensor> inputs = {RandomTensor(DType::kFloat32, {3, 50, 24}, 5)};
      const std::vector<Tensor> expected = EvaluateGraph(g, inputs);
      EXPECT_TRUE(SameContents(RunKernel(Row("cpu.elementwise"), g, inputs, "generic", 2)[0], expected[0]));
      ExpectMatches("cpu.elementwise", g, inputs);
    }
  }
}

TEST(Elementwise, ComparesAndChooses) {
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {5, 70}});
  const ValueId y = g.AddInput("y", {DType::kFloat32, {70}});
  const ValueId less = g.Add(Binary{BinaryKind::kLess}, {x, y});
  g.AddOutput(g.Add(Where{}, {less, x, y}));
  ExpectMatches("cpu.elementwise", g);
}

TEST(Elementwise, CastsEveryPair) {
  const DType types[] = {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64,
                         DType::kUInt8,   DType::kInt8,    DType::kBool};
  for (const DType from : types) {
    for (const DType to : types) {
      SCOPED_TRACE(std::string(DTypeName(from)) + " to " + std::string(DTypeName(to)));
      ExpectMatches("cpu.elementwise", UnaryOf(Cast{.to = to}, from, {300}),
                    {RandomTensor(from, {300}, 5, from == DType::kUInt8 ? 0 : -100, 100)});
    }
    const std::vector<float> beyond = {1e10f, -1e10f, 1e20f, 3e9f, 300.5f, -1.5f, std::nanf("")};
    ExpectMatches("cpu.elementwise", UnaryOf(Cast{.to = from}, DType::kFloat32, {7}),
                  {Tensor::FromVector(beyond)});
  }
}

TEST(Elementwise, NormalisesBatchesInBothLayouts) {
  for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
    const int64_t channels = layout == Layout::kNhwc ? 19 : 6;
    Graph g;
    std::vector<ValueId> inputs = {g.AddInput("x", {DType::kFloat32, {2, 6, 7, 19}})};
    for (uint64_t i = 0; i < 4; ++i) {
      inputs.push_back(
          g.AddConstant("factor" + std::to_string(i), RandomTensor(DType::kFloat32, {channels}, i, 0.5, 2)));
    }
    BatchNormalization op;
    op.layout = layout;
    g.AddOutput(g.Add(op, inputs));
    ExpectMatches("cpu.elementwise", g);
  }
}

// Concat of parts of those sizes along the axis, times a row, ReLU.
Graph ConcatThen(const std::vector<Ints>& parts, int64_t axis, DType dtype = DType::kFloat32) {
  Graph g;
  std::vector<ValueId> inputs;
  for (const Ints& dims : parts) {
    const std::string name = "x" + std::to_string(inputs.size());
    const bool constant = inputs.size() % 4 == 3;
    inputs.push_back(constant ? g.AddConstant(name, RandomTensor(dtype, dims, 5))
                              : g.AddInput(name, {dtype, Shape::Of(dims)}));
  }
  ValueId y = g.Add(Concat{axis}, inputs);
  const int64_t columns = g.value(y).type.shape.Static().back();
  y = g.Add(Binary{BinaryKind::kMul}, {y, g.AddConstant("row", RandomTensor(dtype, {columns}, 6))});
  g.AddOutput(g.Add(Unary{UnaryKind::kAbs}, {y}));
  return g;
}

TEST(Elementwise, ReadsAConcatenationWhereItsPartsLie) {
  constexpr std::string_view kName = "cpu.elementwise";
  ExpectMatches(kName, ConcatThen({{1, 7, 9, 64}, {1, 7, 9, 32}, {1, 7, 9, 32}, {1, 7, 9, 32}}, -1));
  ExpectMatches(kName, ConcatThen({{2, 31, 3}, {2, 31, 1}, {2, 31, 17}}, 2));
  ExpectMatches(kName, ConcatThen({{5, 3000}, {5, 1}, {5, 2047}}, 1));
  ExpectMatches(kName, ConcatThen({{3, 2, 40}, {3, 5, 40}, {3, 1, 40}, {3, 90, 40}}, 1));
  ExpectMatches(kName, ConcatThen({{1, 600}, {4, 600}}, 0));
  ExpectMatches(kName, ConcatThen({{6, 11}}, 1));
  ExpectMatches(kName, ConcatThen({{40, 33}, {40, 7}}, -1, DType::kInt64));
}

TEST(Elementwise, LeavesOtherConcatenationsAlone) {
  Graph alone;
  alone.AddOutput(alone.Add(Concat{0}, {alone.AddInput("x", {DType::kFloat32, {2, 3}}),
                                        alone.AddInput("y", {DType::kFloat32, {1, 3}})}));
  EXPECT_EQ(RefusalOf("cpu.elementwise", alone), "'Concat' is not elementwise");
  Graph inner;
  const ValueId x = inner.AddInput("x", {DType::kFloat32, {2, 3}});
  const ValueId made = inner.Add(Unary{UnaryKind::kAbs}, {inner.AddInput("y", {DType::kFloat32, {2, 3}})});
  const ValueId both = inner.Add(Concat{0}, {x, made});
  inner.AddOutput(inner.Add(Unary{UnaryKind::kAbs}, {both}));
  EXPECT_EQ(RefusalOf("cpu.elementwise", inner), "an operand is larger than the output");
  // Of a file that declares more than the parts have.
  Graph larger = ConcatThen({{4, 3}, {4, 5}}, 1);
  for (const ValueId id : larger.Values()) {
    if (larger.value(id).producer != kNoNode) larger.value(id).type.shape = Shape::Of(Ints{4, 16});
    if (larger.value(id).is_constant()) larger.value(id).constant = Tensor(DType::kFloat32, {1});
  }
  EXPECT_EQ(RefusalOf("cpu.elementwise", larger), "'Concat' is not elementwise");
}

TEST(Elementwise, LeavesTheRestToTheReference) {
  EXPECT_EQ(RefusalOf("cpu.elementwise", UnaryOf(Unary{UnaryKind::kDigamma}, DType::kFloat32, {3})),
            "Digamma of float32");
  EXPECT_EQ(RefusalOf("cpu.elementwise", UnaryOf(Softmax{}, DType::kFloat32, {3})),
            "'Softmax' is not elementwise");
}

}  // namespace
}  // namespace floe::cpu
