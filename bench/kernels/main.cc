// Times convolution kernels on the layers of well-known networks, each with bias and ReLU, and prints the
// rate as a fraction of the multiply-add peak that this machine shows in registers. Other kernels run
// problems of their own, beside the reference backend.
//   bench_kernels --benchmark_filter=resnet50/ --benchmark_repetitions=5
//   Names that end in /cold: with weights that no cache holds, as in a network of many.
//   bench_kernels --peak     as JSON: GFLOP/s of one core in registers, and how many times as long all
//   threads take together, if they wait for each other, as one alone
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/cpu/cpu.h"
#include "base/made_up.h"
#include "graph/graph.h"
#include "graph/text.h"
#include "layers.h"
#include "peak.h"
#include "problems.h"

namespace floe {
namespace {

Tensor Ramp(std::vector<int64_t> dims) {
  Tensor t(DType::kFloat32, std::move(dims));
  for (int64_t i = 0; i < t.size(); ++i) t.data<float>()[i] = static_cast<float>(i % 17 - 8) / 8;
  return t;
}

// Conv with TensorFlow's SAME padding, bias, ReLU.
ValueId AddLayer(Graph& g, ValueId x, const ConvLayer& layer) {
  const int64_t depth = layer.depthwise ? 1 : layer.channels;
  const ValueId f = g.AddConstant("f", Ramp({layer.filters, layer.kernel, layer.kernel, depth}));
  const ValueId b = g.AddConstant("b", Ramp({layer.filters}));
  Conv op;
  op.strides = {layer.stride, layer.stride};
  op.auto_pad = AutoPad::kSameUpper;
  op.group = layer.depthwise ? layer.channels : 1;
  return g.Add(Unary{UnaryKind::kRelu}, {g.Add(op, {x, f, b})});
}

// With `stored` what comes in and goes out lies in memory as bf16; an image comes as float32 all the same.
std::unique_ptr<Graph> MakeProblem(std::span<const ConvLayer> layers, bool stored) {
  auto g = std::make_unique<Graph>();
  const ConvLayer& first = layers[0];
  const bool stored_input = stored && first.channels > 3;
  ValueId x = g->AddInput(
      "x", {stored_input ? DType::kBFloat16 : DType::kFloat32, {1, first.size, first.size, first.channels}});
  if (stored_input) x = g->Add(Cast{DType::kFloat32}, {x});
  for (const ConvLayer& layer : layers) x = AddLayer(*g, x, layer);
  if (stored) x = g->Add(Cast{DType::kBFloat16}, {x});
  g->AddOutput(x);
  return g;
}

double Flops(const ConvLayer& layer) {
  const int64_t out = (layer.size + layer.stride - 1) / layer.stride;
  const int64_t depth = layer.depthwise ? 1 : layer.channels;
  return 2.0 * static_cast<double>(out * out * layer.filters * layer.kernel * layer.kernel * depth);
}

Target TargetFor(const Kernel& kernel, int threads, bool stored) {
  Target target = CpuBackend().detect(threads);
  if (stored || kernel.arithmetic == DType::kBFloat16) CpuBackend().allow_bf16(target);
  return target;
}

// So many bytes of weights are run through before the same come again, so that none are found in a cache.
constexpr size_t kColdBytes = size_t{160} << 20;
// Weights that are worth it: what a network reads anew in each run.
constexpr size_t kFewestColdBytes = size_t{512} << 10;

size_t PackedBytes(const Packed& packed) {
  size_t bytes = 0;
  for (const Tensor& t : packed.tensors) bytes += t.size_bytes();
  return bytes;
}

struct Variant {
  bool stored = false;  // values in memory as bf16
  bool cold = false;    // no weights in a cache

  std::string Suffix() const { return std::string(stored ? "/stored_bf16" : "") + (cold ? "/cold" : ""); }
};

void RunLayers(benchmark::State& state, const Kernel& kernel, std::span<const ConvLayer> layers, int threads,
               const Variant& variant) {
  const Target target = TargetFor(kernel, threads, variant.stored);
  const std::unique_ptr<Graph> problem = MakeProblem(layers, variant.stored);
  std::vector<Packed> packed = {kernel.pack(*problem, target)};
  const size_t bytes = PackedBytes(packed[0]);
  if (variant.cold && bytes < kFewestColdBytes) return state.SkipWithError("few weights");
  const size_t copies = variant.cold ? kColdBytes / bytes + 1 : 1;
  while (packed.size() < copies) packed.push_back(kernel.pack(*problem, target));
  std::vector<std::unique_ptr<Executable>> executables;
  for (const Packed& p : packed) executables.push_back(kernel.prepare({*problem, p.tensors, target}));
  const TensorType& type = problem->value(problem->inputs()[0]).type;
  const Tensor inputs[] = {MadeUpTensor(type.dtype, type.shape.Static(), 1)};
  const TensorType& result = problem->value(problem->outputs()[0]).type;
  Tensor outputs[] = {Tensor(result.dtype, result.shape.Static())};
  Tensor workspace(DType::kUInt8, {static_cast<int64_t>(executables[0]->WorkspaceBytes(threads)) + 1});
  ThreadPool pool(threads);
  double best = 1e9;
  size_t turn = 0;
  for (auto _ : state) {
    const Executable& executable = *executables[turn++ % copies];
    const auto begin = std::chrono::steady_clock::now();
    executable.Run({inputs, outputs, workspace.raw(), &pool});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  double flops = 0;
  for (const ConvLayer& layer : layers) flops += Flops(layer);
  const double rate = flops / best / 1e9;
  state.counters["best_us"] = best * 1e6;
  state.counters["GFLOP/s"] = rate;
  const double peak = kernel.arithmetic == DType::kBFloat16 ? PeakBf16Gflops() : PeakGflops();
  state.counters["of_peak"] = rate / (peak * threads);
  state.counters["times"] = static_cast<double>(layers[0].times);
}

std::string NameOf(const ConvLayer& layer) {
  return std::to_string(layer.size) + "x" + std::to_string(layer.channels) + "->" +
         std::to_string(layer.filters) + (layer.depthwise ? "_dw" : "_k") + std::to_string(layer.kernel) +
         "s" + std::to_string(layer.stride);
}

// Each kernel that takes the layers as one problem.
void Register(std::string_view network, std::span<const ConvLayer> layers, int threads, bool stored) {
  const std::unique_ptr<Graph> problem = MakeProblem(layers, stored);
  for (const Kernel& kernel : CpuBackend().kernels()) {
    const Target target = TargetFor(kernel, threads, stored);
    if (kernel.pack == nullptr || kernel.refuses(*problem, target)) continue;
    if (layers.size() == 1 && layers[0].depthwise && !kernel.name.starts_with("cpu.depthwise")) continue;
    std::string name = std::string(network) + "/";
    for (const ConvLayer& layer : layers) name += NameOf(layer) + "/";
    name += std::string(kernel.name);
    for (const bool cold : {false, true}) {
      const Variant variant{stored, cold};
      benchmark::RegisterBenchmark((name + variant.Suffix() + "/t" + std::to_string(threads)).c_str(),
                                   [&kernel, layers, threads, variant](benchmark::State& state) {
                                     RunLayers(state, kernel, layers, threads, variant);
                                   })
          ->UseRealTime();
    }
  }
}

// That one kernel may take together.
constexpr size_t kMostLayers = 3;

// Each layer's output is the next one's input.
bool IsChain(std::span<const ConvLayer> layers) {
  for (size_t i = 1; i < layers.size(); ++i) {
    const ConvLayer& last = layers[i - 1];
    const int64_t size = (last.size + last.stride - 1) / last.stride;
    if (layers[i].size != size || layers[i].channels != last.filters) return false;
  }
  return true;
}

void Register(const LayerList& list, int threads) {
  for (size_t i = 0; i < list.layers.size(); ++i) {
    for (size_t n = 1; n <= std::min(kMostLayers, list.layers.size() - i); ++n) {
      if (!IsChain(list.layers.subspan(i, n))) continue;
      for (const bool stored : {false, true}) {
        Register(list.network, list.layers.subspan(i, n), threads, stored);
      }
    }
  }
}

std::vector<Tensor> MadeUp(const Graph& problem, const std::vector<ValueId>& values) {
  std::vector<Tensor> tensors;
  for (const ValueId id : values) {
    const TensorType& type = problem.value(id).type;
    tensors.push_back(MadeUpTensor(type.dtype, type.shape.Static(), static_cast<uint32_t>(id) + 1));
  }
  return tensors;
}

void RunProblem(benchmark::State& state, const Kernel& kernel, const NamedProblem& named, int threads) {
  const Target target = TargetFor(kernel, threads, false);
  const std::unique_ptr<Graph> problem = ParseGraph(named.text);
  Packed packed;
  if (kernel.pack != nullptr) packed = kernel.pack(*problem, target);
  const std::unique_ptr<Executable> executable = kernel.prepare({*problem, packed.tensors, target});
  const std::vector<Tensor> inputs = MadeUp(*problem, problem->inputs());
  std::vector<Tensor> outputs = MadeUp(*problem, problem->outputs());
  Tensor workspace(DType::kUInt8, {static_cast<int64_t>(executable->WorkspaceBytes(threads)) + 1});
  ThreadPool pool(threads);
  double best = 1e9;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    executable->Run({inputs, outputs, workspace.raw(), &pool});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  size_t bytes = 0;
  for (const auto* tensors : {&inputs, &std::as_const(outputs)}) {
    for (const Tensor& t : *tensors) bytes += t.size_bytes();
  }
  state.counters["best_us"] = best * 1e6;
  state.counters["GB/s"] = static_cast<double>(bytes) / best / 1e9;
}

void Register(const NamedProblem& named, int threads) {
  const std::unique_ptr<Graph> problem = ParseGraph(named.text);
  for (const Backend* backend : {&CpuBackend(), FindBackend("reference")}) {
    for (const Kernel& kernel : backend->kernels()) {
      if (kernel.refuses(*problem, TargetFor(kernel, threads, false))) continue;
      const std::string name = fmt::format("{}/{}/t{}", named.name, kernel.name, threads);
      benchmark::RegisterBenchmark(name.c_str(), [&kernel, &named, threads](benchmark::State& state) {
        RunProblem(state, kernel, named, threads);
      })->UseRealTime();
    }
  }
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--peak") {
    fmt::print("{{\"fp32\": {:.1f}, \"bf16\": {:.1f}, \"together\": {:.2f}}}\n", floe::PeakGflops(),
               floe::PeakBf16Gflops(), floe::TimeTogether());
    return 0;
  }
  for (const floe::LayerList& list : floe::AllLayers()) {
    for (const int threads : {1, 2}) floe::Register(list, threads);
  }
  for (const floe::NamedProblem& problem : floe::AllProblems()) {
    for (const int threads : {1, 2}) floe::Register(problem, threads);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
