// Every kernel that takes a step of a golden case gives what the reference backend gives, within the bound
// that its row states, on every instruction set of this machine: also those that a build would not have
// chosen.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "backends/cpu/cpu.h"
#include "backends/cpu/harness.h"
#include "backends/cpu/isa.h"
#include "backends/reference/evaluate.h"
#include "compiler/model.h"
#include "floe/image.h"
#include "floe/picture.h"
#include "formats/npy.h"
#include "graph/serialize.h"
#include "passes/pass.h"

namespace floe::cpu {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::unique_ptr<Graph> graph;
  std::vector<Tensor> inputs;  // of the graph, in its order
};

// nullopt: refused, or with shapes that only the run knows.
std::optional<Case> Load(const fs::path& folder) {
  const nlohmann::json meta = nlohmann::json::parse(std::ifstream(folder / "meta.json"));
  std::map<std::string, Tensor> stored;
  for (NamedTensor& t : ReadNpz((folder / "io.npz").string())) stored[t.name] = t.tensor;
  ModelSelection selection{.path = (folder / "graph.pb").string()};
  std::map<std::string, Tensor> by_name;
  for (const auto& input : meta["inputs"]) {
    const Tensor& value = stored.at(input["key"]);
    const std::string name = input["name"];
    by_name[name.substr(0, name.rfind(":0"))] = value;
    selection.inputs.push_back(fmt::format("{}={}", name, fmt::join(value.dims(), "x")));
    if (value.rank() == 0) selection.inputs.back() = name + "=scalar";
  }
  for (const auto& output : meta["outputs"]) selection.outputs.push_back(output["name"]);
  try {
    ImportedModel model = ImportModel(LoadModel(selection));
    Case c{std::move(model.graph), {}};
    for (const IoSpec& input : model.inputs) {
      const std::string& name = input.tensor;
      c.inputs.push_back(by_name.at(name.substr(0, name.rfind(":0"))));
    }
    return c;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// All inputs but the first become constants: filters, weights, axes, as a network has them.
void FixAllButFirst(Case& c) {
  const std::vector<ValueId> ids(c.graph->inputs().begin(), c.graph->inputs().end());
  for (size_t i = 1; i < ids.size(); ++i) {
    const std::string name = c.graph->UniqueName(c.graph->value(ids[i]).name + "_fixed");
    c.graph->ReplaceUses(ids[i], c.graph->AddConstant(name, c.inputs[i]));
  }
}

// What bf16 holds of float32 values; others as they are.
Tensor Rounded(const Tensor& t) {
  if (t.dtype() != DType::kFloat32) return t;
  Tensor out = t.Clone();
  for (int64_t i = 0; i < out.size(); ++i) out.data<float>()[i] = float{BFloat16(out.data<float>()[i])};
  return out;
}

// A problem and what goes in, in values that bf16 holds, so that rounding operands changes nothing: how far
// that may move a sum whose terms cancel has no bound (bf16_test.cc has the rounding itself).
struct Instance {
  std::unique_ptr<Graph> problem;
  std::vector<Tensor> inputs, expected;
};

Instance RoundedInstance(const Graph& problem, const std::vector<Tensor>& inputs) {
  Instance rounded{problem.Clone(), {}, {}};
  for (const ValueId id : rounded.problem->Values()) {
    Value& value = rounded.problem->value(id);
    if (value.is_constant()) value.constant = Rounded(value.constant);
  }
  for (const Tensor& t : inputs) rounded.inputs.push_back(Rounded(t));
  rounded.expected = EvaluateGraph(*rounded.problem, rounded.inputs);
  return rounded;
}

class EveryKernel : public testing::Test {
 protected:
  // Every problem of the graph after the passes; those of bodies of loops and branches are left out.
  void CheckAll(Case c) {
    const ReferenceEvaluator evaluator;
    RunPasses(*c.graph, {evaluator});
    std::vector<std::pair<std::unique_ptr<Graph>, std::vector<ValueId>>> problems;
    std::vector<ValueId> wanted;
    for (const NodeId id : c.graph->Order()) {
      if (!c.graph->node(id).bodies.empty() && !IsOp<Group>(c.graph->node(id).op)) continue;
      std::vector<ValueId> inputs;
      auto problem = ExtractProblem(*c.graph, id, &inputs);
      if (!HasStaticTypes(*problem) || !seen_.insert(HashGraph(*problem)).second) continue;
      wanted.insert(wanted.end(), inputs.begin(), inputs.end());
      problems.emplace_back(std::move(problem), std::move(inputs));
    }
    if (problems.empty()) return;
    const std::unique_ptr<Graph> probe = c.graph->Clone();
    probe->SetOutputs(wanted);
    const std::vector<Tensor> values = EvaluateGraph(*probe, c.inputs);
    size_t next = 0;
    for (const auto& [problem, inputs] : problems) {
      Check(*problem, std::vector<Tensor>(values.begin() + static_cast<int64_t>(next),
                                          values.begin() + static_cast<int64_t>(next + inputs.size())));
      next += inputs.size();
      if (HasFatalFailure()) return;
    }
  }

  void Check(const Graph& problem, const std::vector<Tensor>& inputs) {
    std::vector<Tensor> expected;
    std::optional<Instance> rounded;
    for (const std::string& isa : isas_) {
      for (const Kernel& kernel : CpuBackend().kernels()) {
        if (kernel.refuses(problem, TargetOf(isa))) continue;
        ++checked_[std::string(kernel.name)];
        if (kernel.arithmetic == DType::kBFloat16) {
          if (!rounded) rounded = RoundedInstance(problem, inputs);
          ExpectMatchesOn(isa, kernel, *rounded->problem, rounded->inputs, rounded->expected);
        } else {
          if (expected.empty()) expected = EvaluateGraph(problem, inputs);
          ExpectMatchesOn(isa, kernel, problem, inputs, expected);
        }
        if (HasFatalFailure()) return;
      }
    }
  }

  void SetUp() override {
    isas_ = AvailableIsas();
    if (DetectBf16()) isas_.push_back(isas_.back() + "+bf16");
  }

  std::vector<std::string> isas_;
  std::set<uint64_t> seen_;
  std::map<std::string, int> checked_;  // by kernel: problems times instruction sets
};

TEST_F(EveryKernel, GivesWhatTheReferenceGivesOnEveryCase) {
  const char* const places = std::getenv("FLOE_CONFORMANCE_CASES");
  if (places == nullptr) GTEST_SKIP() << "FLOE_CONFORMANCE_CASES names no folder of unpacked cases";
  SetPictureCodec(ImageCodec());
  std::vector<fs::path> folders;
  for (const auto& entry : fs::recursive_directory_iterator(places))
    if (entry.path().filename() == "meta.json") folders.push_back(entry.path().parent_path());
  std::ranges::sort(folders);
  ASSERT_FALSE(folders.empty()) << places;
  for (const fs::path& folder : folders) {
    SCOPED_TRACE(folder.filename().string());
    for (const bool fixed : {false, true}) {
      auto c = Load(folder);
      if (!c || (fixed && c->inputs.size() < 2)) break;
      if (fixed) FixAllButFirst(*c);
      CheckAll(std::move(*c));
    }
  }
  int total = 0;
  for (const auto& [kernel, count] : checked_) {
    fmt::print("{:32} {:6}\n", kernel, count);
    total += count;
  }
  fmt::print("{} problems of {} cases, {} runs compared\n", seen_.size(), folders.size(), total);
  EXPECT_GE(checked_.size(), 10U);
}

}  // namespace
}  // namespace floe::cpu
