// Reductions, orderings, and what normalises along an axis.
#include <numeric>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/run_time_axes.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// Over axes that only the run knows. Kinds that do something before or after their sum are taken apart.
template <ReduceKind kKind>
void ReduceLater(OnnxContext& c) {
  Builder& b = c.build();
  const bool keep_dims = c.Flag("keepdims", true), is_bool = c.dtype(0) == DType::kBool;
  if (kKind == ReduceKind::kSumSquare)
    return ReduceAtRunTime(c, ReduceKind::kSum, b.Unary(UnaryKind::kSquare, c.in(0)), keep_dims);
  if (kKind == ReduceKind::kLogSum) c.Fail("its list of axes is not constant");
  if (is_bool && kKind == ReduceKind::kMax) return ReduceAtRunTime(c, ReduceKind::kAny, c.in(0), keep_dims);
  if (is_bool && kKind == ReduceKind::kMin) return ReduceAtRunTime(c, ReduceKind::kAll, c.in(0), keep_dims);
  ReduceAtRunTime(c, kKind, c.in(0), keep_dims);
}

// Axes became an input in version 13 (ReduceSum) or 18 (the others).
template <ReduceKind kKind, int64_t kAxesAsInput>
void ImportReduce(OnnxContext& c) {
  const bool as_input = c.opset() >= kAxesAsInput;
  if (as_input && c.has(1) && c.Constant(1) == nullptr && c.shape(1).ElementCount() != 0)
    return ReduceLater<kKind>(c);
  Ints axes = as_input ? (c.has(1) ? c.NeedInts(1, "its list of axes") : Ints{}) : c.IntList("axes");
  if (axes.empty()) {
    if (as_input && c.Flag("noop_with_empty_axes")) {
      if (kKind == ReduceKind::kSum || kKind == ReduceKind::kMean || kKind == ReduceKind::kMax ||
          kKind == ReduceKind::kMin || kKind == ReduceKind::kProd)
        return c.Set(0, c.in(0));
      c.Fail("no axes with noop_with_empty_axes are not supported");
    }
    axes.resize(static_cast<size_t>(c.Rank(0)));
    std::iota(axes.begin(), axes.end(), 0);
  }
  Builder& b = c.build();
  const bool keep_dims = c.Flag("keepdims", true);
  if (c.dtype(0) == DType::kBool && (kKind == ReduceKind::kMax || kKind == ReduceKind::kMin)) {
    const ReduceKind logical = kKind == ReduceKind::kMax ? ReduceKind::kAny : ReduceKind::kAll;
    return c.Set(0, b.Reduce(logical, c.in(0), std::move(axes), keep_dims));
  }
  c.Return(Reduce{.kind = kKind, .axes = std::move(axes), .keep_dims = keep_dims}, {c.in(0)});
}

template <ArgKind kKind>
void ImportArgReduce(OnnxContext& c) {
  ArgReduce op;
  op.kind = kKind;
  op.axis = c.Int("axis", 0);
  op.keep_dims = c.Flag("keepdims", true);
  op.select_last = c.Flag("select_last_index");
  c.Return(op, {c.in(0)});
}

void ImportTopK(OnnxContext& c) {
  Builder& b = c.build();
  TopK op;
  op.axis = c.Int("axis", -1);
  op.largest = c.Flag("largest", true);
  op.sorted = c.Flag("sorted", true);
  ValueId k = c.opset() < 10 ? b.Int64(c.NeedInt("k")) : b.ToInt64(c.in(1));
  if (b.shape(k).ElementCount() != 1) k = b.Reshape(k, {});
  c.Return(op, {c.in(0), k}, 2);
}

void ImportCumSum(OnnxContext& c) {
  Cumulative op;
  op.exclusive = c.Flag("exclusive");
  op.reverse = c.Flag("reverse");
  c.Return(op, {c.in(0), c.build().Reshape(c.in(1), {})});
}

// Before version 13 all dimensions from `axis` on were one.
template <typename OpType>
void ImportSoftmax(OnnxContext& c) {
  Builder& b = c.build();
  if (c.opset() >= 13) return c.Return(OpType{.axis = c.Int("axis", -1)}, {c.in(0)});
  const int64_t rank = c.Rank(0), axis = c.Axis(c.Int("axis", 1), std::max<int64_t>(rank, 1));
  if (axis == rank - 1) return c.Return(OpType{.axis = -1}, {c.in(0)});
  const ValueId shape = b.ShapeTensor(c.in(0));
  const ValueId flat =
      c.Add(Reshape{}, {c.in(0), b.ConcatVectors({b.SliceVector(shape, 0, axis), b.Int64s({-1})})});
  c.Set(0, c.Add(Reshape{}, {b.AddNode(OpType{.axis = -1}, {flat}, 1, b.source())[0], shape}));
}

// One at the first of the largest elements.
ValueId HardmaxLast(OnnxContext& c, ValueId x, int64_t axis) {
  Builder& b = c.build();
  const ValueId place = c.Add(ArgReduce{.axis = axis}, {x});
  const ValueId depth = b.ToScalar(b.DimTensor(x, axis));
  const ValueId values = b.Constant(TensorOfNumbers(b.dtype(x), {2}, {0, 1}));
  return c.Add(OneHot{axis}, {place, depth, values});
}

void ImportHardmax(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  const int64_t axis = c.Axis(c.Int("axis", c.opset() >= 13 ? -1 : 1), rank);
  if (c.opset() >= 13 || axis == rank - 1) return c.Set(0, HardmaxLast(c, c.in(0), axis));
  const ValueId shape = b.ShapeTensor(c.in(0));
  const ValueId flat =
      c.Add(Reshape{}, {c.in(0), b.ConcatVectors({b.SliceVector(shape, 0, axis), b.Int64s({-1})})});
  c.Set(0, c.Add(Reshape{}, {HardmaxLast(c, flat, axis), shape}));
}

void ImportNonMaxSuppression(OnnxContext& c) {
  Builder& b = c.build();
  NonMaxSuppression op;
  op.box_order = c.Flag("center_point_box") ? BoxOrder::kCenter : BoxOrder::kCorners;
  std::vector<ValueId> inputs = {c.in(0), c.in(1)};
  for (size_t i = 2; i < 5; ++i) inputs.push_back(c.has(i) ? b.Reshape(c.in(i), {}) : kNoValue);
  while (inputs.back() == kNoValue) inputs.pop_back();
  c.Return(op, std::move(inputs));
}

constexpr OnnxOpImporter kRows[] = {
    {"ReduceSum", 1, kNewest, ImportReduce<ReduceKind::kSum, 13>},
    {"ReduceMean", 1, kNewest, ImportReduce<ReduceKind::kMean, 18>},
    {"ReduceMax", 1, kNewest, ImportReduce<ReduceKind::kMax, 18>},
    {"ReduceMin", 1, kNewest, ImportReduce<ReduceKind::kMin, 18>},
    {"ReduceProd", 1, kNewest, ImportReduce<ReduceKind::kProd, 18>},
    {"ReduceL1", 1, kNewest, ImportReduce<ReduceKind::kL1, 18>},
    {"ReduceL2", 1, kNewest, ImportReduce<ReduceKind::kL2, 18>},
    {"ReduceSumSquare", 1, kNewest, ImportReduce<ReduceKind::kSumSquare, 18>},
    {"ReduceLogSum", 1, kNewest, ImportReduce<ReduceKind::kLogSum, 18>},
    {"ReduceLogSumExp", 1, kNewest, ImportReduce<ReduceKind::kLogSumExp, 18>},
    {"ArgMax", 1, kNewest, ImportArgReduce<ArgKind::kArgMax>},
    {"ArgMin", 1, kNewest, ImportArgReduce<ArgKind::kArgMin>},
    {"TopK", 1, kNewest, ImportTopK},
    {"CumSum", 11, kNewest, ImportCumSum},
    {"Softmax", 1, kNewest, ImportSoftmax<Softmax>},
    {"LogSoftmax", 1, kNewest, ImportSoftmax<LogSoftmax>},
    {"Hardmax", 1, kNewest, ImportHardmax},
    {"NonMaxSuppression", 10, kNewest, ImportNonMaxSuppression},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxReductionImporters() {
  return kRows;
}

}  // namespace floe
