// Diagonals of matrices. Elements only move, so that one gather says it all; its indices are computed here
// where the sizes are known, and by the file where they are not.
#include <limits>

#include "export/lower/rules.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

constexpr const char* kUnknown =
    "which diagonals are meant, and so the number of its dimensions, is known only at run time";
constexpr const char* kRemedy = "make k a constant of the model";
constexpr int64_t kToEnd = std::numeric_limits<int64_t>::max();

// The diagonals lower..upper of a rows x columns matrix, and how they are packed: as rows from upper to
// lower, each `longest` wide. All are int64 scalars.
struct Band {
  ValueId lower, upper, rows, columns, longest;
  DiagAlign align;
  bool one;  // diagonal, packed as a vector
};

// Whether it is one diagonal can be said: k has one element, or two constant ones.
std::optional<Band> BandOf(Lowering& l, size_t k, DiagAlign align) {
  Band band{.align = align, .one = l.shape(k).ElementCount() == 1};
  const auto constant = ConstantInts(l.graph(), l.in(k));
  if (!band.one && !constant) return std::nullopt;
  const ValueId numbers = l.b().Reshape(l.b().ToInt64(l.in(k)), {-1});
  band.lower = l.b().ToScalar(l.b().SliceVector(numbers, 0, 1));
  band.upper = band.one ? band.lower : l.b().ToScalar(l.b().SliceVector(numbers, 1, 2));
  if (constant) band.one = constant->front() == constant->back();
  return band;
}

ValueId LengthOf(Lowering& l, const Band& band, ValueId lower, ValueId upper) {
  const ValueId zero = l.b().Int64(0);
  return l.Bin(kMin, l.Bin(kAdd, band.rows, l.Bin(kMin, upper, zero)),
               l.Bin(kSub, band.columns, l.Bin(kMax, lower, zero)));
}

void FitToMatrix(Lowering& l, ValueId x, Band* band) {
  band->rows = l.b().ToScalar(l.b().DimTensor(x, -2));
  band->columns = l.b().ToScalar(l.b().DimTensor(x, -1));
  band->longest = LengthOf(l, *band, band->lower, band->upper);
}

// TensorFlow's sizes where -1 asks for the smallest ones that hold the diagonals, or smallest square.
ValueId SizeOrLeast(Lowering& l, ValueId size, ValueId other, ValueId least, ValueId other_least) {
  const auto is_open = [&](ValueId x) { return l.Bin(kEqual, x, l.b().Int64(-1)); };
  const ValueId square = l.If(is_open(other), l.Bin(kMax, least, other_least), least);
  return l.If(is_open(size), square, size);
}

void FitToDiagonals(Lowering& l, ValueId rows, ValueId columns, Band* band) {
  const ValueId zero = l.b().Int64(0);
  const ValueId least_rows = l.Bin(kSub, band->longest, l.Bin(kMin, band->upper, zero));
  const ValueId least_columns = l.Bin(kAdd, band->longest, l.Bin(kMax, band->lower, zero));
  band->rows = SizeOrLeast(l, rows, columns, least_rows, least_columns);
  band->columns = SizeOrLeast(l, columns, rows, least_columns, least_rows);
}

// Where the packed row of diagonal d begins to hold its elements.
ValueId OffsetOf(Lowering& l, const Band& band, ValueId d) {
  const ValueId zero = l.b().Int64(0);
  const bool super_left = band.align == DiagAlign::kLeftRight || band.align == DiagAlign::kLeftLeft;
  const bool sub_left = band.align == DiagAlign::kRightLeft || band.align == DiagAlign::kLeftLeft;
  if (super_left && sub_left) return zero;
  const ValueId right = l.Bin(kSub, band.longest, LengthOf(l, band, d, d));
  if (!super_left && !sub_left) return right;
  const ValueId left = super_left ? l.Bin(kGreaterOrEqual, d, zero) : l.Bin(kLessOrEqual, d, zero);
  return l.If(left, zero, right);
}

// For each element of the matrix, [rows, columns], its index in the packed diagonals, or `outside`.
ValueId PackedPlaces(Lowering& l, const Band& band, ValueId first, ValueId outside) {
  const ValueId i = l.Unsqueezed(l.IotaOf(l.b().ToVector(band.rows)), {1});
  const ValueId j = l.Unsqueezed(l.IotaOf(l.b().ToVector(band.columns)), {0});
  const ValueId d = l.Bin(kSub, j, i);
  const ValueId step = l.Bin(kAdd, l.Bin(kMin, i, j), OffsetOf(l, band, d));
  const ValueId place = l.Bin(kAdd, l.Bin(kMul, l.Bin(kSub, band.upper, d), band.longest), step);
  const ValueId inside =
      l.Bin(kAnd, l.Bin(kGreaterOrEqual, d, band.lower), l.Bin(kLessOrEqual, d, band.upper));
  return l.If(inside, l.Bin(kAdd, place, first), outside);
}

// For each packed element, [diagonals, longest] or [longest], its index in the matrix, or `outside`.
ValueId MatrixPlaces(Lowering& l, const Band& band, ValueId first, ValueId outside) {
  const ValueId zero = l.b().Int64(0), one = l.b().Int64(1);
  const ValueId count = l.Bin(kAdd, l.Bin(kSub, band.upper, band.lower), one);
  const ValueId rows = l.IotaOf(l.b().ToVector(count));
  const ValueId d = band.one ? band.upper : l.Bin(kSub, band.upper, l.Unsqueezed(rows, {1}));
  const ValueId step = l.Bin(kSub, l.IotaOf(l.b().ToVector(band.longest)), OffsetOf(l, band, d));
  const ValueId row = l.Bin(kSub, step, l.Bin(kMin, d, zero)),
                column = l.Bin(kAdd, step, l.Bin(kMax, d, zero));
  const ValueId inside =
      l.Bin(kAnd, l.Bin(kGreaterOrEqual, step, zero), l.Bin(kLess, step, LengthOf(l, band, d, d)));
  return l.If(inside, l.Bin(kAdd, l.Bin(kAdd, l.Bin(kMul, row, band.columns), column), first), outside);
}

ValueId BatchOf(Lowering& l, ValueId x, size_t inner) {
  const auto rank = static_cast<int64_t>(l.b().shape(x).rank());
  return l.b().SliceVector(l.b().ShapeTensor(x), 0, rank - static_cast<int64_t>(inner));
}

// [batch, elements of the last `inner` dimensions]; both are counted, since neither can be told from a tensor
// without elements.
ValueId Flat(Lowering& l, ValueId x, size_t inner) {
  const auto rank = static_cast<int64_t>(l.b().shape(x).rank());
  const auto count = [&](ValueId dims) { return l.b().Reduce(ReduceKind::kProd, dims, {0}, true); };
  const ValueId own = l.b().SliceVector(l.b().ShapeTensor(x), rank - static_cast<int64_t>(inner), kToEnd);
  return l.Add(Reshape{}, {x, l.b().ConcatVectors({count(BatchOf(l, x, inner)), count(own)})});
}

// `value` as one more element of each row of [batch, elements], the first.
ValueId WithPadding(Lowering& l, ValueId value, ValueId flat) {
  const ValueId rows = l.b().ConcatVectors({l.b().DimTensor(flat, 0), l.b().Int64s({1})});
  return l.Add(Concat{1}, {l.Add(Expand{}, {l.b().Reshape(value, {1, 1}), rows}), flat});
}

// [batch, elements] gathered at the places, as batch dims and the places' own.
ValueId GatherAt(Lowering& l, ValueId flat, ValueId places, ValueId batch) {
  const ValueId taken = l.Add(Gather{.axis = 1}, {flat, l.b().Reshape(places, {-1})});
  return l.Add(Reshape{}, {taken, l.b().ConcatVectors({batch, l.b().ShapeTensor(places)})});
}

}  // namespace

Lowering::Result Lower(const MatrixDiagPart& op, Lowering& l) {
  if (l.Rank(0) < 0) return {};
  auto band = BandOf(l, 1, op.align);
  if (!band) return l.Refuse(kUnknown, kRemedy);
  FitToMatrix(l, l.in(0), &*band);
  const ValueId places = MatrixPlaces(l, *band, l.b().Int64(1), l.b().Int64(0));
  return {GatherAt(l, WithPadding(l, l.in(2), Flat(l, l.in(0), 2)), places, BatchOf(l, l.in(0), 2))};
}

Lowering::Result Lower(const MatrixDiag& op, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  auto band = BandOf(l, 1, op.align);
  if (!band) return l.Refuse(kUnknown, kRemedy);
  const size_t packed = band->one ? 1 : 2;
  band->longest = l.b().ToScalar(l.b().DimTensor(l.in(0), -1));
  const auto number = [&](size_t i) { return l.b().ToScalar(l.b().ToInt64(l.in(i))); };
  FitToDiagonals(l, number(2), number(3), &*band);
  const ValueId places = PackedPlaces(l, *band, l.b().Int64(1), l.b().Int64(0));
  return {
      GatherAt(l, WithPadding(l, l.in(4), Flat(l, l.in(0), packed)), places, BatchOf(l, l.in(0), packed))};
}

Lowering::Result Lower(const MatrixSetDiag& op, Lowering& l) {
  if (l.Rank(0) < 0 || l.Rank(1) < 0) return {};
  auto band = BandOf(l, 2, op.align);
  if (!band) return l.Refuse(kUnknown, kRemedy);
  FitToMatrix(l, l.in(0), &*band);
  const ValueId size = l.Bin(kMul, band->rows, band->columns);
  const ValueId own = l.Add(
      Reshape{},
      {l.IotaOf(l.b().ToVector(size)), l.b().SliceVector(l.b().ShapeTensor(l.in(0)), l.Rank(0) - 2, kToEnd)});
  const ValueId places = PackedPlaces(l, *band, size, own);
  const ValueId all = l.Add(Concat{1}, {Flat(l, l.in(0), 2), Flat(l, l.in(1), band->one ? 1 : 2)});
  return {GatherAt(l, all, places, BatchOf(l, l.in(0), 2))};
}

}  // namespace floe
