#include "base/hash.h"
#include "engine/format.h"
#include "graph/serialize.h"

namespace floe {
namespace {

void AddIds(ByteWriter& out, const std::vector<uint32_t>& ids) {
  out.Varint(ids.size());
  for (const uint32_t id : ids) out.Varint(id);
}

void AddPlan(ByteWriter& out, const Plan& plan) {
  out.Varint(plan.values.size());
  for (const PlanValue& v : plan.values) {
    WriteType(out, v.type);
    out.U8(static_cast<uint8_t>(v.place));
    out.Varint(v.offset);
    out.Varint(v.index);
  }
  AddIds(out, plan.inputs);
  AddIds(out, plan.outputs);
  out.Varint(plan.steps.size());
  for (const Step& step : plan.steps) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      out.String(kernel->kernel);
      out.Varint(static_cast<uint64_t>(kernel->version));
      out.U64(HashGraph(*kernel->problem));
      AddIds(out, kernel->inputs);
      AddIds(out, kernel->outputs);
      AddIds(out, kernel->packed);
    } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      out.Varint(branch->condition);
      AddIds(out, branch->inputs);
      AddIds(out, branch->outputs);
      AddPlan(out, *branch->then_plan);
      AddPlan(out, *branch->else_plan);
    } else {
      const LoopStep& loop = std::get<LoopStep>(step.action);
      AddIds(out, {loop.trip_count, loop.condition});
      AddIds(out, loop.carried);
      AddIds(out, loop.captured);
      AddIds(out, loop.outputs);
      AddPlan(out, *loop.body);
    }
  }
}

}  // namespace

std::string ComputeDigest(const EngineData& data) {
  ByteWriter out;
  out.String(data.target.backend);
  out.String(data.target.isa);
  out.String(data.precision);
  for (const Plan& plan : data.profiles) AddPlan(out, plan);
  for (const Tensor& t : data.constants) {
    WriteType(out, {t.dtype(), Shape::Of(t.dims())});
    if (t.dtype() == DType::kString) {
      for (int64_t i = 0; i < t.size(); ++i) out.String(t.data<std::string>()[i]);
    } else {
      const Hash128 h = HashBytes128({static_cast<const uint8_t*>(t.raw()), t.size_bytes()});
      out.U64(h.high);
      out.U64(h.low);
    }
  }
  return HashBytes128(out.bytes()).Hex();
}

}  // namespace floe
