// TensorFlow's operations on bands and diagonals of stacks of matrices.
#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// The diagonals lower..upper of a rows x columns matrix: d counts upwards, 0 is the main diagonal. Packed,
// they lie in rows from upper to lower, each `longest` wide.
struct Band {
  int64_t lower = 0;
  int64_t upper = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t longest = 0;
  DiagAlign align = DiagAlign::kRightLeft;

  int64_t count() const { return upper - lower + 1; }
  int64_t Length(int64_t d) const {
    return std::min(rows + std::min<int64_t>(d, 0), columns - std::max<int64_t>(d, 0));
  }
  // Where the packed row of diagonal d begins to hold its elements.
  int64_t Offset(int64_t d) const {
    const bool super_left = align == DiagAlign::kLeftRight || align == DiagAlign::kLeftLeft;
    const bool sub_left = align == DiagAlign::kRightLeft || align == DiagAlign::kLeftLeft;
    const bool left = (d >= 0 && super_left) || (d <= 0 && sub_left);
    return left ? 0 : longest - Length(d);
  }
  // Index in the packed diagonals of the element in row i of diagonal d.
  int64_t Packed(int64_t d, int64_t step) const { return (upper - d) * longest + Offset(d) + step; }
  // Index in the matrix of element `step` of diagonal d.
  int64_t InMatrix(int64_t d, int64_t step) const {
    const int64_t row = step - std::min<int64_t>(d, 0);
    const int64_t column = step + std::max<int64_t>(d, 0);
    return row * columns + column;
  }
};

Band ReadBand(const OpCall& call, size_t k_input, DiagAlign align) {
  const std::vector<int64_t> k = call.Ints(k_input);
  if (k.empty() || k.size() > 2) call.Fail("{} diagonal offsets", k.size());
  Band band;
  band.lower = k.front();
  band.upper = k.back();
  band.align = align;
  if (band.lower > band.upper || band.lower < -(int64_t{1} << 40) || band.upper > (int64_t{1} << 40)) {
    call.FailValue("diagonals from {} to {}", band.lower, band.upper);
  }
  return band;
}

// For a matrix whose sizes are known.
void FitToMatrix(const OpCall& call, const Dims& dims, Band* band) {
  if (dims.size() < 2) call.Fail("expected matrices, found shape {}", DimsToString(dims));
  band->rows = dims[dims.size() - 2];
  band->columns = dims.back();
  const bool fits =
      (band->lower > -band->rows || band->lower == 0) && (band->upper < band->columns || band->upper == 0);
  if (!fits) {
    call.FailValue("diagonals {} to {} of a matrix of {} x {}", band->lower, band->upper, band->rows,
                   band->columns);
  }
  band->longest = std::min(band->rows + std::min<int64_t>(band->upper, 0),
                           band->columns - std::max<int64_t>(band->lower, 0));
}

Dims PackedDims(const Dims& matrix, const Band& band) {
  Dims dims(matrix.begin(), matrix.end() - 2);
  if (band.lower != band.upper) dims.push_back(band.count());
  dims.push_back(band.longest);
  return dims;
}

// Copies the diagonals of all matrices of the stack, packed to matrices or back.
void CopyDiagonals(const Band& band, int64_t matrices, bool to_matrix, const Tensor& from, Tensor* to) {
  const int64_t matrix_size = band.rows * band.columns;
  const int64_t packed_size = band.count() * band.longest;
  for (int64_t n = 0; n < matrices; ++n) {
    for (int64_t d = band.lower; d <= band.upper; ++d) {
      for (int64_t step = 0; step < band.Length(d); ++step) {
        const int64_t packed = n * packed_size + band.Packed(d, step);
        const int64_t place = n * matrix_size + band.InMatrix(d, step);
        CopyRun(to, to_matrix ? place : packed, from, to_matrix ? packed : place, 1);
      }
    }
  }
}

void Fill(OpCall& call, size_t value_input, Tensor* y) {
  call.RequireSameType(value_input, 0);
  if (call.in(value_input).size() != 1) call.Fail("the padding value must have one element");
  FillRun(y, 0, y->size(), call.in(value_input), 0);
}

// TensorFlow's rule for the sizes that are not given (-1).
void ResolveMatrixSize(const OpCall& call, Band* band) {
  const int64_t least_rows = band->longest - std::min<int64_t>(band->upper, 0);
  const int64_t least_columns = band->longest + std::max<int64_t>(band->lower, 0);
  band->rows = call.Int(2);
  band->columns = call.Int(3);
  if (band->rows == -1 && band->columns == -1) {
    band->rows = band->columns = std::max(least_rows, least_columns);
  } else if (band->rows == -1) {
    band->rows = least_rows;
  } else if (band->columns == -1) {
    band->columns = least_columns;
  }
  call.Size(band->rows, "number of rows");
  call.Size(band->columns, "number of columns");
  if (band->rows < least_rows || band->columns < least_columns ||
      (band->rows != least_rows && band->columns != least_columns)) {
    call.FailValue("diagonals of length {} in a matrix of {} x {}", band->longest, band->rows, band->columns);
  }
}

}  // namespace

void Run(const MatrixBandPart&, OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.rank() < 2) call.Fail("expected matrices, found shape {}", DimsToString(x.dims()));
  const int64_t lower = call.Int(1);
  const int64_t upper = call.Int(2);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  SetZero(&y);
  const int64_t rows = x.dims()[x.rank() - 2];
  const int64_t columns = x.dims().back();
  const int64_t total = x.size() == 0 ? 0 : x.size() / columns;
  for (int64_t r = 0; r < total; ++r) {
    const int64_t i = r % rows;
    const int64_t begin = lower < 0 || lower > i ? 0 : i - lower;
    const int64_t end = upper < 0 || upper >= columns - i ? columns : i + upper + 1;
    CopyRun(&y, r * columns + begin, x, r * columns + begin, std::min(end, columns) - begin);
  }
}

void Run(const MatrixDiag& op, OpCall& call) {
  const Tensor& x = call.in(0);
  Band band = ReadBand(call, 1, op.align);
  const size_t packed_rank = band.lower == band.upper ? 1 : 2;
  if (x.rank() < packed_rank || (packed_rank == 2 && x.dims()[x.rank() - 2] != band.count())) {
    call.Fail("{} diagonals in a tensor of shape {}", band.count(), DimsToString(x.dims()));
  }
  band.longest = x.dims().back();
  ResolveMatrixSize(call, &band);
  Dims dims(x.dims().begin(), x.dims().end() - static_cast<int64_t>(packed_rank));
  const int64_t matrices = Product(dims, 0, dims.size());
  dims.insert(dims.end(), {band.rows, band.columns});
  Tensor& y = call.Out(0, x.dtype(), dims);
  Fill(call, 4, &y);
  if (x.size() > 0) CopyDiagonals(band, matrices, true, x, &y);
}

void Run(const MatrixDiagPart& op, OpCall& call) {
  const Tensor& x = call.in(0);
  Band band = ReadBand(call, 1, op.align);
  FitToMatrix(call, x.dims(), &band);
  Tensor& y = call.Out(0, x.dtype(), PackedDims(x.dims(), band));
  Fill(call, 2, &y);
  if (x.size() > 0) CopyDiagonals(band, x.size() / (band.rows * band.columns), false, x, &y);
}

void Run(const MatrixSetDiag& op, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireSameType(1, 0);
  Band band = ReadBand(call, 2, op.align);
  FitToMatrix(call, x.dims(), &band);
  call.RequireDims(1, PackedDims(x.dims(), band));
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  CopyRun(&y, 0, x, 0, x.size());
  if (x.size() > 0) CopyDiagonals(band, x.size() / (band.rows * band.columns), true, call.in(1), &y);
}

}  // namespace floe::reference
