#include "backends/cpu/harness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "backends/cpu/cpu.h"
#include "backends/cpu/isa.h"
#include "backends/reference/evaluate.h"

namespace floe::cpu {
namespace {

// Memory of the caller: not cleared, aligned as the runtime aligns it.
Tensor Poisoned(const TensorType& type) {
  Tensor t(type.dtype, type.shape.Static());
  std::memset(t.raw(), 0xff, t.size_bytes());
  return t;
}

double ValueAt(const Tensor& t, int64_t i) {
  switch (t.dtype()) {
    case DType::kFloat32:
      return t.data<float>()[i];
    case DType::kFloat64:
      return t.data<double>()[i];
    case DType::kInt32:
      return t.data<int32_t>()[i];
    case DType::kInt64:
      return static_cast<double>(t.data<int64_t>()[i]);
    case DType::kUInt8:
      return t.data<uint8_t>()[i];
    case DType::kInt8:
      return t.data<int8_t>()[i];
    case DType::kInt16:
      return t.data<int16_t>()[i];
    case DType::kBool:
      return static_cast<const uint8_t*>(t.raw())[i];
    default:
      ADD_FAILURE() << "no value of " << DTypeName(t.dtype());
      return 0;
  }
}

bool Same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

// The largest difference relative to the largest finite magnitude expected.
void ExpectNear(const Tensor& got, const Tensor& expected, double bound, const std::string& where) {
  ASSERT_EQ(got.dtype(), expected.dtype()) << where;
  ASSERT_EQ(got.dims(), expected.dims()) << where;
  double scale = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    const double v = std::fabs(ValueAt(expected, i));
    if (std::isfinite(v)) scale = std::max(scale, v);
  }
  for (int64_t i = 0; i < expected.size(); ++i) {
    const double a = ValueAt(got, i);
    const double b = ValueAt(expected, i);
    if (Same(a, b)) continue;
    ASSERT_LE(std::fabs(a - b), bound * scale)
        << where << ": element " << i << " of " << DimsToString(expected.dims()) << " is " << a
        << ", expected " << b;
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

void ExpectMatches(std::string_view name, const Graph& problem, const std::vector<Tensor>& inputs) {
  const Kernel& kernel = Row(name);
  const std::vector<Tensor> expected = EvaluateGraph(problem, inputs);
  for (const std::string& isa : AvailableIsas()) {
    const Refusal refusal = kernel.refuses(problem, TargetOf(isa));
    ASSERT_FALSE(refusal) << isa << " refuses: " << *refusal;
    if (kernel.estimate_ns != nullptr) {
      EXPECT_GT(kernel.estimate_ns(problem, TargetOf(isa)), 0);
    }
    const std::vector<Tensor> one = RunKernel(kernel, problem, inputs, isa, 1);
    const std::vector<Tensor> two = RunKernel(kernel, problem, inputs, isa, 2);
    const std::vector<Tensor> placed = RunKernel(kernel, problem, inputs, isa, 2, true);
    for (size_t i = 0; i < expected.size(); ++i) {
      ExpectNear(one[i], expected[i], kernel.error_bound, isa + ", output " + std::to_string(i));
      ExpectNear(two[i], one[i], 0, isa + ", two threads against one");
      ExpectNear(placed[i], one[i], 0, isa + ", in place");
    }
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
