#include "backends/cpu/packed/division.h"

#include <algorithm>
#include <vector>

#include "backends/cpu/packed/bf16.h"
#include "backends/cpu/problem.h"

namespace floe::cpu {
namespace {

// Multiply-adds that are done before another thread has woken up.
constexpr int64_t kLeastWork = 20000;
// What a thread takes at a time: register blocks of rows, which read all weights, or panels.
constexpr int64_t kPieceTiles = 8;
constexpr int64_t kPiecePanels = 4;

struct Division {
  int64_t threads = 1;
  bool by_panels = false;
  int64_t block_rows = 1;  // the most that a block has
};

int64_t PanelsOf(const PackedShape& s, const PackedCode& code) {
  return DivideUp(s.columns, code.panel);
}

Division Divide(const PackedShape& s, const PackedCode& code, int64_t threads) {
  Division d;
  d.threads = s.rows * s.depth * s.columns < kLeastWork ? 1 : threads;
  const int64_t least = RoundUp(2 * code.tile_rows, s.unit);
  const int64_t most = code.block_floats / RowFloats(s, code) / s.unit * s.unit;
  d.block_rows = std::clamp(most, std::min(least, s.rows), s.rows);
  if (d.threads == 1) return d;
  // Per multiply-add; measured on MobileNet's layers, a float of weights that comes from the third-level
  // cache, in order and asked for ahead, counts 4, and one of rows that is gathered 32.
  const auto cost = [&](int64_t rows, int64_t panels) {
    const int64_t blocks = DivideUp(rows, d.block_rows);
    return rows * panels * code.panel / code.speed + 4 * blocks * panels * code.panel + 32 * rows;
  };
  const int64_t panels = PanelsOf(s, code);
  const int64_t my_rows = std::min(s.rows, RoundUp(DivideUp(s.rows, d.threads), s.unit));
  d.by_panels = cost(s.rows, DivideUp(panels, d.threads)) < cost(my_rows, panels);
  return d;
}

}  // namespace

const PackedCode& PackedCodeFor(Isa isa) {
  return CodeFor<generic::kPackedCode, avx2::kPackedCode, avx512::kPackedCode, neon::kPackedCode>(isa);
}

const PackedCode& PackedBf16Code() {
#if defined(__x86_64__)
  static const PackedCode code = [] {
    PackedCode best = avx512_bf16::kPackedCode;
    if (!HasTiles()) return best;
    best.multiply = amx::MultiplyBf16;
    best.tile_rows = amx::kBlockRows;
    // Weights that come from the third-level cache take longer than their products: each is read once where
    // possible. All processors with tiles have 2 MB of the second level.
    best.block_floats = 256 * 1024;
    best.speed = 8;
    return best;
  }();
  return code;
#else
  static const PackedCode none;
  return none;
#endif
}

int64_t WordsOf(const PackedShape& shape, const PackedCode& code) {
  return DivideUp(shape.depth, code.depths);
}

int64_t RowFloats(const PackedShape& s, const PackedCode& code) {
  return RoundUp(WordsOf(s, code), code.vector);
}

namespace {

DType PackedType(const PackedCode& code) {
  return code.depths == 1 ? DType::kFloat32 : DType::kBFloat16;
}

int64_t PackedElements(const PackedShape& shape, const PackedCode& code) {
  return WordsOf(shape, code) * RoundUp(shape.columns, code.vector) * code.depths;
}

}  // namespace

size_t PackedWeightBytes(const PackedShape& shape, const PackedCode& code) {
  return static_cast<size_t>(PackedElements(shape, code)) * DTypeSize(PackedType(code));
}

void CheckPackedWeights(const Tensor& packed, const PackedShape& shape, const PackedCode& code,
                        std::string_view kernel) {
  CheckPacked(packed, PackedType(code), PackedElements(shape, code), kernel);
}

Tensor PackWeights(const PackedShape& shape, const PackedCode& code, const WeightView& weights) {
  Tensor tensor(PackedType(code), {PackedElements(shape, code)});
  auto* packed = static_cast<float*>(tensor.raw());
  const auto at = [&](int64_t k, int64_t column) {
    return weights.first[column * weights.column_stride + k * weights.depth_stride];
  };
  const auto word = [&](int64_t k, int64_t column) {
    if (code.depths == 1) return at(k, column);
    return Bf16Word(at(k, column), k + 1 < shape.depth ? at(k + 1, column) : 0.0f);
  };
  for (int64_t first = 0; first < shape.columns; first += code.panel) {
    const int64_t real = std::min(code.panel, shape.columns - first);
    const int64_t width = RoundUp(real, code.vector);
    for (int64_t k = 0; k < shape.depth; k += code.depths, packed += width) {
      for (int64_t c = 0; c < real; ++c) packed[c] = word(k, first + c);
      std::fill(packed + real, packed + width, 0.0f);
    }
  }
  return tensor;
}

size_t PackedWorkspaceFloats(const PackedShape& shape, const PackedCode& code, int threads) {
  const Division d = Divide(shape, code, threads);
  return static_cast<size_t>(d.threads * (d.block_rows + shape.scratch_rows * code.depths) *
                             RowFloats(shape, code));
}

namespace {

// Panels [begin, end), counted through all calls.
void Multiply(const PackedCode& code, std::span<const PackedCall> calls, const RowBlock& block, int64_t begin,
              int64_t end) {
  for (const PackedCall& call : calls) {
    const int64_t panels = DivideUp(call.columns, code.panel);
    const int64_t first = std::max(begin, int64_t{0});
    const int64_t last = std::min(end, panels);
    if (first < last) code.multiply(call, block, first, last);
    begin -= panels;
    end -= panels;
  }
}

class PackedRun {
 public:
  PackedRun(const PackedShape& shape, const PackedCode& code, std::span<const PackedCall> calls,
            const FillRows& fill, float* workspace, ThreadPool& pool)
      : shape_(shape),
        code_(code),
        calls_(calls),
        fill_(fill),
        pool_(pool),
        d_(Divide(shape, code, pool.threads())),
        panels_(PanelsOf(shape, code)),
        units_(DivideUp(shape.rows, shape.unit)),
        floats_(RowFloats(shape, code)),
        workspace_(workspace) {}

  void Run() const {
    if (!d_.by_panels) {
      RunByRows();
    } else if (shape_.fill_once) {
      RunTogether();
    } else {
      RunByPanels();
    }
  }

 private:
  int64_t ScratchFloats() const { return shape_.scratch_rows * code_.depths * floats_; }
  float* Scratch(int thread) const { return workspace_ + thread * ScratchFloats(); }
  float* Rows(int thread) const {
    return workspace_ + d_.threads * ScratchFloats() + thread * d_.block_rows * floats_;
  }

  // Each thread takes rows, block by block, and all panels.
  void RunByRows() const {
    const int64_t piece = std::max<int64_t>(kPieceTiles * code_.tile_rows / shape_.unit, 1);
    pool_.ParallelFor(
        units_, {d_.threads == 1 ? units_ : 1, piece},
        [&](int64_t begin, int64_t end, int thread) { RunBlocks(begin, end, 0, panels_, thread); });
  }

  // Units [begin, end) of rows with panels [panel, panel_end).
  void RunBlocks(int64_t begin, int64_t end, int64_t panel, int64_t panel_end, int thread) const {
    const int64_t blocks = DivideUp((end - begin) * shape_.unit, d_.block_rows);
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t first = (begin + (end - begin) * b / blocks) * shape_.unit;
      const int64_t last = std::min((begin + (end - begin) * (b + 1) / blocks) * shape_.unit, shape_.rows);
      const RowBlock block{first, last - first, Rows(thread)};
      fill_(block, 0, block.count, Scratch(thread));
      Multiply(code_, calls_, block, panel, panel_end);
    }
  }

  // Each thread takes panels and gathers all rows for itself: cheaper than to wait, and to read them from
  // another core's cache.
  void RunByPanels() const {
    if (shape_.rows > d_.block_rows) {
      pool_.ParallelFor(panels_, 1, [&](int64_t begin, int64_t end, int thread) {
        RunBlocks(0, units_, begin, end, thread);
      });
      return;
    }
    std::vector<char> filled(static_cast<size_t>(d_.threads));
    pool_.ParallelFor(panels_, {1, kPiecePanels}, [&](int64_t begin, int64_t end, int thread) {
      const RowBlock block{0, shape_.rows, Rows(thread)};
      char& mine = filled[static_cast<size_t>(thread)];
      if (!mine) fill_(block, 0, block.count, Scratch(thread));
      mine = 1;
      Multiply(code_, calls_, block, begin, end);
    });
  }

  // All threads at one block: its rows, and when these are there, the panels.
  void RunTogether() const {
    const int64_t blocks = DivideUp(shape_.rows, d_.block_rows);
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t first = units_ * b / blocks * shape_.unit;
      const int64_t last = std::min(units_ * (b + 1) / blocks * shape_.unit, shape_.rows);
      const RowBlock block{first, last - first, Rows(0)};
      pool_.ParallelFor(DivideUp(block.count, shape_.unit), 1, [&](int64_t begin, int64_t end, int thread) {
        fill_(block, begin * shape_.unit, std::min(end * shape_.unit, block.count), Scratch(thread));
      });
      pool_.ParallelFor(panels_, {1, kPiecePanels},
                        [&](int64_t begin, int64_t end, int) { Multiply(code_, calls_, block, begin, end); });
    }
  }

  const PackedShape& shape_;
  const PackedCode& code_;
  std::span<const PackedCall> calls_;
  const FillRows& fill_;
  ThreadPool& pool_;
  Division d_;
  int64_t panels_;
  int64_t units_;   // of rows
  int64_t floats_;  // of a row
  float* workspace_;
};

}  // namespace

void RunPacked(const PackedShape& shape, const PackedCode& code, std::span<const PackedCall> calls,
               const FillRows& fill, float* workspace, ThreadPool& pool) {
  PackedRun(shape, code, calls, fill, workspace, pool).Run();
}

double EstimatePackedNs(const PackedShape& shape, const PackedCode& code, Isa isa) {
  const double rows = static_cast<double>(shape.rows);
  const double depth = static_cast<double>(shape.depth);
  const double words = static_cast<double>(WordsOf(shape, code));
  const double columns = static_cast<double>(RoundUp(shape.columns, code.vector));
  const double madds_per_ns = MaddsPerNs(isa) * static_cast<double>(code.speed);
  return 600 + rows * words * columns / madds_per_ns + rows * depth * 0.06 + words * columns * 0.1;
}

}  // namespace floe::cpu
