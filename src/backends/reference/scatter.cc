#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

template <typename T>
bool CombineOne(ScatterReduction how, T update, T* value) {
  switch (how) {
    case ScatterReduction::kNone:
      return *value = update, true;
    case ScatterReduction::kAdd:
      return *value = WrapAdd(*value, update), true;
    case ScatterReduction::kSub:
      return *value = WrapSub(*value, update), true;
    case ScatterReduction::kMul:
      return *value = WrapMul(*value, update), true;
    default:
      break;
  }
  if constexpr (!std::is_same_v<T, Complex>) {
    *value = how == ScatterReduction::kMin ? std::min(*value, update) : std::max(*value, update);
    return true;
  }
  return false;
}

// `places[i]` is where run i of `inner` elements of updates goes in the output, a copy of input 0. Combines
// step by step in the tensor's own type, as TensorFlow does.
void ScatterRuns(OpCall& call, ScatterReduction how, const std::vector<int64_t>& places, int64_t inner) {
  const Tensor& updates = call.in(2);
  Tensor& y = call.Out(0, call.in(0).dtype(), call.in(0).dims());
  CopyRun(&y, 0, call.in(0), 0, y.size());
  if (how == ScatterReduction::kNone) {
    for (size_t i = 0; i < places.size(); ++i) {
      CopyRun(&y, places[i], updates, static_cast<int64_t>(i) * inner, inner);
    }
    return;
  }
  const bool numeric = VisitComputingType(y.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    std::vector<T> values(static_cast<size_t>(inner));
    std::vector<T> terms(static_cast<size_t>(inner));
    for (size_t i = 0; i < places.size(); ++i) {
      Load(y, places[i], inner, values.data());
      Load(updates, static_cast<int64_t>(i) * inner, inner, terms.data());
      for (size_t k = 0; k < values.size(); ++k) {
        if (!CombineOne(how, terms[k], &values[k])) call.FailType(0);
      }
      Store(&y, places[i], inner, values.data());
    }
  });
  if (!numeric) call.FailType(0);
}

int64_t CheckedIndex(const OpCall& call, int64_t index, int64_t length) {
  if (index < -length || index >= length) call.FailValue("index {} is not in [0, {})", index, length);
  return index < 0 ? index + length : index;
}

}  // namespace

void Run(const ScatterND& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor& indices = call.in(1);
  call.RequireSameType(2, 0);
  if (!IsInteger(indices.dtype())) call.FailType(1);
  if (indices.rank() == 0 || indices.dims().back() > static_cast<int64_t>(x.rank())) {
    call.Fail("indices of shape {} for a tensor of shape {}", DimsToString(indices.dims()),
              DimsToString(x.dims()));
  }
  const size_t k = static_cast<size_t>(indices.dims().back());
  Dims expected(indices.dims().begin(), indices.dims().end() - 1);
  const int64_t count = Product(expected, 0, expected.size());
  expected.insert(expected.end(), x.dims().begin() + static_cast<int64_t>(k), x.dims().end());
  call.RequireDims(2, expected);
  const int64_t inner = Product(x.dims(), k, x.rank());
  const std::vector<int64_t> index = LoadAll<int64_t>(indices);
  std::vector<int64_t> places(static_cast<size_t>(count));
  for (size_t i = 0; i < places.size(); ++i) {
    int64_t place = 0;
    for (size_t d = 0; d < k; ++d) {
      place = place * x.dims()[d] + CheckedIndex(call, index[i * k + d], x.dims()[d]);
    }
    places[i] = place * inner;
  }
  ScatterRuns(call, op.reduction, places, inner);
}

void Run(const ScatterElements& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor& indices = call.in(1);
  call.RequireSameType(2, 0);
  call.RequireRank(1, x.rank());
  call.RequireDims(2, indices.dims());
  if (!IsInteger(indices.dtype())) call.FailType(1);
  const size_t axis = call.Axis(op.axis, x.rank());
  const std::vector<int64_t> index = LoadAll<int64_t>(indices);
  const Dims strides = RowMajorStrides(x.dims());
  std::vector<int64_t> places;
  Odometer at(indices.dims());
  while (places.size() < index.size()) {
    int64_t place = 0;
    for (size_t i = 0; i < x.rank(); ++i) {
      const int64_t p = i == axis ? CheckedIndex(call, index[places.size()], x.dims()[i]) : at.index[i];
      if (p >= x.dims()[i]) {
        call.Fail("indices {} reach beyond {}", DimsToString(indices.dims()), DimsToString(x.dims()));
      }
      place += strides[i] * p;
    }
    places.push_back(place);
    at.Next();
  }
  ScatterRuns(call, op.reduction, places, 1);
}

}  // namespace floe::reference
