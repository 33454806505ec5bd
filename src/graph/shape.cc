#include "graph/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace floe {

std::string Dim::ToString() const {
  if (known()) return std::to_string(value_);
  return symbol_.empty() ? "?" : symbol_;
}

bool Shape::IsStatic() const {
  return has_rank_ && std::ranges::all_of(dims_, [](const Dim& d) { return d.known(); });
}

std::vector<int64_t> Shape::Static() const {
  CHECK(IsStatic(), ToString());
  return Numbers();
}

std::vector<int64_t> Shape::Numbers() const {
  std::vector<int64_t> out;
  for (const Dim& d : dims_) out.push_back(d.value());
  return out;
}

std::optional<int64_t> Shape::ElementCount() const {
  if (!IsStatic()) return std::nullopt;
  return floe::ElementCount(Static());
}

std::string Shape::ToString() const {
  if (!has_rank_) return "[...]";
  std::vector<std::string> parts;
  for (const Dim& d : dims_) parts.push_back(d.ToString());
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::optional<Shape> MergeShapes(const Shape& a, const Shape& b) {
  if (!a.has_rank()) return b;
  if (!b.has_rank()) return a;
  if (a.rank() != b.rank()) return std::nullopt;
  std::vector<Dim> dims = a.dims();
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i].known() && b[i].known() && dims[i].value() != b[i].value()) return std::nullopt;
    if (b[i].known() || (!dims[i].known() && dims[i].symbol().empty())) dims[i] = b[i];
  }
  return Shape(std::move(dims));
}

size_t TensorType::StaticBytes() const {
  CHECK(IsStatic(), ToString());
  size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<size_t>(*shape.ElementCount()), DTypeSize(dtype), &bytes)) {
    Throw(ErrorCode::kModel, "a tensor of type {} is too large", ToString());
  }
  return bytes;
}

std::string TensorType::ToString() const {
  return std::string(DTypeName(dtype)) + shape.ToString();
}

}  // namespace floe
