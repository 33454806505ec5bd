#include "compiler/self_check.h"

#include <fmt/format.h>

#include <optional>
#include <string>

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

// float32 numbers times 1 and about this, either way: two units in the last place.
constexpr float kMove = 0x1p-22f;

Tensor Moved(const Tensor& tensor, uint32_t seed) {
  if (tensor.dtype() != DType::kFloat32) return tensor;
  Tensor moved = MadeUpTensor(DType::kFloat32, tensor.dims(), seed);
  for (int64_t i = 0; i < moved.size(); ++i)
    moved.data<float>()[i] = tensor.data<float>()[i] * (1.0f + kMove * moved.data<float>()[i]);
  return moved;
}

// Weights and tables; a scalar may be a threshold or a count, of which the exact number can matter.
void MoveConstants(Graph& graph, uint32_t seed) {
  for (const ValueId id : graph.Values()) {
    Value& value = graph.value(id);
    if (value.is_constant() && value.constant.size() > 1)
      value.constant = Moved(value.constant, seed + static_cast<uint32_t>(id));
  }
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) MoveConstants(*body, seed + static_cast<uint32_t>(id));
  }
}

// What the graph as imported says, on any backend but the one in doubt.
class Oracle {
 public:
  Oracle(const Graph& graph, const std::vector<Tensor>& inputs, int threads)
      : graph_(graph), inputs_(inputs), pool_(threads) {}

  std::vector<Tensor> Outputs() { return EvaluateGraph(graph_, inputs_, {&pool_, nullptr}); }

  // After weights and inputs moved by what rounding moves them anyway, another way for each try; nothing
  // where the model itself then stops (an assertion of exact numbers). Computed when first asked for: each
  // output that is too far asks.
  const std::optional<std::vector<Tensor>>& MovedOutputs(size_t tried) {
    while (moved_.size() <= tried) moved_.push_back(Move(static_cast<uint32_t>(moved_.size()) + 1));
    return moved_[tried];
  }

 private:
  std::optional<std::vector<Tensor>> Move(uint32_t seed) {
    const std::unique_ptr<Graph> moved = graph_.Clone();
    MoveConstants(*moved, seed);
    std::vector<Tensor> feeds;
    for (const Tensor& input : inputs_)
      feeds.push_back(Moved(input, ~seed - static_cast<uint32_t>(feeds.size())));
    try {
      return EvaluateGraph(*moved, feeds, {&pool_, nullptr});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) throw;
      return std::nullopt;
    }
  }

  const Graph& graph_;
  const std::vector<Tensor>& inputs_;
  ThreadPool pool_;
  std::vector<std::optional<std::vector<Tensor>>> moved_;
};

bool TooFar(const Difference& d, double tolerance) {
  return d.largest > tolerance * d.range + 1e-6;
}

// What rounding alone makes of this output of the oracle, if that is more than what is tolerated: where
// scores tie but for their last bits, a selection by them (suppression, top k, argmax) is another one in
// every implementation. A try at which the model stops says nothing, unless all do.
std::optional<std::string> WhatRoundingDoes(Oracle& oracle, size_t output, const Tensor& want,
                                            double tolerance) {
  constexpr size_t kTries = 3;
  size_t stopped = 0;
  for (size_t tried = 0; tried < kTries; ++tried) {
    const auto& outputs = oracle.MovedOutputs(tried);
    if (!outputs) {
      ++stopped;
      continue;
    }
    const Tensor& moved = (*outputs)[output];
    std::string does;
    if (moved.dims() != want.dims())
      does = fmt::format("gets shape {}", DimsToString(moved.dims()));
    else if (const Difference d = CompareFloats(moved, want); TooFar(d, tolerance))
      does = fmt::format("moves by {:.3g}", d.largest);
    if (!does.empty())
      return does + " when inputs and weights move by their last bits (ties in made-up scores do that)";
  }
  if (stopped < kTries) return std::nullopt;
  return "stops when inputs and weights move by their last bits (it asserts exact numbers)";
}

void CheckOutput(const std::string& name, const Tensor& have, const Tensor& want, double tolerance,
                 std::string_view remedy, Oracle& oracle, size_t output) {
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
  if (!TooFar(d, tolerance)) {
    LogInfo("self-check: output '{}' within {:.2g} of the reference (range {:.3g})", name, d.largest,
            d.range);
    return;
  }
  const std::optional<std::string> rounding = WhatRoundingDoes(oracle, output, want, tolerance);
  if (!rounding) {
    Throw(ErrorCode::kAccuracy,
          "self-check: output '{}' differs from the reference by {:.3g} (its range is {:.3g}); the engine is "
          "not written. {}; --no-self-check builds it all the same",
          name, d.largest, d.range, remedy);
  }
  LogWarning(
      "self-check: output '{}' cannot be judged: it differs from the reference by {:.3g}, but the reference "
      "itself {}",
      name, d.largest, *rounding);
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
  Oracle oracle(imported, inputs, threads);
  try {
    want = oracle.Outputs();
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
    CheckOutput(data.outputs[i].name, have[i], want[i], tolerance, remedy, oracle, i);
}

}  // namespace floe
