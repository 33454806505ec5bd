#include "engine_mutation.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>

#include "base/hash.h"
#include "engine/format.h"
#include "fuzz.h"
#include "small.h"
#include "support/engines.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace floe::fuzz {
namespace {

using Random = std::minstd_rand;

uint32_t Below(Random& random, size_t end) {
  return end == 0 ? 0 : static_cast<uint32_t>(random() % end);
}

template <typename T>
T* Any(Random& random, std::vector<T>& from) {
  return from.empty() ? nullptr : &from[Below(random, from.size())];
}

// The plan itself or one inside of it.
Plan& AnyPlan(Random& random, Plan& plan) {
  std::vector<Plan*> inner;
  for (Step& step : plan.steps) {
    if (auto* branch = std::get_if<IfStep>(&step.action)) {
      inner.push_back(branch->then_plan.get());
      inner.push_back(branch->else_plan.get());
    } else if (auto* loop = std::get_if<LoopStep>(&step.action)) {
      inner.push_back(loop->body.get());
    }
  }
  if (inner.empty() || random() % 3 == 0) return plan;
  return AnyPlan(random, **Any(random, inner));
}

void ChangeType(Random& random, TensorType* type) {
  if (random() % 3 == 0) {
    type->dtype = static_cast<DType>(Below(random, 17));
    return;
  }
  if (random() % 8 == 0) {
    type->shape = {};
    return;
  }
  if (!type->shape.has_rank()) return;
  std::vector<Dim> dims = type->shape.dims();
  const auto number = static_cast<int64_t>(Below(random, 6));
  if (dims.empty() || random() % 4 == 0) {
    dims.insert(dims.begin(), number);
  } else if (random() % 4 == 0) {
    dims.erase(dims.begin() + Below(random, dims.size()));
  } else {
    dims[Below(random, dims.size())] = random() % 4 == 0 ? Dim() : Dim(number);
  }
  type->shape = Shape(std::move(dims));
}

void ChangeValue(Random& random, PlanValue* value, size_t values) {
  switch (Below(random, 4)) {
    case 0:
      value->place = static_cast<Place>(Below(random, 6));
      break;
    case 1:
      value->offset = 64 * Below(random, 8);
      break;
    case 2:
      value->index = Below(random, values);
      break;
    default:
      ChangeType(random, &value->type);
  }
}

// The ids that a step refers to, one list of them.
std::vector<uint32_t>* AnyIds(Random& random, Step* step) {
  std::vector<std::vector<uint32_t>*> lists;
  if (auto* kernel = std::get_if<KernelStep>(&step->action)) {
    lists = {&kernel->inputs, &kernel->outputs, &kernel->packed};
  } else if (auto* branch = std::get_if<IfStep>(&step->action)) {
    lists = {&branch->inputs, &branch->outputs};
  } else {
    auto& loop = std::get<LoopStep>(step->action);
    lists = {&loop.carried, &loop.captured, &loop.outputs};
  }
  return *Any(random, lists);
}

void ChangeIds(Random& random, std::vector<uint32_t>* ids, size_t values) {
  switch (Below(random, 6)) {
    case 0:
      ids->push_back(Below(random, values));
      break;
    case 1:
      if (!ids->empty()) ids->erase(ids->begin() + Below(random, ids->size()));
      break;
    default:
      if (uint32_t* id = Any(random, *ids)) *id = Below(random, values);
  }
}

void ChangeStep(Random& random, Step* step, size_t values) {
  if (random() % 2 == 0) {
    ChangeIds(random, AnyIds(random, step), values);
  } else if (auto* kernel = std::get_if<KernelStep>(&step->action)) {
    const auto kernels = AllBackends()[Below(random, AllBackends().size())]->kernels();
    if (random() % 4 == 0) {
      kernel->dynamic = !kernel->dynamic;
    } else if (!kernels.empty() && random() % 2 == 0) {
      kernel->kernel = kernels[Below(random, kernels.size())].name;
      kernel->version = FindKernel(kernel->kernel)->version;
    } else {
      const std::vector<ValueId> inner = kernel->problem->Values();
      if (!inner.empty())
        ChangeType(random, &kernel->problem->value(inner[Below(random, inner.size())]).type);
    }
  } else if (auto* loop = std::get_if<LoopStep>(&step->action)) {
    (random() % 2 == 0 ? loop->trip_count : loop->condition) = Below(random, values);
  } else {
    std::get<IfStep>(step->action).condition = Below(random, values);
  }
}

void ChangePlan(Random& random, Plan& plan) {
  const size_t values = plan.values.size();
  switch (Below(random, 8)) {
    case 0:
      if (plan.steps.size() > 1) std::swap(*Any(random, plan.steps), *Any(random, plan.steps));
      break;
    case 1:
      if (!plan.steps.empty()) plan.steps.erase(plan.steps.begin() + Below(random, plan.steps.size()));
      break;
    case 2:
      ChangeIds(random, random() % 2 == 0 ? &plan.inputs : &plan.outputs, values);
      break;
    case 3:
    case 4:
      if (PlanValue* value = Any(random, plan.values)) ChangeValue(random, value, values);
      break;
    default:
      if (Step* step = Any(random, plan.steps)) ChangeStep(random, step, values);
  }
}

std::optional<EngineData> Parse(Bytes engine) {
  std::optional<EngineData> data;
  Accepts([&] { data = ReadEngine(engine, nullptr, "fuzz", false); });
  return data;
}

std::vector<uint8_t> MutatePlans(Random& random, EngineData data) {
  for (uint32_t changes = 1 + Below(random, 3); changes > 0; --changes) {
    ChangePlan(random, AnyPlan(random, *Any(random, data.profiles)));
  }
  return WriteEngine(data);
}

struct Section {
  uint32_t kind;
  uint32_t index;
  std::vector<uint8_t> bytes;
};

std::vector<Section> Sections(Bytes engine) {
  std::vector<Section> sections;
  Accepts([&] {
    ByteReader head(engine, "");
    head.Raw(sizeof(kEngineMagic) + 4);
    const uint32_t count = head.U32();
    head.Raw(16);
    for (uint32_t i = 0; i < std::min<uint32_t>(count, kMaxSections); ++i) {
      Section section{head.U32(), head.U32(), {}};
      const uint64_t offset = head.U64();
      const uint64_t length = head.U64();
      head.U64();
      if (offset > engine.size() || length > engine.size() - offset) continue;
      const Bytes bytes = engine.subspan(offset, length);
      section.bytes.assign(bytes.begin(), bytes.end());
      sections.push_back(std::move(section));
    }
  });
  return sections;
}

std::vector<uint8_t> Assemble(const std::vector<Section>& sections) {
  const auto aligned = [](size_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; };
  size_t offset = aligned(kHeaderBytes + kSectionRowBytes * sections.size());
  ByteWriter rows, body;
  for (const Section& s : sections) {
    rows.U32(s.kind);
    rows.U32(s.index);
    rows.U64(offset);
    rows.U64(s.bytes.size());
    rows.U64(Hash64(s.bytes));
    body.Raw(s.bytes);
    body.AlignTo(kAlignment);
    offset = aligned(offset + s.bytes.size());
  }
  ByteWriter file;
  file.Raw(kEngineMagic);
  file.U32(kEngineVersion);
  file.U32(static_cast<uint32_t>(sections.size()));
  file.U64(offset);
  file.U64(Hash64(rows.bytes()));
  file.Raw(rows.bytes());
  file.AlignTo(kAlignment);
  file.Raw(body.bytes());
  return file.Take();
}

std::vector<uint8_t> MutateSection(Random& random, std::vector<Section> sections) {
  std::vector<uint8_t>& bytes = Any(random, sections)->bytes;
  const size_t size = bytes.size();
  bytes.resize(size + 16);
  bytes.resize(LLVMFuzzerMutate(bytes.data(), size, bytes.size()));
  return Assemble(sections);
}

}  // namespace

std::vector<std::vector<uint8_t>> SeedEngines() {
  std::vector<std::vector<uint8_t>> engines;
  for (const std::unique_ptr<Graph>& graph : SeedGraphs()) {
    if (!IsSmall(*graph)) continue;
    for (const char* backend : {"reference", "cpu"}) {
      const std::unique_ptr<Graph> copy = graph->Clone();
      Accepts([&] { engines.push_back(WriteEngine(testing::DataFor(*copy, backend))); });
    }
  }
  Require(!engines.empty());
  return engines;
}

std::vector<uint8_t> MutateEngine(Bytes engine, const std::vector<std::vector<uint8_t>>& seeds,
                                  size_t max_size, unsigned seed) {
  Random random(seed);
  const std::vector<Section> sections = Sections(engine);
  std::vector<uint8_t> out;
  if (!sections.empty() && random() % 64 != 0) {
    std::optional<EngineData> data = random() % 2 == 0 ? Parse(engine) : std::nullopt;
    out = data ? MutatePlans(random, *std::move(data)) : MutateSection(random, sections);
  }
  for (int tries = 0; (out.empty() || out.size() > max_size) && tries < 8; ++tries) {
    out = seeds[Below(random, seeds.size())];
  }
  if (out.size() > max_size) out.assign(engine.begin(), engine.end());
  return out;
}

}  // namespace floe::fuzz
