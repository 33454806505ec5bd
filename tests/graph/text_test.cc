#include "graph/text.h"

#include <gtest/gtest.h>

#include "floe/error.h"
#include "support/graph_matchers.h"

namespace floe {
namespace {

constexpr std::string_view kSample =
    R"(graph main(%x: float32[1, 8, 8, 3] @"in:0", %c: bool[]) -> (%z, %"odd name:1") {
  %w: float32[4, 3, 3, 3] = const 0.5
  %b: float32[4] = const [1, -2, 0.25, inf]
  %y: float32[1, 4, 4, 4] @"conv:0" = Conv(%x, %w, %b) {strides=[2, 2], auto_pad=SAME_UPPER} name "n" from "conv", "bias"
  %z: float32[1, 4, 4, 4] = If(%c, %y)
    graph then(%p: float32[1, 4, 4, 4]) -> (%q) {
      %q: float32[1, 4, 4, 4] = LeakyRelu(%p) {alpha=0.2}
    }
    graph else(%p: float32[1, 4, 4, 4]) -> (%p) {
    }
  %s: int64[2] = const [16, 4]
  %"odd name:1": float32[16, 4] = Reshape(%y, %s)
}
)";

std::string MessageOf(std::string_view text) {
  try {
    ParseGraph(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(GraphText, PrintsWhatItParsed) {
  EXPECT_EQ(PrintGraph(*ParseGraph(kSample)), kSample);
}

TEST(GraphText, TypesOfOutputsMayBeLeftOut) {
  const auto graph = ParseGraph("graph g(%x: float32[2, 3]) -> (%y) { %y = Transpose(%x) }");
  EXPECT_EQ(TypeOf(*graph, "y"), "float32[3, 2]");
}

TEST(GraphText, KeepsConstantsToTheBitWhenAsked) {
  const std::string text =
      "graph g() -> (%a, %b, %c) {\n"
      "  %a: float16[40] = const seeded(3)\n"
      "  %b: string[2] = const [\"a\\n\\\"b\", \"\\u00e9\"]\n"
      "  %c: complex64[1] = const [1, -2]\n}\n";
  const auto graph = ParseGraph(text);
  const auto again = ParseGraph(PrintGraph(*graph, {.all_constants = true}));
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_TRUE(SameContents(graph->value(graph->FindValue(name)).constant,
                             again->value(again->FindValue(name)).constant))
        << name;
  }
}

TEST(GraphText, ErrorsNameLineAndColumn) {
  EXPECT_EQ(MessageOf("graph g(%x: float32[2]) -> (%y) {\n  %y = Relux(%x)\n}"),
            "graph text: line 2, column 8: there is no op 'Relux'; did you mean 'Relu', 'Elu', 'Selu'?");
  EXPECT_EQ(MessageOf("graph g(%x: float32[2]) -> (%y) {\n  %y = Relu(%z)\n}"),
            "graph text: line 2, column 13: '%z' is not defined");
  EXPECT_EQ(MessageOf("graph g(%x: float32[2]) -> (%y) {\n  %y: int32[2] = Relu(%x)\n}"),
            "graph text: line 2, column 3: '%y' is float32[2], not int32[2]");
  EXPECT_EQ(MessageOf("graph g() -> () {"), "graph text: line 1, column 18: expected a word");
  EXPECT_EQ(MessageOf("graph g() -> () { %a: float32[2] = const [1] }"),
            "graph text: line 1, column 44: expected ','");
}

TEST(GraphText, HashOfALargeConstantDoesNotParseBack) {
  const auto graph = ParseGraph("graph g() -> (%a) { %a: float32[99] = const seeded(1) }");
  EXPECT_THAT(MessageOf(PrintGraph(*graph)), testing::HasSubstr("print it with all constants"));
}

}  // namespace
}  // namespace floe
