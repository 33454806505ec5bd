// Chains of elementwise ops in one pass over memory.
#include <algorithm>
#include <cstring>

#include "backends/cpu/elementwise/program.h"
#include "backends/cpu/kernels.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

class Elementwise : public Executable {
 public:
  explicit Elementwise(Program program) : program_(std::move(program)) {
    for (const Slot& slot : program_.slots) {
      offsets_.push_back(bytes_);
      if (NeedsBuffer(slot)) {
        bytes_ += static_cast<size_t>(RoundUp(program_.block * static_cast<int64_t>(slot.element_bytes), 64));
      }
    }
  }

  size_t WorkspaceBytes(int threads) const override { return bytes_ * static_cast<size_t>(threads); }

  void Run(const RunArgs& args) const override {
    const int64_t blocks = DivideUp(program_.count, program_.block);
    // Below some microseconds of work a second thread costs more than it gives.
    const int64_t least = std::max<int64_t>(1, static_cast<int64_t>(8000 / (program_.cost + 0.2)));
    const int64_t grain = DivideUp(least, program_.block);
    args.pool->ParallelFor(blocks, grain, [&](int64_t begin, int64_t end, int thread) {
      RunBlocks(args, begin, end, static_cast<char*>(args.workspace) + bytes_ * static_cast<size_t>(thread));
    });
  }

 private:
  static bool NeedsBuffer(const Slot& slot) {
    return slot.broadcast || !slot.parts.empty() || (!slot.source.present() && !slot.own && slot.output < 0);
  }

  const char* SourceOf(const Slot& slot, const RunArgs& args) const {
    return static_cast<const char*>(slot.own ? slot.own->raw() : slot.source.raw(args));
  }

  // Where elements [begin, begin + count) of a slot lie; fills the buffer of one that is read through it.
  char* Locate(size_t i, const RunArgs& args, int64_t begin, int64_t count, char* buffers) const {
    const Slot& slot = program_.slots[i];
    char* buffer = buffers + offsets_[i];
    if (!slot.parts.empty()) {
      GatherConcat(slot.parts, args, slot.element_bytes, begin, count, buffer);
      return buffer;
    }
    if (slot.broadcast) {
      if (!slot.steady) {
        GatherBroadcast(*slot.broadcast, SourceOf(slot, args), slot.element_bytes, begin, count, buffer);
      }
      return buffer;
    }
    const size_t at = static_cast<size_t>(begin) * slot.element_bytes;
    if (slot.output >= 0) {
      return static_cast<char*>(args.outputs[static_cast<size_t>(slot.output)].raw()) + at;
    }
    // Inputs are only read.
    return NeedsBuffer(slot) ? buffer : const_cast<char*>(SourceOf(slot, args)) + at;
  }

  void RunBlocks(const RunArgs& args, int64_t begin_block, int64_t end_block, char* buffers) const {
    for (size_t i = 0; i < program_.slots.size(); ++i) {
      const Slot& slot = program_.slots[i];
      if (!slot.steady) continue;
      GatherBroadcast(*slot.broadcast, SourceOf(slot, args), slot.element_bytes, 0,
                      std::min(program_.block, program_.count), buffers + offsets_[i]);
    }
    for (int64_t b = begin_block; b < end_block; ++b) {
      const int64_t begin = b * program_.block;
      RunBlock(args, begin, std::min(program_.block, program_.count - begin), buffers);
    }
  }

  void RunBlock(const RunArgs& args, int64_t begin, int64_t count, char* buffers) const {
    for (const Instruction& instruction : program_.instructions) {
      BlockArgs block;
      block.count = count;
      for (int k = 0; k < 3; ++k) {
        const int in = instruction.in[k];
        if (in >= 0) block.in[k] = Locate(static_cast<size_t>(in), args, begin, count, buffers);
      }
      block.out = Locate(static_cast<size_t>(instruction.out), args, begin, count, buffers);
      if (instruction.activation >= 0) {
        block.activation = &program_.activations[static_cast<size_t>(instruction.activation)];
      }
      instruction.function(block);
    }
  }

  Program program_;
  std::vector<size_t> offsets_;  // of a slot's buffer
  size_t bytes_ = 0;             // buffers of one thread
};

// Two rows: of halves the result of each op is rounded, so that what differs before shows as a last place.
template <bool kHalves>
struct Row {
  static Refusal Refuses(const Graph& problem, const Target& target) {
    if (kHalves) {
      const std::vector<ValueId> values = problem.Values();
      const bool any = std::any_of(values.begin(), values.end(), [&](ValueId id) {
        return problem.value(id).type.dtype == DType::kFloat16;
      });
      if (!any) return "no float16";
    }
    Program program;
    return CompileProgram(problem, target, kHalves, &program);
  }

  static double Estimate(const Graph& problem, const Target& target) {
    Program program;
    CompileProgram(problem, target, kHalves, &program);
    return 500 + program.cost * static_cast<double>(program.count) + BytesMoved(problem) * 0.05;
  }

  static std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
    Program program;
    CHECK(!CompileProgram(args.problem, args.target, kHalves, &program));
    CheckPackedCount(args.packed, 0, "cpu.elementwise");
    return std::make_unique<Elementwise>(std::move(program));
  }
};

// An input of the output's own shape and element size is read at the place that is written, and never after:
// the one output is the last instruction's.
std::vector<InPlace> InPlaces(const Graph& problem) {
  if (problem.outputs().size() != 1) return {};
  const std::vector<int64_t> dims = DimsOf(problem, problem.outputs()[0]);
  const size_t bytes = problem.value(problem.outputs()[0]).type.StaticBytes();
  std::vector<InPlace> result;
  for (size_t i = 0; i < problem.inputs().size(); ++i) {
    const ValueId input = problem.inputs()[i];
    if (DimsOf(problem, input) == dims && problem.value(input).type.StaticBytes() == bytes) {
      result.push_back({i, 0});
    }
  }
  return result;
}

}  // namespace

Kernel ElementwiseKernel() {
  return {.name = "cpu.elementwise",
          .version = 4,
          .refuses = Row<false>::Refuses,
          .estimate_ns = Row<false>::Estimate,
          .prepare = Row<false>::Prepare,
          .in_place = InPlaces,
          .error_bound = 2e-6};
}

Kernel ElementwiseHalfKernel() {
  return {.name = "cpu.elementwise_half",
          .refuses = Row<true>::Refuses,
          .estimate_ns = Row<true>::Estimate,
          .prepare = Row<true>::Prepare,
          .in_place = InPlaces,
          .error_bound = 1e-3};
}

}  // namespace floe::cpu
