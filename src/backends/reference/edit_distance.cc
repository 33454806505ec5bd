#include <algorithm>
#include <limits>
#include <map>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// The values of each sequence, as places in the tensor of values, by the indices before the last.
using Sequences = std::map<Dims, std::vector<int64_t>>;

Sequences Group(const OpCall& call, size_t side) {
  const Tensor& indices = call.in(side);
  call.RequireRank(side, 2);
  call.RequireRank(side + 1, 1);
  const int64_t count = indices.dims()[0], rank = indices.dims()[1];
  if (call.in(side + 1).size() != count || rank < 2) call.Fail("indices do not fit their values");
  const std::vector<int64_t> places = LoadAll<int64_t>(indices);
  Sequences groups;
  for (int64_t i = 0; i < count; ++i) {
    const auto begin = places.begin() + i * rank;
    groups[Dims(begin, begin + rank - 1)].push_back(i);
  }
  return groups;
}

// Levenshtein's, one row of the table at a time.
template <typename Same>
int64_t Distance(size_t a, size_t b, Same same) {
  std::vector<int64_t> row(b + 1);
  for (size_t k = 0; k <= b; ++k) row[k] = static_cast<int64_t>(k);
  for (size_t i = 1; i <= a; ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i);
    for (size_t k = 1; k <= b; ++k) {
      const int64_t above = row[k];
      row[k] = std::min({above + 1, row[k - 1] + 1, diagonal + (same(i - 1, k - 1) ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b];
}

bool SameValue(const Tensor& a, int64_t i, const Tensor& b, int64_t k) {
  if (a.dtype() == DType::kString) return a.data<std::string>()[i] == b.data<std::string>()[k];
  bool same = false;
  VisitComputingType(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    same = LoadOne<T>(a, i) == LoadOne<T>(b, k);
  });
  return same;
}

}  // namespace

void Run(const EditDistance& op, OpCall& call) {
  call.RequireSameType(1, 4);
  const Dims a_shape = call.Ints(2), b_shape = call.Ints(5);
  if (a_shape.size() != b_shape.size() || a_shape.size() < 2)
    call.Fail("expected shapes of one rank above 1");
  Dims dims;
  for (size_t i = 0; i + 1 < a_shape.size(); ++i)
    dims.push_back(call.Size(std::max(a_shape[i], b_shape[i]), "dimension"));
  const Sequences hypotheses = Group(call, 0), truths = Group(call, 3);
  Tensor& y = call.Out(0, DType::kFloat32, dims);
  SetZero(&y);
  const Dims strides = RowMajorStrides(dims);
  std::map<Dims, bool> places;
  for (const Sequences* side : {&hypotheses, &truths})
    for (const auto& [place, values] : *side) places[place] = true;
  const std::vector<int64_t> none;
  for (const auto& [place, unused] : places) {
    int64_t at = 0;
    for (size_t d = 0; d < dims.size(); ++d) {
      if (place.size() != dims.size() || place[d] < 0 || place[d] >= dims[d])
        call.FailValue("an index is outside the shape {}", DimsToString(dims));
      at += place[d] * strides[d];
    }
    const auto a = hypotheses.find(place), b = truths.find(place);
    const std::vector<int64_t>& left = a == hypotheses.end() ? none : a->second;
    const std::vector<int64_t>& right = b == truths.end() ? none : b->second;
    const int64_t distance = Distance(left.size(), right.size(), [&](size_t i, size_t k) {
      return SameValue(call.in(1), left[i], call.in(4), right[k]);
    });
    float& out = y.data<float>()[at];
    out = static_cast<float>(distance);
    if (op.normalize)
      out = right.empty() ? std::numeric_limits<float>::infinity() : out / static_cast<float>(right.size());
  }
}

}  // namespace floe::reference
