// Parsing of serialized tf.Example, as models have it in front that were exported for serving: one op a
// feature.
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/row_partition.h"

namespace floe {
namespace {

struct DenseFeature {
  std::string key;
  DType type;
  tf::TensorShapeProto shape;
  size_t fallback;  // the input with the values where an example has none
};

// What a node asks for, however it says so.
struct Wanted {
  std::vector<std::pair<std::string, DType>> sparse;
  std::vector<DenseFeature> dense;
  std::vector<std::pair<std::string, DType>> ragged;
  std::vector<DType> split_types;
};

class ExampleParser {
 public:
  // The protos are of rank 1, or one of rank 0: then nothing that comes out has a dimension for them.
  ExampleParser(NodeContext& c, const Wanted& wanted)
      : c_(c), b_(c.build()), wanted_(wanted), single_(c.Rank(0) == 0) {
    if (c.Rank(0) > 1) c.Fail("expected protos of rank 0 or 1, got {}", c.shape(0).ToString());
    protos_ = single_ ? b_.ToVector(c.in(0)) : c.in(0);
  }

  void SetOutputs() {
    const size_t sparse = wanted_.sparse.size(), dense = wanted_.dense.size(), ragged = wanted_.ragged.size();
    for (size_t i = 0; i < sparse; ++i) SetSparse(i, sparse);
    for (size_t i = 0; i < dense; ++i) {
      const DenseFeature& feature = wanted_.dense[i];
      const bool open = feature.shape.dim_size() > 0 && feature.shape.dim(0).size() < 0;
      c_.Set(3 * sparse + i, open ? Padded(feature) : Fixed(feature));
    }
    for (size_t i = 0; i < ragged; ++i) {
      const auto [values, splits] = RowsOfFeature(wanted_.ragged[i].first, wanted_.ragged[i].second);
      c_.Set(3 * sparse + dense + i, values);
      c_.Set(3 * sparse + dense + ragged + i,
             b_.CastTo(single_ ? b_.Int64s({}) : splits, wanted_.split_types[i]));
    }
  }

 private:
  std::pair<ValueId, ValueId> RowsOfFeature(const std::string& key, DType type) {
    const std::vector<ValueId> rows = b_.AddNode(ExampleFeature{key, type, -1}, {protos_}, 2);
    return {rows[0], rows[1]};
  }

  ValueId Longest(ValueId splits) {
    return b_.Reduce(ReduceKind::kMax, b_.ConcatVectors({b_.Int64s({0}), LengthsOf(b_, splits)}), {0}, true);
  }

  void SetSparse(size_t i, size_t count) {
    const auto [values, splits] = RowsOfFeature(wanted_.sparse[i].first, wanted_.sparse[i].second);
    const ValueId rows = RowsOf(b_, splits);
    const ValueId columns = b_.Add(Unsqueeze{{1}}, {ColumnsOf(b_, splits, rows)});
    c_.Set(i, single_ ? columns : b_.Add(Concat{1}, {b_.Add(Unsqueeze{{1}}, {rows}), columns}));
    c_.Set(count + i, values);
    c_.Set(2 * count + i,
           single_ ? Longest(splits) : b_.ConcatVectors({b_.ShapeTensor(protos_), Longest(splits)}));
  }

  // Dimensions from the first one on; all of them known.
  Ints InnerDims(const DenseFeature& feature, int first) {
    Ints dims;
    for (int i = first; i < feature.shape.dim_size(); ++i) {
      if (feature.shape.dim(i).size() < 0) c_.Fail("the shape of feature '{}' is not known", feature.key);
      dims.push_back(feature.shape.dim(i).size());
    }
    return dims;
  }

  static int64_t ProductOf(const Ints& dims) {
    int64_t product = 1;
    for (const int64_t dim : dims) product *= dim;
    return product;
  }

  // An empty default says that every example must have the feature.
  bool HasFallback(const DenseFeature& feature) {
    const Shape& shape = c_.shape(feature.fallback);
    if (!shape.IsStatic()) c_.FailUnknown("the default of feature '{}' has no known shape", feature.key);
    return ProductOf(shape.Static()) > 0;
  }

  ValueId Fixed(const DenseFeature& feature) {
    Ints dims = InnerDims(feature, 0);
    const int64_t count = ProductOf(dims);
    std::vector<ValueId> inputs = {protos_};
    if (HasFallback(feature)) {
      inputs.push_back(b_.Add(Expand{}, {b_.Reshape(c_.in(feature.fallback), {-1}), b_.Int64s({count})}));
    }
    const ValueId values = b_.Add(ExampleFeature{feature.key, feature.type, count}, std::move(inputs));
    if (!single_) dims.insert(dims.begin(), -1);
    return b_.Reshape(values, dims);
  }

  ValueId Nothing(DType type) {
    return type == DType::kString ? b_.Constant(Tensor(type, {})) : b_.Scalar(type, 0);
  }

  // Of as many values as the longest has, the others filled up.
  ValueId Padded(const DenseFeature& feature) {
    const Ints inner = InnerDims(feature, 1);
    const ValueId one = b_.Int64(ProductOf(inner));
    const auto [values, splits] = RowsOfFeature(feature.key, feature.type);
    const ValueId rows = RowsOf(b_, splits);
    const ValueId longest = b_.Binary(BinaryKind::kFloorDiv, Longest(splits), one);
    const ValueId width = b_.Binary(BinaryKind::kMul, longest, one);
    const ValueId filler =
        HasFallback(feature) ? b_.ToScalar(c_.in(feature.fallback)) : Nothing(feature.type);
    const ValueId canvas = b_.Add(Expand{}, {filler, b_.ConcatVectors({b_.ShapeTensor(protos_), width})});
    const ValueId places = b_.Add(
        Concat{1}, {b_.Add(Unsqueeze{{1}}, {rows}), b_.Add(Unsqueeze{{1}}, {ColumnsOf(b_, splits, rows)})});
    const ValueId padded = b_.Add(ScatterND{}, {canvas, places, values});
    std::vector<ValueId> shape = {longest, b_.Int64s(inner)};
    if (!single_) shape.insert(shape.begin(), b_.ShapeTensor(protos_));
    return b_.Add(Reshape{}, {padded, b_.ConcatVectors(shape)});
  }

  NodeContext& c_;
  Builder& b_;
  const Wanted& wanted_;
  bool single_;
  ValueId protos_ = kNoValue;
};

std::vector<std::string> StringsOf(const NodeContext& c, size_t input) {
  const Tensor& keys = c.NeedConstant(input, "the names of the features");
  if (keys.dtype() != DType::kString) c.Fail("the names of the features are {}", DTypeName(keys.dtype()));
  return {keys.data<std::string>(), keys.data<std::string>() + keys.size()};
}

void AddAll(const NodeContext& c, const std::vector<std::string>& keys, const std::vector<DType>& types,
            std::vector<std::pair<std::string, DType>>* features) {
  if (keys.size() != types.size()) c.Fail("{} names for {} types of features", keys.size(), types.size());
  for (size_t i = 0; i < keys.size(); ++i) features->emplace_back(keys[i], types[i]);
}

void AddDense(const NodeContext& c, const std::vector<std::string>& keys, size_t first_fallback,
              Wanted* wanted) {
  const std::vector<DType> types = c.TypeList("Tdense");
  const auto& shapes = c.Attr("dense_shapes").list().shape();
  if (keys.size() != types.size() || keys.size() != static_cast<size_t>(shapes.size()))
    c.Fail("{} names, {} types and {} shapes of dense features", keys.size(), types.size(), shapes.size());
  for (size_t i = 0; i < keys.size(); ++i)
    wanted->dense.push_back({keys[i], types[i], shapes[static_cast<int>(i)], first_fallback + i});
}

// (protos, their names, sparse keys, dense keys, ragged keys, defaults...)
void ImportParseExampleV2(NodeContext& c) {
  Wanted wanted;
  AddAll(c, StringsOf(c, 2), c.TypeList("sparse_types"), &wanted.sparse);
  AddDense(c, StringsOf(c, 3), 5, &wanted);
  AddAll(c, StringsOf(c, 4), c.TypeList("ragged_value_types"), &wanted.ragged);
  wanted.split_types = c.TypeList("ragged_split_types");
  if (wanted.split_types.size() != wanted.ragged.size())
    c.Fail("not every ragged feature has a type of splits");
  ExampleParser(c, wanted).SetOutputs();
}

// (protos, their names, a sparse key..., a dense key..., a default...)
void ImportParseExample(NodeContext& c) {
  size_t input = 2;
  const auto keys = [&](const char* count) {
    std::vector<std::string> names;
    for (int64_t i = c.Int(count); i > 0; --i) names.push_back(StringsOf(c, input++).at(0));
    return names;
  };
  Wanted wanted;
  AddAll(c, keys("Nsparse"), c.TypeList("sparse_types"), &wanted.sparse);
  const std::vector<std::string> dense = keys("Ndense");
  AddDense(c, dense, input, &wanted);
  ExampleParser(c, wanted).SetOutputs();
}

// (one proto, a default...)
void ImportParseSingleExample(NodeContext& c) {
  const auto keys = [&](const char* attribute) {
    const auto& names = c.Attr(attribute).list().s();
    return std::vector<std::string>(names.begin(), names.end());
  };
  Wanted wanted;
  AddAll(c, keys("sparse_keys"), c.TypeList("sparse_types"), &wanted.sparse);
  AddDense(c, keys("dense_keys"), 1, &wanted);
  ExampleParser(c, wanted).SetOutputs();
}

constexpr OpImporter kRows[] = {
    {"ParseExample", ImportParseExample},
    {"ParseExampleV2", ImportParseExampleV2},
    {"ParseSingleExample", ImportParseSingleExample},
};

}  // namespace

std::span<const OpImporter> ExampleImporters() {
  return kRows;
}

}  // namespace floe
