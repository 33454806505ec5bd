// Constants, and nodes that hand on what they get.
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/importer.h"
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

// Nothing is left of a condition that is known to hold. What it gives only says that it was checked.
void AddCheck(NodeContext& c, ValueId holds, std::string message, std::vector<ValueId> data) {
  Builder& b = c.build();
  const Tensor* known = b.constant(holds);
  if (known != nullptr && known->size() == 1 && known->data<bool>()[0]) return;
  data.insert(data.begin(), holds);
  b.AddNode(Assert{std::move(message)}, std::move(data), 1, b.source());
}

void ImportAssert(NodeContext& c) {
  const ValueId holds = BoolOf(c.build(), c.slot(0));
  std::vector<ValueId> data;
  for (size_t i = 1; i < c.input_count(); ++i)
    if (c.slot(i).is_tensor()) data.push_back(c.in(i));
  AddCheck(c, holds, "", std::move(data));
  c.Set(0, holds);
}

void ImportCheckNumerics(NodeContext& c) {
  Builder& b = c.build();
  const ValueId flat = b.Reshape(c.in(0), {-1});
  const auto none = [&](UnaryKind kind) {
    return b.Unary(UnaryKind::kNot, b.Reduce(ReduceKind::kAny, b.Unary(kind, flat), {0}, false));
  };
  const ValueId no_nan = none(UnaryKind::kIsNaN), no_inf = none(UnaryKind::kIsInf);
  const std::string message = c.String("message") + " : Tensor had ";
  AddCheck(c, b.Binary(BinaryKind::kOr, no_nan, no_inf), message + "Inf and NaN values", {});
  AddCheck(c, no_nan, message + "NaN values", {});
  AddCheck(c, no_inf, message + "Inf values", {});
  c.SetSlot(0, c.slot(0));
}

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
    {"CheckNumerics", ImportCheckNumerics},
    {"CheckNumericsV2", ImportCheckNumerics},
    {"PlaceholderWithDefault", ImportForward},
    {"DebugGradientIdentity", ImportForward},
    {"RefIdentity", ImportForward},
    {"OptimizationBarrier", ImportIdentityN},
    {"IdentityN", ImportIdentityN},
    {"NoOp", ImportNothing},
    {"Assert", ImportAssert},
    {"EnsureShape", ImportEnsureShape},
    {"Switch", ImportUnresolvedSwitch},
    {"RefSwitch", ImportUnresolvedSwitch},
};

}  // namespace

std::span<const OpImporter> SourceImporters() {
  return kRows;
}

}  // namespace floe
