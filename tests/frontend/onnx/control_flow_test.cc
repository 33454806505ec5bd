// Bodies: what they capture becomes an input, shapes settle, constants choose a branch.
#include "frontend/onnx/onnx_text.h"

namespace floe {
namespace {

using ::testing::ElementsAre;

const char* kIf = R"(g (bool c, float[2] x, float[2] z) => (float[2] y) {
  a = Add(x, z)
  y = If (c) <then_branch = t () => (float[2] p) { p = Mul(a, x) },
              else_branch = e () => (float[2] q) { q = Sub(z, a) }>
})";

TEST(OnnxControlFlow, BothBranchesTakeWhatEitherCaptures) {
  const OnnxImportResult result = ImportText(kIf);
  for (const NodeId id : result.graph->Order()) {
    const Node& node = result.graph->node(id);
    if (!IsOp<If>(node.op)) continue;
    EXPECT_EQ(node.inputs.size(), 4u);  // the condition, a, x, z
    EXPECT_EQ(node.bodies[0]->inputs().size(), 3u);
    EXPECT_EQ(node.bodies[1]->inputs().size(), 3u);
  }
}

TEST(OnnxControlFlow, BranchesComputeWithWhatTheyCapture) {
  const Tensor x = Tensor::FromVector<float>({1, 2}), z = Tensor::FromVector<float>({10, 20});
  EXPECT_THAT(Compute(kIf, {Tensor::Scalar<bool>(true), x, z}), ElementsAre(11, 44));
  EXPECT_THAT(Compute(kIf, {Tensor::Scalar<bool>(false), x, z}), ElementsAre(-1, -2));
}

TEST(OnnxControlFlow, AConstantConditionLeavesOneBranch) {
  Selection selection;
  selection.sets = {{"c", std::string("true")}};
  const OnnxImportResult result = ImportText(kIf, selection);
  EXPECT_EQ(result.graph->node_count(), 2u);
}

TEST(OnnxControlFlow, ALoopCarriesScansAndCaptures) {
  const char* loop = R"(g (int64 n, float[1] x, float[1] step) => (float[1] y, float[?,1] all) {
    y, all = Loop (n, , x) <body = b (int64 i, bool go, float[1] v) => (bool more, float[1] w, float[1] s) {
      more = Identity(go) w = Add(v, step) s = Mul(w, w) }>
  })";
  const std::vector<Tensor> inputs = {Tensor::Scalar<int64_t>(3), Tensor::FromVector<float>({1}),
                                      Tensor::FromVector<float>({2})};
  EXPECT_THAT(Compute(loop, inputs), ElementsAre(7));
}

TEST(OnnxControlFlow, CarriedShapesThatGrowSettle) {
  const char* loop = R"(g (int64 n, float[1] x) => (float[?] y) {
    y = Loop (n, , x) <body = b (int64 i, bool go, float[?] v) => (bool more, float[?] w) {
      more = Identity(go) w = Concat<axis=0>(v, x) }>
  })";
  EXPECT_THAT(Compute(loop, {Tensor::Scalar<int64_t>(2), Tensor::FromVector<float>({5})}),
              ElementsAre(5, 5, 5));
}

TEST(OnnxControlFlow, ScanRunsBackwards) {
  const char* scan = R"(g (float[1] start, float[3,1] x) => (float[1] last, float[3,1] y) {
    last, y = Scan <num_scan_inputs = 1, scan_input_directions = [1], scan_output_directions = [1],
      body = b (float[1] s, float[1] e) => (float[1] t, float[1] o) { t = Add(s, e) o = Identity(t) }> (start, x)
  })";
  const OnnxImportResult result = ImportText(scan);
  EXPECT_EQ(result.graph->outputs().size(), 2u);
  EXPECT_THAT(Compute(scan, {Tensor::FromVector<float>({0}), Tensor::FromValues<float>({3, 1}, {1, 2, 3})}),
              ElementsAre(6));
}

}  // namespace
}  // namespace floe
