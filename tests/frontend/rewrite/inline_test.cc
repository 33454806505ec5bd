#include "frontend/tensorflow/rewrite/inline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/rewrite/graph_text.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FreezeResult Prepare(std::vector<std::string> nodes, std::vector<tf::FunctionDef> functions,
                     std::vector<std::string> outputs) {
  TensorFlowModel model = ModelOf(GraphOf(nodes));
  for (tf::FunctionDef& function : functions)
    *model.graph.mutable_library()->add_function() = std::move(function);
  Selection selection;
  selection.outputs = std::move(outputs);
  return PrepareGraph(std::move(model), selection);
}

const char* const kX = "x: Placeholder dtype=float shape=[2]";
const char* const kCall = "call: PartitionedCall(x) f=@f Tin={float} Tout={float}";

tf::FunctionDef Doubling() {
  return FunctionOf("f(a: float) -> (y: float = double:z:0)", {"double: AddV2(a, a) T=float"});
}

TEST(InlineCalls, ACallBecomesItsNodes) {
  const FreezeResult result = Prepare({kX, kCall, "y: Relu(call) T=float"}, {Doubling()}, {"y"});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Relu(call/double)");
  EXPECT_EQ(LineOf(result.graph, "call/double"), "call/double: AddV2(x, x)");
  EXPECT_EQ(result.graph.library().function_size(), 0);
}

TEST(InlineCalls, ACallThatIsFetchedKeepsItsName) {
  const FreezeResult result = Prepare({kX, kCall}, {Doubling()}, {"call"});
  EXPECT_EQ(LineOf(result.graph, "call"), "call: Identity(call/double)");
}

TEST(InlineCalls, SeveralResultsKeepTheirPortsAndUnusedOnesNothing) {
  const tf::FunctionDef f = FunctionOf("f(a: float) -> (n: float = neg:y:0, r: float = relu:activations:0)",
                                       {"neg: Neg(a) T=float", "relu: Relu(a) T=float"});
  const FreezeResult result =
      Prepare({kX, "call: PartitionedCall(x) f=@f Tin={float} Tout={float,float}"}, {f}, {"call:1"});
  EXPECT_EQ(LineOf(result.graph, "call"), "call: IdentityN(call/unused_0, call/relu)");
  EXPECT_EQ(LineOf(result.graph, "call/neg"), "");
}

TEST(InlineCalls, TensorFlowCannotFuseAConvolutionThatXlaWasToCompile) {
  const tf::FunctionDef conv =
      FunctionOf("conv(a: float, w: float) -> (y: float = c:output:0)", {"c: Conv2D(a, w) T=float "});
  const tf::FunctionDef outer =
      FunctionOf("outer(a: float, w: float) -> (y: float = in:output:0)",
                 {"in: PartitionedCall(a, w) f=@conv Tin={float,float} Tout={float}"});
  const std::string call = ": PartitionedCall(x, w) f=@outer Tin={float,float} Tout={float}";
  const FreezeResult result = Prepare(
      {"x: Placeholder dtype=float", "w: Placeholder dtype=float",
       "compiled" + call + " _XlaMustCompile=true", "plain" + call, "y: BiasAdd(compiled, plain) T=float"},
      {conv, outer}, {"y"});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: BiasAdd(compiled/in/c/shield, plain/in/c)");
  EXPECT_EQ(LineOf(result.graph, "compiled/in/c/shield"), "compiled/in/c/shield: EnsureShape(compiled/in/c)");
}

TEST(InlineCalls, CallsInFunctionsAndByFunctionName) {
  const tf::FunctionDef outer = FunctionOf("outer(a: float) -> (y: float = inner:y:0)", {"inner: f(a)"});
  const FreezeResult result = Prepare(
      {kX, "call: StatefulPartitionedCall(x) f=@outer Tin={float} Tout={float}", "y: Relu(call) T=float"},
      {outer, Doubling()}, {"y"});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Relu(call/inner/double)");
}

TEST(InlineCalls, NodesInsideCanBeChosen) {
  const tf::FunctionDef f = FunctionOf("f(a: float) -> (y: float = relu:activations:0)",
                                       {"double: AddV2(a, a) T=float", "relu: Relu(double:z:0) T=float"});
  Selection selection;
  selection.outputs = {"call/relu"};
  selection.inputs.push_back({"call/double", std::vector<int64_t>{2}});
  TensorFlowModel model = ModelOf(GraphOf({kX, kCall}));
  *model.graph.mutable_library()->add_function() = f;
  const FreezeResult result = PrepareGraph(std::move(model), selection);
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("call/double", "call/relu"));
}

TEST(InlineCalls, OutputsOfListsAreCountedThrough) {
  const tf::FunctionDef f =
      FunctionOf("f(a: float) -> (y: float = parts:output:1)",
                 {"axis: Const dtype=int32 value=0", "parts: Split(axis:output:0, a) T=float num_split=2"});
  const FreezeResult result = Prepare({kX, kCall, "y: Relu(call) T=float"}, {f}, {"y"});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Relu(call/parts:1)");
}

TEST(InlineCalls, AttributesOfTheCallerAreFilledIn) {
  tf::FunctionDef f = FunctionOf("generic(a: $T) -> (y: $T = double:z:0)", {"double: AddV2(a, a) T=$T"});
  tf::OpDef::AttrDef& attr = *f.mutable_signature()->add_attr();
  attr.set_name("T");
  attr.set_type("type");
  const FreezeResult result = Prepare({kX, "call: generic(x) T=float", "y: Relu(call) T=float"}, {f}, {"y"});
  EXPECT_EQ(TypeAttr(NodeIn(result.graph, "call/double"), "T"), tf::DT_FLOAT);
}

TEST(InlineCalls, RecursionIsRefusedAndNamed) {
  const tf::FunctionDef f = FunctionOf("f(a: float) -> (y: float = c:output:0)",
                                       {"c: PartitionedCall(a) f=@g Tin={float} Tout={float}"});
  const tf::FunctionDef g = FunctionOf("g(a: float) -> (y: float = c:output:0)",
                                       {"c: PartitionedCall(a) f=@f Tin={float} Tout={float}"});
  EXPECT_EQ(MessageOf([&] {
              Prepare({kX, kCall}, {f, g}, {"call"});
            }),
            "function 'g': expected functions that do not call themselves, found g -> f -> g");
}

TEST(InlineCalls, CallsThatUnfoldWithoutBoundAreRefused) {
  std::vector<tf::FunctionDef> functions = {
      FunctionOf("f0(a: float) -> (y: float = n:y:0)", {"n: Neg(a) T=float"})};
  for (int i = 1; i <= 40; ++i) {
    const std::string callee = "f" + std::to_string(i - 1);
    functions.push_back(FunctionOf("f" + std::to_string(i) + "(a: float) -> (y: float = d:y:0)",
                                   {"c: " + callee + "(a)", "d: " + callee + "(c:y:0)"}));
  }
  EXPECT_THAT(MessageOf([&] {
                Prepare({kX, "call: f40(x)"}, functions, {"call"});
              }),
              HasSubstr("expected calls that unfold to at most 4000000 nodes"));
}

TEST(InlineCalls, FunctionsNestedWithoutBoundAreRefused) {
  std::vector<tf::FunctionDef> functions = {
      FunctionOf("f0(a: float) -> (y: float = n:y:0)", {"n: Neg(a) T=float"})};
  for (int i = 1; i <= 300; ++i) {
    functions.push_back(FunctionOf("f" + std::to_string(i) + "(a: float) -> (y: float = c:y:0)",
                                   {"c: f" + std::to_string(i - 1) + "(a)"}));
  }
  EXPECT_EQ(MessageOf([&] {
              Prepare({kX, "call: f300(x)"}, functions, {"call"});
            }),
            "function 'f200': expected functions nested at most 200 deep, found more");
}

TEST(InlineCalls, AMissingFunctionIsNamed) {
  EXPECT_EQ(MessageOf([] {
              Prepare({kX, kCall}, {}, {"call"});
            }),
            "node 'call' (PartitionedCall): expected the function 'f' in the graph's library, found none");
}

TEST(InlineCalls, BranchesStayFunctionsWithTheirCallsInlined) {
  const tf::FunctionDef yes = FunctionOf("yes(a: float) -> (y: float = call:output:0)",
                                         {"call: PartitionedCall(a) f=@f Tin={float} Tout={float}"});
  const tf::FunctionDef no = FunctionOf("no(a: float) -> (y: float = a)", {});
  const FreezeResult result = Prepare(
      {kX, "p: Placeholder dtype=bool shape=[]",
       "choice: StatelessIf(p, x) Tcond=bool Tin={float} Tout={float} then_branch=@yes else_branch=@no"},
      {yes, no, Doubling()}, {"choice"});
  ASSERT_EQ(result.graph.library().function_size(), 2);
  EXPECT_EQ(result.graph.library().function(0).ret().at("y"), "a");
  EXPECT_EQ(result.graph.library().function(1).ret().at("y"), "call/double:z:0");
}

TEST(InlineCalls, ABranchThatIsAlwaysTakenIsInlined) {
  const tf::FunctionDef no = FunctionOf("no(a: float) -> (y: float = a)", {});
  const FreezeResult result =
      Prepare({kX, "p: Const dtype=bool value=true", "q: LogicalNot(p)",
               "choice: If(q, x) Tcond=bool Tin={float} Tout={float} then_branch=@no else_branch=@f",
               "y: Relu(choice) T=float"},
              {Doubling(), no}, {"y"});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Relu(choice/double)");
  EXPECT_EQ(result.graph.library().function_size(), 0);
}

}  // namespace
}  // namespace floe
