#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "export/emit/ops.h"

namespace floe {
namespace {

// The target shape may hold a 0 that means an empty dimension.
bool MayHaveZero(const Emitter& e) {
  const Value& shape = e.graph().value(e.node().inputs[1]);
  if (const auto ints = ConstantInts(e.graph(), e.node().inputs[1])) return std::ranges::count(*ints, 0) > 0;
  if (!shape.elements) return true;
  // What is no number here is a dimension of a tensor or -1.
  return std::ranges::any_of(*shape.elements, [](const Dim& d) { return !d.known() || d.value() == 0; });
}

Operand AsInt64(Emitter& e, size_t input) {
  return e.Cast(e.In(input), DType::kInt64, "int64");
}

// Gathers take int32 and int64.
Operand AsIndices(Emitter& e, size_t input) {
  return e.InType(input) == DType::kInt32 ? e.In(input) : AsInt64(e, input);
}

std::string_view OnnxName(ScatterReduction reduction) {
  return kScatterReductionNames[static_cast<size_t>(reduction)];
}

bool CanReduce(ScatterReduction reduction, Emitter& e) {
  if (reduction == ScatterReduction::kNone) return true;
  const bool known = reduction == ScatterReduction::kAdd || reduction == ScatterReduction::kMul;
  if (known && e.opset() >= 16) return true;
  e.Refuse(fmt::format("ONNX scatters with '{}' from opset {} on", OnnxName(reduction), known ? 16 : 18),
           known ? "export with --opset 16 or 17" : "");
  return false;
}

}  // namespace

void Emit(const Reshape& op, Emitter& e) {
  // Without allow_zero ONNX's reading of 0 is ours.
  const bool zeros = op.allow_zero && MayHaveZero(e);
  if (zeros && e.opset() < 14) {
    const auto ints = ConstantInts(e.graph(), e.node().inputs[1]);
    if (ints && std::ranges::count(*ints, 0) > 0) {
      return e.Refuse("a shape with an empty dimension needs opset 14", "export with --opset 14 or later");
    }
  }
  onnx::NodeProto& node = e.Add("Reshape", {e.In(0), AsInt64(e, 1)}, {e.Out(0)});
  if (zeros && e.opset() >= 14) SetInt(node, "allowzero", 1);
}

void Emit(const Squeeze& op, Emitter& e) {
  e.Add("Squeeze", {e.In(0), op.axes.empty() ? Operand{} : e.Ints(op.axes)}, {e.Out(0)});
}

void Emit(const Unsqueeze& op, Emitter& e) {
  e.Add("Unsqueeze", {e.In(0), e.Ints(op.axes)}, {e.Out(0)});
}

void Emit(const Transpose& op, Emitter& e) {
  onnx::NodeProto& node = e.AddSame("Transpose");
  std::vector<int64_t> perm = op.perm;
  for (int64_t& p : perm) p = p < 0 ? p + static_cast<int64_t>(perm.size()) : p;
  if (!perm.empty()) SetInts(node, "perm", perm);
}

void Emit(const Concat& op, Emitter& e) {
  SetInt(e.AddSame("Concat"), "axis", op.axis);
}

void Emit(const Split& op, Emitter& e) {
  std::vector<Operand> outputs;
  for (size_t i = 0; i < e.node().outputs.size(); ++i) {
    // An output cannot be left out.
    const Operand out = e.Out(i);
    outputs.push_back(out.present() ? out : e.Temporary(e.graph().value(e.node().outputs[i]).type, "unused"));
  }
  const Shape& x = e.InShape(0);
  const bool from_end = op.axis < 0 && x.has_rank();
  const int64_t axis = from_end ? op.axis + static_cast<int64_t>(x.rank()) : op.axis;
  // Equal parts of a known size need no list.
  const bool is_known = axis >= 0 && x.has_rank() && x[static_cast<size_t>(axis)].known();
  const bool equal =
      op.sizes.empty() ||
      (is_known && std::ranges::all_of(op.sizes, [&](int64_t size) { return size == op.sizes[0]; }));
  SetInt(e.Add("Split", {e.In(0), equal ? Operand{} : e.Ints(op.sizes)}, std::move(outputs)), "axis", axis);
}

void Emit(const Slice&, Emitter& e) {
  std::vector<Operand> inputs = {e.In(0)};
  for (size_t i = 1; i < e.node().inputs.size(); ++i) inputs.push_back(AsInt64(e, i));
  e.Add("Slice", std::move(inputs), {e.Out(0)});
}

void Emit(const Pad& op, Emitter& e) {
  Operand value = e.In(2);
  if (op.mode != PadMode::kConstant) value = {};
  SetString(e.Add("Pad", {e.In(0), AsInt64(e, 1), value}, {e.Out(0)}), "mode",
            kPadModeNames[static_cast<size_t>(op.mode)]);
}

void Emit(const Expand&, Emitter& e) {
  e.Add("Expand", {e.In(0), AsInt64(e, 1)}, {e.Out(0)});
}

void Emit(const Tile&, Emitter& e) {
  e.Add("Tile", {e.In(0), AsInt64(e, 1)}, {e.Out(0)});
}

void Emit(const Gather& op, Emitter& e) {
  SetInt(e.Add("Gather", {e.In(0), AsIndices(e, 1)}, {e.Out(0)}), "axis", op.axis);
}

void Emit(const GatherND& op, Emitter& e) {
  onnx::NodeProto& node = e.Add("GatherND", {e.In(0), AsInt64(e, 1)}, {e.Out(0)});
  if (op.batch_dims != 0) SetInt(node, "batch_dims", op.batch_dims);
}

void Emit(const GatherElements& op, Emitter& e) {
  SetInt(e.Add("GatherElements", {e.In(0), AsIndices(e, 1)}, {e.Out(0)}), "axis", op.axis);
}

void Emit(const ScatterND& op, Emitter& e) {
  if (!CanReduce(op.reduction, e)) return;
  onnx::NodeProto& node = e.Add("ScatterND", {e.In(0), AsInt64(e, 1), e.In(2)}, {e.Out(0)});
  if (op.reduction != ScatterReduction::kNone) SetString(node, "reduction", OnnxName(op.reduction));
}

void Emit(const ScatterElements& op, Emitter& e) {
  if (!CanReduce(op.reduction, e)) return;
  onnx::NodeProto& node = e.Add("ScatterElements", {e.In(0), AsIndices(e, 1), e.In(2)}, {e.Out(0)});
  SetInt(node, "axis", op.axis);
  if (op.reduction != ScatterReduction::kNone) SetString(node, "reduction", OnnxName(op.reduction));
}

void Emit(const ShapeOf&, Emitter& e) {
  e.AddShape();
}

void Emit(const SizeOf&, Emitter& e) {
  e.AddSame("Size");
}

void Emit(const Range&, Emitter& e) {
  e.AddSame("Range");
}

void Emit(const ReverseSequence& op, Emitter& e) {
  onnx::NodeProto& node = e.Add("ReverseSequence", {e.In(0), AsInt64(e, 1)}, {e.Out(0)});
  SetInt(node, "batch_axis", op.batch_axis);
  SetInt(node, "time_axis", op.time_axis);
}

void Emit(const NonZero&, Emitter& e) {
  const Operand out = e.Out(0);
  Shape turned = Shape::UnknownOfRank(2);
  if (out.type.shape.has_rank()) turned = Shape({out.type.shape[1], out.type.shape[0]});
  const Operand places = e.Temporary({DType::kInt64, turned}, "places");
  e.Add("NonZero", {e.In(0)}, {places});
  SetInts(e.Add("Transpose", {places}, {out}), "perm", {1, 0});
}

}  // namespace floe
