// Gathering and scattering.
#include "frontend/onnx/ops/families.h"
#include "graph/index_depth.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// Indices below 0 count from the end.
ValueId FromFront(OnnxContext& c, ValueId indices, ValueId size) {
  Builder& b = c.build();
  if (const Tensor* known = b.constant(indices); known != nullptr && IsInteger(known->dtype())) {
    bool negative = false;
    for (const int64_t i : TensorToInts(*known)) negative = negative || i < 0;
    if (!negative) return indices;
  }
  const ValueId wide = b.ToInt64(indices);
  const ValueId below = b.Binary(BinaryKind::kLess, wide, b.Int64(0));
  return c.Add(Where{}, {below, b.Binary(BinaryKind::kAdd, wide, size), wide});
}

void ImportGather(OnnxContext& c) {
  c.Return(Gather{.axis = c.Int("axis", 0), .allow_negative = true}, {c.in(0), c.in(1)});
}

void ImportGatherElements(OnnxContext& c) {
  const int64_t axis = c.Axis(c.Int("axis", 0), c.Rank(0));
  const ValueId indices = FromFront(c, c.in(1), c.build().ToScalar(c.build().DimTensor(c.in(0), axis)));
  c.Return(GatherElements{axis}, {c.in(0), indices});
}

// Sizes of the dimensions that the last dimension of the indices addresses.
ValueId AddressedSizes(OnnxContext& c, std::optional<int64_t> depth, int64_t batch_dims) {
  if (!depth) c.Fail("the last dimension of its indices {} is not known", c.shape(1).ToString());
  return c.build().SliceVector(c.build().ShapeTensor(c.in(0)), batch_dims, batch_dims + *depth);
}

void ImportGatherNd(OnnxContext& c) {
  const int64_t batch_dims = c.Int("batch_dims", 0);
  const ValueId indices = FromFront(c, c.in(1), AddressedSizes(c, IndexDepth(c.shape(1)), batch_dims));
  c.Return(GatherND{batch_dims}, {c.in(0), indices});
}

ScatterReduction ReductionOf(OnnxContext& c) {
  const std::string reduction = c.String("reduction", "none");
  for (const ScatterReduction r : {ScatterReduction::kNone, ScatterReduction::kAdd, ScatterReduction::kMul,
                                   ScatterReduction::kMin, ScatterReduction::kMax}) {
    if (kScatterReductionNames[static_cast<size_t>(r)] == reduction) return r;
  }
  c.Fail("attribute 'reduction': expected none, add, mul, min or max, found '{}'", reduction);
}

void ImportScatterNd(OnnxContext& c) {
  const auto depth = IndexDepth(c.shape(0), c.shape(1), c.shape(2));
  const ValueId indices = FromFront(c, c.in(1), AddressedSizes(c, depth, 0));
  c.Return(ScatterND{ReductionOf(c)}, {c.in(0), indices, c.in(2)});
}

void ImportScatterElements(OnnxContext& c) {
  const int64_t axis = c.Axis(c.Int("axis", 0), c.Rank(0));
  const ValueId indices = FromFront(c, c.in(1), c.build().ToScalar(c.build().DimTensor(c.in(0), axis)));
  c.Return(ScatterElements{.axis = axis, .reduction = ReductionOf(c)}, {c.in(0), indices, c.in(2)});
}

void ImportOneHot(OnnxContext& c) {
  Builder& b = c.build();
  const ValueId depth = b.Reshape(b.ToInt64(c.in(1)), {});
  const ValueId indices = FromFront(c, b.ToInt64(c.in(0)), depth);
  c.Return(OneHot{c.Int("axis", -1)}, {indices, depth, c.in(2)});
}

void ImportNonZero(OnnxContext& c) {
  c.Set(0, c.build().Transpose(c.Add(NonZero{}, {c.in(0)}), {1, 0}));
}

void ImportCompress(OnnxContext& c) {
  Builder& b = c.build();
  const ValueId places = b.Reshape(c.Add(NonZero{}, {c.in(1)}), {-1});
  if (c.HasAttr("axis")) return c.Return(Gather{.axis = c.NeedInt("axis")}, {c.in(0), places});
  c.Return(Gather{}, {b.Reshape(c.in(0), {-1}), places});
}

// ai.onnx.ml: columns of a matrix.
void ImportArrayFeatureExtractor(OnnxContext& c) {
  Builder& b = c.build();
  const ValueId columns = b.Reshape(c.in(1), {-1});
  const ValueId x = c.Rank(0) == 1 ? b.Reshape(c.in(0), {1, -1}) : c.in(0);
  c.Return(Gather{.axis = -1}, {x, columns});
}

constexpr OnnxOpImporter kRows[] = {
    {"Gather", 1, kNewest, ImportGather},
    {"GatherElements", 11, kNewest, ImportGatherElements},
    {"GatherND", 11, kNewest, ImportGatherNd},
    {"Scatter", 9, kNewest, ImportScatterElements},  // deprecated since 11, and still written
    {"ScatterElements", 11, kNewest, ImportScatterElements},
    {"ScatterND", 11, kNewest, ImportScatterNd},
    {"OneHot", 9, kNewest, ImportOneHot},
    {"NonZero", 9, kNewest, ImportNonZero},
    {"Compress", 9, kNewest, ImportCompress},
    {"ArrayFeatureExtractor", 1, 5, ImportArrayFeatureExtractor, "ai.onnx.ml"},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxIndexingImporters() {
  return kRows;
}

}  // namespace floe
