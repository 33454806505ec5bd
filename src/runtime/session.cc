#include "floe/session.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "engine/format.h"
#include "engine/plan.h"
#include "graph/cost.h"
#include "runtime/executor.h"

namespace floe {
namespace {

std::string NamesOf(const std::vector<IoSpec>& specs) {
  std::vector<std::string> names;
  for (const IoSpec& spec : specs) names.push_back("'" + spec.name + "'");
  return names.empty() ? "none" : JoinText(names, ", ");
}

const std::vector<uint32_t>& OutputsOf(const Step& step) {
  return std::visit([](const auto& action) -> const std::vector<uint32_t>& { return action.outputs; },
                    step.action);
}

bool Accepts(const TensorType& type, const Tensor& t) {
  if (type.dtype != t.dtype()) return false;
  return MergeShapes(type.shape, Shape::Of(t.dims())).has_value();
}

}  // namespace

class Session::Impl {
 public:
  Impl(std::shared_ptr<const Engine> engine, const SessionOptions& options)
      : engine_(std::move(engine)), options_(options) {
    CHECK(engine_ != nullptr);
    RequireThisMachine(data(), "engine");
    pool_ = options.threads > 0 ? std::make_shared<ThreadPool>(options.threads) : ThreadPool::Default();
    profiles_.resize(data().profiles.size());
    ProfileAt(0);
  }

  const EngineData& data() const { return engine_->data(); }
  const std::shared_ptr<const Engine>& engine() const { return engine_; }
  int threads() const { return pool_->threads(); }

  std::vector<NamedTensor> Run(std::span<const NamedTensor> feeds) {
    std::vector<Tensor> inputs = MatchFeeds(feeds);
    std::vector<Tensor> outputs(data().outputs.size());
    RunInto(inputs, outputs);
    std::vector<NamedTensor> results;
    for (size_t i = 0; i < outputs.size(); ++i)
      results.push_back({data().outputs[i].name, std::move(outputs[i])});
    return results;
  }

  void RunInto(std::span<const Tensor> inputs, std::span<Tensor> outputs) {
    if (inputs.size() != data().inputs.size() || outputs.size() != data().outputs.size()) {
      Throw(ErrorCode::kUsage, "expected {} inputs and {} outputs, got {} and {}", data().inputs.size(),
            data().outputs.size(), inputs.size(), outputs.size());
    }
    current_ = ChooseProfile(inputs);
    LoadedProfile& profile = ProfileAt(current_);
    ExecutorOptions run{pool_.get(), &options_.cancelled, nullptr};
    profiled_runs_ += profiling_ ? 1 : 0;
    if (profiling_ || inner_observer_) {
      const Plan& plan = data().profiles[current_];
      run.observer = [&](size_t step, double ms, std::span<Tensor> values) {
        if (profiling_) profile.step_ms[step] += ms;
        if (inner_observer_) ObserveStep(plan, step, values);
      };
    }
    profile.executor->Run(inputs, outputs, run);
  }

  void ObserveInner(InnerObserver observer) { inner_observer_ = std::move(observer); }
  void EnableProfile(bool on) { profiling_ = on; }
  void ResetProfile() {
    profiled_runs_ = 0;
    for (auto& profile : profiles_) {
      if (profile) std::ranges::fill(profile->step_ms, 0.0);
    }
  }

  std::vector<StepTime> Profile() const {
    std::vector<StepTime> out;
    const LoadedProfile& profile = *profiles_[current_];
    const Plan& plan = data().profiles[current_];
    for (size_t i = 0; i < plan.steps.size(); ++i) {
      const Step& step = plan.steps[i];
      const auto* kernel = std::get_if<KernelStep>(&step.action);
      std::string name = kernel != nullptr                             ? kernel->kernel
                         : std::holds_alternative<IfStep>(step.action) ? "if"
                                                                       : "loop";
      const int64_t macs = kernel != nullptr && !kernel->dynamic ? MultiplyAccumulates(*kernel->problem) : 0;
      out.push_back(
          {step.name, std::move(name), profile.step_ms[i] / std::max(1, profiled_runs_), macs, step.sources});
    }
    return out;
  }

  size_t MemoryBytes() const {
    size_t bytes = 0;
    for (const auto& profile : profiles_) {
      if (profile) bytes += profile->executor->MemoryBytes();
    }
    return bytes;
  }

 private:
  struct LoadedProfile {
    std::unique_ptr<PreparedPlan> prepared;
    std::unique_ptr<Executor> executor;
    std::vector<double> step_ms;
  };

  LoadedProfile& ProfileAt(size_t i) {
    if (!profiles_[i]) {
      auto loaded = std::make_unique<LoadedProfile>();
      loaded->prepared = PreparePlan(data(), data().profiles[i]);
      loaded->executor = std::make_unique<Executor>(data(), *loaded->prepared);
      loaded->step_ms.resize(data().profiles[i].steps.size());
      profiles_[i] = std::move(loaded);
    }
    return *profiles_[i];
  }

  // The values that a step gives, and those that are the same bytes under another shape.
  void ObserveStep(const Plan& plan, size_t step, std::span<Tensor> values) const {
    const auto observe = [&](uint32_t id) {
      const PlanValue& value = plan.values[id];
      if (!values[id].empty()) inner_observer_({step, value.name, value.sources, values[id]});
    };
    for (const uint32_t id : OutputsOf(plan.steps[step])) {
      observe(id);
      for (uint32_t alias = 0; alias < plan.values.size(); ++alias) {
        if (plan.values[alias].place == Place::kAlias && plan.values[alias].index == id) observe(alias);
      }
    }
  }

  std::vector<Tensor> MatchFeeds(std::span<const NamedTensor> feeds) const {
    std::vector<Tensor> inputs(data().inputs.size());
    for (const NamedTensor& feed : feeds) {
      const auto at = std::ranges::find_if(data().inputs, [&](const IoSpec& spec) {
        return spec.name == feed.name || spec.tensor == feed.name || spec.tensor == feed.name + ":0";
      });
      if (at == data().inputs.end()) {
        Throw(ErrorCode::kUsage, "feed '{}': the engine has no such input; it has {}", feed.name,
              NamesOf(data().inputs));
      }
      inputs[static_cast<size_t>(at - data().inputs.begin())] = feed.tensor;
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].empty()) {
        const IoSpec& spec = data().inputs[i];
        Throw(ErrorCode::kUsage, "input '{}' ({}) is not fed", spec.name, spec.type.ToString());
      }
    }
    return inputs;
  }

  size_t ChooseProfile(std::span<const Tensor> inputs) const {
    for (size_t p = 0; p < data().profiles.size(); ++p) {
      const Plan& plan = data().profiles[p];
      bool fits = true;
      for (size_t i = 0; i < inputs.size(); ++i) fits &= Accepts(plan.values[plan.inputs[i]].type, inputs[i]);
      if (fits) return p;
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Plan& plan = data().profiles[0];
      const TensorType& want = plan.values[plan.inputs[i]].type;
      if (!Accepts(want, inputs[i])) {
        Throw(ErrorCode::kUsage, "input '{}': expected {}, got {}{}", data().inputs[i].name, want.ToString(),
              DTypeName(inputs[i].dtype()), DimsToString(inputs[i].dims()));
      }
    }
    Throw(ErrorCode::kUsage, "the shapes of the feeds fit none of the engine's {} profiles together",
          data().profiles.size());
  }

  std::shared_ptr<const Engine> engine_;
  SessionOptions options_;
  std::shared_ptr<ThreadPool> pool_;
  std::vector<std::unique_ptr<LoadedProfile>> profiles_;
  size_t current_ = 0;
  bool profiling_ = false;
  int profiled_runs_ = 0;
  InnerObserver inner_observer_;
};

Session::Session(std::shared_ptr<const Engine> engine, const SessionOptions& options)
    : impl_(std::make_unique<Impl>(std::move(engine), options)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const Engine& Session::engine() const {
  return *impl_->engine();
}
std::vector<NamedTensor> Session::Run(std::span<const NamedTensor> feeds) {
  return impl_->Run(feeds);
}
void Session::RunInto(std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  impl_->RunInto(inputs, outputs);
}
void Session::ObserveInner(InnerObserver observer) {
  impl_->ObserveInner(std::move(observer));
}

void Session::EnableProfile(bool on) {
  impl_->EnableProfile(on);
}
void Session::ResetProfile() {
  impl_->ResetProfile();
}
std::vector<StepTime> Session::Profile() const {
  return impl_->Profile();
}
size_t Session::MemoryBytes() const {
  return impl_->MemoryBytes();
}
int Session::threads() const {
  return impl_->threads();
}

}  // namespace floe
