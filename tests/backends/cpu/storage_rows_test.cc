// Winograd's convolution, pooling, moves and elementwise chains of values that lie in memory as bf16: to the
// bit what the same kernel gives of the widened values, rounded once.
#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "backends/cpu/conv_case.h"
#include "backends/cpu/harness.h"
#include "backends/cpu/stored_case.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

const std::string kIsa(kBf16Isa);

bool SameBits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.dims() == b.dims() && std::memcmp(a.raw(), b.raw(), a.size_bytes()) == 0;
}

// Of the stored problem, and the values that they stand for.
struct Feeds {
  std::vector<Tensor> narrow;
  std::vector<Tensor> wide;
};

Feeds FeedsOf(const Graph& stored) {
  Feeds feeds;
  for (const ValueId id : stored.inputs()) {
    const TensorType& type = stored.value(id).type;
    const Tensor t = RandomTensor(DType::kFloat32, type.shape.Static(), 31 + feeds.wide.size());
    feeds.narrow.push_back(type.dtype == DType::kBFloat16 ? Narrowed(t) : t);
    feeds.wide.push_back(Widened(feeds.narrow.back()));
  }
  return feeds;
}

void ExpectSameBits(std::string_view name, const Graph& g, const Names& inputs, bool output = true) {
  const std::unique_ptr<Graph> stored = Stored(g, inputs, output);
  ASSERT_EQ(RefusalOf(name, *stored, kIsa), "");
  EXPECT_EQ(RefusalOf(name, *stored, "avx512"), "the engine is built for float32");
  const Feeds feeds = FeedsOf(*stored);
  const Tensor wide = RunKernel(Row(name), g, feeds.wide, kIsa, 1)[0];
  const Tensor want = output ? Narrowed(wide) : wide.Clone();
  EXPECT_TRUE(SameBits(RunKernel(Row(name), *stored, feeds.narrow, kIsa, 1)[0], want));
  EXPECT_TRUE(SameBits(RunKernel(Row(name), *stored, feeds.narrow, kIsa, 2, true)[0], want));
}

struct WinogradCase {
  std::string_view row;
  Case conv;
};

std::vector<WinogradCase> WinogradCases() {
  std::vector<WinogradCase> cases;
  for (const std::string_view row :
       {"cpu.winograd_3x3_f2", "cpu.winograd_3x3_f2_bf16", "cpu.winograd_3x3_f2x4_bf16",
        "cpu.winograd_3x3_f4", "cpu.winograd_3x3_f6"}) {
    for (const Case& c : {Case{{1, 12, 12, 16}, {32, 3, 3, 16}, {}, {1, 1, 1, 1}},
                          Case{{2, 7, 9, 19}, {37, 3, 3, 19}, {}, {1, 1, 1, 1}},
                          Case{{1, 5, 31, 47}, {50, 3, 3, 47}, {}, {0, 1, 2, 0}, {}, 1, false},
                          Case{{1, 3, 3, 33}, {16, 3, 3, 33}},
                          Case{{1, 14, 14, 130}, {200, 3, 3, 130}, {}, {1, 1, 1, 1}}}) {  // by panels
      cases.push_back({row, c});
    }
  }
  for (const std::string_view row : {"cpu.winograd_5x5_f2", "cpu.winograd_5x5_f4"}) {
    cases.push_back({row, {{1, 19, 17, 48}, {64, 5, 5, 48}, {}, {2, 2, 2, 2}}});
    cases.push_back({row, {{2, 6, 9, 17}, {33, 5, 5, 17}, {}, {0, 2, 1, 2}}});
  }
  cases.push_back({"cpu.winograd_1x7_f2", {{2, 18, 13, 19}, {35, 7, 1, 19}, {}, {3, 0, 3, 0}}});
  cases.push_back({"cpu.winograd_1x3_f4", {{2, 9, 7, 19}, {35, 3, 1, 19}, {}, {1, 0, 1, 0}}});
  return cases;
}

TEST_F(StorageBf16, WinogradReadsAndWritesIt) {
  for (const auto& [row, c] : WinogradCases()) {
    SCOPED_TRACE(std::string(row) + " " + DimsToString(c.input));
    ExpectSameBits(row, Plain(c), {"x"});
    ExpectSameBits(row, Plain(c), {"x"}, false);
    ExpectSameBits(row, Plain(c), {});
    Graph g;
    const ValueId y = AddConv(g, c);
    g.AddOutput(g.Add(Clip{-2, 6}, {g.Add(Binary{BinaryKind::kAdd}, {y, g.AddInput("r", g.value(y).type)})}));
    ExpectSameBits(row, g, {"x", "r"});
    ExpectSameBits(row, g, {"r"});
    EXPECT_EQ(RefusalOf(row, *Stored(g, {"x", "r"}, false), kIsa), "a residual of another type");
    EXPECT_EQ(RefusalOf(row, *Stored(g, {"x"}), kIsa), "a residual of another type");
  }
}

TEST_F(StorageBf16, WinogradDoesEveryActivation) {
  const Case c = {{1, 9, 7, 21}, {37, 3, 3, 21}, {}, {1, 1, 1, 1}};
  for (const std::string_view row : {"cpu.winograd_3x3_f4", "cpu.winograd_3x3_f6"}) {
    for (const Op& activation : Activations()) {
      SCOPED_TRACE(std::string(row) + " " + std::string(OpName(activation)));
      Graph g;
      const ValueId y = AddConv(g, c);
      const ValueId sum = g.Add(Binary{BinaryKind::kAdd}, {y, g.AddInput("r", g.value(y).type)});
      g.AddOutput(g.Add(activation, {sum}));
      const std::unique_ptr<Graph> stored = Stored(g, {"x", "r"});
      const Feeds feeds = FeedsOf(*stored);
      const Tensor got = RunKernel(Row(row), *stored, feeds.narrow, kIsa, 2)[0];
      const double last_place = 1.0 / 256;
      EXPECT_LE(Distance(got, EvaluateGraph(*stored, feeds.narrow)[0]), Row(row).error_bound + last_place);
    }
  }
}

TEST_F(StorageBf16, MaximaOfWinogradsTiles) {
  MaxPool pool;
  pool.kernel_shape = {2, 2};
  pool.strides = {2, 2};
  for (const std::string_view row :
       {"cpu.winograd_3x3_f2_bf16", "cpu.winograd_3x3_f2x4_bf16", "cpu.winograd_3x3_f6"}) {
    Graph g;
    const ValueId y = AddConv(g, {{2, 13, 17, 40}, {48, 3, 3, 40}, {}, {1, 1, 1, 1}});
    g.AddOutput(g.Add(pool, {g.Add(Unary{UnaryKind::kRelu}, {y})}));
    ExpectSameBits(row, g, {"x"});
    ExpectSameBits(row, g, {});
  }
}

TEST_F(StorageBf16, WinogradReadsParts) {
  for (const std::string_view row : {"cpu.winograd_3x3_f2_bf16", "cpu.winograd_3x3_f4"}) {
    Graph g;
    const ValueId a = g.AddInput("a", {DType::kFloat32, {1, 9, 7, 32}});
    const ValueId b = g.AddInput("b", {DType::kFloat32, {1, 9, 7, 64}});
    const ValueId c = g.AddInput("c", {DType::kFloat32, {1, 9, 7, 19}});
    const Tensor filter = RandomTensor(DType::kFloat32, {20, 3, 3, 115}, 5);
    g.AddOutput(g.Add(Conv{}, {g.Add(Concat{3}, {a, b, c}), g.AddConstant("filter", filter)}));
    ExpectSameBits(row, g, {"a", "b", "c"});
    EXPECT_EQ(RefusalOf(row, *Stored(g, {"a", "b"}), kIsa), "parts of different types");
  }
}

TEST_F(StorageBf16, Pooling) {
  for (const int64_t channels : {1, 15, 16, 33, 64, 67, 150}) {
    for (const auto& [size, stride, pad] :
         {std::array<int64_t, 3>{2, 2, 0}, {3, 2, 0}, {3, 1, 1}, {5, 3, 2}}) {
      SCOPED_TRACE(std::to_string(channels) + " channels, " + std::to_string(size));
      Graph most;
      MaxPool max;
      max.kernel_shape = {size, size};
      max.strides = {stride, stride};
      max.pads = Ints(4, pad);
      most.AddOutput(most.Add(max, {most.AddInput("x", {DType::kFloat32, {2, 11, 14, channels}})}));
      ExpectSameBits("cpu.pool", most, {"x"});
      EXPECT_EQ(RefusalOf("cpu.pool", *Stored(most, {"x"}, false), kIsa),
                "input and output of different types");
      Graph mean;
      AveragePool average;
      average.kernel_shape = max.kernel_shape;
      average.strides = max.strides;
      average.pads = max.pads;
      mean.AddOutput(mean.Add(average, {mean.AddInput("x", {DType::kFloat32, {1, 11, 14, channels}})}));
      ExpectSameBits("cpu.pool", mean, {"x"});
    }
  }
}

// The elements themselves; nothing is computed.
void ExpectMoved(const Graph& g, const Names& inputs) {
  const std::unique_ptr<Graph> stored = Stored(g, inputs);
  ASSERT_EQ(RefusalOf("cpu.move", *stored, kIsa), "");
  EXPECT_EQ(RefusalOf("cpu.move", *stored, "avx512"), "the engine is built for float32");
  const Feeds feeds = FeedsOf(*stored);
  const Tensor got = RunKernel(Row("cpu.move"), *stored, feeds.narrow, kIsa, 2)[0];
  EXPECT_TRUE(SameBits(got, EvaluateGraph(*stored, feeds.narrow)[0]));
}

TEST_F(StorageBf16, Moves) {
  Graph concat;
  const ValueId a = concat.AddInput("a", {DType::kFloat32, {2, 5, 7, 33}});
  const ValueId b = concat.AddInput("b", {DType::kFloat32, {2, 5, 7, 6}});
  concat.AddOutput(concat.Add(Concat{3}, {a, b}));
  ExpectMoved(concat, {"a", "b"});
  EXPECT_EQ(RefusalOf("cpu.move", *Stored(concat, {"a"}), kIsa), "types do not agree");
  EXPECT_EQ(RefusalOf("cpu.move", *Stored(concat, {"a", "b"}, false), kIsa), "types do not agree");

  Graph transpose;
  transpose.AddOutput(
      transpose.Add(Transpose{{0, 3, 1, 2}}, {transpose.AddInput("x", {DType::kFloat32, {1, 9, 8, 35}})}));
  ExpectMoved(transpose, {"x"});

  for (const float value : {0.0F, -1.5F, 0.3F, -std::numeric_limits<float>::infinity()}) {
    Graph pad;
    const ValueId x = pad.AddInput("x", {DType::kFloat32, {1, 9, 8, 35}});
    const ValueId pads = pad.AddConstant("pads", Tensor::FromValues<int64_t>({8}, {0, 1, 2, 0, 0, 3, 1, 0}));
    const ValueId fill = pad.AddConstant("fill", Tensor::FromValues<float>({}, {value}));
    pad.AddOutput(pad.Add(Pad{}, {x, pads, fill}));
    ExpectMoved(pad, {"x"});
  }
}

// A network that is in bf16 throughout has no casts, and stays what it was.
TEST(StorageOfBf16Models, MovesNeedNoInstruction) {
  Graph g;
  const ValueId a = g.AddInput("a", {DType::kBFloat16, {2, 5, 33}});
  g.AddOutput(g.Add(Concat{2}, {a, a}));
  for (const std::string& isa : AvailableIsas()) EXPECT_EQ(RefusalOf("cpu.move", g, isa), "");
}

TEST_F(StorageBf16, ElementwiseChains) {
  Graph sum;
  const ValueId a = sum.AddInput("a", {DType::kFloat32, {2, 7, 9, 37}});
  const ValueId b = sum.AddInput("b", {DType::kFloat32, {2, 7, 9, 37}});
  sum.AddOutput(sum.Add(Unary{UnaryKind::kRelu}, {sum.Add(Binary{BinaryKind::kAdd}, {a, b})}));
  for (const Names& inputs : {Names{}, {"a"}, {"b"}, {"a", "b"}}) {
    for (const bool output : {false, true}) {
      if (!inputs.empty() || output) ExpectSameBits("cpu.elementwise", sum, inputs, output);
    }
  }

  Graph gate;
  const ValueId x = gate.AddInput("x", {DType::kFloat32, {2, 7, 9, 40}});
  const ValueId s = gate.AddInput("s", {DType::kFloat32, {2, 1, 1, 40}});
  gate.AddOutput(gate.Add(Unary{UnaryKind::kHardSwish}, {gate.Add(Binary{BinaryKind::kMul}, {x, s})}));
  ExpectSameBits("cpu.elementwise", gate, {"x"});
  ExpectSameBits("cpu.elementwise", gate, {"x", "s"});
}

TEST_F(StorageBf16, NormalizedConcatenations) {
  Graph g;
  const ValueId a = g.AddInput("a", {DType::kFloat32, {1, 6, 5, 12}});
  const ValueId b = g.AddInput("b", {DType::kFloat32, {1, 6, 5, 33}});
  std::vector<ValueId> inputs = {g.Add(Concat{3}, {a, b})};
  for (const uint64_t i : {1, 2, 3, 4}) {
    inputs.push_back(g.AddConstant("factor", RandomTensor(DType::kFloat32, {45}, i, 0.5, 1)));
  }
  BatchNormalization op;
  op.layout = Layout::kNhwc;
  g.AddOutput(g.Add(Unary{UnaryKind::kRelu}, {g.Add(op, inputs)}));
  ExpectSameBits("cpu.elementwise", g, {"a", "b"});
  EXPECT_EQ(RefusalOf("cpu.elementwise", *Stored(g, {"b"}), kIsa), "parts of different types");
}

}  // namespace
}  // namespace floe::cpu
