#include "backends/cpu/harness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "backends/cpu/cpu.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/winograd/plan.h"
#include "backends/reference/evaluate.h"
#include "floe/float16.h"
#include "verify/compare.h"

namespace floe::cpu {
namespace {

// Memory of the caller: not cleared, aligned as the runtime aligns it.
Tensor Poisoned(const TensorType& type) {
  Tensor t(type.dtype, type.shape.Static());
  std::memset(t.raw(), 0xff, t.size_bytes());
  return t;
}

bool Same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

// The largest difference relative to the largest finite magnitude expected.
void ExpectNear(const Tensor& got, const Tensor& expected, double bound, const std::string& where) {
  ASSERT_EQ(got.dtype(), expected.dtype()) << where;
  ASSERT_EQ(got.dims(), expected.dims()) << where;
  const std::vector<double> found = AsDoubles(got), wanted = AsDoubles(expected);
  double scale = 0;
  for (const double v : wanted) {
    if (std::isfinite(v)) scale = std::max(scale, std::fabs(v));
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (Same(found[i], wanted[i])) continue;
    ASSERT_LE(std::fabs(found[i] - wanted[i]), bound * scale)
        << where << ": element " << i << " of " << DimsToString(expected.dims()) << " is " << found[i]
        << ", expected " << wanted[i];
  }
}

}  // namespace

std::vector<std::string> AvailableIsas() {
  std::vector<std::string> names;
  for (const Isa isa : {Isa::kGeneric, Isa::kAvx2, Isa::kAvx512, Isa::kNeon}) {
    if (HasIsa(isa)) names.emplace_back(IsaName(isa));
  }
  return names;
}

Target TargetOf(std::string isa) {
  Target target;
  target.isa = std::move(isa);
  return target;
}

const Kernel& Row(std::string_view name) {
  for (const Kernel& kernel : CpuBackend().kernels()) {
    if (kernel.name == name) return kernel;
  }
  throw std::runtime_error("no kernel " + std::string(name));
}

Tensor RandomTensor(DType dtype, std::vector<int64_t> dims, uint64_t seed, double low, double high) {
  Tensor t(dtype, std::move(dims));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  for (int64_t i = 0; i < t.size(); ++i) {
    const double v = uniform(random);
    switch (dtype) {
      case DType::kFloat32:
        t.data<float>()[i] = static_cast<float>(v);
        break;
      case DType::kFloat64:
        t.data<double>()[i] = v;
        break;
      case DType::kFloat16:
        static_cast<Float16*>(t.raw())[i] = Float16(static_cast<float>(v));
        break;
      case DType::kInt32:
        t.data<int32_t>()[i] = static_cast<int32_t>(std::floor(v));
        break;
      case DType::kInt64:
        t.data<int64_t>()[i] = static_cast<int64_t>(std::floor(v));
        break;
      case DType::kInt16:
        t.data<int16_t>()[i] = static_cast<int16_t>(std::floor(v));
        break;
      case DType::kUInt8:
        t.data<uint8_t>()[i] = static_cast<uint8_t>(std::floor(v));
        break;
      case DType::kInt8:
        t.data<int8_t>()[i] = static_cast<int8_t>(std::floor(v));
        break;
      case DType::kBool:
        t.data<bool>()[i] = v > (low + high) / 2;
        break;
      default:
        ADD_FAILURE() << "no random " << DTypeName(dtype);
    }
  }
  return t;
}

std::string RefusalOf(std::string_view kernel, const Graph& problem, std::string isa) {
  return Row(kernel).refuses(problem, TargetOf(std::move(isa))).value_or("");
}

std::vector<Tensor> RunKernel(const Kernel& kernel, const Graph& problem, const std::vector<Tensor>& inputs,
                              const std::string& isa, int threads, bool in_place) {
  const Target target = TargetOf(isa);
  Packed packed;
  if (kernel.pack != nullptr) packed = kernel.pack(problem, target);
  const std::unique_ptr<Graph> bare = problem.Clone();
  for (const ValueId id : packed.consumed) {
    Value& v = bare->value(id);
    v.constant = Tensor::View(v.constant.dtype(), v.constant.dims(), nullptr);
  }
  EXPECT_EQ(kernel.refuses(*bare, target).value_or(""), "") << "once packed";
  const std::unique_ptr<Executable> executable = kernel.prepare({*bare, packed.tensors, target});
  std::vector<Tensor> own;
  for (const Tensor& t : inputs) own.push_back(t.Clone());
  std::vector<Tensor> outputs;
  for (const ValueId id : problem.outputs()) outputs.push_back(Poisoned(problem.value(id).type));
  if (in_place && kernel.in_place != nullptr) {
    const std::vector<InPlace> pairs = kernel.in_place(problem);
    if (!pairs.empty()) {
      Tensor& shared = own[pairs[0].input];
      outputs[pairs[0].output] =
          Tensor::View(outputs[pairs[0].output].dtype(), outputs[pairs[0].output].dims(), shared.raw(),
                       std::make_shared<Tensor>(shared));
    }
  }
  ThreadPool pool(threads);
  const Tensor workspace(DType::kUInt8, {static_cast<int64_t>(executable->WorkspaceBytes(threads)) + 64});
  std::memset(const_cast<void*>(workspace.raw()), 0xff, workspace.size_bytes());
  executable->Run({own, outputs, const_cast<void*>(workspace.raw()), &pool});
  return outputs;
}

void ExpectMatchesOn(const std::string& isa, const Kernel& kernel, const Graph& problem,
                     const std::vector<Tensor>& inputs, const std::vector<Tensor>& expected) {
  const std::string where = fmt::format("{} on {}", kernel.name, isa);
  if (kernel.estimate_ns != nullptr) {
    EXPECT_GT(kernel.estimate_ns(problem, TargetOf(isa)), 0) << where;
  }
  const std::vector<Tensor> one = RunKernel(kernel, problem, inputs, isa, 1);
  const std::vector<Tensor> two = RunKernel(kernel, problem, inputs, isa, 2);
  const std::vector<Tensor> placed = RunKernel(kernel, problem, inputs, isa, 2, true);
  for (size_t i = 0; i < expected.size(); ++i) {
    ExpectNear(one[i], expected[i], kernel.error_bound, where + ", output " + std::to_string(i));
    ExpectNear(two[i], one[i], 0, where + ", two threads against one");
    ExpectNear(placed[i], one[i], 0, where + ", in place");
  }
}

void ExpectMatches(std::string_view name, const Graph& problem, const std::vector<Tensor>& inputs) {
  const Kernel& kernel = Row(name);
  const std::vector<Tensor> expected = EvaluateGraph(problem, inputs);
  for (const std::string& isa : AvailableIsas()) {
    const Refusal refusal = kernel.refuses(problem, TargetOf(isa));
    if (isa == IsaName(Isa::kGeneric) && refusal == kNoCodeForIsa) continue;
    ASSERT_FALSE(refusal) << isa << " refuses: " << *refusal;
    ExpectMatchesOn(isa, kernel, problem, inputs, expected);
    if (testing::Test::HasFatalFailure()) return;
  }
}

void ExpectMatches(std::string_view kernel, const Graph& problem, uint64_t seed) {
  std::vector<Tensor> inputs;
  for (const ValueId id : problem.inputs()) {
    const TensorType& type = problem.value(id).type;
    inputs.push_back(RandomTensor(type.dtype, type.shape.Static(), ++seed));
  }
  ExpectMatches(kernel, problem, inputs);
}

}  // namespace floe::cpu
