#include "backends/cpu/gemm/pack.h"

#include <algorithm>
#include "backends/cpu/problem.h"

namespace floe::cpu {
namespace {

// What a thread takes at a time.
constexpr int64_t kPieceTiles = 8;
constexpr int64_t kPiecePanels = 4;

// How many parts rows and panels are cut into; rows * panels threads work.
struct Split {
  int64_t rows = 1;
  int64_t panels = 1;
};

// The slowest thread's time for a split, in multiply-adds of one column each, memory traffic included: a
// thread reads its rows' input once and its panels' weights once.
double CostOf(const GemmShape& shape, const Split& split, int64_t tile_rows) {
  const int64_t rows = DivideUp(shape.rows(), split.rows);
  const int64_t panels = DivideUp(shape.groups * shape.group_panels, split.panels);
  const double inner = static_cast<double>(shape.taps_in_all() * shape.depth);
  const double columns = static_cast<double>(panels * shape.panel);
  // Short tiles reload a panel for few rows.
  const double tile_waste = static_cast<double>(DivideUp(rows, tile_rows));
  const double compute = inner * columns * (static_cast<double>(rows) + tile_waste);
  const double weights = inner * columns;
  const double input = static_cast<double>(rows * shape.depth) * (split.panels > 1 ? 1.0 : 0.0);
  return compute + 12 * weights + 12 * input;
}

Split ChooseSplit(const GemmShape& shape, int64_t threads, int64_t tile_rows) {
  const double work = static_cast<double>(shape.rows() * shape.taps_in_all() * shape.depth) *
                      static_cast<double>(shape.groups * shape.group_columns);
  if (work < 20000) return {};  // done before another thread has woken up
  Split best;
  double best_cost = CostOf(shape, best, tile_rows);
  for (int64_t rows = 1; rows <= threads; ++rows) {
    const Split split{rows, threads / rows};
    const double cost = CostOf(shape, split, tile_rows);
    if (cost < best_cost) {
      best = split;
      best_cost = cost;
    }
  }
  return best;
}

}  // namespace

const GemmCode& GemmCodeFor(Isa isa) {
  return CodeFor<generic::kGemmCode, avx2::kGemmCode, avx512::kGemmCode, neon::kGemmCode>(isa);
}

void SetPanels(const GemmCode& code, GemmShape* shape) {
  shape->panel = code.panel;
  shape->group_panels = DivideUp(shape->group_columns, code.panel);
  shape->packed_group = RoundUp(shape->group_columns, code.vector) * shape->taps_in_all() * shape->depth;
}

int64_t PackedFloats(const GemmShape& shape) {
  return shape.groups * shape.packed_group;
}

void PackGroup(const GemmShape& shape, const GemmCode& code, const float* weights, int64_t k_stride,
               int64_t column_stride, float* packed) {
  const int64_t inner = shape.taps_in_all() * shape.depth;
  for (int64_t column = 0; column < shape.group_columns; column += code.panel) {
    const int64_t real = std::min(code.panel, shape.group_columns - column);
    const int64_t width = RoundUp(real, code.vector);
    const float* from = weights + column * column_stride;
    for (int64_t k = 0; k < inner; ++k, packed += width) {
      for (int64_t c = 0; c < real; ++c) packed[c] = from[k * k_stride + c * column_stride];
      std::fill(packed + real, packed + width, 0.0f);
    }
  }
}

void RunGemm(const GemmCode& code, const GemmCall& call, ThreadPool& pool) {
  const int64_t rows = call.shape->rows();
  const int64_t panels = call.shape->groups * call.shape->group_panels;
  const Split split = ChooseSplit(*call.shape, pool.threads(), code.tile_rows);
  const auto run = [&](int64_t row, int64_t row_end, int64_t panel, int64_t panel_end) {
    GemmCall mine = call;
    mine.row_begin = row;
    mine.row_end = row_end;
    mine.panel_begin = panel;
    mine.panel_end = panel_end;
    if (row < row_end && panel < panel_end) code.run(mine);
  };
  if (split.panels == 1) {
    // A piece reads all weights once more.
    const int64_t piece = kPieceTiles * code.tile_rows;
    const ThreadPool::Pieces pieces(split.rows < pool.threads() ? DivideUp(rows, split.rows) : 1, piece);
    pool.ParallelFor(rows, pieces, [&](int64_t begin, int64_t end, int) { run(begin, end, 0, panels); });
  } else if (split.rows == 1) {
    pool.ParallelFor(panels, {1, kPiecePanels},
                     [&](int64_t begin, int64_t end, int) { run(0, rows, begin, end); });
  } else {
    pool.ParallelFor(split.rows * split.panels, 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t part = begin; part < end; ++part) {
        const int64_t r = part / split.panels;
        const int64_t p = part % split.panels;
        run(rows * r / split.rows, rows * (r + 1) / split.rows, panels * p / split.panels,
            panels * (p + 1) / split.panels);
      }
    });
  }
}

double EstimateGemmNs(const GemmShape& shape, Isa isa) {
  const double rows = static_cast<double>(shape.rows());
  const double inner = static_cast<double>(shape.taps_in_all() * shape.depth);
  const double columns = static_cast<double>(shape.groups * RoundUp(shape.group_columns, VectorFloats(isa)));
  // A tap costs the pointers to its rows beside the arithmetic.
  const double taps = static_cast<double>(shape.taps_in_all() * shape.groups * shape.group_panels);
  return 500 + rows * inner * columns / MaddsPerNs(isa) + rows * taps * 0.7 + inner * columns * 0.1;
}

}  // namespace floe::cpu
