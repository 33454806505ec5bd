#include "graph/index_depth.h"

namespace floe {

std::optional<int64_t> IndexDepth(const Shape& indices) {
  if (!indices.has_rank() || indices.rank() == 0 || !indices[indices.rank() - 1].known()) return std::nullopt;
  return indices[indices.rank() - 1].value();
}

std::optional<int64_t> IndexDepth(const Shape& data, const Shape& indices, const Shape& updates) {
  if (const auto known = IndexDepth(indices)) return known;
  if (!data.has_rank() || !indices.has_rank() || !updates.has_rank()) return std::nullopt;
  const auto rank = [](const Shape& shape) { return static_cast<int64_t>(shape.rank()); };
  const int64_t depth = rank(data) - (rank(updates) - (rank(indices) - 1));
  return depth >= 0 && depth <= rank(data) ? std::optional(depth) : std::nullopt;
}

}  // namespace floe
