// Decoding the output of speech and handwriting networks.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

// The best class of each step; blanks and, if merged, repetitions drop out.
void ImportCtcGreedyDecoder(NodeContext& c) {
  Builder& b = c.build();
  const ValueId x = c.in(0);  // [time, batch, classes]
  const ValueId classes = b.DimTensor(x, 2);
  const int64_t blank_index = c.Int("blank_index");
  const ValueId blank = blank_index >= 0 ? b.Int64s({blank_index})
                                         : b.Binary(BinaryKind::kAdd, classes, b.Int64s({blank_index}));
  const ValueId best = b.Transpose(b.Add(ArgReduce{.axis = 2}, {x}), {1, 0});  // [batch, time]
  const ValueId steps = b.Add(Range{}, {b.Int64(0), b.ToScalar(b.DimTensor(x, 0)), b.Int64(1)});
  const ValueId valid = b.Binary(BinaryKind::kLess, steps, b.Add(Unsqueeze{{1}}, {b.ToInt64(c.in(1))}));
  ValueId keep = b.Binary(BinaryKind::kAnd, valid, b.Binary(BinaryKind::kNotEqual, best, blank));
  if (c.Bool("merge_repeated")) {
    const ValueId none = b.Add(Expand{}, {b.Int64(-1), b.ConcatVectors({b.DimTensor(x, 1), b.Int64s({1})})});
    const ValueId before = b.Slice(b.Add(Concat{1}, {none, best}), {0}, {-1}, {1});
    keep = b.Binary(BinaryKind::kAnd, keep, b.Binary(BinaryKind::kNotEqual, best, before));
  }
  const ValueId places = b.Add(NonZero{}, {keep});
  const ValueId ones = b.CastTo(keep, DType::kInt64);
  const ValueId columns = b.Add(Cumulative{CumulativeKind::kCumSum, true, false}, {ones, b.Int64(1)});
  const ValueId column = b.Add(Unsqueeze{{1}}, {b.Add(GatherND{}, {columns, places})});
  c.Set(0, b.Add(Concat{1}, {b.Slice(places, {0}, {1}, {1}), column}));
  c.Set(1, b.Add(GatherND{}, {best, places}));
  const ValueId lengths = b.Reduce(ReduceKind::kSum, ones, {1}, false);
  const ValueId longest = b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), lengths}), {0}, true);
  c.Set(2, b.ConcatVectors({b.DimTensor(x, 1), longest}));
  const ValueId peak = b.Transpose(b.Reduce(ReduceKind::kMax, x, {2}, false), {1, 0});
  const ValueId counted = b.Add(Where{}, {valid, peak, b.Scalar(c.dtype(0), 0)});
  c.Set(3, b.Unary(UnaryKind::kNeg, b.Reduce(ReduceKind::kSum, counted, {1}, true)));
}

void ImportCtcBeamSearch(NodeContext& c) {
  CtcBeamSearch op{c.Int("beam_width"), c.Int("top_paths"), c.Bool("merge_repeated")};
  if (op.paths < 1 || op.paths > op.width || op.paths > 4096)
    c.Fail("{} paths of a beam of {}", op.paths, op.width);
  const int outputs = static_cast<int>(3 * op.paths + 1);
  c.Return(std::move(op), c.ins(0, 2), outputs);
}

void ImportGatherTree(NodeContext& c) {
  c.Return(GatherTree{}, c.ins(0, 4));
}

constexpr OpImporter kRows[] = {
    {"CTCGreedyDecoder", ImportCtcGreedyDecoder},
    {"CTCBeamSearchDecoder", ImportCtcBeamSearch},
    {"GatherTree", ImportGatherTree},
    {"Addons>GatherTree", ImportGatherTree},
};

}  // namespace

std::span<const OpImporter> DecodingImporters() {
  return kRows;
}

}  // namespace floe
