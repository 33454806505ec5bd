#include "view/open_functions.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace floe::view {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

struct Opened {
  tf::GraphDef graph;  // what the nodes refer to
  OpenGraph open;

  const OpenNode& At(const std::string& name) const {
    for (const OpenNode& node : open.nodes) {
      if (node.name == name) return node;
    }
    ADD_FAILURE() << "no node " << name;
    return open.nodes.front();
  }
  std::vector<std::string> Inputs(const std::string& name) const {
    std::vector<std::string> out;
    for (const Source& s : At(name).inputs) {
      out.push_back(open.nodes[static_cast<size_t>(s.node)].name + ":" + std::to_string(s.port));
    }
    return out;
  }
};

std::unique_ptr<Opened> Open(const std::string& text, size_t most = 400'000) {
  auto out = std::make_unique<Opened>();
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &out->graph));
  out->open = OpenFunctions(out->graph, OpTable(out->graph.library()), most);
  return out;
}

const char kDouble[] = R"(
  library { function {
    signature { name: "double" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "b" type: DT_FLOAT } }
    node_def { name: "split" op: "Split" input: "axis:output:0" input: "a"
      attr { key: "num_split" value { i: 2 } } attr { key: "T" value { type: DT_FLOAT } } }
    node_def { name: "axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } }
    node_def { name: "add" op: "AddV2" input: "split:output:0" input: "split:output:1" input: "^axis"
      attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "b" value: "add:z:0" } } }
)";

TEST(OpenFunctions, ACallOpensAsAScope) {
  const auto g = Open(std::string(kDouble) + R"(
    node { name: "x" op: "Placeholder" }
    node { name: "call" op: "PartitionedCall" input: "x" attr { key: "f" value { func { name: "double" } } } }
    node { name: "y" op: "Neg" input: "call" })");
  EXPECT_TRUE(g->At("call").opened);
  EXPECT_THAT(g->Inputs("call"), ElementsAre());
  EXPECT_THAT(g->Inputs("call/a"), ElementsAre("x:0"));
  EXPECT_THAT(g->Inputs("call/split"), ElementsAre("call/axis:0", "call/a:0"));
  EXPECT_THAT(g->Inputs("call/add"), ElementsAre("call/split:0", "call/split:1"));
  EXPECT_EQ(g->At("call/add").controls.size(), 1u);
  EXPECT_THAT(g->Inputs("y"), ElementsAre("call/b:0"));
  EXPECT_EQ(g->At("call/add").lookup, "double/add");
  EXPECT_THAT(g->open.warnings, ElementsAre());
}

TEST(OpenFunctions, AnOpNamedLikeAFunctionIsACall) {
  const auto g = Open(std::string(kDouble) + R"(node { name: "x" op: "Placeholder" }
    node { name: "call" op: "double" input: "x" })");
  EXPECT_THAT(g->Inputs("call/a"), ElementsAre("x:0"));
}

TEST(OpenFunctions, BranchesJoinBehindAnIf) {
  const auto g = Open(std::string(kDouble) + R"(
    node { name: "c" op: "Placeholder" } node { name: "x" op: "Placeholder" }
    node { name: "if" op: "If" input: "c" input: "x"
      attr { key: "then_branch" value { func { name: "double" } } } attr { key: "else_branch" value { func { name: "double" } } } }
    node { name: "again" op: "PartitionedCall" input: "if" attr { key: "f" value { func { name: "double" } } } })");
  EXPECT_THAT(g->Inputs("if"), ElementsAre("c:0"));
  EXPECT_THAT(g->Inputs("if/then_branch/a"), ElementsAre("x:0"));
  EXPECT_THAT(g->Inputs("if/else_branch/a"), ElementsAre("x:0"));
  EXPECT_THAT(g->Inputs("again/a"), UnorderedElementsAre("if/then_branch/b:0", "if/else_branch/b:0"));
}

TEST(OpenFunctions, AWhileFeedsConditionAndBody) {
  const auto g = Open(std::string(kDouble) + R"(node { name: "x" op: "Placeholder" }
    node { name: "while" op: "While" input: "x"
      attr { key: "cond" value { func { name: "double" } } } attr { key: "body" value { func { name: "double" } } } }
    node { name: "y" op: "Neg" input: "while" })");
  EXPECT_THAT(g->Inputs("while/cond/a"), ElementsAre("x:0"));
  EXPECT_THAT(g->Inputs("while/body/a"), ElementsAre("x:0"));
  EXPECT_THAT(g->Inputs("y"), ElementsAre("while/body/b:0"));
}

TEST(OpenFunctions, BrokenGraphsAreShown) {
  const auto g =
      Open(R"(node { name: "a" op: "Neg" input: "nowhere" } node { name: "a" op: "Neg" input: "a:1x" }
    node { name: "call" op: "PartitionedCall" attr { key: "f" value { func { name: "gone" } } } }
    node { name: "loop" op: "Merge" input: "next" } node { name: "next" op: "NextIteration" input: "loop" })");
  EXPECT_THAT(g->At("a").note, HasSubstr("'nowhere'"));
  EXPECT_THAT(g->At("a#2").note, HasSubstr("more than once"));
  EXPECT_THAT(g->Inputs("loop"), ElementsAre("next:0"));
  EXPECT_THAT(g->open.warnings, Contains(HasSubstr("'gone'")));
}

TEST(OpenFunctions, RecursionEnds) {
  const auto g = Open(R"(node { name: "call" op: "f" }
    library { function { signature { name: "f" } node_def { name: "a" op: "f" } } })");
  EXPECT_LT(g->open.nodes.size(), 100u);
  EXPECT_THAT(g->open.warnings, ElementsAre(HasSubstr("calls itself")));
}

// Each function calls the next twice: opened, it would be 2^30 nodes.
TEST(OpenFunctions, NeverMoreThanAskedFor) {
  std::string text = R"(node { name: "call" op: "f0" } library { )";
  for (int i = 0; i < 30; ++i) {
    const std::string next = "f" + std::to_string(i + 1);
    text += "function { signature { name: \"f" + std::to_string(i) + "\" } node_def { name: \"a\" op: \"" +
            next + "\" } node_def { name: \"b\" op: \"" + next + "\" } }";
  }
  const auto g = Open(text + "}", 5000);
  EXPECT_LE(g->open.nodes.size(), 5000u);
  EXPECT_THAT(g->open.warnings, Contains(HasSubstr("more than 5000 nodes")));
}

TEST(OpenFunctions, ALibraryAloneIsShown) {
  const auto g = Open(kDouble);
  EXPECT_EQ(g->At("double/add").op, "AddV2");
}

TEST(OpenFunctions, EmptyGraph) {
  EXPECT_TRUE(Open("")->open.nodes.empty());
}

}  // namespace
}  // namespace floe::view
