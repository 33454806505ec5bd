#include "planner/memory.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace floe {
namespace {

constexpr size_t kNever = std::numeric_limits<size_t>::max();

uint64_t Align(uint64_t bytes) {
  return (bytes + 63) / 64 * 64;
}

// Bytes with a lifetime: one value, or several that follow each other in place.
struct Block {
  uint64_t bytes = 0;
  size_t first = kNever;  // the step that writes it
  size_t last = 0;        // the last step that reads it
  uint64_t offset = 0;
};

struct StepIo {
  std::vector<uint32_t> reads;
  std::vector<uint32_t> writes;
};

StepIo IoOf(const Step& step) {
  if (const auto* kernel = std::get_if<KernelStep>(&step.action)) return {kernel->inputs, kernel->outputs};
  StepIo io;
  if (const auto* branch = std::get_if<IfStep>(&step.action)) {
    io = {branch->inputs, branch->outputs};
    io.reads.push_back(branch->condition);
    return io;
  }
  const LoopStep& loop = std::get<LoopStep>(step.action);
  io.reads = loop.carried;
  io.reads.insert(io.reads.end(), loop.captured.begin(), loop.captured.end());
  if (loop.trip_count != LoopStep::kNone) io.reads.push_back(loop.trip_count);
  if (loop.condition != LoopStep::kNone) io.reads.push_back(loop.condition);
  io.writes = loop.outputs;
  return io;
}

class MemoryPlanner {
 public:
  explicit MemoryPlanner(Plan& plan) : plan_(plan), block_of_(plan.values.size(), kNever) {}

  void Run() {
    for (size_t s = 0; s < plan_.steps.size(); ++s) ios_.push_back(IoOf(plan_.steps[s]));
    FindLastReads();
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      for (size_t o = 0; o < ios_[s].writes.size(); ++o) Write(s, o);
    }
    Place();
    for (size_t i = 0; i < plan_.values.size(); ++i) {
      if (block_of_[i] != kNever) plan_.values[i].offset = blocks_[block_of_[i]].offset;
    }
  }

 private:
  uint32_t Root(uint32_t id) const {
    return plan_.values[id].place == floe::Place::kAlias ? plan_.values[id].index : id;
  }

  void FindLastReads() {
    last_read_.assign(plan_.values.size(), 0);
    for (size_t s = 0; s < ios_.size(); ++s) {
      for (const uint32_t id : ios_[s].reads) last_read_[Root(id)] = s;
    }
    for (const uint32_t id : plan_.outputs) last_read_[Root(id)] = ios_.size();
  }

  void Write(size_t s, size_t o) {
    const uint32_t id = ios_[s].writes[o];
    const PlanValue& v = plan_.values[id];
    if (v.place != floe::Place::kArena) return;
    const uint64_t bytes = Align(v.type.StaticBytes());
    const size_t end = std::max(last_read_[id], s);
    if (const size_t shared = InPlaceBlock(s, o, bytes); shared != kNever) {
      block_of_[id] = shared;
      blocks_[shared].last = std::max(blocks_[shared].last, end);
      return;
    }
    block_of_[id] = blocks_.size();
    blocks_.push_back({bytes, s, end, 0});
  }

  // The block of an input that dies here and may be written over.
  size_t InPlaceBlock(size_t s, size_t o, uint64_t bytes) const {
    const auto* step = std::get_if<KernelStep>(&plan_.steps[s].action);
    if (step == nullptr || step->dynamic) return kNever;
    const Kernel* kernel = FindKernel(step->kernel);
    if (kernel == nullptr || kernel->in_place == nullptr) return kNever;
    for (const InPlace& pair : kernel->in_place(*step->problem)) {
      if (pair.output != o || pair.input >= step->inputs.size()) continue;
      const uint32_t root = Root(step->inputs[pair.input]);
      const size_t block = block_of_[root];
      if (block == kNever || last_read_[root] != s || blocks_[block].last != s ||
          blocks_[block].bytes != bytes)
        continue;
      const auto readers =
          std::ranges::count_if(step->inputs, [&](uint32_t in) { return block_of_[Root(in)] == block; });
      const bool taken = std::ranges::any_of(std::span(ios_[s].writes).first(o),
                                             [&](uint32_t out) { return block_of_[out] == block; });
      if (readers == 1 && !taken) return block;
    }
    return kNever;
  }

  // Largest first, each at the lowest offset free during its lifetime.
  void Place() {
    std::vector<size_t> order(blocks_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, [&](size_t a, size_t b) { return blocks_[a].bytes > blocks_[b].bytes; });
    std::vector<size_t> placed;
    plan_.arena_bytes = 0;
    for (const size_t b : order) {
      std::vector<std::pair<uint64_t, uint64_t>> taken;  // begin, end
      for (const size_t p : placed) {
        if (blocks_[p].first <= blocks_[b].last && blocks_[b].first <= blocks_[p].last) {
          taken.emplace_back(blocks_[p].offset, blocks_[p].offset + blocks_[p].bytes);
        }
      }
      std::ranges::sort(taken);
      uint64_t at = 0;
      for (const auto& [begin, end] : taken) {
        if (begin >= at + blocks_[b].bytes) break;
        at = std::max(at, end);
      }
      blocks_[b].offset = at;
      placed.push_back(b);
      plan_.arena_bytes = std::max(plan_.arena_bytes, at + blocks_[b].bytes);
    }
  }

  Plan& plan_;
  std::vector<StepIo> ios_;
  std::vector<size_t> last_read_;  // per root value; the number of steps for outputs
  std::vector<size_t> block_of_;
  std::vector<Block> blocks_;
};

}  // namespace

void AssignMemory(Plan& plan) {
  MemoryPlanner(plan).Run();
}

}  // namespace floe
