// Distinct values and tables of them.
#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "backends/reference/element_key.h"
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

std::optional<std::string> ElementKey(const Tensor& x, int64_t i) {
  if (x.dtype() == DType::kString) return x.data<std::string>()[i];
  if (IsFloat(x.dtype()) || IsComplex(x.dtype())) {
    Complex v = LoadOne<Complex>(x, i);
    if (v != v) return std::nullopt;
    v += Complex(0, 0);  // -0 becomes 0
    return std::string(reinterpret_cast<const char*>(&v), sizeof(v));
  }
  const uint64_t v = LoadOne<uint64_t>(x, i);
  return std::string(reinterpret_cast<const char*>(&v), sizeof(v));
}

namespace {

template <typename Key>
using Keys = std::vector<std::optional<Key>>;

// Calls f(keys...) with the keys of all elements of each tensor, which are of one type: whole numbers for
// real numbers, else strings as ElementKey gives them.
template <typename F, typename... Tensors>
void VisitKeys(F f, const Tensor& first, const Tensors&... more) {
  if (first.dtype() == DType::kString || IsComplex(first.dtype())) {
    const auto keys = [](const Tensor& x) {
      Keys<std::string> all;
      for (int64_t i = 0; i < x.size(); ++i) all.push_back(ElementKey(x, i));
      return all;
    };
    return f(keys(first), keys(more)...);
  }
  const auto keys = [](const Tensor& x) {
    Keys<uint64_t> all(static_cast<size_t>(x.size()));
    if (IsFloat(x.dtype())) {
      const std::vector<double> values = LoadAll<double>(x);
      for (size_t i = 0; i < all.size(); ++i) {
        if (!std::isnan(values[i])) all[i] = std::bit_cast<uint64_t>(values[i] + 0.0);  // -0 becomes 0
      }
    } else {
      const std::vector<uint64_t> values = LoadAll<uint64_t>(x);
      std::copy(values.begin(), values.end(), all.begin());
    }
    return all;
  };
  f(keys(first), keys(more)...);
}

void RequireIndexType(const OpCall& call, DType dtype) {
  if (!IsInteger(dtype)) call.Fail("cannot give indices as {}", DTypeName(dtype));
}

Tensor& GivePlaces(OpCall& call, size_t output, DType dtype, const std::vector<int64_t>& places) {
  Tensor& y = call.Out(output, dtype, {static_cast<int64_t>(places.size())});
  StoreAll(&y, places);
  return y;
}

void GiveElements(OpCall& call, const std::vector<int64_t>& places) {
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, x.dtype(), {static_cast<int64_t>(places.size())});
  for (size_t i = 0; i < places.size(); ++i) CopyRun(&y, static_cast<int64_t>(i), x, places[i], 1);
}

}  // namespace

void Run(const Unique& op, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireRank(0, 1);
  RequireIndexType(call, op.index_type);
  std::vector<int64_t> first;   // place of each distinct value
  std::vector<int64_t> which;   // for each element
  std::vector<int64_t> counts;  // for each distinct value
  VisitKeys(
      [&]<typename Key>(const Keys<Key>& keys) {
        std::unordered_map<Key, int64_t> seen;
        for (size_t i = 0; i < keys.size(); ++i) {
          const int64_t next = static_cast<int64_t>(first.size());
          const int64_t id = keys[i] ? seen.emplace(*keys[i], next).first->second : next;
          if (id == next) {
            first.push_back(static_cast<int64_t>(i));
            counts.push_back(0);
          }
          which.push_back(id);
          ++counts[static_cast<size_t>(id)];
        }
      },
      x);
  GiveElements(call, first);
  GivePlaces(call, 1, op.index_type, which);
  if (call.wants(2)) GivePlaces(call, 2, op.index_type, counts);
}

void Run(const ListDiff& op, OpCall& call) {
  call.RequireRank(0, 1);
  call.RequireRank(1, 1);
  call.RequireSameType(1, 0);
  RequireIndexType(call, op.index_type);
  std::vector<int64_t> kept;
  VisitKeys(
      [&]<typename Key>(const Keys<Key>& keys, const Keys<Key>& others) {
        std::unordered_set<Key> dropped;
        for (const std::optional<Key>& key : others) {
          if (key) dropped.insert(*key);
        }
        for (size_t i = 0; i < keys.size(); ++i) {
          if (!keys[i] || !dropped.contains(*keys[i])) kept.push_back(static_cast<int64_t>(i));
        }
      },
      call.in(0), call.in(1));
  GiveElements(call, kept);
  GivePlaces(call, 1, op.index_type, kept);
}

void Run(const LookupTable&, OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor& keys = call.in(1);
  const Tensor& values = call.in(2);
  call.RequireSameType(1, 0);
  call.RequireSameType(3, 2);
  call.RequireRank(1, 1);
  call.RequireDims(2, keys.dims());
  if (call.in(3).size() != 1) call.Fail("the default must have one element");
  Tensor& y = call.Out(0, values.dtype(), x.dims());
  VisitKeys(
      [&]<typename Key>(const Keys<Key>& wanted, const Keys<Key>& known) {
        std::unordered_map<Key, int64_t> table;
        for (size_t i = 0; i < known.size(); ++i) {
          if (known[i]) table[*known[i]] = static_cast<int64_t>(i);
        }
        for (size_t i = 0; i < wanted.size(); ++i) {
          const auto found = wanted[i] ? table.find(*wanted[i]) : table.end();
          const bool given = found != table.end();
          CopyRun(&y, static_cast<int64_t>(i), given ? values : call.in(3), given ? found->second : 0, 1);
        }
      },
      x, keys);
}

}  // namespace floe::reference
