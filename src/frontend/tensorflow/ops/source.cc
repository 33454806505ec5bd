// Constants, and nodes that hand on what they get.
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportConst(NodeContext& c) {
  const tf::AttrValue& value = c.Attr("value");
  if (!value.has_tensor()) c.Fail("attribute 'value' is not a tensor");
  c.Set(0, c.build().Constant(TensorFromProto(value.tensor(), c.def().name()), c.build().source()));
}

void ImportForward(NodeContext& c) {
  c.SetSlot(0, c.slot(0));
}

void ImportIdentityN(NodeContext& c) {
  for (size_t i = 0; i < c.input_count(); ++i) c.SetSlot(i, c.slot(i));
}

void ImportNothing(NodeContext&) {}

void ImportEnsureShape(NodeContext& c) {
  const tf::AttrValue& attr = c.Attr("shape");
  if (!attr.has_shape()) c.Fail("attribute 'shape' is not a shape");
  Shape wanted;
  if (!attr.shape().unknown_rank()) {
    std::vector<Dim> dims;
    for (const auto& dim : attr.shape().dim()) dims.emplace_back(dim.size());
    wanted = Shape(std::move(dims));
  }
  if (!MergeShapes(wanted, c.shape(0)))
    c.Fail("expected shape {}, found {}", wanted.ToString(), c.shape(0).ToString());
  c.SetSlot(0, c.slot(0));
}

void ImportUnresolvedSwitch(NodeContext& c) {
  c.FailWith("its branches do not meet in a Merge", "give its condition a value: --set NODE=VALUE");
}

constexpr OpImporter kRows[] = {
    {"Const", ImportConst},
    {"Identity", ImportForward},
    {"StopGradient", ImportForward},
    {"PreventGradient", ImportForward},
    {"Snapshot", ImportForward},
    {"CheckNumerics", ImportForward},
    {"CheckNumericsV2", ImportForward},
    {"PlaceholderWithDefault", ImportForward},
    {"DebugGradientIdentity", ImportForward},
    {"RefIdentity", ImportForward},
    {"OptimizationBarrier", ImportIdentityN},
    {"IdentityN", ImportIdentityN},
    {"NoOp", ImportNothing},
    {"Assert", ImportNothing},
    {"EnsureShape", ImportEnsureShape},
    {"Switch", ImportUnresolvedSwitch},
    {"RefSwitch", ImportUnresolvedSwitch},
};

}  // namespace

std::span<const OpImporter> SourceImporters() {
  return kRows;
}

}  // namespace floe
