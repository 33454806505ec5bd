// Ops that place elements elsewhere, as a few strided copies each.
#include <algorithm>
#include <cstring>
#include <optional>

#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/move/strided_copy.h"
#include "backends/cpu/packed/bf16.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/storage.h"
#include "base/check.h"
#include "graph/visit_op.h"

namespace floe::cpu {
namespace {

using Dims = std::vector<int64_t>;
using Level = StridedCopy::Level;

struct Job {
  Operand input;
  size_t output = 0;
  StridedCopy copy;
};

struct Plan {
  std::vector<Job> jobs;
  // Constant padding: outputs are first filled with this element, or with zeros.
  bool fills = false;
  Operand fill;
  std::optional<uint16_t> bf16_fill;  // instead, where elements are bf16
};

Dims StridesOf(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

bool Valid(int64_t axis, size_t rank) {
  return axis >= -static_cast<int64_t>(rank) && axis < static_cast<int64_t>(rank);
}
size_t Front(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

class Planner {
 public:
  // With `bf16` elements that the problem knows as float32 are in memory so.
  Planner(const Graph& problem, const Node& node, bool bf16, Plan* plan)
      : problem_(problem),
        node_(node),
        plan_(*plan),
        bf16_(bf16),
        bytes_(bf16 ? sizeof(uint16_t) : DTypeSize(problem.value(node.inputs[0]).type.dtype)),
        x_(DimsOf(problem, node.inputs[0])),
        y_(DimsOf(problem, node.outputs[0])) {}

  template <typename T>
  Refusal Make(const T&) {
    return "not an op that only moves elements";
  }

  Refusal Make(const Transpose& op) {
    Dims perm = op.perm;
    if (perm.empty()) {
      for (size_t i = x_.size(); i-- > 0;) perm.push_back(static_cast<int64_t>(i));
    }
    if (perm.size() != x_.size() || y_.size() != x_.size()) return "permutation does not fit";
    const Dims from = StridesOf(x_);
    const Dims to = StridesOf(y_);
    std::vector<Level> levels;
    std::vector<bool> seen(x_.size(), false);
    for (size_t i = 0; i < perm.size(); ++i) {
      if (!Valid(perm[i], x_.size())) return "permutation does not fit";
      const size_t p = Front(perm[i], x_.size());
      if (seen[p] || x_[p] != y_[i]) return "permutation does not fit";
      seen[p] = true;
      levels.push_back({y_[i], from[p], to[i]});
    }
    Add(0, 0, levels, 0, 0);
    return std::nullopt;
  }

  Refusal Make(const Concat& op) {
    if (!Valid(op.axis, y_.size())) return "axis out of range";
    const size_t axis = Front(op.axis, y_.size());
    int64_t at = 0;
    for (size_t i = 0; i < node_.inputs.size(); ++i) {
      const Dims dims = DimsOf(problem_, node_.inputs[i]);
      Dims rest = dims;
      if (dims.size() != y_.size()) return "shapes do not agree";
      rest[axis] = y_[axis];
      if (rest != y_ || at + dims[axis] > y_[axis]) return "shapes do not agree";
      Add(i, 0, Box(dims, StridesOf(dims), StridesOf(y_)), 0, at * StridesOf(y_)[axis]);
      at += dims[axis];
    }
    return at == y_[axis] ? Refusal() : "shapes do not agree";
  }

  Refusal Make(const Split& op) {
    if (!Valid(op.axis, x_.size())) return "axis out of range";
    const size_t axis = Front(op.axis, x_.size());
    int64_t at = 0;
    for (size_t i = 0; i < node_.outputs.size(); ++i) {
      const Dims dims = DimsOf(problem_, node_.outputs[i]);
      Dims rest = dims;
      if (dims.size() != x_.size()) return "shapes do not agree";
      rest[axis] = x_[axis];
      if (rest != x_ || at + dims[axis] > x_[axis]) return "shapes do not agree";
      Add(0, i, Box(dims, StridesOf(x_), StridesOf(dims)), at * StridesOf(x_)[axis], 0);
      at += dims[axis];
    }
    return std::nullopt;
  }

  Refusal Make(const Slice&) {
    const auto ints = [&](size_t i) -> std::optional<Dims> {
      if (i >= node_.inputs.size() || node_.inputs[i] == kNoValue) return Dims{};
      if (const Tensor* t = ConstantOf(problem_, node_.inputs[i]); t != nullptr && t->raw() == nullptr) {
        return std::nullopt;
      }
      return ConstantInts(problem_, node_.inputs[i]);
    };
    const std::optional<Dims> starts = ints(1);
    const std::optional<Dims> axes = ints(3);
    const std::optional<Dims> steps = ints(4);
    if (!starts || !axes || !steps) return "places are not constant";
    if (y_.size() != x_.size()) return "shapes do not agree";
    const Dims from = StridesOf(x_);
    std::vector<Level> levels = Box(y_, from, StridesOf(y_));
    int64_t offset = 0;
    std::vector<bool> sliced(x_.size(), false);
    for (size_t i = 0; i < starts->size(); ++i) {
      const int64_t axis = axes->empty() ? static_cast<int64_t>(i) : i < axes->size() ? (*axes)[i] : -1000;
      if (!Valid(axis, x_.size())) return "axis out of range";
      const size_t a = Front(axis, x_.size());
      const int64_t step = steps->empty() ? 1 : i < steps->size() ? (*steps)[i] : 0;
      if (step == 0 || step > kMost || step < -kMost) return "step out of range";
      int64_t start = (*starts)[i];
      if (start < 0) start += x_[a];
      start = std::clamp<int64_t>(start, 0, step < 0 ? x_[a] - 1 : x_[a]);
      const int64_t last = start + (y_[a] - 1) * step;
      if (last < 0 || last >= x_[a] || start >= x_[a]) return "shapes do not agree";
      offset += start * from[a];
      levels[a].from = from[a] * step;
      sliced[a] = true;
    }
    for (size_t a = 0; a < x_.size(); ++a) {
      if (!sliced[a] && y_[a] != x_[a]) return "shapes do not agree";
    }
    return AddChecked(levels, offset);
  }

  Refusal Make(const Expand&) {
    if (y_.size() < x_.size()) return "shapes do not agree";
    const Dims from = StridesOf(x_);
    const Dims to = StridesOf(y_);
    const size_t skipped = y_.size() - x_.size();
    std::vector<Level> levels;
    for (size_t i = 0; i < y_.size(); ++i) {
      const int64_t size = i < skipped ? 1 : x_[i - skipped];
      if (size != 1 && size != y_[i]) return "shapes do not agree";
      levels.push_back({y_[i], size == 1 ? 0 : from[i - skipped], to[i]});
    }
    Add(0, 0, levels, 0, 0);
    return std::nullopt;
  }

  Refusal Make(const Tile&) {
    if (y_.size() != x_.size()) return "shapes do not agree";
    const Dims from = StridesOf(x_);
    const Dims to = StridesOf(y_);
    std::vector<Level> levels;
    for (size_t i = 0; i < x_.size(); ++i) {
      if (y_[i] % x_[i] != 0) return "shapes do not agree";
      levels.push_back({y_[i] / x_[i], 0, to[i] * x_[i]});
      levels.push_back({x_[i], from[i], to[i]});
    }
    Add(0, 0, levels, 0, 0);
    return std::nullopt;
  }

  Refusal Make(const Reverse& op) {
    if (y_ != x_) return "shapes do not agree";
    std::vector<Level> levels = Box(y_, StridesOf(x_), StridesOf(y_));
    int64_t offset = 0;
    for (const int64_t axis : op.axes) {
      if (!Valid(axis, x_.size())) return "axis out of range";
      Level& level = levels[Front(axis, x_.size())];
      if (level.from < 0) return "an axis twice";
      offset += level.from * (level.size - 1);
      level.from = -level.from;
    }
    Add(0, 0, levels, offset, 0);
    return std::nullopt;
  }

  // Copies what of x lies in y; the rest is filled.
  Refusal Make(const Pad& op) {
    const std::optional<Dims> pads = ConstantInts(problem_, node_.inputs[1]);
    if (!pads || ConstantOf(problem_, node_.inputs[1])->raw() == nullptr) return "pads are not constant";
    if (pads->size() != 2 * x_.size() || y_.size() != x_.size()) return "shapes do not agree";
    if (op.mode != PadMode::kConstant) return PadFromInside(op.mode, *pads);
    const Dims from = StridesOf(x_);
    const Dims to = StridesOf(y_);
    std::vector<Level> levels;
    int64_t from_offset = 0;
    int64_t to_offset = 0;
    bool anything = true;
    for (size_t i = 0; i < x_.size(); ++i) {
      const int64_t begin = (*pads)[i];
      if (begin > kMost || begin < -kMost || y_[i] != x_[i] + begin + (*pads)[x_.size() + i]) {
        return "shapes do not agree";
      }
      const int64_t first = std::max<int64_t>(0, begin);  // in y
      const int64_t count = std::min(y_[i], x_[i] + begin) - first;
      anything = anything && count > 0;
      levels.push_back({count, from[i], to[i]});
      from_offset += (first - begin) * from[i];
      to_offset += first * to[i];
    }
    plan_.fills = true;
    if (node_.inputs.size() > 2 && node_.inputs[2] != kNoValue) {
      if (SizeOf(problem_, node_.inputs[2]) != 1) return "the value is no scalar";
      plan_.fill = Operand(problem_, node_.inputs[2]);
      if (bf16_) {
        const Tensor* value = ConstantOf(problem_, node_.inputs[2]);
        if (value == nullptr) return "the value is not constant";
        plan_.bf16_fill = static_cast<uint16_t>(Bf16Bits(*value->data<float>()));
      }
    }
    if (anything) Add(0, 0, levels, from_offset, to_offset);
    return std::nullopt;
  }

  Refusal Make(const SpaceToDepth& op) {
    const int64_t b = op.block_size;
    if (op.layout != Layout::kNhwc || x_.size() != 4 || y_.size() != 4) return "NCHW layout";
    if (b < 1 || b > kMost || y_ != Dims{x_[0], x_[1] / b, x_[2] / b, x_[3] * b * b} || x_[1] % b != 0 ||
        x_[2] % b != 0) {
      return "block does not fit";
    }
    const Dims from = StridesOf(x_);
    const Dims to = StridesOf(y_);
    Add(0, 0,
        {{y_[0], from[0], to[0]},
         {y_[1], from[1] * b, to[1]},
         {y_[2], from[2] * b, to[2]},
         {b, from[1], b * x_[3]},
         {b, from[2], x_[3]},
         {x_[3], 1, 1}},
        0, 0);
    return std::nullopt;
  }

  Refusal Make(const DepthToSpace& op) {
    const int64_t b = op.block_size;
    if (op.layout != Layout::kNhwc || x_.size() != 4 || y_.size() != 4) return "NCHW layout";
    if (b < 1 || b > kMost || x_ != Dims{y_[0], y_[1] / b, y_[2] / b, y_[3] * b * b} || y_[1] % b != 0 ||
        y_[2] % b != 0) {
      return "block does not fit";
    }
    const Dims from = StridesOf(x_);
    const Dims to = StridesOf(y_);
    const bool dcr = op.order == DepthOrder::kDcr;
    const int64_t channel = dcr ? 1 : b * b;
    Add(0, 0,
        {{x_[0], from[0], to[0]},
         {x_[1], from[1], to[1] * b},
         {b, dcr ? b * y_[3] : b, to[1]},
         {x_[2], from[2], to[2] * b},
         {b, dcr ? y_[3] : 1, to[2]},
         {y_[3], channel, 1}},
        0, 0);
    return std::nullopt;
  }

 private:
  static constexpr int64_t kMost = int64_t{1} << 40;

  // `count` elements of an axis from place `from` on, `step` apart, to `to` on.
  struct Run {
    int64_t count, from, step, to;
  };

  // The border repeats what lies inside: along each axis up to three runs, and one copy for each choice of
  // them.
  Refusal PadFromInside(PadMode mode, const Dims& pads) {
    const Dims from = StridesOf(x_);
    const Dims to = StridesOf(y_);
    const int64_t skip = mode == PadMode::kReflect ? 1 : 0;  // the edge itself is not repeated
    const int64_t step = mode == PadMode::kEdge ? 0 : -1;
    std::vector<std::vector<Run>> runs(x_.size());
    for (size_t i = 0; i < x_.size(); ++i) {
      const int64_t begin = pads[i];
      const int64_t end = pads[x_.size() + i];
      const int64_t most = mode == PadMode::kEdge ? (x_[i] > 0 ? kMost : 0) : x_[i] - skip;
      if (begin < 0 || end < 0 || begin > most || end > most) return "pads negative or wider than the tensor";
      if (y_[i] != x_[i] + begin + end) return "shapes do not agree";
      if (begin > 0) runs[i].push_back({begin, mode == PadMode::kEdge ? 0 : begin - 1 + skip, step, 0});
      runs[i].push_back({x_[i], 0, 1, begin});
      if (end > 0) runs[i].push_back({end, x_[i] - 1 - skip, step, begin + x_[i]});
    }
    size_t copies = 1;
    for (const std::vector<Run>& axis : runs) copies = std::min<size_t>(copies * axis.size(), 1000);
    if (copies > 243) return "more than five padded axes";
    std::vector<size_t> chosen(x_.size(), 0);
    while (true) {
      std::vector<Level> levels;
      int64_t from_offset = 0;
      int64_t to_offset = 0;
      for (size_t i = 0; i < x_.size(); ++i) {
        const Run& run = runs[i][chosen[i]];
        levels.push_back({run.count, run.step * from[i], to[i]});
        from_offset += run.from * from[i];
        to_offset += run.to * to[i];
      }
      Add(0, 0, levels, from_offset, to_offset);
      size_t axis = 0;
      while (axis < chosen.size() && ++chosen[axis] == runs[axis].size()) chosen[axis++] = 0;
      if (axis == chosen.size()) return std::nullopt;
    }
  }

  static std::vector<Level> Box(const Dims& dims, const Dims& from, const Dims& to) {
    std::vector<Level> levels;
    for (size_t i = 0; i < dims.size(); ++i) levels.push_back({dims[i], from[i], to[i]});
    return levels;
  }

  void Add(size_t input, size_t output, std::vector<Level> levels, int64_t from_offset, int64_t to_offset) {
    plan_.jobs.push_back({Operand(problem_, node_.inputs[input]), output,
                          StridedCopy(bytes_, std::move(levels), from_offset, to_offset)});
  }

  // Every element read lies in x.
  Refusal AddChecked(const std::vector<Level>& levels, int64_t offset) {
    int64_t low = offset;
    int64_t high = offset;
    for (const Level& level : levels) (level.from < 0 ? low : high) += level.from * (level.size - 1);
    if (low < 0 || high >= SizeOf(problem_, node_.inputs[0])) return "shapes do not agree";
    Add(0, 0, levels, offset, 0);
    return std::nullopt;
  }

  const Graph& problem_;
  const Node& node_;
  Plan& plan_;
  bool bf16_;
  size_t bytes_;
  Dims x_;
  Dims y_;
};

// What is moved lies in memory as bf16: all of it.
bool IsAllBf16(const StoredProblem& stored, const Node& node) {
  const Graph& problem = stored.graph();
  const auto is_bf16 = [&](ValueId id) { return stored.bf16_input(Operand(problem, id).input()); };
  const std::span<const ValueId> data(node.inputs.data(), IsOp<Concat>(node.op) ? node.inputs.size() : 1);
  if (!std::ranges::all_of(data, is_bf16)) return false;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (!stored.bf16_output(i)) return false;
  }
  return true;
}

Refusal MakePlan(const StoredProblem& stored, const Target& target, Plan* plan) {
  const Graph& problem = stored.graph();
  const Node* node = OnlyNode(problem);
  if (node == nullptr || node->inputs.empty() || node->inputs[0] == kNoValue || node->outputs.empty()) {
    return "not one op";
  }
  if (problem.outputs() != node->outputs) return "an output is not wanted";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const DType dtype = problem.value(node->inputs[0]).type.dtype;
  if (dtype == DType::kString) return "strings";
  for (const ValueId output : node->outputs) {
    if (problem.value(output).type.dtype != dtype) return "types do not agree";
  }
  if (IsOp<Concat>(node->op)) {
    for (const ValueId input : node->inputs) {
      if (input == kNoValue || problem.value(input).type.dtype != dtype) return "types do not agree";
    }
  }
  for (const ValueId input : node->inputs) {
    const Tensor* constant = input == kNoValue ? nullptr : ConstantOf(problem, input);
    if (constant != nullptr && constant->size() > 0 && constant->raw() == nullptr) {
      return "a constant has no contents";
    }
  }
  if (!stored.is_plain() && !HasBf16(target)) return kNotForBf16;
  if (!stored.is_plain() && !IsAllBf16(stored, *node)) return "types do not agree";
  Planner planner(problem, *node, !stored.is_plain(), plan);
  return VisitOp([&](const auto& op) { return planner.Make(op); }, node->op);
}

class Move : public Executable {
 public:
  explicit Move(Plan plan) : plan_(std::move(plan)) {}

  void Run(const RunArgs& args) const override {
    if (plan_.fills) Fill(args);
    // All jobs together, a piece of each in turn: what lies side by side in a concatenation is written side
    // by side.
    int64_t units = 1;
    int64_t bytes = 0;
    for (const Job& job : plan_.jobs) {
      units = std::max(units, job.copy.parts());
      bytes += job.copy.parts() * job.copy.part_bytes();
    }
    units = std::min(units, int64_t{1} << 20);  // enough, and products with it do not overflow
    constexpr int64_t kPieceBytes = 64 << 10;
    const int64_t grain = kPieceBytes / std::max<int64_t>(bytes / units, 1) + 1;
    args.pool->ParallelFor(units, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t at = begin; at < end; at += grain) {
        const int64_t stop = std::min(at + grain, end);
        for (const Job& job : plan_.jobs) {
          const int64_t parts = job.copy.parts();
          job.copy.Run(job.input.raw(args), args.outputs[job.output].raw(), parts * at / units,
                       parts * stop / units);
        }
      }
    });
  }

 private:
  void Fill(const RunArgs& args) const {
    Tensor& output = args.outputs[0];
    const size_t bytes = DTypeSize(output.dtype());
    char* to = static_cast<char*>(output.raw());
    const char* value = static_cast<const char*>(plan_.fill.raw(args));
    if (plan_.bf16_fill) value = reinterpret_cast<const char*>(&*plan_.bf16_fill);
    const bool zero = value == nullptr || std::all_of(value, value + bytes, [](char c) { return c == 0; });
    args.pool->ParallelFor(output.size(), 16384, [&](int64_t begin, int64_t end, int) {
      char* at = to + static_cast<size_t>(begin) * bytes;
      if (zero) {
        std::memset(at, 0, static_cast<size_t>(end - begin) * bytes);
      } else if (bytes == 4) {
        uint32_t word;
        std::memcpy(&word, value, 4);
        std::fill_n(reinterpret_cast<uint32_t*>(at), end - begin, word);
      } else {
        for (int64_t i = begin; i < end; ++i, at += bytes) std::memcpy(at, value, bytes);
      }
    });
  }

  Plan plan_;
};

Refusal Refuses(const Graph& problem, const Target& target) {
  Plan plan;
  return MakePlan(StoredProblem(problem), target, &plan);
}

double Estimate(const Graph& problem, const Target&) {
  const StoredProblem stored(problem);
  return 500 + BytesMoved(problem) * (OnlyOp<Transpose>(stored.graph()) != nullptr ? 0.2 : 0.06);
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  Plan plan;
  CHECK(!MakePlan(StoredProblem(args.problem), args.target, &plan));
  CheckPackedCount(args.packed, 0, "cpu.move");
  return std::make_unique<Move>(std::move(plan));
}

}  // namespace

Kernel MoveKernel() {
  return {.name = "cpu.move", .version = 2, .refuses = Refuses, .estimate_ns = Estimate, .prepare = Prepare};
}

}  // namespace floe::cpu
