#include "backends/cpu/elementwise/program.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "backends/cpu/elementwise/bf16_blocks.h"
#include "backends/cpu/elementwise/functions.h"
#include "backends/cpu/match.h"
#include "backends/fake_quant.h"
#include "graph/visit_op.h"

namespace floe::cpu {
namespace {

constexpr int64_t kBlock = 1024;
constexpr int64_t kMostBlock = 4096;

bool BroadcastsTo(std::span<const int64_t> from, std::span<const int64_t> to) {
  if (from.size() > to.size()) return false;
  for (size_t i = 0; i < from.size(); ++i) {
    const int64_t size = from[i];
    if (size != 1 && size != to[to.size() - from.size() + i]) return false;
  }
  return true;
}

class Compiler {
 public:
  Compiler(const StoredProblem& stored, Isa isa, bool halves, Program* program)
      : stored_(stored), problem_(stored.graph()), isa_(isa), halves_(halves), program_(*program) {}

  Refusal Compile() {
    if (Refusal refusal = RefuseUnlessStatic(problem_)) return refusal;
    if (problem_.outputs().empty()) return "no output";
    program_.dims = DimsOf(problem_, problem_.outputs()[0]);
    program_.count = SizeOf(problem_, problem_.outputs()[0]);
    for (const ValueId output : problem_.outputs()) {
      if (DimsOf(problem_, output) != program_.dims) return "outputs of several shapes";
      if (problem_.value(output).producer == kNoNode) return "an output is no result";
    }
    for (const NodeId id : problem_.Order()) {
      const Node& node = problem_.node(id);
      if (Refusal refusal = IsOp<Concat>(node.op) ? ReadConcat(node) : CompileNode(node)) return refusal;
    }
    for (size_t i = 0; i < problem_.outputs().size(); ++i) {
      int at = SlotOf(problem_.outputs()[i]);
      if (stored_.bf16_output(i)) at = AddInstruction(Bf16BlocksOfThis().narrow, at, sizeof(uint16_t));
      Slot& slot = program_.slots[static_cast<size_t>(at)];
      if (slot.output >= 0) return "one value is two outputs";
      slot.output = static_cast<int>(i);
    }
    return ChooseBlock();
  }

 private:
  Refusal ReadConcat(const Node& node) {
    const ValueId output = node.outputs[0];
    const std::vector<int64_t> dims = DimsOf(problem_, output);
    const bool shown = std::ranges::find(problem_.outputs(), output) != problem_.outputs().end();
    if (shown || dims != program_.dims || !problem_.HasOneUse(output)) return NotElementwise(node);
    const int64_t rank = static_cast<int64_t>(dims.size());
    const int64_t axis = OpAs<Concat>(node.op).axis;
    if (axis < -rank || axis >= rank) return "an axis beyond the rank";
    const size_t first = static_cast<size_t>(axis < 0 ? axis + rank : axis);
    Slot slot;
    const bool narrow = !node.inputs.empty() && IsStored(node.inputs[0]);
    slot.element_bytes = narrow ? sizeof(uint16_t) : DTypeSize(dtype(output));
    slot.size = program_.count;
    int64_t row = 0;
    for (const ValueId in : node.inputs) {
      const std::vector<int64_t> part = in == kNoValue ? std::vector<int64_t>{} : DimsOf(problem_, in);
      if (part.size() != dims.size() || dtype(in) != dtype(output)) return NotElementwise(node);
      int64_t width = 1;
      for (size_t i = 0; i < dims.size(); ++i) {
        if (i != first && part[i] != dims[i]) return NotElementwise(node);
        if (i >= first) width *= part[i];
      }
      const Operand source(problem_, in);
      if (!source.present()) return "a part of the concatenation is a result";
      if (IsStored(in) != narrow) return "parts of different types";
      if (!source.is_input() && ConstantOf(problem_, in)->raw() == nullptr)
        return "a constant has no contents";
      slot.parts.push_back({source, width});
      row += width;
    }
    int64_t declared = 1;
    for (size_t i = first; i < dims.size(); ++i) declared *= dims[i];
    if (row != declared) return NotElementwise(node);
    int at = static_cast<int>(program_.slots.size());
    program_.slots.push_back(std::move(slot));
    if (narrow) at = AddInstruction(Bf16BlocksOfThis().widen, at, sizeof(float));
    slots_[output] = at;
    program_.cost += 0.1;
    return std::nullopt;
  }

  Refusal CompileNode(const Node& node) {
    if (node.outputs.size() != 1 || node.inputs.empty()) return NotElementwise(node);
    for (const ValueId in : node.inputs) {
      if (in == kNoValue) return NotElementwise(node);
      if (IsOp<BatchNormalization>(node.op) && in != node.inputs[0]) continue;  // over channels, see Emit
      if (!BroadcastsTo(DimsOf(problem_, in), program_.dims)) return "an operand is larger than the output";
    }
    const Refusal refusal = VisitOp([&](const auto& op) { return Emit(op, node); }, node.op);
    return refusal;
  }

  Refusal NotElementwise(const Node& node) const {
    return "'" + std::string(OpName(node.op)) + "' is not elementwise";
  }
  Refusal NoFunction(const Node& node) const {
    return std::string(OpName(node.op)) + " of " +
           std::string(DTypeName(problem_.value(node.inputs[0]).type.dtype));
  }
  DType dtype(ValueId value) const { return problem_.value(value).type.dtype; }

  // What a value is computed in.
  DType ComputedIn(ValueId value) const { return IsHalf(value) ? DType::kFloat32 : dtype(value); }
  bool IsHalf(ValueId value) const { return halves_ && dtype(value) == DType::kFloat16; }

  bool IsStored(ValueId value) const { return stored_.bf16_input(Operand(problem_, value).input()); }

  // The slot of a value; makes it when the value is first met.
  int SlotOf(ValueId value) {
    const auto [at, added] = slots_.try_emplace(value, static_cast<int>(program_.slots.size()));
    if (!added) return at->second;
    Slot slot;
    slot.source = Operand(problem_, value);
    slot.element_bytes = IsStored(value) ? sizeof(uint16_t) : DTypeSize(dtype(value));
    slot.size = SizeOf(problem_, value);
    const std::vector<int64_t> dims = DimsOf(problem_, value);
    if (slot.source.present() && slot.size != program_.count)
      slot.broadcast = MakeBroadcast(dims, program_.dims);
    program_.slots.push_back(std::move(slot));
    if (IsStored(value)) at->second = AddInstruction(Bf16BlocksOfThis().widen, at->second, sizeof(float));
    return at->second;
  }

  // The slot of a value as it is computed with.
  int OperandOf(ValueId value) {
    const int at = SlotOf(value);
    if (!IsHalf(value)) return at;
    const auto [wide, added] = widened_.try_emplace(value, 0);
    if (added) wide->second = AddInstruction(FloatBlocksFor(isa_).widen_half, at, sizeof(float));
    return wide->second;
  }

  // Of one operand; the slot of the result.
  int AddInstruction(BlockFunction function, int in, size_t element_bytes) {
    Slot slot;
    slot.element_bytes = element_bytes;
    slot.size = program_.count;
    Instruction instruction;
    instruction.function = function;
    instruction.in[0] = in;
    instruction.out = static_cast<int>(program_.slots.size());
    program_.slots.push_back(std::move(slot));
    program_.instructions.push_back(instruction);
    program_.cost += 0.05;
    return instruction.out;
  }

  int AddConstant(Tensor tensor, std::span<const int64_t> dims) {
    Slot slot;
    slot.size = tensor.size();
    if (slot.size != program_.count) slot.broadcast = MakeBroadcast(dims, program_.dims);
    slot.own = std::move(tensor);
    program_.slots.push_back(std::move(slot));
    return static_cast<int>(program_.slots.size()) - 1;
  }

  Refusal Add(const Node& node, BlockFunction function, std::vector<int> in, double cost,
              const Activation* activation = nullptr) {
    if (function == nullptr) return NoFunction(node);
    for (const ValueId value : node.inputs) {
      const Operand operand(problem_, value);
      const bool unreadable =
          operand.present() && !operand.is_input() && ConstantOf(problem_, value)->raw() == nullptr;
      if (unreadable) return "a constant has no contents";
    }
    Instruction instruction;
    instruction.function = function;
    std::ranges::copy(in, instruction.in);
    if (activation != nullptr) {
      instruction.activation = static_cast<int>(program_.activations.size());
      program_.activations.push_back(*activation);
    }
    program_.cost += cost;
    const bool rounds = IsHalf(node.outputs[0]) && !IsOp<Where>(node.op);
    if (!rounds) {
      instruction.out = SlotOf(node.outputs[0]);
      program_.instructions.push_back(instruction);
      return std::nullopt;
    }
    Slot slot;
    slot.size = program_.count;
    instruction.out = static_cast<int>(program_.slots.size());
    program_.slots.push_back(std::move(slot));
    program_.instructions.push_back(instruction);
    const int out = SlotOf(node.outputs[0]);
    Instruction narrow;
    narrow.function = FloatBlocksFor(isa_).narrow_half;
    narrow.in[0] = instruction.out;
    narrow.out = out;
    program_.instructions.push_back(narrow);
    return std::nullopt;
  }

  template <typename T>
  Refusal Emit(const T&, const Node& node) {
    ValueId slope = kNoValue;
    const std::optional<Activation> activation = ActivationOf(problem_, node, &slope);
    if (!activation || slope != kNoValue) return NotElementwise(node);
    if (ComputedIn(node.inputs[0]) != DType::kFloat32) return NoFunction(node);
    return Add(node, FloatBlocksFor(isa_).activation, {OperandOf(node.inputs[0])}, 0.3, &*activation);
  }

  Refusal Emit(const Unary& op, const Node& node) {
    return Add(node, FindUnary(op.kind, ComputedIn(node.inputs[0]), isa_), {OperandOf(node.inputs[0])}, 0.3);
  }

  Refusal Emit(const Binary& op, const Node& node) {
    if (node.inputs.size() != 2 || dtype(node.inputs[0]) != dtype(node.inputs[1])) return NoFunction(node);
    const int a = OperandOf(node.inputs[0]), b = OperandOf(node.inputs[1]);
    return Add(node, FindBinary(op.kind, ComputedIn(node.inputs[0]), isa_), {a, b},
               op.kind == BinaryKind::kPow ? 20 : 0.1);
  }

  Refusal Emit(const Sum&, const Node& node) {
    const DType type = dtype(node.inputs[0]);
    if (node.inputs.size() == 1) {
      return Add(node, FindUnary(UnaryKind::kIdentity, type, isa_), {SlotOf(node.inputs[0])}, 0.1);
    }
    const BlockFunction add = FindBinary(BinaryKind::kAdd, type, isa_);
    int sum = SlotOf(node.inputs[0]);
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      if (dtype(node.inputs[i]) != type) return NoFunction(node);
      if (Refusal refusal = Add(node, add, {sum, SlotOf(node.inputs[i])}, 0.1)) return refusal;
      sum = SlotOf(node.outputs[0]);
    }
    return std::nullopt;
  }

  Refusal Emit(const PRelu&, const Node& node) {
    if (node.inputs.size() != 2 || ComputedIn(node.inputs[0]) != DType::kFloat32 ||
        dtype(node.inputs[1]) != dtype(node.inputs[0])) {
      return NoFunction(node);
    }
    const int x = OperandOf(node.inputs[0]), slope = OperandOf(node.inputs[1]);
    return Add(node, FloatBlocksFor(isa_).prelu, {x, slope}, 0.1);
  }

  Refusal Emit(const Cast&, const Node& node) {
    const DType from = ComputedIn(node.inputs[0]), to = ComputedIn(node.outputs[0]);
    const bool same = from == DType::kFloat32 && to == from;  // of halves at least one
    return Add(node, same ? FindUnary(UnaryKind::kIdentity, from, isa_) : FindCast(from, to),
               {OperandOf(node.inputs[0])}, 0.3);
  }

  Refusal Emit(const Where&, const Node& node) {
    if (node.inputs.size() != 3 || dtype(node.inputs[0]) != DType::kBool ||
        dtype(node.inputs[1]) != dtype(node.inputs[2]) || dtype(node.inputs[1]) == DType::kString) {
      return NoFunction(node);
    }
    const int in[] = {SlotOf(node.inputs[0]), SlotOf(node.inputs[1]), SlotOf(node.inputs[2])};
    return Add(node, FindWhere(DTypeSize(dtype(node.inputs[1]))), {in[0], in[1], in[2]}, 0.3);
  }

  // (x - mean) / sqrt(variance + epsilon) * scale + bias = x * factor + offset.
  Refusal Emit(const BatchNormalization& op, const Node& node) {
    if (node.inputs.size() != 5 || dtype(node.inputs[0]) != DType::kFloat32) return NoFunction(node);
    const std::vector<int64_t> dims = DimsOf(problem_, node.inputs[0]);
    if (dims.size() < 2) return "rank below two";
    const int64_t channels = op.layout == Layout::kNhwc ? dims.back() : dims[1];
    const float* values[5] = {};
    for (size_t i = 1; i < 5; ++i) {
      const Tensor* t = ConstantOf(problem_, node.inputs[i]);
      if (t == nullptr || t->dtype() != DType::kFloat32 || t->size() != channels || t->raw() == nullptr) {
        return "factors are not constant";
      }
      values[i] = t->data<float>();
    }
    Tensor factor(DType::kFloat32, {channels});
    Tensor offset(DType::kFloat32, {channels});
    for (int64_t c = 0; c < channels; ++c) {
      const double f = values[1][c] / std::sqrt(double{values[4][c]} + op.epsilon);
      factor.data<float>()[c] = static_cast<float>(f);
      offset.data<float>()[c] = static_cast<float>(values[2][c] - values[3][c] * f);
    }
    std::vector<int64_t> shape = {channels};
    if (op.layout == Layout::kNchw) shape.resize(dims.size() - 1, 1);
    const int x = SlotOf(node.inputs[0]);
    const int a = AddConstant(std::move(factor), shape);
    const int b = AddConstant(std::move(offset), shape);
    return Add(node, FloatBlocksFor(isa_).multiply_add, {x, a, b}, 0.1);
  }

  // Step by step, since a product and a sum in one would round otherwise.
  Refusal Emit(const FakeQuant& op, const Node& node) {
    if (node.inputs.size() != 3 || dtype(node.inputs[0]) != DType::kFloat32) return NoFunction(node);
    const Tensor* min = ConstantOf(problem_, node.inputs[1]);
    const Tensor* max = ConstantOf(problem_, node.inputs[2]);
    for (const Tensor* t : {min, max}) {
      if (t == nullptr || t->dtype() != DType::kFloat32 || t->raw() == nullptr)
        return "range is not constant";
    }
    const int64_t channels = min->size();
    const std::vector<int64_t> dims = DimsOf(problem_, node.inputs[0]);
    if (max->size() != channels || (channels != 1 && (dims.empty() || dims.back() != channels)))
      return "a range of another size";
    if (op.bits < 2 || op.bits > 16) return "number of bits";
    enum { kLow, kHigh, kScale, kInverse, kHalf, kConstants };
    std::vector<Tensor> values;
    for (int i = 0; i < kConstants; ++i) values.emplace_back(DType::kFloat32, std::vector<int64_t>{channels});
    for (int64_t c = 0; c < channels; ++c) {
      if (!(min->data<float>()[c] < max->data<float>()[c])) return "an empty range";
      const FakeQuantRange range = NudgedRange(op, min->data<float>()[c], max->data<float>()[c]);
      values[kLow].data<float>()[c] = range.low;
      values[kHigh].data<float>()[c] = range.high;
      values[kScale].data<float>()[c] = range.scale;
      values[kInverse].data<float>()[c] = range.inverse;
      values[kHalf].data<float>()[c] = 0.5f;
    }
    int in[kConstants];
    for (int i = 0; i < kConstants; ++i)
      in[i] = AddConstant(std::move(values[static_cast<size_t>(i)]), std::vector<int64_t>{channels});
    const auto binary = [&](BinaryKind kind, int a, int b) {
      const int at = AddInstruction(FindBinary(kind, DType::kFloat32, isa_), a, sizeof(float));
      program_.instructions.back().in[1] = b;
      return at;
    };
    int at = binary(BinaryKind::kMax, SlotOf(node.inputs[0]), in[kLow]);
    at = binary(BinaryKind::kMin, at, in[kHigh]);
    at = binary(BinaryKind::kSub, at, in[kLow]);
    at = binary(BinaryKind::kMul, at, in[kInverse]);
    at = binary(BinaryKind::kAdd, at, in[kHalf]);
    at = AddInstruction(FindUnary(UnaryKind::kFloor, DType::kFloat32, isa_), at, sizeof(float));
    at = binary(BinaryKind::kMul, at, in[kScale]);
    return Add(node, FindBinary(BinaryKind::kAdd, DType::kFloat32, isa_), {at, in[kLow]}, 0.1);
  }

  // A run that holds whole periods of the operands that repeat lets their buffers be filled once.
  Refusal ChooseBlock() {
    int64_t block = 1;
    for (Slot& slot : program_.slots) {
      if (!slot.broadcast) continue;
      const int64_t period = std::lcm(block, slot.broadcast->period);
      if (slot.broadcast->period > kMostBlock || period > kMostBlock) continue;
      slot.steady = true;
      block = period;
    }
    program_.block = block >= kBlock ? block : kBlock / block * block;
    return std::nullopt;
  }

  const StoredProblem& stored_;
  const Graph& problem_;
  Isa isa_;
  bool halves_;
  Program& program_;
  std::unordered_map<ValueId, int> slots_;
  std::unordered_map<ValueId, int> widened_;  // of halves, slots in float32
};

}  // namespace

Refusal CompileProgram(const Graph& problem, const Target& target, bool halves, Program* program) {
  const StoredProblem stored(problem);
  if (!stored.is_plain() && !HasBf16(target)) return kNotForBf16;
  return Compiler(stored, IsaOf(target), halves, program).Compile();
}

}  // namespace floe::cpu
