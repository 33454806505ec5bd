// Ops that make or describe tensors: shapes, ranges, one-hot rows, places.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

void GiveInts(OpCall& call, DType dtype, const Dims& dims, const std::vector<int64_t>& values) {
  if (!IsInteger(dtype)) call.Fail("cannot give integers as {}", DTypeName(dtype));
  StoreAll(&call.Out(0, dtype, dims), values);
}

// 1 for each element that is not zero, nor the empty string.
std::vector<uint8_t> NonZeroMask(const Tensor& x) {
  std::vector<uint8_t> mask(static_cast<size_t>(x.size()));
  const auto mark = [&](const auto* values, const auto& zero) {
    for (size_t i = 0; i < mask.size(); ++i) mask[i] = values[i] != zero ? 1 : 0;
  };
  if (x.dtype() == DType::kString) {
    mark(x.data<std::string>(), std::string());
  } else if (x.dtype() == DType::kBool) {
    mark(static_cast<const uint8_t*>(x.raw()), uint8_t{0});
  } else {
    VisitComputingType(x.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      mark(LoadAll<T>(x).data(), T(0));
    });
  }
  return mask;
}

// How many numbers there are from start to limit; exact for integers of any size.
int64_t IntegerRangeSize(const OpCall& call, int64_t start, int64_t limit, int64_t delta) {
  if (delta == 0) call.FailValue("a delta of 0");
  if (delta > 0 ? start >= limit : start <= limit) return 0;
  const uint64_t way = delta > 0 ? WrapSub<uint64_t>(limit, start) : WrapSub<uint64_t>(start, limit);
  const uint64_t step = delta > 0 ? static_cast<uint64_t>(delta) : WrapSub<uint64_t>(0, delta);
  return call.Size(static_cast<int64_t>(std::min<uint64_t>((way - 1) / step + 1, INT64_MAX)),
                   "range of size");
}

}  // namespace

void Run(const OneHot& op, OpCall& call) {
  const Tensor& indices = call.in(0);
  if (!IsInteger(indices.dtype())) call.FailType(0);
  const int64_t depth = call.Int(1);
  if (depth < 0) call.FailValue("a depth of {}", depth);
  call.Size(depth, "depth");
  const Tensor& values = call.in(2);
  call.RequireDims(2, {2});
  const size_t axis = call.Axis(op.axis, indices.rank() + 1);
  Dims dims = indices.dims();
  dims.insert(dims.begin() + static_cast<int64_t>(axis), depth);
  Tensor& y = call.Out(0, values.dtype(), dims);
  FillRun(&y, 0, y.size(), values, 0);
  const std::vector<int64_t> places = LoadAll<int64_t>(indices);
  const int64_t inner = Product(dims, axis + 1, dims.size());
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] < 0 || places[i] >= depth) continue;
    const int64_t outer = static_cast<int64_t>(i) / inner;
    CopyRun(&y, (outer * depth + places[i]) * inner + static_cast<int64_t>(i) % inner, values, 1, 1);
  }
}

void Run(const ShapeOf& op, OpCall& call) {
  const Dims& dims = call.in(0).dims();
  GiveInts(call, op.to, {static_cast<int64_t>(dims.size())}, dims);
}

void Run(const SizeOf& op, OpCall& call) {
  GiveInts(call, op.to, {}, {call.in(0).size()});
}

void Run(const Range&, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  call.RequireSameType(1, 0);
  call.RequireSameType(2, 0);
  if (IsInteger(dtype)) {
    const int64_t start = call.Int(0);
    const int64_t delta = call.Int(2);
    std::vector<int64_t> values(static_cast<size_t>(IntegerRangeSize(call, start, call.Int(1), delta)));
    for (size_t i = 0; i < values.size(); ++i) values[i] = WrapAdd(start, WrapMul<int64_t>(delta, i));
    return GiveInts(call, dtype, {static_cast<int64_t>(values.size())}, values);
  }
  const double start = call.Number(0);
  const double limit = call.Number(1);
  const double delta = call.Number(2);
  if (delta == 0 || std::isnan(delta)) call.FailValue("a delta of {}", delta);
  const double count = std::max(std::ceil((limit - start) / delta), 0.0);
  if (!(count < 0x1p40)) call.FailValue("a range of {} elements", count);
  std::vector<double> values(static_cast<size_t>(count));
  // TensorFlow adds up delta in the range's own type.
  double value = start;
  for (double& v : values) {
    v = value;
    value = RoundTo(dtype, value + delta);
  }
  StoreAll(&call.Out(0, dtype, {static_cast<int64_t>(values.size())}), values);
}

void Run(const LinSpace&, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  call.RequireSameType(1, 0);
  if (!IsFloat(dtype)) call.FailType(0);
  const int64_t count = call.Size(call.Int(2), "count");
  if (count < 1) call.FailValue("a count of {}", count);
  const double start = call.Number(0);
  const double stop = call.Number(1);
  Tensor& y = call.Out(0, dtype, {count});
  std::vector<double> values(static_cast<size_t>(count), start);
  const double step = count > 1 ? (stop - start) / static_cast<double>(count - 1) : 0;
  for (int64_t i = 0; i < count; ++i) values[static_cast<size_t>(i)] = start + step * static_cast<double>(i);
  if (count > 1) values.back() = stop;
  StoreAll(&y, values);
}

void Run(const NonZero&, OpCall& call) {
  const Tensor& x = call.in(0);
  const std::vector<uint8_t> mask = NonZeroMask(x);
  const int64_t found = std::accumulate(mask.begin(), mask.end(), int64_t{0});
  Tensor& y = call.Out(0, DType::kInt64, {found, static_cast<int64_t>(x.rank())});
  if (found == 0) return;
  // A scalar is a row of one, of which no place is written.
  const int64_t length = x.rank() == 0 ? 1 : x.dims().back();
  const size_t outer = x.rank() == 0 ? 0 : x.rank() - 1;
  Odometer at(Dims(x.dims().begin(), x.dims().begin() + static_cast<int64_t>(outer)));
  int64_t* to = y.data<int64_t>();
  for (const uint8_t* row = mask.data(); row != mask.data() + mask.size(); row += length, at.Next()) {
    for (int64_t i = 0; i < length; ++i) {
      if (row[i] == 0) continue;
      to = std::copy(at.index.begin(), at.index.end(), to);
      if (x.rank() > 0) *to++ = i;
    }
  }
}

void Run(const InvertPermutation&, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireRank(0, 1);
  const std::vector<int64_t> perm = call.Ints(0);
  std::vector<int64_t> inverse(perm.size(), -1);
  for (size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] < 0 || perm[i] >= x.size()) call.FailValue("{} is not in [0, {})", perm[i], x.size());
    int64_t& place = inverse[static_cast<size_t>(perm[i])];
    if (place >= 0) call.FailValue("{} occurs twice", perm[i]);
    place = static_cast<int64_t>(i);
  }
  GiveInts(call, x.dtype(), x.dims(), inverse);
}

void Run(const BroadcastShapes&, OpCall& call) {
  const Dims shapes[] = {call.Ints(0), call.Ints(1)};
  const Dims dims = BroadcastDims(call, shapes);
  GiveInts(call, call.in(0).dtype(), {static_cast<int64_t>(dims.size())}, dims);
}

void Run(const UnravelIndex&, OpCall& call) {
  const Tensor& flat = call.in(0);
  if (!IsInteger(flat.dtype())) call.FailType(0);
  const Dims dims = call.Ints(1);
  int64_t total = 1;
  for (const int64_t d : dims) {
    if (d < 0 || __builtin_mul_overflow(total, d, &total)) call.FailValue("dims {}", DimsToString(dims));
  }
  const std::vector<int64_t> places = LoadAll<int64_t>(flat);
  std::vector<int64_t> values(dims.size() * places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] < 0 || places[i] >= total) {
      call.FailValue("index {} is outside dims {}", places[i], DimsToString(dims));
    }
    int64_t rest = places[i];
    for (size_t d = dims.size(); d-- > 0;) {
      values[d * places.size() + i] = rest % dims[d];
      rest /= dims[d];
    }
  }
  Dims out = flat.dims();
  out.insert(out.begin(), static_cast<int64_t>(dims.size()));
  GiveInts(call, flat.dtype(), out, values);
}

}  // namespace floe::reference
