#include "compiler/self_check.h"

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "base/log.h"
#include "base/made_up.h"
#include "base/thread_pool.h"
#include "compiler/difference.h"
#include "engine/plan.h"
#include "floe/session.h"

namespace floe {
namespace {

bool HasRandomOps(const Graph& graph) {
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    if (InfoOf(node.op).traits.random) return true;
    for (const auto& body : node.bodies) {
      if (HasRandomOps(*body)) return true;
    }
  }
  return false;
}

void CheckOutput(const std::string& name, const Tensor& have, const Tensor& want, double tolerance,
                 std::string_view remedy) {
  if (have.dtype() != want.dtype() || have.dims() != want.dims()) {
    LogWarning("self-check: output '{}' has shape {}, the reference {}", name, DimsToString(have.dims()),
               DimsToString(want.dims()));
    return;
  }
  if (!IsFloat(have.dtype())) {
    if (!SameContents(have, want))
      LogWarning("self-check: output '{}' differs from the reference in some elements", name);
    return;
  }
  const Difference d = CompareFloats(have, want);
  if (d.largest > tolerance * d.range + 1e-6) {
    Throw(ErrorCode::kAccuracy,
          "self-check: output '{}' differs from the reference by {:.3g} (its range is {:.3g}); the engine is "
          "not written. {}; --no-self-check builds it all the same",
          name, d.largest, d.range, remedy);
  }
  LogInfo("self-check: output '{}' within {:.2g} of the reference (range {:.3g})", name, d.largest, d.range);
}

}  // namespace

void SelfCheck(const std::shared_ptr<const Engine>& engine, size_t profile, const Graph& imported,
               int threads, double tolerance) {
  if (HasRandomOps(imported)) return;
  const EngineData& data = engine->data();
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < data.inputs.size(); ++i) {
    const Plan& plan = data.profiles[profile];
    const TensorType& type = plan.values[plan.inputs[i]].type;
    inputs.push_back(MadeUpTensor(type.dtype, type.shape.Static(), static_cast<uint32_t>(i)));
  }
  std::vector<Tensor> have(data.outputs.size());
  std::vector<Tensor> want;
  try {
    ThreadPool pool(threads);
    want = EvaluateGraph(imported, inputs, {&pool, nullptr});
    Session session(engine, {threads, nullptr});
    session.RunInto(inputs, have);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    LogWarning("self-check: made-up inputs cannot run this model ({})", error.what());
    return;
  }
  const std::string_view remedy = data.precision == "bf16"
                                      ? "--precision auto --error-budget X keeps layers in fp32"
                                      : "Please report this model";
  for (size_t i = 0; i < want.size(); ++i)
    CheckOutput(data.outputs[i].name, have[i], want[i], tolerance, remedy);
}

}  // namespace floe
