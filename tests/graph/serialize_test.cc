#include "graph/serialize.h"

#include <gtest/gtest.h>

#include "graph/verify.h"
#include "support/graph_matchers.h"

namespace floe {
namespace {

constexpr std::string_view kSample =
    R"(graph main(%x: float32[batch, 8, ?, 3] @"in:0", %n: int64[]) -> (%z, %t) {
  %w: float32[4, 3, 3, 3] = const seeded(1)
  %t: string[2] = const ["a", "bc"]
  %y: float32[batch, 4, ?, 4] @"conv:0" = Conv(%x, %w) {strides=[2, 2], auto_pad=SAME_UPPER} name "n" from "conv"
  %z: float32[batch, 4, ?, 4] = Loop(%n, _, %y) {carried=1}
    graph body(%i: int64[], %c: bool[], %p: float32[batch, 4, ?, 4]) -> (%c, %q) {
      %q: float32[batch, 4, ?, 4] = Clip(%p) {min=-1.5, max=inf}
    }
}
)";

std::vector<uint8_t> Written(const Graph& graph) {
  ByteWriter writer;
  WriteGraph(writer, graph, [](ByteWriter& w, ValueId, const Tensor& t) { WriteTensorInline(w, t); });
  return writer.Take();
}

std::unique_ptr<Graph> Read(Bytes bytes) {
  ByteReader reader(bytes, "test", ErrorCode::kEngine);
  return ReadGraph(reader, ReadTensorInline);
}

TEST(Serialize, AGraphComesBackAsItWas) {
  const auto graph = ParseGraph(kSample);
  const auto back = Read(Written(*graph));
  VerifyGraph(*back);
  EXPECT_EQ(PrintGraph(*back, {.all_constants = true}), PrintGraph(*graph, {.all_constants = true}));
  EXPECT_EQ(HashGraph(*back), HashGraph(*graph));
}

TEST(Serialize, EveryOpAndFieldComesBack) {
  for (const OpInfo& info : AllOps()) {
    Op op = info.make();
    for (size_t i = 0; i < info.field_count; ++i) {
      const FieldRef field = info.field(op, i);
      if (auto* const* v = std::get_if<int64_t*>(&field)) **v = -7;
      if (auto* const* v = std::get_if<double*>(&field)) **v = 0.1;
      if (auto* const* v = std::get_if<std::vector<int64_t>*>(&field)) **v = {1, -2};
      if (auto* const* v = std::get_if<std::string*>(&field)) **v = "a\"b";
      if (const auto* v = std::get_if<EnumRef>(&field)) *v->value = static_cast<uint8_t>(v->names.size() - 1);
    }
    const std::optional<Op> named = MakeOp(OpName(op));
    ASSERT_TRUE(named.has_value()) << info.name;
    EXPECT_EQ(named->index(), op.index()) << OpName(op);
  }
}

TEST(Serialize, DamageIsAnErrorAndNothingElse) {
  const std::vector<uint8_t> good = Written(*ParseGraph(kSample));
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_THROW(Read(Bytes(good).first(length)), Error) << length;
  }
  int refused = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const uint8_t flip : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> bad = good;
      bad[at] ^= flip;
      try {
        const auto graph = Read(bad);
        CheckTypes(*graph, ErrorCode::kEngine);
      } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::kEngine) << e.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(HashGraph, IgnoresNamesAndTheOrderOfCreation) {
  const auto a =
      ParseGraph("graph g(%x: float32[2]) -> (%z) { %a = Relu(%x) %b = Exp(%x) %z = Add(%a, %b) }");
  const auto b =
      ParseGraph("graph h(%p: float32[2]) -> (%z) { %b = Exp(%p) %a = Relu(%p) %z = Add(%a, %b) }");
  EXPECT_EQ(HashGraph(*a), HashGraph(*b));
}

TEST(HashGraph, SeesFieldsWiringAndContents) {
  const char* variants[] = {
      "graph g(%x: float32[2]) -> (%z) { %c: float32[2] = const [1, 2] %z = Sub(%x, %c) }",
      "graph g(%x: float32[2]) -> (%z) { %c: float32[2] = const [1, 3] %z = Sub(%x, %c) }",
      "graph g(%x: float32[2]) -> (%z) { %c: float32[2] = const [1, 2] %z = Sub(%c, %x) }",
      "graph g(%x: float32[2]) -> (%z) { %z = Clip(%x) {max=6} }",
      "graph g(%x: float32[2]) -> (%z) { %z = Clip(%x) {max=5} }",
      "graph g(%x: float32[3]) -> (%z) { %z = Clip(%x) {max=5} }"};
  std::set<uint64_t> hashes;
  for (const char* text : variants) hashes.insert(HashGraph(*ParseGraph(text)));
  EXPECT_EQ(hashes.size(), std::size(variants));
}

}  // namespace
}  // namespace floe
