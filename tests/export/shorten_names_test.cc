// What values are called in a file, beside the nodes that keep their full names.
#include "export/emit/shorten_names.h"

#include <gmock/gmock.h>

#include "export/export_test.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<std::string> LinesOf(std::string_view text) {
  return NodeLines(Exported(text).model.proto.graph());
}

TEST(ShortenNames, ScopesOfAllAndWhatFollowsTheLayerGo) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[1, 4]) -> (%net/out/Softmax) {
      %net/a/BatchNorm/add = Neg(%x) from "net/a/BatchNorm/add"
      %net/a/Relu = Relu(%net/a/BatchNorm/add) from "net/a/Relu"
      %net/b/act/Tanh = Tanh(%net/a/Relu) from "net/b/act/Tanh"
      %net/out/Softmax = Softmax(%net/b/act/Tanh) from "net/out/Softmax"
    })");
  const onnx::GraphProto& graph = result.model.proto.graph();
  EXPECT_THAT(NodeLines(graph), ElementsAre("Neg(x) -> a/BatchNorm", "Relu(a/BatchNorm) -> a/Relu",
                                            "Tanh(a/Relu) -> b", "Softmax(b) -> net/out/Softmax"));
  EXPECT_EQ(graph.node(0).name(), "net/a/BatchNorm/add");
  EXPECT_EQ(graph.node(2).name(), "net/b/act/Tanh");
  std::vector<std::string> typed;
  for (const auto& info : graph.value_info()) typed.push_back(info.name());
  EXPECT_THAT(typed, ElementsAre("a/BatchNorm", "a/Relu", "b"));
}

TEST(ShortenNames, AScopeThatIsANodeTooIsToldFromItsOwn) {
  EXPECT_THAT(LinesOf(R"(
    graph main(%x: float32[1, 4]) -> (%y) {
      %net/a = Neg(%x) from "net/a"
      %net/a/b = Relu(%net/a) from "net/a/b"
      %net/a/c/d = Tanh(%net/a/b) from "net/a/c/d"
      %y = Softmax(%net/a/c/d) from "y"
    })"),
              ElementsAre("Neg(x) -> a", "Relu(a) -> a/b", "Tanh(a/b) -> a/c", "Softmax(a/c) -> y"));
}

TEST(ShortenNames, NodesOutsideTheScopeKeepIt) {
  EXPECT_THAT(LinesOf(R"(
    graph main(%x: float32[1, 4], %b: float32[1, 4]) -> (%y) {
      %net/y/Neg = Neg(%x) from "net/y/Neg"
      %net/b/Relu = Relu(%net/y/Neg) from "net/b/Relu"
      %y/half = Tanh(%net/b/Relu) from "y/half"
      %s = Add(%y/half, %b) from "s"
      %y = Softmax(%s) from "y"
    })"),
              ElementsAre("Neg(x) -> net/y", "Relu(net/y) -> net/b", "Tanh(net/b) -> y/half",
                          "Add(y/half, b) -> s", "Softmax(s) -> y"));
}

TEST(ShortenNames, NoNameIsTakenTwice) {
  // "y" is the model's output, "b" an input: the values below these scopes keep more of their names.
  EXPECT_THAT(LinesOf(R"(
    graph main(%x: float32[1, 4], %b: float32[1, 4]) -> (%y) {
      %net/y/Neg = Neg(%x) from "net/y/Neg"
      %net/b/Relu = Relu(%net/y/Neg) from "net/b/Relu"
      %y = Add(%net/b/Relu, %b) from "y"
    })"),
              ElementsAre("Neg(x) -> y/Neg", "Relu(y/Neg) -> b/Relu", "Add(b/Relu, b) -> y"));
}

TEST(ShortenNames, InBodiesToo) {
  const ExportResult result = Exported(R"(
    graph main(%p: bool[], %x: float32[2]) -> (%y) {
      %net/a/Neg = Neg(%x) from "net/a/Neg"
      %net/if/If = If(%p, %net/a/Neg) from "net/if/If"
      graph then(%o: float32[2]) -> (%net/t/Relu) { %net/t/Relu = Relu(%o) from "net/t/Relu" }
      graph else(%o: float32[2]) -> (%net/e/Tanh) { %net/e/Tanh = Tanh(%o) from "net/e/Tanh" }
      %y = Neg(%net/if/If) from "y"
    })");
  const onnx::GraphProto& graph = result.model.proto.graph();
  EXPECT_THAT(NodeLines(graph), ElementsAre("Neg(x) -> a", "If(p) -> if", "Neg(if) -> y"));
  std::vector<std::string> lines;
  for (const auto& attribute : graph.node(1).attribute()) {
    lines.push_back(NodeLines(attribute.g()).at(0));
    EXPECT_EQ(attribute.g().output(0).name(), attribute.g().node(0).output(0));
  }
  EXPECT_THAT(lines, UnorderedElementsAre("Relu(a) -> t", "Tanh(a) -> e"));
}

TEST(ShortenNames, LayersNameTheirConstants) {
  EXPECT_THAT(LinesOf(R"(
    graph main(%x: float32[1, 3, 6, 6]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %g: float32[4, 4, 1, 1] = const seeded(2)
      %b: float32[4] = const seeded(3)
      %net/bn/add = Conv(%x, %f, %b) {layout=NCHW} from "net/conv/Conv2D", "net/bn/add"
      %net/conv/Conv2D_1 = Conv(%net/bn/add, %g, %b) {layout=NCHW} from "net/conv/Conv2D_1"
      %root = Conv(%net/conv/Conv2D_1, %g) {layout=NCHW} from "root"
      %y = Relu(%root) from "y"
    })"),
              ElementsAre("Conv(x, net/conv/weights, net/conv/bias) -> net/bn",
                          "Conv(net/bn, net/conv/Conv2D_1/weights, net/conv/bias) -> net/conv",
                          "Conv(net/conv, net/conv/Conv2D_1/weights) -> root", "Relu(root) -> y"));
}

}  // namespace
}  // namespace floe
