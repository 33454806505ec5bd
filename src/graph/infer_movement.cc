#include <algorithm>
#include <limits>
#include <numeric>

#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

// A product of numbers and named dimensions; `exact` is off when an unknown one is in it.
struct Product {
  int64_t number = 1;
  std::vector<std::string> symbols;
  bool exact = true;
};

void Multiply(const InferContext& ctx, Product& product, const Dim& dim) {
  if (dim.known()) {
    product.number = CheckedMul(ctx, product.number, dim.value());
  } else if (!dim.symbol().empty()) {
    product.symbols.push_back(dim.symbol());
  } else {
    product.exact = false;
  }
}

// Removes the symbols that both products have.
void Cancel(Product& a, Product& b) {
  std::erase_if(a.symbols, [&](const std::string& symbol) {
    const auto at = std::ranges::find(b.symbols, symbol);
    if (at == b.symbols.end()) return false;
    b.symbols.erase(at);
    return true;
  });
}

// What is left for the one dimension that the rest of the shape does not name. `stated`: it was given as -1.
Dim RestOf(const InferContext& ctx, Product have, Product named, bool stated) {
  Cancel(have, named);
  if (!have.exact || !named.exact || !named.symbols.empty() || named.number == 0) return {};
  const bool divides = have.number % named.number == 0;
  if (have.symbols.empty()) {
    if (divides) return have.number / named.number;
    if (stated) {
      ctx.Fail("{} elements of {} do not divide by {}", have.number, ctx.shape(0).ToString(), named.number);
    }
    return {};
  }
  if (have.symbols.size() == 1 && have.number == named.number) return Dim(have.symbols[0]);
  return {};
}

// A dimension of a reshaped tensor: its number or name, or a gap to be filled.
Shape ReshapedShape(const Reshape& op, const InferContext& ctx, const Elements& target) {
  const Shape& x = ctx.shape(0);
  std::vector<Dim> dims;
  size_t gaps = 0;
  size_t gap = 0;
  bool stated = false;
  Product named;
  for (size_t i = 0; i < target.size(); ++i) {
    Dim dim = target[i].ToDim();
    bool is_gap = !dim.known() && dim.symbol().empty();
    if (target[i].number && *target[i].number < 0) {
      if (*target[i].number != -1) ctx.Fail("a dimension of {} in the new shape", *target[i].number);
      if (stated) ctx.Fail("more than one -1 in the new shape");
      stated = true;
    }
    if (target[i].number == 0 && !op.allow_zero) {
      if (!x.has_rank()) {
        dim = Dim();
        is_gap = true;
      } else if (i >= x.rank()) {
        ctx.Fail("0 at place {} of the new shape stands for no dimension of {}", i, x.ToString());
      } else {
        dim = x[i];
        is_gap = !dim.known() && dim.symbol().empty();
      }
    }
    dims.push_back(dim);
    if (is_gap) {
      ++gaps;
      gap = i;
    } else {
      Multiply(ctx, named, dim);
    }
  }
  Product have;
  have.exact = x.has_rank();
  for (const Dim& d : x.dims()) Multiply(ctx, have, d);
  if (gaps == 1) {
    dims[gap] = RestOf(ctx, have, named, stated);
  } else if (gaps == 0 && have.exact && have.symbols.empty() && named.symbols.empty() &&
             have.number != named.number) {
    ctx.Fail("{} has {} elements, the new shape {} {}", x.ToString(), have.number, Shape(dims).ToString(),
             named.number);
  }
  return Shape(std::move(dims));
}

struct AxisSlice {
  bool known = false;  // start, end and step are numbers
  int64_t start = 0;
  int64_t end = 0;
  int64_t step = 1;
  std::string end_symbol;
};

// Places start, start + step, ... of a sliced dimension of `size`; returns how many.
int64_t ClampSlice(AxisSlice& s, int64_t size) {
  const bool forward = s.step > 0;
  const auto clamp = [&](int64_t at) {
    if (at < 0) at = at < -size ? -1 : at + size;
    return forward ? std::clamp<int64_t>(at, 0, size) : std::clamp<int64_t>(at, -1, size - 1);
  };
  // ONNX: what still lies before the front after adding the size is the front (or one before it).
  s.start = s.start < -size ? (forward ? 0 : -1) : clamp(s.start);
  s.end = s.end < -size ? (forward ? 0 : -1) : clamp(s.end);
  if (forward) return s.end <= s.start ? 0 : (s.end - s.start - 1) / s.step + 1;
  if (s.start <= s.end) return 0;
  const uint64_t step = 0 - static_cast<uint64_t>(s.step);
  return static_cast<int64_t>((static_cast<uint64_t>(s.start - s.end) - 1) / step) + 1;
}

Dim SliceDim(const Dim& dim, AxisSlice& s) {
  if (dim.known() && s.known) return ClampSlice(s, dim.value());
  const bool to_end = (s.known && s.end >= std::numeric_limits<int32_t>::max()) ||
                      (!s.end_symbol.empty() && s.end_symbol == dim.symbol());
  return s.start == 0 && s.step == 1 && to_end ? dim : Dim();
}

std::vector<size_t> SliceAxes(const InferContext& ctx, size_t count, size_t rank, bool* known) {
  std::vector<size_t> axes;
  *known = true;
  if (!ctx.has(3)) {
    if (count > rank) ctx.Fail("{} slices of a tensor of rank {}", count, rank);
    for (size_t i = 0; i < count; ++i) axes.push_back(i);
    return axes;
  }
  const auto given = ctx.ints(3);
  if (!given || given->size() != count) {
    if (given) ctx.Fail("{} starts, {} axes", count, given->size());
    *known = false;
    return axes;
  }
  AxisFlags(ctx, *given, rank);
  for (const int64_t axis : *given) axes.push_back(ctx.Axis(axis, rank));
  return axes;
}

// [count, 2] numbers of input i as pairs; nullopt when not constant.
std::optional<std::vector<int64_t>> Pairs(const InferContext& ctx, size_t i) {
  const Tensor* t = ctx.constant(i);
  if (t == nullptr || t->rank() != 2 || t->size() > kMaxElements) return std::nullopt;
  std::vector<int64_t> out;
  for (int64_t k = 0; k < t->size(); ++k) {
    if (t->dtype() == DType::kInt64) {
      out.push_back(t->data<int64_t>()[k]);
    } else if (t->dtype() == DType::kInt32) {
      out.push_back(t->data<int32_t>()[k]);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

struct Blocks {
  std::vector<int64_t> sizes;  // -1: unknown
  std::optional<std::vector<int64_t>> pairs;
};

std::optional<Blocks> BlocksOf(const InferContext& ctx) {
  const auto sizes = ElementsOf(ctx, 1);
  if (!sizes) return std::nullopt;
  Blocks blocks{{}, Pairs(ctx, 2)};
  for (const Element& e : *sizes) {
    if (e.number && *e.number < 1) ctx.Fail("a block of {}", *e.number);
    blocks.sizes.push_back(e.number.value_or(-1));
  }
  if (blocks.pairs && blocks.pairs->size() != 2 * blocks.sizes.size()) {
    ctx.Fail("{} blocks, {} pads or crops", blocks.sizes.size(), blocks.pairs->size() / 2);
  }
  if (ctx.shape(0).rank() < blocks.sizes.size() + 1) {
    ctx.Fail("expected at least {} dimensions, got {}", blocks.sizes.size() + 1, ctx.shape(0).ToString());
  }
  return blocks;
}

}  // namespace

void Infer(const Reshape& op, InferContext& ctx) {
  const auto target = ElementsOf(ctx, 1);
  if (!target) return ctx.Set(0, ctx.dtype(0), {});
  ctx.RequireRank(1, 1);
  ctx.Set(0, ctx.dtype(0), ReshapedShape(op, ctx, *target));
  if (target->size() <= 1) PassElements(ctx, 0);
}

void Infer(const Squeeze& op, InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  if (op.axes.empty() && !x.IsStatic()) {
    // Unknown dimensions may turn out to be 1.
    if (std::ranges::any_of(x.dims(), [](const Dim& d) { return !d.known(); })) {
      return ctx.Set(0, ctx.dtype(0), {});
    }
  }
  const std::vector<bool> dropped = AxisFlags(ctx, op.axes, x.rank(), true);
  std::vector<Dim> dims;
  for (size_t i = 0; i < x.rank(); ++i) {
    const bool one = x[i].known() && x[i].value() == 1;
    if (dropped[i] && x[i].known() && !one) ctx.Fail("dimension {} of {} is not 1", i, x.ToString());
    if (!(op.axes.empty() ? one : dropped[i])) dims.push_back(x[i]);
  }
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
  if (x.rank() == 1) PassElements(ctx, 0);
}

void Infer(const Unsqueeze& op, InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  const size_t rank = x.rank() + op.axes.size();
  if (rank > kMaxRank) ctx.Fail("too many axes: {}", op.axes.size());
  const std::vector<bool> added = AxisFlags(ctx, op.axes, rank);
  std::vector<Dim> dims;
  size_t next = 0;
  for (size_t i = 0; i < rank; ++i) dims.push_back(added[i] ? Dim(1) : x[next++]);
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
  if (rank == 1) PassElements(ctx, 0);
}

void Infer(const Transpose& op, InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) {
    return ctx.Set(0, ctx.dtype(0), op.perm.empty() ? Shape() : Shape::UnknownOfRank(op.perm.size()));
  }
  std::vector<Dim> dims;
  if (op.perm.empty()) {
    dims.assign(x.dims().rbegin(), x.dims().rend());
  } else {
    if (op.perm.size() != x.rank()) {
      ctx.Fail("a permutation of {} for input {}", op.perm.size(), x.ToString());
    }
    AxisFlags(ctx, op.perm, x.rank());
    for (const int64_t from : op.perm) dims.push_back(x[ctx.Axis(from, x.rank())]);
  }
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
  if (x.rank() <= 1) PassElements(ctx, 0);
}

void Infer(const Concat& op, InferContext& ctx) {
  DType dtype = ctx.dtype(0);
  Shape out;
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    if (!ctx.has(i)) ctx.Fail("input {} is missing", i);
    dtype = MergeDType(ctx, dtype == DType::kInvalid ? i : 0, i);
    if (!out.has_rank() && ctx.shape(i).has_rank()) out = Shape::UnknownOfRank(ctx.shape(i).rank());
  }
  if (!out.has_rank()) return ctx.Set(0, dtype, {});
  const size_t axis = ctx.Axis(op.axis, out.rank());
  Dim total = 0;
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    ctx.RequireRank(i, out.rank());
    const Shape x = ctx.shape(i).has_rank() ? ctx.shape(i) : Shape::UnknownOfRank(out.rank());
    for (size_t d = 0; d < out.rank(); ++d) {
      if (d != axis) out[d] = MergeDim(ctx, out[d], x[d], "dimensions beside the axis");
    }
    total = i == 0 ? x[axis] : AddDims(ctx, total, x[axis]);
  }
  out[axis] = total;
  ctx.Set(0, dtype, out);
  if (out.rank() != 1 || !total.known() || total.value() > kMaxElements) return;
  Elements all;
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    const auto part = ElementsOf(ctx, i);
    if (!part) return;
    all.insert(all.end(), part->begin(), part->end());
  }
  SetElementsOf(ctx, 0, all);
}

void Infer(const Split& op, InferContext& ctx) {
  const size_t parts = ctx.output_count();
  if (!op.sizes.empty() && op.sizes.size() != parts) {
    ctx.Fail("{} sizes for {} outputs", op.sizes.size(), parts);
  }
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) {
    for (size_t i = 0; i < parts; ++i) ctx.Set(i, ctx.dtype(0), {});
    return;
  }
  const size_t axis = ctx.Axis(op.axis, x.rank());
  if (!op.sizes.empty()) {
    int64_t total = 0;
    for (const int64_t s : op.sizes) {
      if (s < 0) ctx.Fail("a part of size {}", s);
      total = CheckedAdd(ctx, total, s);
    }
    MergeDim(ctx, x[axis], total, "the split dimension and the sum of sizes");
  } else if (x[axis].known() && x[axis].value() % static_cast<int64_t>(parts) != 0) {
    ctx.Fail("dimension {} of {} does not divide into {} parts", axis, x.ToString(), parts);
  }
  const auto elements = x.rank() == 1 ? ElementsOf(ctx, 0) : std::nullopt;
  size_t from = 0;
  for (size_t i = 0; i < parts; ++i) {
    Shape out = x;
    if (!op.sizes.empty()) {
      out[axis] = op.sizes[i];
    } else if (parts > 1) {
      out[axis] = x[axis].known() ? Dim(x[axis].value() / static_cast<int64_t>(parts)) : Dim();
    }
    const Dim size = out[axis];
    ctx.Set(i, ctx.dtype(0), std::move(out));
    if (!elements || !size.known()) continue;
    const size_t to = from + static_cast<size_t>(size.value());
    SetElementsOf(ctx, i,
                  Elements(elements->begin() + static_cast<ptrdiff_t>(from),
                           elements->begin() + static_cast<ptrdiff_t>(to)));
    from = to;
  }
}

void Infer(const Slice&, InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  const auto starts = ElementsOf(ctx, 1);
  const auto ends = ElementsOf(ctx, 2);
  const auto steps = ctx.has(4) ? ElementsOf(ctx, 4) : std::nullopt;
  if (!starts || !ends || starts->size() != ends->size() || (steps && steps->size() != starts->size())) {
    if (starts && ends) ctx.Fail("starts, ends and steps differ in number");
    return ctx.Set(0, ctx.dtype(0), Shape::UnknownOfRank(x.rank()));
  }
  bool axes_known = true;
  const std::vector<size_t> axes = SliceAxes(ctx, starts->size(), x.rank(), &axes_known);
  if (!axes_known) return ctx.Set(0, ctx.dtype(0), Shape::UnknownOfRank(x.rank()));
  Shape out = x;
  AxisSlice last;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Element step = !ctx.has(4) ? Element{1, ""} : steps ? (*steps)[i] : Element{};
    if (step.number == 0) ctx.Fail("a step of 0");
    const bool known = (*starts)[i].number && (*ends)[i].number && step.number;
    last = {known, (*starts)[i].number.value_or(-1), (*ends)[i].number.value_or(0), step.number.value_or(0),
            (*ends)[i].symbol};
    out[axes[i]] = SliceDim(x[axes[i]], last);
  }
  ctx.Set(0, ctx.dtype(0), out);
  const auto elements = x.rank() == 1 && axes.size() <= 1 ? ElementsOf(ctx, 0) : std::nullopt;
  if (!elements || !out[0].known()) return;
  if (axes.empty()) return SetElementsOf(ctx, 0, *elements);
  if (!last.known) return;
  Elements picked;
  for (int64_t i = 0; i < out[0].value(); ++i) {
    picked.push_back((*elements)[static_cast<size_t>(last.start + i * last.step)]);
  }
  SetElementsOf(ctx, 0, picked);
}

void Infer(const Pad&, InferContext& ctx) {
  const auto pads = ElementsOf(ctx, 1);
  Shape out = ctx.shape(0);
  if (pads && pads->size() % 2 != 0) ctx.Fail("expected begins and ends, got {} pads", pads->size());
  if (!out.has_rank()) {
    return ctx.Set(0, ctx.dtype(0), pads ? Shape::UnknownOfRank(pads->size() / 2) : Shape());
  }
  if (pads && pads->size() != 2 * out.rank()) {
    ctx.Fail("{} pads for input {}", pads->size(), out.ToString());
  }
  for (size_t i = 0; i < out.rank(); ++i) {
    if (!pads || !(*pads)[i].number || !(*pads)[i + out.rank()].number) {
      out[i] = Dim();
    } else {
      out[i] = AddDim(ctx, out[i], CheckedAdd(ctx, *(*pads)[i].number, *(*pads)[i + out.rank()].number));
    }
  }
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

void Infer(const Expand&, InferContext& ctx) {
  const auto target = ElementsOf(ctx, 1);
  if (!target) return ctx.Set(0, ctx.dtype(0), {});
  std::vector<Dim> dims;
  for (const Element& e : *target) {
    if (e.number && *e.number < 0) ctx.Fail("a dimension of {}", *e.number);
    dims.push_back(e.ToDim());
  }
  const auto both = BroadcastShape(ctx.shape(0), Shape(dims));
  if (!both) {
    ctx.Fail("{} does not broadcast to {}", ctx.shape(0).ToString(), Shape(dims).ToString());
  }
  ctx.Set(0, ctx.dtype(0), *both);
  const auto elements = ElementsOf(ctx, 0);
  const auto count = both->ElementCount();
  if (!elements || both->rank() > 1 || !count || *count > kMaxElements) return;
  if (elements->size() == static_cast<size_t>(*count)) return SetElementsOf(ctx, 0, *elements);
  if (elements->size() == 1) SetElementsOf(ctx, 0, Elements(static_cast<size_t>(*count), elements->front()));
}

void Infer(const Tile&, InferContext& ctx) {
  const auto repeats = ElementsOf(ctx, 1);
  Shape out = ctx.shape(0);
  if (!out.has_rank()) {
    return ctx.Set(0, ctx.dtype(0), repeats ? Shape::UnknownOfRank(repeats->size()) : Shape());
  }
  if (repeats && repeats->size() != out.rank()) {
    ctx.Fail("{} repeats for input {}", repeats->size(), out.ToString());
  }
  for (size_t i = 0; i < out.rank(); ++i) {
    const Element repeat = repeats ? (*repeats)[i] : Element{};
    if (repeat.number && *repeat.number < 0) ctx.Fail("{} repeats", *repeat.number);
    out[i] = MulDims(ctx, out[i], repeat.ToDim());
  }
  ctx.Set(0, ctx.dtype(0), out);
  const auto elements = out.rank() == 1 ? ElementsOf(ctx, 0) : std::nullopt;
  if (!elements || elements->empty() || !out[0].known() || out[0].value() > kMaxElements) return;
  Elements all;
  for (size_t i = 0; i < static_cast<size_t>(out[0].value()); ++i) {
    all.push_back((*elements)[i % elements->size()]);
  }
  SetElementsOf(ctx, 0, all);
}

void Infer(const Reverse& op, InferContext& ctx) {
  if (ctx.shape(0).has_rank()) AxisFlags(ctx, op.axes, ctx.shape(0).rank());
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
  auto elements = ElementsOf(ctx, 0);
  if (!elements || ctx.shape(0).rank() != 1) return;
  if (!op.axes.empty()) std::ranges::reverse(*elements);
  SetElementsOf(ctx, 0, *elements);
}

void Infer(const ReverseSequence& op, InferContext& ctx) {
  Shape out = ctx.shape(0);
  ctx.RequireRank(1, 1);
  if (out.has_rank()) {
    const size_t batch = ctx.Axis(op.batch_axis, out.rank());
    if (batch == ctx.Axis(op.time_axis, out.rank())) ctx.Fail("batch and time are one axis");
    if (ctx.shape(1).has_rank()) out[batch] = MergeDim(ctx, out[batch], ctx.shape(1)[0], "batch and lengths");
  }
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

void Infer(const Roll& op, InferContext& ctx) {
  if (op.shifts.size() != op.axes.size()) ctx.Fail("{} shifts, {} axes", op.shifts.size(), op.axes.size());
  if (ctx.shape(0).has_rank()) AxisFlags(ctx, op.axes, ctx.shape(0).rank(), true);
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const SpaceToBatch&, InferContext& ctx) {
  Shape out = ctx.shape(0);
  if (!out.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  const auto blocks = BlocksOf(ctx);
  if (!blocks) return ctx.Set(0, ctx.dtype(0), Shape::UnknownOfRank(out.rank()));
  for (size_t i = 0; i < blocks->sizes.size(); ++i) {
    const int64_t block = blocks->sizes[i];
    out[0] = block < 0 ? Dim() : MulDim(ctx, out[0], block);
    Dim& dim = out[i + 1];
    if (!blocks->pairs || block < 0) {
      dim = Dim();
      continue;
    }
    const int64_t begin = (*blocks->pairs)[2 * i];
    const int64_t end = (*blocks->pairs)[2 * i + 1];
    if (begin < 0 || end < 0) ctx.Fail("negative pads");
    dim = AddDim(ctx, dim, CheckedAdd(ctx, begin, end));
    if (block == 1 || !dim.known()) {
      if (block != 1) dim = Dim();
      continue;
    }
    if (dim.value() % block != 0) ctx.Fail("padded size {} does not divide by block {}", dim.value(), block);
    dim = dim.value() / block;
  }
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

void Infer(const BatchToSpace&, InferContext& ctx) {
  Shape out = ctx.shape(0);
  if (!out.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  const auto blocks = BlocksOf(ctx);
  if (!blocks) return ctx.Set(0, ctx.dtype(0), Shape::UnknownOfRank(out.rank()));
  for (size_t i = 0; i < blocks->sizes.size(); ++i) {
    const int64_t block = blocks->sizes[i];
    if (block < 0) {
      out[0] = out[i + 1] = Dim();
      continue;
    }
    if (out[0].known() && out[0].value() % block != 0) {
      ctx.Fail("batch {} does not divide by block {}", out[0].value(), block);
    }
    if (block != 1) out[0] = out[0].known() ? Dim(out[0].value() / block) : Dim();
    if (!blocks->pairs) {
      out[i + 1] = Dim();
      continue;
    }
    const int64_t begin = (*blocks->pairs)[2 * i];
    const int64_t end = (*blocks->pairs)[2 * i + 1];
    if (begin < 0 || end < 0) ctx.Fail("negative crops");
    out[i + 1] = AddDim(ctx, MulDim(ctx, out[i + 1], block), -CheckedAdd(ctx, begin, end));
  }
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

}  // namespace floe
