// Slice and StridedSlice, with bounds that may be known only at run time.
#include <limits>

#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kFarEnd = std::numeric_limits<int64_t>::max();
constexpr int64_t kFarBegin = -(int64_t{1} << 62);

// A vector of indices of which some elements are known.
class IndexVector {
 public:
  IndexVector(NodeContext& c, size_t input, const char* what) : build_(c.build()), value_(c.in(input)) {
    const Shape& shape = c.shape(input);
    if (const std::optional<Ints> known = c.KnownInts(input)) {
      for (const int64_t v : *known) known_.push_back(v);
    } else {
      if (!shape.IsStatic() || shape.rank() != 1) c.FailUnknown("the length of {} is not known", what);
      known_.resize(static_cast<size_t>(shape.Static()[0]));
      const auto& elements = c.build().graph().value(value_).elements;
      if (elements && elements->size() == known_.size())
        for (size_t i = 0; i < known_.size(); ++i)
          if ((*elements)[i].known()) known_[i] = (*elements)[i].value();
    }
    if (known_.size() > 64) c.Fail("expected at most 64 dimensions, found {}", known_.size());
  }
  size_t size() const { return known_.size(); }
  std::optional<int64_t> Known(size_t i) const { return known_[i]; }
  ValueId Element(size_t i) {  // int64 [1]
    if (known_[i]) return build_.Int64s({*known_[i]});
    return build_.ToInt64(build_.SliceVector(value_, static_cast<int64_t>(i), static_cast<int64_t>(i) + 1));
  }

 private:
  Builder& build_;
  ValueId value_;
  std::vector<std::optional<int64_t>> known_;
};

// Cuts along several axes at once; static cuts first.
struct Cuts {
  Ints begins, ends, axes, steps;
  std::vector<ValueId> dynamic_begins, dynamic_ends;
  std::vector<ValueId> dynamic_steps;
  Ints dynamic_axes;

  ValueId Apply(Builder& b, ValueId x) const {
    if (!axes.empty()) x = b.Slice(x, begins, ends, axes, steps);
    if (dynamic_axes.empty()) return x;
    return b.Add(Slice{}, {x, b.ConcatVectors(dynamic_begins), b.ConcatVectors(dynamic_ends),
                           b.Int64s(dynamic_axes), b.ConcatVectors(dynamic_steps)});
  }
};

void ImportSlice(NodeContext& c) {
  Builder& b = c.build();
  IndexVector begins(c, 1, "begin"), sizes(c, 2, "size");
  const Shape shape = c.shape(0);
  if (begins.size() != sizes.size()) c.Fail("{} begins for {} sizes", begins.size(), sizes.size());
  Cuts cuts;
  ValueId x = c.in(0);
  for (size_t i = 0; i < begins.size(); ++i) {
    const int64_t axis = static_cast<int64_t>(i);
    const std::optional<int64_t> begin = begins.Known(i), size = sizes.Known(i);
    const Dim dim = shape.has_rank() && i < shape.rank() ? shape[i] : Dim();
    if (begin && size) {
      if (*begin < 0 || *size < -1)
        c.Fail("begin {} and size {} of dimension {} are out of range", *begin, *size, i);
      if (dim.known() && (*begin > dim.value() || (*size > dim.value() - *begin)))
        c.Fail("begin {} and size {} reach beyond dimension {} of {}", *begin, *size, i, dim.value());
      if (*begin == 0 && (*size == -1 || (dim.known() && *size == dim.value()))) continue;
      cuts.begins.push_back(*begin);
      cuts.ends.push_back(*size == -1 ? kFarEnd : *begin + *size);
      cuts.axes.push_back(axis);
      cuts.steps.push_back(1);
    } else if (size && *size >= 0 && *size <= 4096) {
      // The size is what later shapes depend on; indices keep it known.
      Ints range;
      for (int64_t k = 0; k < *size; ++k) range.push_back(k);
      const ValueId indices = b.Binary(BinaryKind::kAdd, begins.Element(i), b.Int64s(std::move(range)));
      x = b.Add(Gather{.axis = axis}, {x, indices});
    } else {
      const ValueId begin_value = begins.Element(i);
      const ValueId end = b.Binary(BinaryKind::kAdd, begin_value, sizes.Element(i));
      const ValueId open = b.Binary(BinaryKind::kLess, sizes.Element(i), b.Int64s({0}));
      cuts.dynamic_begins.push_back(begin_value);
      cuts.dynamic_ends.push_back(b.Add(Where{}, {open, b.Int64s({kFarEnd}), end}));
      cuts.dynamic_axes.push_back(axis);
      cuts.dynamic_steps.push_back(b.Int64s({1}));
    }
  }
  c.Set(0, cuts.Apply(b, x));
}

class StridedSliceImport {
 public:
  // Cuts `x` as the inputs 1 to 3 say.
  StridedSliceImport(NodeContext& c, ValueId x)
      : c_(c), b_(c.build()), begins_(c, 1, "begin"), ends_(c, 2, "end"), strides_(c, 3, "strides"), x_(x) {
    begin_mask_ = c.Int("begin_mask");
    end_mask_ = c.Int("end_mask");
    ellipsis_mask_ = c.Int("ellipsis_mask");
    new_axis_mask_ = c.Int("new_axis_mask");
    shrink_mask_ = c.Int("shrink_axis_mask");
  }

  ValueId Run() {
    const size_t n = begins_.size();
    if (ends_.size() != n || strides_.size() != n)
      c_.Fail("begin, end and strides have {}, {} and {} entries", n, ends_.size(), strides_.size());
    for (size_t i = 0; i < n; ++i) {
      const int64_t bit = int64_t{1} << i;
      if (ellipsis_mask_ & bit) {
        SkipEllipsis(i);
      } else if (new_axis_mask_ & bit) {
        new_axes_.push_back(output_axis_++);
      } else if (shrink_mask_ & bit) {
        Shrink(i);
      } else {
        Range(i, (begin_mask_ & bit) != 0, (end_mask_ & bit) != 0);
        ++output_axis_;
        ++axis_;
      }
    }
    ValueId x = cuts_.Apply(b_, x_);
    for (const auto& [axis, index] : gathers_)
      x = b_.Add(Gather{.axis = axis, .allow_negative = true}, {x, index});
    if (!shrunk_.empty()) x = b_.Add(Squeeze{shrunk_}, {x});
    if (!new_axes_.empty()) x = b_.Add(Unsqueeze{new_axes_}, {x});
    return x;
  }

 private:
  Dim DimOf(int64_t axis) const {
    const Shape& shape = b_.shape(x_);
    if (!shape.has_rank()) return {};
    if (axis >= static_cast<int64_t>(shape.rank()))
      c_.Fail("more indices than the {} dimensions of its input", shape.rank());
    return shape[static_cast<size_t>(axis)];
  }

  void SkipEllipsis(size_t at) {
    int64_t later = 0;  // dimensions of the input that the entries behind the ellipsis take
    for (size_t i = at + 1; i < begins_.size(); ++i) {
      const int64_t bit = int64_t{1} << i;
      if (ellipsis_mask_ & bit) c_.Fail("more than one ellipsis");
      if (!(new_axis_mask_ & bit)) ++later;
    }
    if (later == 0 && at + 1 == begins_.size()) return;
    if (!b_.shape(x_).has_rank()) c_.FailUnknown("the rank of what it cuts is not known");
    const int64_t rank = static_cast<int64_t>(b_.shape(x_).rank());
    const int64_t skipped = rank - axis_ - later;
    if (skipped < 0) c_.Fail("more indices than the {} dimensions of its input", rank);
    axis_ += skipped;
    output_axis_ += skipped;
  }

  void Shrink(size_t i) {
    const Dim dim = DimOf(axis_);
    if (const std::optional<int64_t> at = begins_.Known(i)) {
      if (dim.known() && (*at < -dim.value() || *at >= dim.value()))
        c_.Fail("index {} is outside dimension {} of {}", *at, axis_, dim.value());
      if (dim.known() || *at >= 0) {
        const int64_t begin = *at < 0 ? *at + dim.value() : *at;
        if (!(dim.known() && dim.value() == 1)) Cut(begin, begin + 1, 1);
      } else {
        Cut(*at, *at == -1 ? kFarEnd : *at + 1, 1);
      }
    } else {
      gathers_.emplace_back(axis_, begins_.Element(i));
    }
    shrunk_.push_back(axis_++);
  }

  void Cut(int64_t begin, int64_t end, int64_t step) {
    cuts_.begins.push_back(begin);
    cuts_.ends.push_back(end);
    cuts_.axes.push_back(axis_);
    cuts_.steps.push_back(step);
  }

  void Range(size_t i, bool open_begin, bool open_end) {
    DimOf(axis_);
    if (!strides_.Known(i)) return RangeOfAnyStride(i, open_begin, open_end);
    const int64_t step = *strides_.Known(i);
    if (step == 0) c_.Fail("stride {} is 0", i);
    if (open_begin && open_end && step == 1) return;
    std::optional<int64_t> begin = begins_.Known(i), end = ends_.Known(i);
    if (open_begin) begin = step > 0 ? 0 : kFarEnd;
    if (open_end) end = step > 0 ? kFarEnd : kFarBegin;
    if (begin && end) return Cut(*begin, *end, step);
    cuts_.dynamic_begins.push_back(begin ? b_.Int64s({*begin}) : begins_.Element(i));
    cuts_.dynamic_ends.push_back(end ? b_.Int64s({*end}) : ends_.Element(i));
    cuts_.dynamic_axes.push_back(axis_);
    cuts_.dynamic_steps.push_back(b_.Int64s({step}));
  }

  // Open ends lie on the side that the stride's sign says.
  void RangeOfAnyStride(size_t i, bool open_begin, bool open_end) {
    const ValueId step = strides_.Element(i);
    const ValueId forward = b_.Binary(BinaryKind::kGreater, step, b_.Int64s({0}));
    const auto open = [&](int64_t up, int64_t down) {
      return b_.Add(Where{}, {forward, b_.Int64s({up}), b_.Int64s({down})});
    };
    cuts_.dynamic_begins.push_back(open_begin ? open(0, kFarEnd) : begins_.Element(i));
    cuts_.dynamic_ends.push_back(open_end ? open(kFarEnd, kFarBegin) : ends_.Element(i));
    cuts_.dynamic_axes.push_back(axis_);
    cuts_.dynamic_steps.push_back(step);
  }

  NodeContext& c_;
  Builder& b_;
  IndexVector begins_, ends_, strides_;
  ValueId x_;
  int64_t begin_mask_, end_mask_, ellipsis_mask_, new_axis_mask_, shrink_mask_;
  int64_t axis_ = 0;         // of the input
  int64_t output_axis_ = 0;  // of the output
  Cuts cuts_;
  std::vector<std::pair<int64_t, ValueId>> gathers_;
  Ints shrunk_, new_axes_;
};

void ImportStridedSlice(NodeContext& c) {
  c.Set(0, StridedSliceImport(c, c.in(0)).Run());
}

// Puts input 4 into `flat`, of which `shape` is the shape, where a StridedSlice would take it from: the slice
// of the numbers of all places says where.
void PutAtSlice(NodeContext& c, ValueId flat, ValueId shape) {
  Builder& b = c.build();
  const ValueId count = b.Reduce(ReduceKind::kProd, shape, {0}, false);
  const ValueId numbers = b.Add(Range{}, {b.Int64(0), count, b.Int64(1)});
  const ValueId places = StridedSliceImport(c, b.Add(Reshape{}, {numbers, shape})).Run();
  const ValueId values = b.Add(Expand{}, {c.in(4), b.ShapeTensor(places)});
  const ValueId put = b.Add(ScatterND{}, {flat, b.Reshape(places, {-1, 1}), b.Reshape(values, {-1})});
  c.Return(Reshape{}, {put, shape});
}

void ImportStridedSliceGrad(NodeContext& c) {
  Builder& b = c.build();
  const ValueId shape = b.ToInt64(c.in(0));
  const ValueId count = b.Reduce(ReduceKind::kProd, shape, {0}, true);
  PutAtSlice(c, b.Zeros(c.dtype(4), count), shape);
}

void ImportStridedSliceUpdate(NodeContext& c) {
  PutAtSlice(c, c.build().Reshape(c.in(0), {-1}), c.build().ShapeTensor(c.in(0)));
}

constexpr OpImporter kRows[] = {
    {"Slice", ImportSlice},
    {"StridedSlice", ImportStridedSlice},
    {"StridedSliceGrad", ImportStridedSliceGrad},
    {"TensorStridedSliceUpdate", ImportStridedSliceUpdate},
};

}  // namespace

std::span<const OpImporter> SliceImporters() {
  return kRows;
}

}  // namespace floe
