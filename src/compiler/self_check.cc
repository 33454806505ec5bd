#include "compiler/self_check.h"

#include <algorithm>
#include <cmath>

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "base/log.h"
#include "base/made_up.h"
#include "base/thread_pool.h"
#include "engine/plan.h"
#include "floe/session.h"

namespace floe {
namespace {

constexpr double kTolerance =
    1e-3;  // of the output's range; Winograd and fast exponentials stay well within it

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

struct Difference {
  double largest = 0;
  double range = 0;
};

template <typename T>
Difference Compare(const Tensor& a, const Tensor& b) {
  Difference d;
  double low = INFINITY;
  double high = -INFINITY;
  for (int64_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a.data<T>()[i]);
    const double y = static_cast<double>(b.data<T>()[i]);
    if (std::isfinite(y)) {
      low = std::min(low, y);
      high = std::max(high, y);
    }
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    d.largest = std::isfinite(x) && std::isfinite(y) ? std::max(d.largest, std::abs(x - y)) : INFINITY;
  }
  d.range = high >= low ? std::max(high - low, std::max(std::abs(high), std::abs(low)) * 1e-2) : 0;
  return d;
}

void CheckOutput(const std::string& name, const Tensor& have, const Tensor& want) {
  if (have.dtype() != want.dtype() || have.dims() != want.dims()) {
    LogWarning("self-check: output '{}' has shape {}, the reference {}", name, DimsToString(have.dims()),
               DimsToString(want.dims()));
    return;
  }
  Difference d;
  if (have.dtype() == DType::kFloat32) {
    d = Compare<float>(have, want);
  } else if (have.dtype() == DType::kFloat64) {
    d = Compare<double>(have, want);
  } else {
    if (!SameContents(have, want))
      LogWarning("self-check: output '{}' differs from the reference in some elements", name);
    return;
  }
  if (d.largest > kTolerance * d.range + 1e-6) {
    Throw(ErrorCode::kAccuracy,
          "self-check: output '{}' differs from the reference by {:.3g} (its range is {:.3g}); the engine is "
          "not "
          "written. Please report this model; --no-self-check builds it all the same",
          name, d.largest, d.range);
  }
  LogInfo("self-check: output '{}' within {:.2g} of the reference (range {:.3g})", name, d.largest, d.range);
}

}  // namespace

void SelfCheck(const std::shared_ptr<const Engine>& engine, size_t profile, const Graph& imported,
               int threads) {
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
  for (size_t i = 0; i < want.size(); ++i) CheckOutput(data.outputs[i].name, have[i], want[i]);
}

}  // namespace floe
