#include <algorithm>

#include "base/check.h"
#include "engine/format.h"
#include "graph/verify.h"

namespace floe {
namespace {

// Bytes of a value within the arena, or of the caller's buffer that stands for it.
struct Extent {
  Place place;
  uint64_t key;  // offset in the arena, or index of the buffer
  uint64_t bytes;
};

class PlanChecker {
 public:
  PlanChecker(const EngineData& data, const Plan& plan, const std::string& subject, int depth)
      : data_(data), plan_(plan), subject_(subject), depth_(depth), made_(plan.values.size()) {}

  void Check() {
    if (depth_ > kMaxPlanDepth) Fail("plans are nested too deep");
    for (size_t i = 0; i < plan_.inputs.size(); ++i) {
      const PlanValue& v = At(plan_.inputs[i]);
      if (v.place != Place::kInput || v.index != i) Fail("an input is not where inputs are");
    }
    for (size_t i = 0; i < plan_.values.size(); ++i) {
      CheckValue(plan_.values[i]);
      made_[i] = plan_.values[i].place != Place::kDynamic;
    }
    for (const Step& step : plan_.steps) CheckStep(step);
    for (const uint32_t id : plan_.outputs) Read(id);
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const {
    Throw(ErrorCode::kModel, "{}: damaged plan: {}", subject_, what);
  }

  const PlanValue& At(uint32_t id) const {
    if (id >= plan_.values.size()) Fail("a value's index is out of range");
    return plan_.values[id];
  }

  // There is a tensor from the start, or an earlier step assigned it.
  const PlanValue& Read(uint32_t id) const {
    const PlanValue& v = At(id);
    if (!made_[id]) Fail(fmt::format("'{}' is read before a step makes it", v.name));
    return v;
  }

  void CheckValue(const PlanValue& v) const {
    if (v.type.dtype == DType::kInvalid) Fail("a value has no element type");
    switch (v.place) {
      case Place::kArena:
        if (!v.type.IsStatic() || v.type.dtype == DType::kString)
          Fail("a value without a size lies in the arena");
        if (v.offset % kAlignment != 0 || v.offset > plan_.arena_bytes ||
            v.type.StaticBytes() > plan_.arena_bytes - v.offset) {
          Fail("a value lies outside the arena");
        }
        return;
      case Place::kInput:
        if (v.index >= plan_.inputs.size()) Fail("an input's index is out of range");
        if (!(v.type == At(plan_.inputs[v.index]).type)) Fail("an input is of two types");
        return;
      case Place::kOutput:
        if (v.index >= plan_.outputs.size()) Fail("an output's index is out of range");
        if (!v.type.IsStatic() || !SameBytes(v, At(plan_.outputs[v.index])))
          Fail("an output is of another size");
        return;
      case Place::kConstant: {
        if (v.index >= data_.constants.size()) Fail("a constant's index is out of range");
        const Tensor& t = data_.constants[v.index];
        if (!v.type.IsStatic() || t.dtype() != v.type.dtype || t.size() != *v.type.shape.ElementCount()) {
          Fail("a constant differs from its type");
        }
        return;
      }
      case Place::kDynamic:
        // A step whose shapes are known expects memory for them.
        if (v.type.IsStatic() && v.type.dtype != DType::kString) Fail("a value of known size is not placed");
        return;
      case Place::kAlias: {
        const PlanValue& root = At(v.index);
        if (root.place == Place::kAlias || root.place == Place::kDynamic || !v.type.IsStatic() ||
            !root.type.IsStatic() || !SameBytes(v, root)) {
          Fail("an alias does not fit its value");
        }
        return;
      }
    }
    Fail("a value is at an unknown place");
  }

  static bool SameBytes(const PlanValue& a, const PlanValue& b) {
    return a.type.dtype == b.type.dtype && a.type.IsStatic() && b.type.IsStatic() &&
           a.type.StaticBytes() == b.type.StaticBytes();
  }

  void CheckStep(const Step& step) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      CheckKernel(*kernel);
    } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      CheckControl(branch->condition, DType::kBool);
      for (const Plan* plan : {branch->then_plan.get(), branch->else_plan.get()}) {
        if (plan->inputs.size() != branch->inputs.size() || plan->outputs.size() != branch->outputs.size()) {
          Fail("a branch has another number of inputs or outputs");
        }
        CheckBodyInputs(*plan, branch->inputs, 0);
        PlanChecker(data_, *plan, subject_, depth_ + 1).Check();
        CheckBodyOutputs(*plan, branch->outputs, 0);
      }
      CheckWritten(branch->outputs);
    } else {
      const LoopStep& loop = std::get<LoopStep>(step.action);
      if (loop.trip_count != LoopStep::kNone) CheckControl(loop.trip_count, DType::kInt64);
      if (loop.condition != LoopStep::kNone) CheckControl(loop.condition, DType::kBool);
      const size_t carried = loop.carried.size();
      if (loop.body->inputs.size() != 2 + carried + loop.captured.size() ||
          loop.body->outputs.size() != 1 + loop.outputs.size() || loop.outputs.size() < carried) {
        Fail("a loop's body has another number of inputs or outputs");
      }
      CheckBodyInputs(*loop.body, loop.carried, 2);
      CheckBodyInputs(*loop.body, loop.captured, 2 + carried);
      PlanChecker(data_, *loop.body, subject_, depth_ + 1).Check();
      const Plan& body = *loop.body;
      if (body.values[body.inputs[0]].type.dtype != DType::kInt64 ||
          body.values[body.inputs[1]].type.dtype != DType::kBool ||
          body.values[body.outputs[0]].type.dtype != DType::kBool) {
        Fail("the number or the condition of a loop's iterations is of another type");
      }
      CheckBodyOutputs(body, loop.outputs, 1);
      for (size_t i = 0; i < carried; ++i) {
        if (At(loop.carried[i]).type.dtype != At(loop.outputs[i]).type.dtype) {
          Fail("a carried value is of another type");
        }
      }
      CheckWritten(loop.outputs);
    }
  }

  void CheckControl(uint32_t id, DType dtype) const {
    if (Read(id).type.dtype != dtype) Fail("a condition or number of iterations is of another type");
  }

  void CheckBodyInputs(const Plan& body, const std::vector<uint32_t>& outer, size_t first) const {
    for (size_t i = 0; i < outer.size(); ++i) {
      const uint32_t id = body.inputs[first + i];
      if (id >= body.values.size()) Fail("a value's index is out of range");
      const TensorType& inner = body.values[id].type;
      if (Read(outer[i]).type.dtype != inner.dtype) Fail("a captured value is of another type");
    }
  }

  // The body's plan was checked.
  void CheckBodyOutputs(const Plan& body, const std::vector<uint32_t>& outer, size_t first) const {
    for (size_t i = 0; i < outer.size(); ++i) {
      if (At(outer[i]).type.dtype != body.values[body.outputs[first + i]].type.dtype) {
        Fail("a result of control flow is of another type");
      }
    }
  }

  void CheckWritten(const std::vector<uint32_t>& ids) {
    for (const uint32_t id : ids) {
      const Place place = At(id).place;
      if (place == Place::kInput || place == Place::kConstant || place == Place::kAlias) {
        Fail("a step writes to an input or a constant");
      }
      made_[id] = true;
    }
  }

  Extent ExtentOf(uint32_t id) const {
    const PlanValue* v = &At(id);
    if (v->place == Place::kAlias) v = &At(v->index);
    const uint64_t bytes = v->type.IsStatic() ? v->type.StaticBytes() : 0;
    return {v->place, v->place == Place::kArena ? v->offset : v->index, bytes};
  }

  static bool Overlap(const Extent& a, const Extent& b) {
    if (a.place != b.place || a.bytes == 0 || b.bytes == 0) return false;
    if (a.place == Place::kOutput) return a.key == b.key;
    return a.place == Place::kArena && a.key < b.key + b.bytes && b.key < a.key + a.bytes;
  }

  void CheckKernel(const KernelStep& step) {
    const Kernel* kernel = FindKernel(step.kernel);
    if (kernel == nullptr || kernel->version != step.version) {
      Throw(ErrorCode::kEngine,
            "{}: needs kernel '{}' version {}, which this Floe does not have; build the engine again",
            subject_, step.kernel, step.version);
    }
    const Graph& problem = *step.problem;
    if (problem.inputs().size() != step.inputs.size() || problem.outputs().size() != step.outputs.size()) {
      Fail("a kernel's problem has another number of inputs or outputs");
    }
    CheckTypes(problem, ErrorCode::kModel);
    for (const uint32_t id : step.packed) {
      if (id >= data_.constants.size()) Fail("a constant's index is out of range");
    }
    for (const uint32_t id : step.inputs) Read(id);
    CheckEnds(problem, problem.inputs(), step.inputs);
    CheckEnds(problem, problem.outputs(), step.outputs);
    CheckWritten(step.outputs);
    for (size_t o = 0; o < step.outputs.size(); ++o) {
      const Extent written = ExtentOf(step.outputs[o]);
      for (size_t i = 0; i < step.inputs.size(); ++i) {
        const Extent read = ExtentOf(step.inputs[i]);
        if (!Overlap(written, read)) continue;
        if (step.dynamic || written.key != read.key || !MayOverwrite(*kernel, problem, i, o)) {
          Fail("a step writes over its own input");
        }
      }
      for (size_t other = 0; other < o; ++other) {
        if (Overlap(written, ExtentOf(step.outputs[other]))) Fail("two outputs of a step overlap");
      }
    }
  }

  bool MayOverwrite(const Kernel& kernel, const Graph& problem, size_t input, size_t output) const {
    // A kernel is asked only about problems that it takes.
    if (kernel.in_place == nullptr || kernel.refuses(problem, data_.target)) return false;
    const std::vector<InPlace> in_place = kernel.in_place(problem);
    return std::ranges::any_of(in_place,
                               [&](const InPlace& p) { return p.input == input && p.output == output; });
  }

  void CheckEnds(const Graph& problem, const std::vector<ValueId>& inner,
                 const std::vector<uint32_t>& outer) const {
    for (size_t i = 0; i < inner.size(); ++i) {
      const TensorType& have = At(outer[i]).type;
      const TensorType& want = problem.value(inner[i]).type;
      if (have.dtype != want.dtype || (want.IsStatic() && !(have.shape == want.shape)) ||
          (have.IsStatic() && !want.IsStatic())) {
        Fail(fmt::format("a step's value is {} but its kernel expects {}", have.ToString(), want.ToString()));
      }
    }
  }

  const EngineData& data_;
  const Plan& plan_;
  const std::string& subject_;
  int depth_;
  std::vector<bool> made_;  // by value
};

const Backend& BackendOf(const EngineData& data, const std::string& subject) {
  const Backend* backend = FindBackend(data.target.backend);
  if (backend == nullptr) {
    Throw(ErrorCode::kEngine, "{}: built for target '{}', which this Floe does not have", subject,
          data.target.backend);
  }
  return *backend;
}

// What the user is told of an input or output is what the plan takes or gives.
void CheckNamed(const IoSpec& spec, const PlanValue& value, const std::string& subject) {
  if (spec.type.dtype == value.type.dtype) return;
  Throw(ErrorCode::kModel, "{}: damaged: '{}' is {} by its name, {} in the plan", subject, spec.name,
        DTypeName(spec.type.dtype), DTypeName(value.type.dtype));
}

}  // namespace

void RequireThisMachine(const EngineData& data, const std::string& subject) {
  if (const Refusal why = BackendOf(data, subject).refuses_target(data.target)) {
    Throw(ErrorCode::kEngine, "{}: built for another machine: {}", subject, *why);
  }
}

void ValidateEngine(const EngineData& data, const std::string& subject) {
  BackendOf(data, subject);
  for (const Plan& plan : data.profiles) {
    if (plan.inputs.size() != data.inputs.size() || plan.outputs.size() != data.outputs.size()) {
      Throw(ErrorCode::kModel, "{}: damaged: inputs or outputs differ from the plan's", subject);
    }
    PlanChecker(data, plan, subject, 0).Check();
    for (size_t i = 0; i < plan.inputs.size(); ++i) {
      CheckNamed(data.inputs[i], plan.values[plan.inputs[i]], subject);
    }
    for (size_t i = 0; i < plan.outputs.size(); ++i) {
      CheckNamed(data.outputs[i], plan.values[plan.outputs[i]], subject);
    }
  }
}

}  // namespace floe
