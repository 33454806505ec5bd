// Shapes as tensors, and tensors made from shapes.
#include "frontend/tensorflow/list_ops.h"
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

DType ShapeType(const NodeContext& c) {
  const DType type = c.Type("out_type");
  if (type != DType::kInt32 && type != DType::kInt64)
    c.Fail("expected out_type int32 or int64, found {}", DTypeName(type));
  return type;
}

void ImportShape(NodeContext& c) {
  // A vector of variants that stand for the rows of a ragged tensor.
  if (c.slot(0).is_list())
    return c.Set(0, c.build().CastTo(ListLength(c.build(), *c.slot(0).list), ShapeType(c)));
  c.Return(ShapeOf{ShapeType(c)}, {c.in(0)});
}

void ImportShapeN(NodeContext& c) {
  const DType type = ShapeType(c);
  for (size_t i = 0; i < c.input_count(); ++i) c.Set(i, c.Add(ShapeOf{type}, {c.in(i)}));
}

void ImportSize(NodeContext& c) {
  c.Return(SizeOf{ShapeType(c)}, {c.in(0)});
}

void ImportRank(NodeContext& c) {
  const Shape& shape = c.shape(0);
  if (shape.has_rank()) return c.Set(0, c.build().Scalar(DType::kInt32, static_cast<double>(shape.rank())));
  c.Return(SizeOf{DType::kInt32}, {c.Add(ShapeOf{}, {c.in(0)})});
}

void ImportFill(NodeContext& c) {
  c.Return(Expand{}, {c.in(1), c.build().ToInt64(c.in(0))});
}

void ImportZerosLike(NodeContext& c) {
  if (c.slot(0).is_list()) {
    const ListState& list = *c.slot(0).list;
    if (list.buffer == kNoValue) return c.SetSlot(0, c.slot(0));
    ListState zeros = list;
    zeros.buffer = c.build().ZerosLike(list.buffer);
    return c.SetSlot(0, Slot::OfList(std::move(zeros)));
  }
  c.Set(0, c.build().ZerosLike(c.in(0)));
}

void ImportOnesLike(NodeContext& c) {
  c.Return(Expand{}, {c.build().Scalar(c.dtype(0), 1), c.build().ShapeTensor(c.in(0))});
}

// `Empty` holds whatever was in memory; zeros are as good as anything.
void ImportEmpty(NodeContext& c) {
  c.Set(0, c.build().Zeros(c.Type("dtype"), c.build().ToInt64(c.in(0))));
}

void ImportRange(NodeContext& c) {
  c.Return(Range{}, {c.in(0), c.in(1), c.in(2)});
}
void ImportLinSpace(NodeContext& c) {
  c.Return(LinSpace{}, {c.in(0), c.in(1), c.in(2)});
}
void ImportBroadcastTo(NodeContext& c) {
  c.Return(Expand{}, {c.in(0), c.build().ToInt64(c.in(1))});
}
void ImportBroadcastArgs(NodeContext& c) {
  c.Return(BroadcastShapes{}, {c.in(0), c.in(1)});
}
void ImportInvertPermutation(NodeContext& c) {
  c.Return(InvertPermutation{}, {c.in(0)});
}
void ImportUnravelIndex(NodeContext& c) {
  c.Return(UnravelIndex{}, {c.in(0), c.in(1)});
}

// Where each dimension of one data format lies in another.
void ImportDataFormatDimMap(NodeContext& c) {
  Builder& b = c.build();
  const std::string from = c.String("src_format"), to = c.String("dst_format");
  Ints places;
  for (const char dimension : from) places.push_back(static_cast<int64_t>(to.find(dimension)));
  const int64_t rank = static_cast<int64_t>(places.size());
  const ValueId index = b.Binary(BinaryKind::kFloorMod, b.ToInt64(c.in(0)), b.Int64(rank));
  c.Set(0, b.CastTo(b.Add(Gather{}, {b.Int64s(std::move(places)), index}), c.dtype(0)));
}

// Sizes, or pairs of paddings, of one data format in the order of another; of two rows only the spatial ones.
void ImportDataFormatPermute(NodeContext& c) {
  std::string from = c.String("src_format"), to = c.String("dst_format");
  const Shape& shape = c.shape(0);
  if (!shape.has_rank() || shape.rank() == 0 || !shape[0].known()) c.FailUnknown("its size is not known");
  const size_t rows = static_cast<size_t>(shape[0].value());
  if (rows + 2 == from.size()) {
    std::erase_if(from, [](char d) { return d == 'N' || d == 'C'; });
    std::erase_if(to, [](char d) { return d == 'N' || d == 'C'; });
  }
  if (rows != from.size() || from.size() != to.size()) c.Fail("{} rows do not fit {} and {}", rows, from, to);
  Ints order;
  for (const char dimension : to) {
    if (from.find(dimension) == std::string::npos) c.Fail("{} and {} differ in their dimensions", from, to);
    order.push_back(static_cast<int64_t>(from.find(dimension)));
  }
  c.Return(Gather{}, {c.in(0), c.build().Int64s(std::move(order))});
}

void ImportOneHot(NodeContext& c) {
  Builder& b = c.build();
  const ValueId on = b.ToVector(c.in(2)), off = b.ToVector(c.in(3));
  c.Return(OneHot{c.Int("axis")}, {c.in(0), c.in(1), b.Add(Concat{0}, {off, on})});
}

constexpr OpImporter kRows[] = {
    {"Shape", ImportShape},
    {"ShapeN", ImportShapeN},
    {"Size", ImportSize},
    {"Rank", ImportRank},
    {"Fill", ImportFill},
    {"Empty", ImportEmpty},
    {"ZerosLike", ImportZerosLike},
    {"OnesLike", ImportOnesLike},
    {"Range", ImportRange},
    {"LinSpace", ImportLinSpace},
    {"BroadcastTo", ImportBroadcastTo},
    {"BroadcastArgs", ImportBroadcastArgs},
    {"InvertPermutation", ImportInvertPermutation},
    {"UnravelIndex", ImportUnravelIndex},
    {"OneHot", ImportOneHot},
    {"DataFormatDimMap", ImportDataFormatDimMap},
    {"DataFormatVecPermute", ImportDataFormatPermute},
};

}  // namespace

std::span<const OpImporter> ShapeImporters() {
  return kRows;
}

}  // namespace floe
