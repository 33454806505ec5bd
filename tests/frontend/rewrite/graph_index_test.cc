#include "frontend/tensorflow/rewrite/graph_index.h"

#include <gtest/gtest.h>

#include "frontend/rewrite/graph_text.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"

namespace floe {
namespace {

TEST(ParseTensorRef, NodesPortsAndControls) {
  EXPECT_EQ(ParseTensorRef("a/b")->Own(), (TensorRef{"a/b", 0}));
  EXPECT_EQ(ParseTensorRef("a/b:2")->Own(), (TensorRef{"a/b", 2}));
  EXPECT_EQ(ParseTensorRef("^a/b")->Own(), (TensorRef{"a/b", kControlPort}));
  for (const char* text : {"", "^", ":1", "a:", "a:x", "a:-1", "a:99999999999"}) {
    EXPECT_FALSE(ParseTensorRef(text).has_value()) << text;
  }
}

TEST(GraphIndex, KnowsInputsAndConsumers) {
  const tf::GraphDef graph = GraphOf({"a: Placeholder", "b: Split(a, a)", "c: Add(b:1, b, ^a)"});
  const GraphIndex index(graph);
  EXPECT_EQ(index.Find("b"), 1);
  EXPECT_EQ(index.Find("d"), -1);
  EXPECT_EQ(index.inputs(2)[0].port, 1);
  EXPECT_EQ(index.inputs(2)[2].port, kControlPort);
  EXPECT_EQ(index.consumers(0).size(), 3u);
  EXPECT_EQ(index.TopologicalOrder(), (std::vector<int>{0, 1, 2}));
}

TEST(GraphIndex, RefusesBrokenGraphs) {
  const auto message = [](std::vector<std::string> lines) {
    return MessageOf([&] {
      const tf::GraphDef graph = GraphOf(lines);
      GraphIndex index(graph);
    });
  };
  EXPECT_EQ(message({"a: Const", "a: Const"}), "graph: expected unique node names, found 'a' twice");
  EXPECT_EQ(message({"conv: Const", "b: Relu(conw)"}),
            "graph: node 'b' (Relu) has the input 'conw', but there is no such node; did you mean 'conv'?");
  EXPECT_EQ(message({"a: Const", "b: Relu(a:x)"}),
            "graph: node 'b' (Relu): expected an input like 'node:0', found 'a:x'");
  EXPECT_EQ(message({": Const"}), "graph: expected named nodes, found a nameless Const");
}

TEST(GraphIndex, ALoopThroughNextIterationHasAnOrder) {
  const tf::GraphDef graph = GraphOf({"x: Const", "enter: Enter(x)", "merge: Merge(enter, next)",
                                      "body: Relu(merge)", "next: NextIteration(body)"});
  EXPECT_EQ(GraphIndex(graph).TopologicalOrder(), (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(GraphIndex, AnotherCycleIsNamed) {
  const tf::GraphDef graph = GraphOf({"x: Const", "a: Add(x, c)", "b: Relu(a)", "c: Relu(b)", "d: Relu(c)"});
  EXPECT_EQ(MessageOf([&] { GraphIndex(graph).TopologicalOrder(); }),
            "graph: expected loops only through NextIteration, found the cycle 'a' -> 'b' -> 'c' -> 'a'");
}

}  // namespace
}  // namespace floe
