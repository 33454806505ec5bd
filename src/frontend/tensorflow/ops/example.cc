// Parsing of serialized tf.Example and tf.SequenceExample, as models have it in front that were exported for
// serving: one op a feature.
#include <algorithm>

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

  ValueId protos() const { return protos_; }
  bool single() const { return single_; }
  size_t outputs() const {
    return 3 * wanted_.sparse.size() + wanted_.dense.size() + 2 * wanted_.ragged.size();
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

// The feature lists of tf.SequenceExample; its context is parsed like an Example.
struct WantedLists {
  std::vector<std::pair<std::string, DType>> sparse;
  std::vector<DenseFeature> dense;
  std::vector<bool> may_be_missing;  // of dense
  std::vector<std::pair<std::string, DType>> ragged;
  std::vector<DType> split_types;
  bool lengths = true;  // of dense lists are outputs, too
};

class SequenceParser {
 public:
  SequenceParser(NodeContext& c, const ExampleParser& context)
      : c_(c),
        b_(c.build()),
        protos_(context.protos()),
        single_(context.single()),
        first_(context.outputs()) {}

  void SetOutputs(const WantedLists& wanted) {
    const size_t sparse = wanted.sparse.size(), dense = wanted.dense.size(), ragged = wanted.ragged.size();
    for (size_t i = 0; i < sparse; ++i) SetSparse(first_ + i, sparse, wanted.sparse[i]);
    const size_t lengths = first_ + 3 * sparse + dense;
    for (size_t i = 0; i < dense; ++i) {
      const Lists lists = ListsOf(wanted.dense[i].key, wanted.dense[i].type, CountOf(wanted.dense[i]),
                                  !wanted.may_be_missing[i]);
      c_.Set(first_ + 3 * sparse + i, Dense(wanted.dense[i], lists));
      if (!wanted.lengths) continue;
      const ValueId steps = LengthsOf(b_, lists.protos);
      c_.Set(lengths + i, single_ ? b_.ToScalar(steps) : steps);
    }
    for (size_t i = 0; i < ragged; ++i) {
      const Lists lists = ListsOf(wanted.ragged[i].first, wanted.ragged[i].second, -1, false);
      const size_t at = lengths + dense + i;
      c_.Set(at, lists.values);
      c_.Set(at + ragged, b_.CastTo(single_ ? b_.Int64s({}) : lists.protos, wanted.split_types[i]));
      c_.Set(at + 2 * ragged, b_.CastTo(lists.steps, wanted.split_types[i]));
    }
  }

 private:
  struct Lists {
    ValueId values, steps, protos;
  };

  Lists ListsOf(const std::string& key, DType type, int64_t count, bool required) {
    const std::vector<ValueId> lists =
        b_.AddNode(ExampleFeatureList{key, type, count, required}, {protos_}, 3);
    return {lists[0], lists[1], lists[2]};
  }

  Ints DimsOf(const DenseFeature& feature) const {
    Ints dims;
    for (const auto& dim : feature.shape.dim()) {
      if (dim.size() < 0) c_.Fail("the shape of feature list '{}' is not known", feature.key);
      dims.push_back(dim.size());
    }
    return dims;
  }

  int64_t CountOf(const DenseFeature& feature) const {
    int64_t count = 1;
    for (const int64_t dim : DimsOf(feature)) count *= dim;
    return count;
  }

  ValueId Longest(ValueId splits) {
    return b_.Reduce(ReduceKind::kMax, b_.ConcatVectors({b_.Int64s({0}), LengthsOf(b_, splits)}), {0}, true);
  }
  ValueId Columns(std::vector<ValueId> columns) {
    for (ValueId& column : columns) column = b_.Add(Unsqueeze{{1}}, {column});
    return columns.size() == 1 ? columns[0] : b_.Add(Concat{1}, columns);
  }

  void SetSparse(size_t output, size_t count, const std::pair<std::string, DType>& feature) {
    const Lists lists = ListsOf(feature.first, feature.second, -1, false);
    const ValueId step = RowsOf(b_, lists.steps), proto = RowsOf(b_, lists.protos);
    const auto of_value = [&](ValueId of_step) { return b_.Add(Gather{}, {of_step, step}); };
    std::vector<ValueId> columns = {of_value(ColumnsOf(b_, lists.protos, proto)),
                                    ColumnsOf(b_, lists.steps, step)};
    std::vector<ValueId> shape = {Longest(lists.protos), Longest(lists.steps)};
    if (!single_) columns.insert(columns.begin(), of_value(proto));
    if (!single_) shape.insert(shape.begin(), b_.ShapeTensor(protos_));
    c_.Set(output, Columns(std::move(columns)));
    c_.Set(output + count, lists.values);
    c_.Set(output + 2 * count, b_.ConcatVectors(std::move(shape)));
  }

  // As many steps as the longest list has, the others filled up with nothing.
  ValueId Dense(const DenseFeature& feature, const Lists& lists) {
    Ints dims = DimsOf(feature);
    const ValueId inner = b_.Int64s(dims);
    dims.insert(dims.begin(), -1);
    // A step of no values: their number says nothing about the steps.
    const ValueId steps =
        CountOf(feature) > 0
            ? b_.Reshape(lists.values, dims)
            : b_.Add(Reshape{.allow_zero = true},
                     {lists.values, b_.ConcatVectors({b_.ToVector(LastOf(b_, lists.protos)), inner})});
    if (single_) return steps;
    const ValueId nothing =
        feature.type == DType::kString ? b_.Constant(Tensor(feature.type, {})) : b_.Scalar(feature.type, 0);
    const ValueId shape = b_.ConcatVectors({b_.ShapeTensor(protos_), Longest(lists.protos), inner});
    const ValueId proto = RowsOf(b_, lists.protos);
    const ValueId places = Columns({proto, ColumnsOf(b_, lists.protos, proto)});
    return b_.Add(ScatterND{}, {b_.Add(Expand{}, {nothing, shape}), places, steps});
  }

  NodeContext& c_;
  Builder& b_;
  ValueId protos_;
  bool single_;
  size_t first_;
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
              std::vector<DenseFeature>* features, const char* type_list = "Tdense",
              const char* shape_list = "dense_shapes") {
  const std::vector<DType> types = c.TypeList(type_list);
  const auto& shapes = c.Attr(shape_list).list().shape();
  if (keys.size() != types.size() || keys.size() != static_cast<size_t>(shapes.size()))
    c.Fail("{} names, {} types and {} shapes of dense features", keys.size(), types.size(), shapes.size());
  for (size_t i = 0; i < keys.size(); ++i)
    features->push_back({keys[i], types[i], shapes[static_cast<int>(i)], first_fallback + i});
}

// (protos, their names, sparse keys, dense keys, ragged keys, defaults...)
void ImportParseExampleV2(NodeContext& c) {
  Wanted wanted;
  AddAll(c, StringsOf(c, 2), c.TypeList("sparse_types"), &wanted.sparse);
  AddDense(c, StringsOf(c, 3), 5, &wanted.dense);
  AddAll(c, StringsOf(c, 4), c.TypeList("ragged_value_types"), &wanted.ragged);
  wanted.split_types = c.TypeList("ragged_split_types");
  if (wanted.split_types.size() != wanted.ragged.size())
    c.Fail("not every ragged feature has a type of splits");
  ExampleParser(c, wanted).SetOutputs();
}

// As many keys as the attribute says, an input each from `*input` on, which moves behind them.
std::vector<std::string> KeysAt(NodeContext& c, const char* count, size_t* input) {
  std::vector<std::string> names;
  for (int64_t i = c.Int(count); i > 0; --i) names.push_back(StringsOf(c, (*input)++).at(0));
  return names;
}

// Keys that an attribute lists.
std::vector<std::string> KeysIn(NodeContext& c, const char* attribute) {
  const auto& names = c.Attr(attribute).list().s();
  return {names.begin(), names.end()};
}

// (protos, their names, a sparse key..., a dense key..., a default...)
void ImportParseExample(NodeContext& c) {
  size_t input = 2;
  const auto keys = [&](const char* count) { return KeysAt(c, count, &input); };
  Wanted wanted;
  AddAll(c, keys("Nsparse"), c.TypeList("sparse_types"), &wanted.sparse);
  const std::vector<std::string> dense = keys("Ndense");
  AddDense(c, dense, input, &wanted.dense);
  ExampleParser(c, wanted).SetOutputs();
}

// (one proto, a default...)
void ImportParseSingleExample(NodeContext& c) {
  const auto keys = [&](const char* attribute) { return KeysIn(c, attribute); };
  Wanted wanted;
  AddAll(c, keys("sparse_keys"), c.TypeList("sparse_types"), &wanted.sparse);
  AddDense(c, keys("dense_keys"), 1, &wanted.dense);
  ExampleParser(c, wanted).SetOutputs();
}

void SetSequenceOutputs(NodeContext& c, const Wanted& context, const WantedLists& lists) {
  if (context.split_types.size() != context.ragged.size() || lists.split_types.size() != lists.ragged.size())
    c.Fail("not every ragged feature has a type of splits");
  ExampleParser parser(c, context);
  parser.SetOutputs();
  SequenceParser(c, parser).SetOutputs(lists);
}

// (protos, their names, keys of the context: sparse, dense, ragged; of the lists: sparse, dense, ragged;
// which dense lists may be missing, defaults of the context...)
void ImportParseSequenceV2(NodeContext& c) {
  Wanted context;
  AddAll(c, StringsOf(c, 2), c.TypeList("context_sparse_types"), &context.sparse);
  AddDense(c, StringsOf(c, 3), 9, &context.dense, "Tcontext_dense", "context_dense_shapes");
  AddAll(c, StringsOf(c, 4), c.TypeList("context_ragged_value_types"), &context.ragged);
  context.split_types = c.TypeList("context_ragged_split_types");
  WantedLists lists;
  AddAll(c, StringsOf(c, 5), c.TypeList("feature_list_sparse_types"), &lists.sparse);
  AddDense(c, StringsOf(c, 6), 0, &lists.dense, "feature_list_dense_types", "feature_list_dense_shapes");
  AddAll(c, StringsOf(c, 7), c.TypeList("feature_list_ragged_value_types"), &lists.ragged);
  lists.split_types = c.TypeList("feature_list_ragged_split_types");
  for (const int64_t may : TensorToInts(c.NeedConstant(8, "which feature lists may be missing")))
    lists.may_be_missing.push_back(may != 0);
  if (lists.may_be_missing.size() != lists.dense.size())
    c.Fail("{} dense lists, and {} of which it is said whether they may be missing", lists.dense.size(),
           lists.may_be_missing.size());
  SetSequenceOutputs(c, context, lists);
}

// (protos, their names, defaults of the context...): the keys are attributes.
void ImportParseSequence(NodeContext& c) {
  const auto keys = [&](const char* attribute) { return KeysIn(c, attribute); };
  Wanted context;
  AddAll(c, keys("context_sparse_keys"), c.TypeList("context_sparse_types"), &context.sparse);
  AddDense(c, keys("context_dense_keys"), 2, &context.dense, "Tcontext_dense", "context_dense_shapes");
  WantedLists lists;
  AddAll(c, keys("feature_list_sparse_keys"), c.TypeList("feature_list_sparse_types"), &lists.sparse);
  AddDense(c, keys("feature_list_dense_keys"), 0, &lists.dense, "feature_list_dense_types",
           "feature_list_dense_shapes");
  const std::vector<std::string> may = keys("feature_list_dense_missing_assumed_empty");
  for (const DenseFeature& feature : lists.dense)
    lists.may_be_missing.push_back(std::ranges::find(may, feature.key) != may.end());
  SetSequenceOutputs(c, context, lists);
}

// (one proto, which dense lists may be missing, a sparse key of the context..., a dense one..., a sparse key
// of the lists..., a dense one..., a default of the context..., a name)
void ImportParseSingleSequence(NodeContext& c) {
  size_t input = 2;
  const auto keys = [&](const char* count) { return KeysAt(c, count, &input); };
  Wanted context;
  AddAll(c, keys("Ncontext_sparse"), c.TypeList("context_sparse_types"), &context.sparse);
  const std::vector<std::string> dense = keys("Ncontext_dense");
  WantedLists lists;
  AddAll(c, keys("Nfeature_list_sparse"), c.TypeList("feature_list_sparse_types"), &lists.sparse);
  AddDense(c, keys("Nfeature_list_dense"), 0, &lists.dense, "feature_list_dense_types",
           "feature_list_dense_shapes");
  AddDense(c, dense, input, &context.dense, "Tcontext_dense", "context_dense_shapes");
  const std::vector<std::string> may = StringsOf(c, 1);
  for (const DenseFeature& feature : lists.dense)
    lists.may_be_missing.push_back(std::ranges::find(may, feature.key) != may.end());
  lists.lengths = false;
  SetSequenceOutputs(c, context, lists);
}

constexpr OpImporter kRows[] = {
    {"ParseSequenceExample", ImportParseSequence},
    {"ParseSequenceExampleV2", ImportParseSequenceV2},
    {"ParseSingleSequenceExample", ImportParseSingleSequence},
    {"ParseExample", ImportParseExample},
    {"ParseExampleV2", ImportParseExampleV2},
    {"ParseSingleExample", ImportParseSingleExample},
};

}  // namespace

std::span<const OpImporter> ExampleImporters() {
  return kRows;
}

}  // namespace floe
