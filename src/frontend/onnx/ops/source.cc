// Constants, shapes, and what is made of them.
#include "formats/onnx/tensor_proto.h"
#include "frontend/onnx/importer.h"
#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

Tensor ConstantTensor(OnnxContext& c) {
  if (auto value = c.TensorAttr("value")) return std::move(*value);
  if (const onnx::AttributeProto* sparse = c.FindAttr("sparse_value"))
    return DenseFromOnnx(sparse->sparse_tensor(), c.importer().external());
  if (c.HasAttr("value_int")) return Tensor::Scalar<int64_t>(c.NeedInt("value_int"));
  if (c.HasAttr("value_float")) return Tensor::Scalar<float>(static_cast<float>(c.Float("value_float", 0)));
  if (c.HasAttr("value_ints")) return Tensor::FromVector<int64_t>(c.IntList("value_ints"));
  if (c.HasAttr("value_floats")) {
    const std::vector<double> values = c.FloatList("value_floats");
    return Tensor::FromVector<float>(std::vector<float>(values.begin(), values.end()));
  }
  if (c.HasAttr("value_string")) {
    Tensor text(DType::kString, {});
    text.data<std::string>()[0] = c.String("value_string", "");
    return text;
  }
  if (c.HasAttr("value_strings")) {
    const std::vector<std::string> values = c.StringList("value_strings");
    Tensor text(DType::kString, {static_cast<int64_t>(values.size())});
    for (size_t i = 0; i < values.size(); ++i) text.data<std::string>()[i] = values[i];
    return text;
  }
  c.Fail("it has no value");
}

void ImportConstant(OnnxContext& c) {
  c.Set(0, c.build().Constant(ConstantTensor(c), c.build().graph().UniqueName(c.build().source())));
}

void ImportConstantOfShape(OnnxContext& c) {
  std::optional<Tensor> value = c.TensorAttr("value");
  if (!value) value = Tensor::Scalar<float>(0);
  if (value->size() != 1) c.Fail("attribute 'value': expected one element, found {}", value->size());
  c.Return(Expand{}, {c.build().Constant(value->Reshaped({})), c.build().ToInt64(c.in(0))});
}

void ImportShape(OnnxContext& c) {
  const ValueId shape = c.build().ShapeTensor(c.in(0));
  if (!c.HasAttr("start") && !c.HasAttr("end")) return c.Set(0, shape);
  const int64_t start = c.Int("start", 0), end = c.Int("end", INT64_MAX);
  c.Set(0, c.build().Slice(shape, {start}, {end}, {0}));
}

void ImportSize(OnnxContext& c) {
  c.Return(SizeOf{}, {c.in(0)});
}

void ImportRange(OnnxContext& c) {
  std::vector<ValueId> scalars;
  for (size_t i = 0; i < 3; ++i) scalars.push_back(c.build().Reshape(c.in(i), {}));
  c.Return(Range{}, std::move(scalars));
}

// 0, 1, ... n - 1 as a column or a row.
ValueId Numbers(OnnxContext& c, ValueId count, bool column) {
  Builder& b = c.build();
  const ValueId numbers = c.Add(Range{}, {b.Int64(0), b.ToScalar(count), b.Int64(1)});
  return column ? b.Reshape(numbers, {-1, 1}) : numbers;
}

// Column less row of each element of the last two dimensions of x.
ValueId Diagonals(OnnxContext& c, ValueId x) {
  const ValueId rows = Numbers(c, c.build().DimTensor(x, -2), true);
  const ValueId columns = Numbers(c, c.build().DimTensor(x, -1), false);
  return c.build().Binary(BinaryKind::kSub, columns, rows);
}

void ImportEyeLike(OnnxContext& c) {
  Builder& b = c.build();
  if (c.Rank(0) != 2) c.Fail("expected a matrix, found {}", c.shape(0).ToString());
  const ValueId on = b.Binary(BinaryKind::kEqual, Diagonals(c, c.in(0)), b.Int64(c.Int("k", 0)));
  c.Set(0, b.CastTo(on, c.Type("dtype", c.dtype(0))));
}

void ImportTrilu(OnnxContext& c) {
  Builder& b = c.build();
  if (c.Rank(0) < 2) c.Fail("expected at least a matrix, found {}", c.shape(0).ToString());
  const ValueId k = c.has(1) ? b.Reshape(b.ToInt64(c.in(1)), {}) : b.Int64(0);
  const bool upper = c.Flag("upper", true);
  const ValueId kept =
      b.Binary(upper ? BinaryKind::kGreaterOrEqual : BinaryKind::kLessOrEqual, Diagonals(c, c.in(0)), k);
  c.Return(Where{}, {kept, c.in(0), b.Scalar(c.dtype(0), 0)});
}

// With training off, which is what a missing flag means, x as it is and a mask of ones.
void ImportDropout(OnnxContext& c) {
  Builder& b = c.build();
  const auto mask_of_ones = [&](DType type) {
    return c.Add(Expand{}, {b.Scalar(type, 1), b.ShapeTensor(c.in(0))});
  };
  const DType mask_type = c.opset() < 10 ? c.dtype(0) : DType::kBool;
  const Tensor* known = c.has(2) ? c.Constant(2) : nullptr;
  const bool off = !c.has(2) || (known != nullptr && known->size() == 1 && known->dtype() == DType::kBool &&
                                 !known->data<bool>()[0]);
  if (off) {
    c.Set(0, c.in(0));
    if (c.wants(1)) c.Set(1, mask_of_ones(mask_type));
    return;
  }
  const DType type = c.dtype(0);
  const ValueId ratio = c.has(1) ? b.CastTo(b.Reshape(c.in(1), {}), type) : b.Scalar(type, 0.5);
  const ValueId training = b.Reshape(c.in(2), {});
  const ValueId noise = b.CastTo(c.Add(Random{.seed = c.Int("seed", 0)}, {b.ShapeTensor(c.in(0))}), type);
  const ValueId idle = b.Unary(UnaryKind::kNot, training);
  const ValueId kept = b.Binary(BinaryKind::kOr, b.Binary(BinaryKind::kGreaterOrEqual, noise, ratio), idle);
  const ValueId share = b.Binary(BinaryKind::kSub, b.Scalar(type, 1), ratio);
  const ValueId scaled = b.Binary(BinaryKind::kDiv, c.in(0), share);
  const ValueId dropped = c.Add(Where{}, {kept, scaled, b.Scalar(type, 0)});
  c.Set(0, c.Add(Where{}, {training, dropped, c.in(0)}));
  if (c.wants(1)) c.Set(1, kept);
}

constexpr OnnxOpImporter kRows[] = {
    {"Constant", 1, kNewest, ImportConstant}, {"ConstantOfShape", 9, kNewest, ImportConstantOfShape},
    {"Shape", 1, kNewest, ImportShape},       {"Size", 1, kNewest, ImportSize},
    {"Range", 11, kNewest, ImportRange},      {"EyeLike", 9, kNewest, ImportEyeLike},
    {"Trilu", 14, kNewest, ImportTrilu},      {"Dropout", 7, kNewest, ImportDropout},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxSourceImporters() {
  return kRows;
}

}  // namespace floe
