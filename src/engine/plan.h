// A plan: the steps of an inference with memory assigned, what the engine file stores and the runtime
// executes.
#ifndef FLOE_ENGINE_PLAN_H_
#define FLOE_ENGINE_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "backends/backend.h"
#include "floe/tensor.h"
#include "graph/graph.h"

namespace floe {

// Where the bytes of a value are during a run.
enum class Place : uint8_t {
  kArena = 0,     // at `offset` of the plan's arena
  kInput = 1,     // in the caller's buffer of input `index`
  kOutput = 2,    // in the caller's buffer of output `index`
  kConstant = 3,  // constant `index` of the engine
  kDynamic = 4,   // allocated during the run: the size is known only then, or the elements are strings
  kAlias = 5,     // the bytes of value `index` under this value's own shape
};

struct PlanValue {
  std::string name;
  TensorType type;  // static unless kDynamic, or an alias of one, or an input of a sub-plan
  Place place = Place::kArena;
  uint64_t offset = 0;               // kArena: bytes, a multiple of 64
  uint32_t index = 0;                // see Place
  std::vector<std::string> sources;  // TensorFlow tensors that hold this value
};

// What the planner weighed for a step, for `floe explain`.
struct KernelCandidate {
  std::string kernel;
  std::string refusal;  // "" when it could; where there is a time all the same, why it was passed over
  double time_ns = -1;  // -1: not measured
  double estimate_ns = -1;
};

struct KernelStep {
  std::string kernel;  // a row's name and version
  int version = 1;
  std::unique_ptr<Graph> problem;
  std::vector<uint32_t> inputs;  // plan values, in the order of the problem's inputs
  std::vector<uint32_t> outputs;
  std::vector<uint32_t> packed;  // engine constants
  // Shapes are known only at run time: the problem is inferred anew from the inputs' shapes, and a kernel is
  // ranked then; `kernel` is the reference kernel.
  bool dynamic = false;
  std::vector<KernelCandidate> candidates;
};

struct Plan;

struct IfStep {
  uint32_t condition = 0;
  std::vector<uint32_t> inputs;  // captured values: both plans' inputs
  std::vector<uint32_t> outputs;
  std::unique_ptr<Plan> then_plan;
  std::unique_ptr<Plan> else_plan;
};

// As the op Loop; absent trip count or condition: kNone.
struct LoopStep {
  static constexpr uint32_t kNone = 0xffffffffu;
  uint32_t trip_count = kNone;
  uint32_t condition = kNone;
  std::vector<uint32_t> carried;  // initial values
  std::vector<uint32_t> captured;
  std::vector<uint32_t> outputs;  // carried, then scanned
  std::unique_ptr<Plan> body;
};

struct Step {
  std::string name;
  std::vector<std::string> sources;  // TensorFlow nodes this step computes
  std::variant<KernelStep, IfStep, LoopStep> action;
};

struct Plan {
  std::vector<PlanValue> values;
  std::vector<uint32_t> inputs;   // plan values of place kInput, in the order of the graph's inputs
  std::vector<uint32_t> outputs;  // any place; those of kOutput, kAlias of one, are written by steps directly
  std::vector<Step> steps;
  uint64_t arena_bytes = 0;
};

// What the step's products are rounded to: float32 or bfloat16.
DType ArithmeticOf(const KernelStep& step);
// A step in bf16, or with values in memory as bf16; in loops and branches, too.
bool UsesBf16(const Plan& plan);

// Constants are shared, all else is the copy's own.
Step CloneStep(const Step& step);
Plan ClonePlan(const Plan& plan);

// One input or output of an engine as a user names it.
struct IoSpec {
  std::string name;    // as the user gave it, or the TensorFlow node's
  std::string tensor;  // "scope/node:0"
  TensorType type;
};

// Everything an engine file holds.
struct EngineData {
  Target target;
  std::string precision = "fp32";
  std::vector<IoSpec> inputs;
  std::vector<IoSpec> outputs;
  std::string preprocess_json;  // "" when none
  std::vector<std::string> labels;
  std::vector<Tensor> constants;  // plain and packed weights; views of the file once loaded
  std::vector<Plan> profiles;     // one a set of input shapes; at least one
  std::vector<std::pair<std::string, std::string>> notes;  // for `info`: model file, options, version of Floe
};

}  // namespace floe

#endif  // FLOE_ENGINE_PLAN_H_
