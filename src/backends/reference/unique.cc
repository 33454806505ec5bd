// Distinct values and tables of them.
#include <cmath>
#include <string>
#include <unordered_map>

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
  std::unordered_map<std::string, int64_t> seen;
  std::vector<int64_t> first;   // place of each distinct value
  std::vector<int64_t> which;   // for each element
  std::vector<int64_t> counts;  // for each distinct value
  for (int64_t i = 0; i < x.size(); ++i) {
    const std::optional<std::string> key = ElementKey(x, i);
    const int64_t next = static_cast<int64_t>(first.size());
    const int64_t id = key ? seen.emplace(*key, next).first->second : next;
    if (id == next) {
      first.push_back(i);
      counts.push_back(0);
    }
    which.push_back(id);
    ++counts[static_cast<size_t>(id)];
  }
  GiveElements(call, first);
  GivePlaces(call, 1, op.index_type, which);
  if (call.wants(2)) GivePlaces(call, 2, op.index_type, counts);
}

void Run(const ListDiff& op, OpCall& call) {
  call.RequireRank(0, 1);
  call.RequireRank(1, 1);
  call.RequireSameType(1, 0);
  RequireIndexType(call, op.index_type);
  std::unordered_map<std::string, bool> dropped;
  for (int64_t i = 0; i < call.in(1).size(); ++i) {
    if (const std::optional<std::string> key = ElementKey(call.in(1), i)) dropped[*key] = true;
  }
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < call.in(0).size(); ++i) {
    const std::optional<std::string> key = ElementKey(call.in(0), i);
    if (!key || !dropped.contains(*key)) kept.push_back(i);
  }
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
  std::unordered_map<std::string, int64_t> table;
  for (int64_t i = 0; i < keys.size(); ++i) {
    if (const std::optional<std::string> key = ElementKey(keys, i)) table[*key] = i;
  }
  Tensor& y = call.Out(0, values.dtype(), x.dims());
  for (int64_t i = 0; i < x.size(); ++i) {
    const std::optional<std::string> key = ElementKey(x, i);
    const auto found = key ? table.find(*key) : table.end();
    if (found == table.end()) {
      CopyRun(&y, i, call.in(3), 0, 1);
    } else {
      CopyRun(&y, i, values, found->second, 1);
    }
  }
}

}  // namespace floe::reference
