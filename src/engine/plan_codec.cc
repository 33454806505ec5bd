#include <unordered_map>

#include "base/check.h"
#include "engine/format.h"
#include "graph/serialize.h"

namespace floe {
namespace {

enum class StepKind : uint8_t { kKernel = 0, kIf = 1, kLoop = 2 };
enum class ConstantKind : uint8_t { kInline = 0, kTable = 1, kAbsent = 2 };

using ConstantIndex = std::unordered_map<const void*, uint32_t>;

void WriteIds(ByteWriter& out, const std::vector<uint32_t>& ids) {
  out.Varint(ids.size());
  for (const uint32_t id : ids) out.Varint(id);
}

uint32_t ReadId(ByteReader& in) {
  const uint64_t v = in.Varint();
  if (v > 0xfffffffeu) in.Fail("an index is out of range");
  return static_cast<uint32_t>(v);
}

std::vector<uint32_t> ReadIds(ByteReader& in) {
  std::vector<uint32_t> ids(in.Count(1));
  for (uint32_t& id : ids) id = ReadId(in);
  return ids;
}

void WriteStrings(ByteWriter& out, const std::vector<std::string>& strings) {
  out.Varint(strings.size());
  for (const std::string& s : strings) out.String(s);
}

std::vector<std::string> ReadStrings(ByteReader& in) {
  std::vector<std::string> strings(in.Count(1));
  for (std::string& s : strings) s = in.String();
  return strings;
}

void WriteConstant(ByteWriter& out, const Tensor& t, const ConstantIndex& index) {
  if (t.raw() == nullptr) {
    out.U8(static_cast<uint8_t>(ConstantKind::kAbsent));
  } else if (const auto at = index.find(t.raw()); at != index.end()) {
    out.U8(static_cast<uint8_t>(ConstantKind::kTable));
    out.Varint(at->second);
  } else {
    out.U8(static_cast<uint8_t>(ConstantKind::kInline));
    WriteTensorInline(out, t);
  }
}

Tensor ReadConstant(ByteReader& in, const TensorType& type, const std::vector<Tensor>& constants) {
  if (!type.IsStatic()) in.Fail("a constant's type is not complete");
  switch (static_cast<ConstantKind>(in.U8())) {
    case ConstantKind::kInline:
      return ReadTensorInline(in, type);
    case ConstantKind::kTable: {
      const uint64_t i = in.Varint();
      if (i >= constants.size()) in.Fail("a constant is not in the table");
      const Tensor& t = constants[i];
      if (t.dtype() != type.dtype || t.size() != *type.shape.ElementCount()) {
        in.Fail("a constant differs from its type");
      }
      return t.Reshaped(type.shape.Static());
    }
    case ConstantKind::kAbsent:
      if (type.dtype == DType::kString) in.Fail("a constant of strings is absent");
      return Tensor::ConstView(type.dtype, type.shape.Static(), nullptr);
  }
  in.Fail("a constant is of an unknown kind");
}

void WritePlanWith(ByteWriter& out, const Plan& plan, const ConstantIndex& index);

void WriteKernelStep(ByteWriter& out, const KernelStep& step, const ConstantIndex& index) {
  out.String(step.kernel);
  out.Varint(static_cast<uint64_t>(step.version));
  out.U8(step.dynamic ? 1 : 0);
  WriteGraph(out, *step.problem,
             [&](ByteWriter& w, ValueId, const Tensor& constant) { WriteConstant(w, constant, index); });
  WriteIds(out, step.inputs);
  WriteIds(out, step.outputs);
  WriteIds(out, step.packed);
  out.Varint(step.candidates.size());
  for (const KernelCandidate& c : step.candidates) {
    out.String(c.kernel);
    out.String(c.refusal);
    out.F64(c.time_ns);
    out.F64(c.estimate_ns);
  }
}

KernelStep ReadKernelStep(ByteReader& in, const std::vector<Tensor>& constants) {
  KernelStep step;
  step.kernel = in.String();
  step.version = static_cast<int>(in.Varint() & 0x7fffffffu);
  step.dynamic = in.U8() != 0;
  step.problem =
      ReadGraph(in, [&](ByteReader& r, const TensorType& type) { return ReadConstant(r, type, constants); });
  step.inputs = ReadIds(in);
  step.outputs = ReadIds(in);
  step.packed = ReadIds(in);
  step.candidates.resize(in.Count(18));
  for (KernelCandidate& c : step.candidates) {
    c.kernel = in.String();
    c.refusal = in.String();
    c.time_ns = in.F64();
    c.estimate_ns = in.F64();
  }
  return step;
}

void WriteStep(ByteWriter& out, const Step& step, const ConstantIndex& index) {
  out.String(step.name);
  WriteStrings(out, step.sources);
  if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
    out.U8(static_cast<uint8_t>(StepKind::kKernel));
    WriteKernelStep(out, *kernel, index);
  } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
    out.U8(static_cast<uint8_t>(StepKind::kIf));
    out.Varint(branch->condition);
    WriteIds(out, branch->inputs);
    WriteIds(out, branch->outputs);
    WritePlanWith(out, *branch->then_plan, index);
    WritePlanWith(out, *branch->else_plan, index);
  } else {
    const LoopStep& loop = std::get<LoopStep>(step.action);
    out.U8(static_cast<uint8_t>(StepKind::kLoop));
    out.Varint(loop.trip_count == LoopStep::kNone ? 0 : uint64_t{loop.trip_count} + 1);
    out.Varint(loop.condition == LoopStep::kNone ? 0 : uint64_t{loop.condition} + 1);
    WriteIds(out, loop.carried);
    WriteIds(out, loop.captured);
    WriteIds(out, loop.outputs);
    WritePlanWith(out, *loop.body, index);
  }
}

uint32_t ReadOptionalId(ByteReader& in) {
  const uint32_t v = ReadId(in);
  return v == 0 ? LoopStep::kNone : v - 1;
}

Step ReadStep(ByteReader& in, const std::vector<Tensor>& constants, int depth) {
  Step step;
  step.name = in.String();
  step.sources = ReadStrings(in);
  switch (static_cast<StepKind>(in.U8())) {
    case StepKind::kKernel:
      step.action = ReadKernelStep(in, constants);
      return step;
    case StepKind::kIf: {
      IfStep branch;
      branch.condition = ReadId(in);
      branch.inputs = ReadIds(in);
      branch.outputs = ReadIds(in);
      branch.then_plan = std::make_unique<Plan>(ReadPlan(in, constants, depth + 1));
      branch.else_plan = std::make_unique<Plan>(ReadPlan(in, constants, depth + 1));
      step.action = std::move(branch);
      return step;
    }
    case StepKind::kLoop: {
      LoopStep loop;
      loop.trip_count = ReadOptionalId(in);
      loop.condition = ReadOptionalId(in);
      loop.carried = ReadIds(in);
      loop.captured = ReadIds(in);
      loop.outputs = ReadIds(in);
      loop.body = std::make_unique<Plan>(ReadPlan(in, constants, depth + 1));
      step.action = std::move(loop);
      return step;
    }
  }
  in.Fail("a step is of an unknown kind");
}

void WritePlanWith(ByteWriter& out, const Plan& plan, const ConstantIndex& index) {
  out.Varint(plan.values.size());
  for (const PlanValue& v : plan.values) {
    out.String(v.name);
    WriteType(out, v.type);
    out.U8(static_cast<uint8_t>(v.place));
    out.Varint(v.offset);
    out.Varint(v.index);
    WriteStrings(out, v.sources);
  }
  WriteIds(out, plan.inputs);
  WriteIds(out, plan.outputs);
  out.Varint(plan.arena_bytes);
  out.Varint(plan.steps.size());
  for (const Step& step : plan.steps) WriteStep(out, step, index);
}

}  // namespace

void WritePlan(ByteWriter& out, const Plan& plan, const std::vector<Tensor>& constants) {
  ConstantIndex index;
  for (size_t i = 0; i < constants.size(); ++i) index.emplace(constants[i].raw(), static_cast<uint32_t>(i));
  WritePlanWith(out, plan, index);
}

Plan ReadPlan(ByteReader& in, const std::vector<Tensor>& constants, int depth) {
  if (depth > kMaxPlanDepth) in.Fail("plans are nested too deep");
  Plan plan;
  plan.values.resize(in.Count(7));
  for (PlanValue& v : plan.values) {
    v.name = in.String();
    v.type = ReadType(in);
    const uint8_t place = in.U8();
    if (place > static_cast<uint8_t>(Place::kAlias)) in.Fail("a value is at an unknown place");
    v.place = static_cast<Place>(place);
    v.offset = in.Varint();
    v.index = ReadId(in);
    v.sources = ReadStrings(in);
  }
  plan.inputs = ReadIds(in);
  plan.outputs = ReadIds(in);
  plan.arena_bytes = in.Varint();
  const size_t steps = in.Count(3);
  for (size_t i = 0; i < steps; ++i) plan.steps.push_back(ReadStep(in, constants, depth));
  return plan;
}

}  // namespace floe
