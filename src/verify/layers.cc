#include "verify/layers.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "backends/reference/evaluate.h"
#include "base/check.h"
#include "base/thread_pool.h"
#include "engine/plan.h"
#include "verify/layout.h"

namespace floe {
namespace {

std::string WithPort(const std::string& name) {
  return name.find(':') == std::string::npos ? name + ":0" : name;
}

std::vector<Tensor> RunObserved(const std::shared_ptr<const Engine>& engine, std::span<const Tensor> inputs,
                                int threads, InnerObserver observer) {
  Session session(engine, {threads, nullptr});
  session.ObserveInner(std::move(observer));
  std::vector<Tensor> outputs(engine->data().outputs.size());
  session.RunInto(inputs, outputs);
  return outputs;
}

// Elements only: the engine's tensor keeps its memory.
void Overwrite(Tensor& tensor, const Tensor& with) {
  if (tensor.dtype() == DType::kString) {
    std::copy_n(with.data<std::string>(), with.size(), tensor.data<std::string>());
  } else if (with.size() > 0) {
    std::memcpy(tensor.raw(), with.raw(), with.size_bytes());
  }
}

// What each value of a plan was computed from, back to the next values that the reference knows.
class Origins {
 public:
  Origins(const Plan& plan, const LayerValues& reference) : plan_(plan), reference_(reference) {
    producer_.assign(plan.values.size(), kNone);
    for (size_t i = 0; i < plan.steps.size(); ++i) {
      for (const uint32_t id : Outputs(plan.steps[i])) producer_[id] = i;
    }
  }

  void Trace(size_t step, LayerDifference& out) const {
    std::set<size_t> steps;
    std::vector<size_t> waiting{step};
    while (!waiting.empty()) {
      const size_t at = waiting.back();
      waiting.pop_back();
      if (!steps.insert(at).second) continue;
      for (const uint32_t id : Inputs(plan_.steps[at])) Visit(id, waiting, out);
    }
    out.steps.assign(steps.begin(), steps.end());
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  static const std::vector<uint32_t>& Outputs(const Step& step) {
    return std::visit([](const auto& action) -> const std::vector<uint32_t>& { return action.outputs; },
                      step.action);
  }

  static std::vector<uint32_t> Inputs(const Step& step) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) return kernel->inputs;
    std::vector<uint32_t> ids;
    if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      ids = branch->inputs;
      ids.push_back(branch->condition);
      return ids;
    }
    const auto& loop = std::get<LoopStep>(step.action);
    ids = loop.carried;
    ids.insert(ids.end(), loop.captured.begin(), loop.captured.end());
    if (loop.trip_count != LoopStep::kNone) ids.push_back(loop.trip_count);
    if (loop.condition != LoopStep::kNone) ids.push_back(loop.condition);
    return ids;
  }

  void Visit(uint32_t id, std::vector<size_t>& waiting, LayerDifference& out) const {
    const PlanValue& value = plan_.values[id];
    const uint32_t root = value.place == Place::kAlias ? value.index : id;
    if (plan_.values[root].place == Place::kConstant) return;
    const std::vector<std::string>& names =
        value.sources.empty() ? plan_.values[root].sources : value.sources;
    const bool known = producer_[root] == kNone || reference_.Find(names) != nullptr;
    if (!known) {
      waiting.push_back(producer_[root]);
    } else if (!names.empty() && std::ranges::find(out.inputs, names[0]) == out.inputs.end()) {
      out.inputs.push_back(names[0]);
    }
  }

  const Plan& plan_;
  const LayerValues& reference_;
  std::vector<size_t> producer_;
};

// The profile that runs for these inputs is the one whose inputs have their dims.
const Plan& PlanFor(const EngineData& data, std::span<const Tensor> inputs) {
  for (const Plan& plan : data.profiles) {
    bool fits = true;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorType& type = plan.values[plan.inputs[i]].type;
      fits &= MergeShapes(type.shape, Shape::Of(inputs[i].dims())).has_value();
    }
    if (fits) return plan;
  }
  return data.profiles[0];
}

}  // namespace

void LayerValues::Add(std::span<const std::string> names, const Tensor& value) {
  for (const std::string& name : names) values_.emplace(WithPort(name), value);
}

const Tensor* LayerValues::Find(std::span<const std::string> names) const {
  for (const std::string& name : names) {
    const auto at = values_.find(WithPort(name));
    if (at != values_.end()) return &at->second;
  }
  return nullptr;
}

LayerValues ReferenceLayers(const Graph& imported, std::span<const Tensor> inputs, int threads,
                            std::vector<Tensor>* outputs) {
  LayerValues layers;
  for (size_t i = 0; i < inputs.size(); ++i)
    layers.Add(imported.value(imported.inputs()[i]).sources, inputs[i]);
  ThreadPool pool(threads);
  const auto keep = [&](ValueId id, const Tensor& value) { layers.Add(imported.value(id).sources, value); };
  std::vector<Tensor> results = EvaluateGraph(imported, inputs, {&pool, keep});
  if (outputs != nullptr) *outputs = std::move(results);
  return layers;
}

LayerValues EngineLayers(const std::shared_ptr<const Engine>& engine, std::span<const Tensor> inputs,
                         int threads, std::vector<Tensor>* outputs) {
  LayerValues layers;
  std::vector<Tensor> results = RunObserved(engine, inputs, threads, [&](const InnerTensor& inner) {
    if (!inner.sources.empty()) layers.Add(inner.sources, inner.tensor.Clone());
  });
  if (outputs != nullptr) *outputs = std::move(results);
  return layers;
}

LayerValues GoldenLayers(std::span<const NamedTensor> arrays) {
  LayerValues layers;
  for (const NamedTensor& array : arrays) layers.Add(std::span(&array.name, 1), array.tensor);
  return layers;
}

void ForceLayers(const std::shared_ptr<const Engine>& engine, std::span<const Tensor> inputs,
                 const LayerValues& reference, int threads,
                 const std::function<void(const InnerTensor& inner, const Tensor& wanted)>& visit) {
  RunObserved(engine, inputs, threads, [&](const InnerTensor& inner) {
    const Tensor* known = reference.Find(inner.sources);
    if (known == nullptr) return;
    const Tensor wanted = InLayoutOf(*known, inner.tensor);
    visit(inner, wanted);
    const bool fits = inner.tensor.dtype() == wanted.dtype() && inner.tensor.dims() == wanted.dims();
    if (fits) Overwrite(inner.tensor, wanted);
  });
}

std::vector<LayerDifference> CompareLayers(const std::shared_ptr<const Engine>& engine,
                                           std::span<const Tensor> inputs, const LayerValues& reference,
                                           int threads) {
  const Plan& plan = PlanFor(engine->data(), inputs);
  const Origins origins(plan, reference);
  std::vector<LayerDifference> layers;
  RunObserved(engine, inputs, threads, [&](const InnerTensor& inner) {
    const Tensor* wanted = reference.Find(inner.sources);
    if (wanted == nullptr) return;
    const Step& step = plan.steps[inner.step];
    LayerDifference layer;
    layer.step = inner.step;
    layer.step_name = step.name;
    const auto* kernel = std::get_if<KernelStep>(&step.action);
    layer.kernel = kernel != nullptr                             ? kernel->kernel
                   : std::holds_alternative<IfStep>(step.action) ? "if"
                                                                 : "loop";
    layer.nodes = step.sources;
    layer.tensor = inner.sources[0];
    layer.error = CompareTensors(layer.tensor, inner.tensor, InLayoutOf(*wanted, inner.tensor));
    origins.Trace(inner.step, layer);
    layers.push_back(std::move(layer));
  });
  size_t next = 0;
  ForceLayers(engine, inputs, reference, threads, [&](const InnerTensor& inner, const Tensor& wanted) {
    CHECK(next < layers.size());
    LayerDifference& layer = layers[next++];
    layer.own = CompareTensors(layer.tensor, inner.tensor, wanted);
  });
  return layers;
}

}  // namespace floe
