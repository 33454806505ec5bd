// Variables become constants. The checkpoint holds "scalar" (1.5), "types/float32" and "rows", a table of 7 x
// 10 counting numbers that is stored in three parts.
#include "frontend/tensorflow/rewrite/freeze.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/tensorflow/tensor_proto.h"
#include "frontend/rewrite/graph_text.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "support/paths.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kCheckpoint = FLOE_SOURCE_DIR "/tests/formats/data/variables.ckpt";

FreezeResult Freeze(std::vector<std::string> lines, std::vector<tf::FunctionDef> functions = {},
                    const std::string& checkpoint = kCheckpoint, Selection selection = {}) {
  TensorFlowModel model = ModelOf(GraphOf(lines));
  model.checkpoint_prefix = checkpoint;
  for (tf::FunctionDef& function : functions)
    *model.graph.mutable_library()->add_function() = std::move(function);
  if (selection.outputs.empty()) selection.outputs = {"y"};
  return PrepareGraph(std::move(model), selection);
}

Tensor ValueOf(const FreezeResult& result, const std::string& node) {
  return ConstValue(NodeIn(result.graph, node));
}

const std::string kX = "x: Placeholder dtype=float shape=[]";

TEST(FreezeVariables, AReferenceVariableIsAConstantOfItsName) {
  const FreezeResult result =
      Freeze({kX, "scalar: VariableV2 dtype=float shape=[]", "scalar/read: Identity(scalar) T=float",
              "y: Mul(x, scalar/read) T=float"});
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("scalar", "x", "y"));
  EXPECT_TRUE(SameContents(ValueOf(result, "scalar"), Tensor::Scalar<float>(1.5f)));
}

TEST(FreezeVariables, AResourceVariableIsFoundBySharedName) {
  const FreezeResult result = Freeze({kX, "handle: VarHandleOp dtype=float shape=[] shared_name=\"scalar\"",
                                      "read: ReadVariableOp(handle) dtype=float", "y: Mul(x, read) T=float"});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Mul(x, handle)");
  EXPECT_TRUE(SameContents(ValueOf(result, "handle"), Tensor::Scalar<float>(1.5f)));
}

const std::vector<std::string> kRestore = {
    "file: Const dtype=string value=model", "names: Const dtype=string value=(rows;scalar)",
    "save/RestoreV2: RestoreV2(file, names, slices) dtypes={float,float}"};

std::vector<std::string> WithRestore(std::vector<std::string> lines, const std::string& slices) {
  lines.insert(lines.end(), kRestore.begin(), kRestore.end());
  lines.push_back("slices: Const dtype=string value=" + slices);
  return lines;
}

TEST(FreezeVariables, RestoreOperationsSayWhereAValueLies) {
  const FreezeResult result = Freeze(
      WithRestore({kX, "renamed: VariableV2 dtype=float shape=[]",
                   "save/Assign: Assign(renamed, save/RestoreV2:1) T=float", "y: Mul(x, renamed) T=float"},
                  "(\"\";\"\")"));
  EXPECT_TRUE(SameContents(ValueOf(result, "renamed"), Tensor::Scalar<float>(1.5f)));
}

TEST(FreezeVariables, APartOfAPartitionedVariableIsItsSlice) {
  std::vector<std::string> lines = {kX, "p: VariableV2 dtype=float shape=[1,2]",
                                    "save/Assign: Assign(p, save/RestoreV2) T=float", "y: Mul(x, p) T=float"};
  lines.insert(lines.end(), kRestore.begin(), kRestore.end());
  lines.push_back("slices: Const dtype=string value=(\"\";\"\")");
  tf::GraphDef graph = GraphOf(lines);
  tf::NodeDef& slices = *graph.mutable_node(graph.node_size() - 1);
  slices = MakeConst("slices", Tensor::FromVector<std::string>({"7 10 6,1:3,2", ""}));
  TensorFlowModel model = ModelOf(std::move(graph));
  model.checkpoint_prefix = kCheckpoint;
  Selection selection;
  selection.outputs = {"y"};
  EXPECT_TRUE(SameContents(ValueOf(PrepareGraph(std::move(model), selection), "p"),
                           Tensor::FromValues<float>({1, 2}, {63, 64})));
}

TEST(FreezeVariables, PartsWithoutRestoreOperationsLieOneBehindTheOther) {
  const FreezeResult result =
      Freeze({kX, "rows/part_0: VariableV2 dtype=float shape=[5,10]",
              "rows/part_1: VariableV2 dtype=float shape=[2,10]", "axis: Const dtype=int32 value=0",
              "rows: ConcatV2(rows/part_0, rows/part_1, axis) T=float N=2", "y: Mul(x, rows) T=float"});
  const Tensor second = ValueOf(result, "rows/part_1");
  EXPECT_EQ(second.dims(), (std::vector<int64_t>{2, 10}));
  EXPECT_EQ(second.data<float>()[0], 50);
}

TEST(FreezeVariables, BranchesAndLoopsGetTheValueForTheHandle) {
  const tf::FunctionDef body =
      FunctionOf("body(i: float, v: resource) -> (i: float = next:z:0, v: resource = v)",
                 {"read: ReadVariableOp(v) dtype=float", "next: AddV2(i, read:value:0) T=float"});
  const tf::FunctionDef cond =
      FunctionOf("cond(i: float, v: resource) -> (more: bool = less:z:0)",
                 {"read: ReadVariableOp(v) dtype=float", "less: Less(i, read:value:0) T=float"});
  const FreezeResult result =
      Freeze({kX, "scalar: VarHandleOp dtype=float shape=[]",
              "loop: While(x, scalar) T={float,resource} cond=@cond body=@body", "y: Relu(loop) T=float"},
             {body, cond});
  const tf::NodeDef& loop = NodeIn(result.graph, "loop");
  EXPECT_THAT(loop.attr().at("T").list().type(), ElementsAre(tf::DT_FLOAT, tf::DT_FLOAT));
  ASSERT_EQ(result.graph.library().function_size(), 2);
  for (const tf::FunctionDef& function : result.graph.library().function()) {
    EXPECT_EQ(function.signature().input_arg(1).type(), tf::DT_FLOAT);
    for (const tf::NodeDef& node : function.node_def()) EXPECT_NE(node.op(), "ReadVariableOp");
  }
}

TEST(FreezeVariables, AGatherOfAResourceGathersFromTheValue) {
  const FreezeResult result =
      Freeze({"i: Placeholder dtype=int32 shape=[2]", "rows: VarHandleOp dtype=float shape=[7,10]",
              "gather: ResourceGather(rows, i) dtype=float Tindices=int32", "y: Relu(gather) T=float"});
  EXPECT_EQ(LineOf(result.graph, "gather"), "gather: GatherV2(rows, i, gather/axis)");
}

TEST(FreezeVariables, AMissingVariableIsNamedWithTheRemedy) {
  const std::vector<std::string> lines = {kX, "scaler: VarHandleOp dtype=float shape=[]",
                                          "read: ReadVariableOp(scaler) dtype=float",
                                          "y: Mul(x, read) T=float"};
  EXPECT_EQ(MessageOf([&] { Freeze(lines, {}, ""); }),
            "variable 'scaler': expected values, found no checkpoint; add --checkpoint PREFIX, or --set "
            "NAME=VALUE");
  EXPECT_THAT(MessageOf([&] { Freeze(lines); }), HasSubstr("found none; did you mean 'scalar'"));
  Selection selection;
  selection.sets.push_back(ParseSetChoice("scaler=3"));
  EXPECT_TRUE(SameContents(ValueOf(Freeze(lines, {}, "", selection), "scaler"), Tensor::Scalar<float>(3)));
}

TEST(FreezeVariables, AVariableThatNothingNeedsMayBeMissing) {
  EXPECT_THAT(
      NamesOf(Freeze({kX, "v: VariableV2 dtype=float shape=[]", "z: Mul(x, v) T=float", "y: Relu(x) T=float"},
                     {}, "")
                  .graph),
      ElementsAre("x", "y"));
}

TEST(FreezeVariables, AShapeThatDiffersFromTheCheckpointIsRefused) {
  EXPECT_THAT(MessageOf([] {
                Freeze({kX, "scalar: VariableV2 dtype=float shape=[3]", "y: Mul(x, scalar) T=float"});
              }),
              HasSubstr("variable 'scalar': expected float32 [3], found float32 [] under 'scalar'"));
}

TEST(LiftVariableState, AReadAfterAWriteIsTheWrittenValue) {
  const FreezeResult result =
      Freeze({kX, "scalar: VarHandleOp dtype=float shape=[]", "first: ReadVariableOp(scalar) dtype=float",
              "double: Mul(x, first) T=float", "set: AssignVariableOp(scalar, double, ^first) dtype=float",
              "add: AssignAddVariableOp(scalar, x, ^set) dtype=float",
              "read: ReadVariableOp(scalar, ^add) dtype=float", "y: Mul(x, read) T=float"});
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("add/value", "double", "scalar", "x", "y"));
  EXPECT_EQ(LineOf(result.graph, "double"), "double: Mul(x, scalar)");
  EXPECT_EQ(LineOf(result.graph, "add/value"), "add/value: AddV2(double, x)");
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Mul(x, add/value)");
  EXPECT_EQ(result.warnings.size(), 1u);  // of the variable, not of each write
}

TEST(LiftVariableState, ACountIsTakenUpWhereTheRunBegins) {
  const FreezeResult result = Freeze(
      {kX, "scalar: VarHandleOp dtype=float shape=[]", "add: AssignSubVariableOp(scalar, x) dtype=float",
       "read: ReadVariableOp(scalar, ^add) dtype=float", "y: Mul(x, read) T=float"});
  EXPECT_EQ(LineOf(result.graph, "add/value"), "add/value: Sub(scalar, x)");
}

// A loop that counts a variable is given its value and gives the new one back; what reads it then reads that.
TEST(LiftVariableState, ALoopThatCountsGivesTheCountBack) {
  const tf::FunctionDef body =
      FunctionOf("body(i: float, v: resource) -> (i: float = next:z:0, v: resource = v)",
                 {"read: ReadVariableOp(v) dtype=float", "next: AddV2(i, read:value:0) T=float",
                  "add: AssignAddVariableOp(v, i, ^read) dtype=float"});
  tf::FunctionDef counting = body;
  counting.mutable_signature()->add_control_output("add");
  (*counting.mutable_control_ret())["add"] = "add";
  const tf::FunctionDef cond =
      FunctionOf("cond(i: float, v: resource) -> (more: bool = less:z:0)", {"less: Less(i, i) T=float"});
  const FreezeResult result =
      Freeze({kX, "scalar: VarHandleOp dtype=float shape=[]",
              "loop: While(x, scalar) T={float,resource} cond=@cond body=@body",
              "read: ReadVariableOp(scalar, ^loop) dtype=float", "y: Mul(loop, read) T=float"},
             {counting, cond});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Mul(loop, loop:1)");
  const tf::NodeDef& loop = NodeIn(result.graph, "loop");
  EXPECT_THAT(loop.attr().at("T").list().type(), ElementsAre(tf::DT_FLOAT, tf::DT_FLOAT));
  bool counts = false;
  for (const tf::FunctionDef& function : result.graph.library().function()) {
    for (const tf::NodeDef& node : function.node_def()) {
      EXPECT_NE(node.op(), "AssignAddVariableOp");
      counts = counts || node.name() == "add/value";
    }
  }
  EXPECT_TRUE(counts);
  EXPECT_THAT(result.warnings,
              ElementsAre("variable 'scalar': node 'loop' (While) changes it for the next run; the frozen "
                          "graph does not"));
}

// A branch that writes has the value as a further result; the one that does not gives back what it got.
TEST(LiftVariableState, ABranchThatWritesGivesTheValueBack) {
  tf::FunctionDef writes = FunctionOf("writes(v: resource, x: float) -> (y: float = x)",
                                      {"set: AssignVariableOp(v, x) dtype=float"});
  writes.mutable_signature()->add_control_output("set");
  (*writes.mutable_control_ret())["set"] = "set";
  const tf::FunctionDef reads = FunctionOf("reads(v: resource, x: float) -> (y: float = read:value:0)",
                                           {"read: ReadVariableOp(v) dtype=float"});
  const FreezeResult result =
      Freeze({kX, "p: Placeholder dtype=bool shape=[]", "scalar: VarHandleOp dtype=float shape=[]",
              "if: If(p, scalar, x) Tcond=bool Tin={resource,float} Tout={float} then_branch=@writes "
              "else_branch=@reads",
              "read: ReadVariableOp(scalar, ^if) dtype=float", "y: Mul(if, read) T=float"},
             {writes, reads});
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Mul(if, if:1)");
  EXPECT_THAT(NodeIn(result.graph, "if").attr().at("Tout").list().type(),
              ElementsAre(tf::DT_FLOAT, tf::DT_FLOAT));
}

// A loop that only reads what was written before is given that.
TEST(LiftVariableState, ALoopReadsWhatWasWrittenBefore) {
  const tf::FunctionDef body =
      FunctionOf("body(i: float, v: resource) -> (i: float = next:z:0, v: resource = v)",
                 {"read: ReadVariableOp(v) dtype=float", "next: AddV2(i, read:value:0) T=float"});
  const tf::FunctionDef cond =
      FunctionOf("cond(i: float, v: resource) -> (more: bool = less:z:0)", {"less: Less(i, i) T=float"});
  const FreezeResult result = Freeze(
      {kX, "scalar: VarHandleOp dtype=float shape=[]", "double: AddV2(x, x) T=float",
       "set: AssignVariableOp(scalar, double) dtype=float",
       "loop: While(x, scalar, ^set) T={float,resource} cond=@cond body=@body", "y: Relu(loop) T=float"},
      {body, cond});
  EXPECT_EQ(LineOf(result.graph, "loop"), "loop: While(x, double)");
}

// Which of two unordered writes comes last nobody knows.
TEST(CheckVariableWrites, AReadAfterAWriteIsRefused) {
  EXPECT_THAT(MessageOf([] {
                Freeze({kX, "scalar: VarHandleOp dtype=float shape=[]",
                        "add: AssignAddVariableOp(scalar, x) dtype=float",
                        "set: AssignVariableOp(scalar, x) dtype=float",
                        "read: ReadVariableOp(scalar, ^add, ^set) dtype=float", "y: Mul(x, read) T=float"});
              }),
              HasSubstr("writing it before 'read' (ReadVariableOp) reads it"));
}

TEST(CheckVariableWrites, AReadAfterAWriteInABranchIsRefused) {
  EXPECT_THAT(
      MessageOf([] {
        Freeze({kX, "p: Placeholder dtype=bool shape=[]", "scalar: VarHandleOp dtype=float shape=[]",
                "s: Switch(x, p) T=float", "add: AssignAddVariableOp(scalar, s:1) dtype=float",
                "read: ReadVariableOp(scalar, ^add) dtype=float", "y: Mul(x, read) T=float"});
      }),
      HasSubstr("found 'add' (AssignAddVariableOp) writing it before 'read' (ReadVariableOp) reads it"));
}

TEST(CheckVariableWrites, AWriteAfterTheReadIsAWarning) {
  const FreezeResult result =
      Freeze({kX, "scalar: VarHandleOp dtype=float shape=[]", "read: ReadVariableOp(scalar) dtype=float",
              "add: AssignAddVariableOp(scalar, x, ^read) dtype=float", "y: Mul(x, read, ^add) T=float"});
  EXPECT_THAT(
      result.warnings,
      ElementsAre(
          "variable 'scalar': node 'add' (AssignAddVariableOp) changes it for the next run; the frozen "
          "graph does not"));
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("scalar", "x", "y"));
}

TEST(FreezeVariables, ASavedModelWithFunctionsIsOneGraph) {
  FreezeResult result =
      PrepareGraph(ReadTensorFlowModel(FLOE_SOURCE_DIR "/tests/formats/data/saved_model_functions"), {});
  ASSERT_EQ(result.outputs.size(), 1u);
  EXPECT_EQ(result.outputs[0].name, "sum");
  EXPECT_EQ(result.inputs.size(), 1u);
  for (const tf::NodeDef& node : result.graph.node()) {
    EXPECT_NE(node.op(), "VarHandleOp");
    EXPECT_NE(node.op(), "ReadVariableOp");
    EXPECT_NE(node.op(), "StatefulPartitionedCall");
  }
}

}  // namespace
}  // namespace floe
