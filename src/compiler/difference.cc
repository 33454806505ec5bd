#include "compiler/difference.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace floe {
namespace {

// Halves are converted by way of `Wide`.
template <typename T, typename Wide = T>
Difference Compare(const Tensor& a, const Tensor& b) {
  Difference d;
  double low = INFINITY;
  double high = -INFINITY;
  for (int64_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(static_cast<Wide>(a.data<T>()[i]));
    const auto y = static_cast<double>(static_cast<Wide>(b.data<T>()[i]));
    if (std::isfinite(y)) {
      low = std::min(low, y);
      high = std::max(high, y);
    }
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    d.largest = std::isfinite(x) && std::isfinite(y) ? std::max(d.largest, std::abs(x - y)) : INFINITY;
  }
  d.range = high >= low ? std::max(high - low, std::max(std::abs(high), std::abs(low)) * 1e-2) : 0;
  return d;
}

}  // namespace

Difference CompareFloats(const Tensor& have, const Tensor& want) {
  CHECK(have.dtype() == want.dtype() && have.dims() == want.dims());
  switch (want.dtype()) {
    case DType::kFloat16:
      return Compare<Float16, float>(have, want);
    case DType::kBFloat16:
      return Compare<BFloat16, float>(have, want);
    case DType::kFloat64:
      return Compare<double>(have, want);
    default:
      CHECK(want.dtype() == DType::kFloat32);
      return Compare<float>(have, want);
  }
}

}  // namespace floe
