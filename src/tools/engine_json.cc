#include "tools/engine_json.h"

#include "graph/op.h"

namespace floe::tools {

using Json = nlohmann::ordered_json;

Json TypeJson(const TensorType& type) {
  Json json = {{"dtype", type.dtype == DType::kInvalid ? Json(nullptr) : Json(DTypeName(type.dtype))}};
  if (!type.shape.has_rank()) {
    json["shape"] = nullptr;
    return json;
  }
  Json dims = Json::array();
  for (const Dim& d : type.shape.dims()) dims.push_back(d.known() ? Json(d.value()) : Json(nullptr));
  json["shape"] = dims;
  return json;
}

Json IoJson(const std::vector<IoSpec>& specs) {
  Json list = Json::array();
  for (const IoSpec& spec : specs) {
    Json json = {{"name", spec.name}, {"tensor", spec.tensor}};
    json.update(TypeJson(spec.type));
    list.push_back(json);
  }
  return list;
}

std::string ShapeText(const TensorType& type) {
  if (!type.shape.has_rank()) return "?";
  if (type.shape.rank() == 0) return "scalar";
  std::string out;
  for (const Dim& d : type.shape.dims()) out += (out.empty() ? "" : "x") + d.ToString();
  return out;
}

std::string ActionName(const Step& step) {
  if (const auto* kernel = std::get_if<KernelStep>(&step.action)) return kernel->kernel;
  return std::holds_alternative<IfStep>(step.action) ? "if" : "loop";
}

std::string OpsOf(const Step& step) {
  const auto* kernel = std::get_if<KernelStep>(&step.action);
  if (kernel == nullptr) return std::holds_alternative<IfStep>(step.action) ? "If" : "Loop";
  std::string out;
  for (const NodeId id : kernel->problem->Order()) {
    out += (out.empty() ? "" : "+") + std::string(OpName(kernel->problem->node(id).op));
  }
  return out;
}

Json StepJson(const Plan& plan, const Step& step) {
  Json json = {
      {"name", step.name}, {"kernel", ActionName(step)}, {"ops", OpsOf(step)}, {"sources", step.sources}};
  const auto* kernel = std::get_if<KernelStep>(&step.action);
  if (kernel == nullptr) return json;
  const auto types = [&](const std::vector<uint32_t>& ids) {
    Json list = Json::array();
    for (const uint32_t id : ids) list.push_back(TypeJson(plan.values[id].type));
    return list;
  };
  json["inputs"] = types(kernel->inputs);
  json["outputs"] = types(kernel->outputs);
  json["dynamic"] = kernel->dynamic;
  json["arithmetic"] = DTypeName(ArithmeticOf(*kernel));
  Json candidates = Json::array();
  for (const KernelCandidate& c : kernel->candidates) {
    Json row = {{"kernel", c.kernel}};
    if (!c.refusal.empty()) row["refusal"] = c.refusal;
    if (c.time_ns >= 0) row["time_ns"] = c.time_ns;
    if (c.estimate_ns >= 0) row["estimate_ns"] = c.estimate_ns;
    candidates.push_back(row);
  }
  json["candidates"] = candidates;
  return json;
}

}  // namespace floe::tools
