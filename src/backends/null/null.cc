#include "backends/null/null.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/error.h"

namespace floe {

struct NullRecorder::State {
  std::mutex mutex;
  std::vector<std::string> runs;
};

namespace {

// A thread has one current recorder at most. Thread-local, so that no lock guards it.
NullRecorder*& CurrentRecorder() {
  static thread_local NullRecorder* current = nullptr;
  return current;
}

// An Executable is made once for a problem and then runs many times, perhaps on several threads at once: what
// it needs is worked out here, and Run() changes nothing of it.
class NullExecutable : public Executable {
 public:
  explicit NullExecutable(const Graph& problem) : problem_(problem), recorder_(CurrentRecorder()) {}

  // A kernel that needs scratch says so in WorkspaceBytes() and finds it in args.workspace; this one needs
  // none. args.inputs and args.outputs come in the order of the problem's inputs and outputs.
  void Run(const RunArgs& args) const override {
    if (recorder_ != nullptr) recorder_->Record(problem_.name());
    for (size_t i = 0; i < args.outputs.size(); ++i) WriteZeros(problem_.outputs()[i], &args.outputs[i]);
  }

 private:
  // Zeros rather than whatever the memory holds, so that runs can be compared.
  void WriteZeros(ValueId output, Tensor* out) const {
    if (out->empty()) {
      // Only the kernel can size this output: it assigns the tensor. Dimensions that a real kernel would find
      // are 0 here.
      const TensorType& type = problem_.value(output).type;
      if (type.dtype == DType::kInvalid) {
        Throw(ErrorCode::kModel, "output '{}': its type is not known", problem_.value(output).name);
      }
      std::vector<int64_t> dims;
      for (const Dim& d : type.shape.dims()) dims.push_back(std::max<int64_t>(d.value(), 0));
      *out = Tensor(type.dtype, std::move(dims));
    } else if (out->dtype() == DType::kString) {
      std::fill_n(out->data<std::string>(), out->size(), std::string());
    } else if (out->size() > 0) {
      std::memset(out->raw(), 0, out->size_bytes());
    }
  }

  const Graph& problem_;
  NullRecorder* recorder_;
};

// The table: one row a kernel. A real kernel refuses what it cannot do with a phrase that people read, may
// estimate and pack (see backend.h), and states the largest error it makes in error_bound.
constexpr Kernel kKernels[] = {
    {.name = "null.any",
     .version = 1,
     .refuses = [](const Graph&, const Target&) -> Refusal { return std::nullopt; },
     .estimate_ns = [](const Graph&, const Target&) { return 0.0; },
     .prepare = [](const PrepareArgs& args) -> std::unique_ptr<Executable> {
       return std::make_unique<NullExecutable>(args.problem);
     }},
};

}  // namespace

NullRecorder::NullRecorder() : state_(std::make_unique<State>()), outer_(CurrentRecorder()) {
  CurrentRecorder() = this;
}

NullRecorder::~NullRecorder() {
  CurrentRecorder() = outer_;
}

void NullRecorder::Record(const std::string& problem) {
  const std::lock_guard lock(state_->mutex);
  state_->runs.push_back(problem);
}

std::vector<std::string> NullRecorder::Runs() const {
  const std::lock_guard lock(state_->mutex);
  return state_->runs;
}

const Backend& NullBackend() {
  // A new backend is named in ../registry.cc; nothing else has to know it.
  static constexpr Backend kBackend = {
      .name = "null",
      .description = "computes nothing: watches what would run",
      .kernels = [] { return std::span<const Kernel>(kKernels); },
      // What this machine can do. Kernels ask the target, never the machine, so that an engine can be planned
      // for another one.
      .detect = [](int threads) -> Target {
        return {.backend = "null", .isa = "generic", .threads = threads, .device = "none"};
      },
      .refuses_target = [](const Target&) -> Refusal { return std::nullopt; },
  };
  return kBackend;
}

}  // namespace floe
