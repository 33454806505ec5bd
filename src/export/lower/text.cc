// Text by the few operators that ONNX has for it: it finds distinct strings and changes their case.
#include <algorithm>

#include "export/lower/rules.h"

namespace floe {
namespace {

// Certainly of one element or more, through the concatenation that made it if that tells.
bool IsNeverEmpty(const Graph& graph, ValueId id) {
  const auto count = graph.value(id).type.shape.ElementCount();
  if (count) return *count > 0;
  const NodeId maker = graph.value(id).producer;
  if (maker == kNoNode || !IsOp<Concat>(graph.node(maker).op)) return false;
  return std::ranges::any_of(graph.node(maker).inputs, [&](ValueId part) {
    const auto known = graph.value(part).type.shape.ElementCount();
    return known && *known > 0;
  });
}

}  // namespace

// Equal strings have one place among the distinct ones of both sides.
ValueId EqualStrings(Lowering& l, ValueId x, ValueId y) {
  Builder& b = l.b();
  const ValueId sides[] = {b.Reshape(x, {-1}), b.Reshape(y, {-1})};
  const ValueId both = l.Add(Concat{0}, {sides[0], sides[1]});
  const ValueId places = b.AddNode(Unique{DType::kInt64}, {both}, 3)[1];
  const ValueId middle = b.DimTensor(sides[0], 0);
  const auto part = [&](ValueId begin, ValueId end, ValueId like) {
    const ValueId flat = l.Add(Slice{}, {places, begin, end, b.Int64s({0})});
    return l.Add(Reshape{}, {flat, b.ShapeTensor(like)});
  };
  const ValueId end = b.DimTensor(both, 0);
  return l.Bin(BinaryKind::kEqual, part(b.Int64s({0}), middle, x), part(middle, end, y));
}

// StringNormalizer takes a list, and makes an empty one a list of one: a string stands at its end meanwhile.
Lowering::Result Lower(const StringMap& op, Lowering& l) {
  const Shape& shape = l.shape(0);
  if (op.kind == StringMapKind::kLowerUtf8 || op.kind == StringMapKind::kUpperUtf8) {
    return l.Refuse("what ONNX does to the case of letters beyond ASCII depends on the machine that runs it",
                    "cut the model before or after it with --input or --output");
  }
  if (op.kind != StringMapKind::kLower && op.kind != StringMapKind::kUpper) return l.Keep();
  Builder& b = l.b();
  const bool is_list = shape.has_rank() && shape.rank() == 1;
  if (is_list && IsNeverEmpty(l.graph(), l.in(0))) return l.Keep();
  ValueId x = is_list ? l.in(0) : b.Reshape(l.in(0), {-1});
  const bool may_be_empty = !IsNeverEmpty(l.graph(), x);
  if (may_be_empty) x = l.Add(Concat{0}, {x, b.Constant(Tensor(DType::kString, {1}))});
  x = l.Add(op, {x});
  if (may_be_empty) x = l.Cut(x, 0, 0, -1);
  return {is_list ? x : l.Add(Reshape{}, {x, b.ShapeTensor(l.in(0))})};
}

}  // namespace floe
