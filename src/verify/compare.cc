#include "verify/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.h"

namespace floe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastRange = 1e-2;  // of the largest magnitude

std::string WhyIncomparable(const Tensor& value, const Tensor& reference) {
  if (value.dtype() != reference.dtype()) {
    return fmt::format("type {} against {}", DTypeName(value.dtype()), DTypeName(reference.dtype()));
  }
  if (value.dims() != reference.dims()) {
    return fmt::format("shape {} against {}", DimsToString(value.dims()), DimsToString(reference.dims()));
  }
  return "";
}

// The distance of two numbers of `parts` doubles each (2: complex).
double Distance(const double* a, const double* b, size_t parts) {
  double sum = 0;
  for (size_t i = 0; i < parts; ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) return kInfinity;
    sum = parts == 1 ? std::abs(a[i] - b[i]) : std::hypot(sum, a[i] - b[i]);
  }
  return sum;
}

void CompareStrings(const Tensor& value, const Tensor& reference, TensorDifference& out) {
  for (int64_t i = 0; i < out.elements; ++i) {
    if (value.data<std::string>()[i] == reference.data<std::string>()[i]) continue;
    if (out.different++ == 0) out.worst = i;
  }
  if (out.different > 0) out.max_abs = out.mean_abs = out.relative = kInfinity;
}

double RangeOf(const std::vector<double>& values) {
  double low = kInfinity;
  double high = -kInfinity;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (high < low) return 0;
  return std::max(high - low, kLeastRange * std::max(std::abs(high), std::abs(low)));
}

double Cosine(const std::vector<double>& a, const std::vector<double>& b) {
  // Scaled, so that squares of large values stay finite.
  double scale_a = 0;
  double scale_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) continue;
    scale_a = std::max(scale_a, std::abs(a[i]));
    scale_b = std::max(scale_b, std::abs(b[i]));
  }
  if (scale_a == 0 || scale_b == 0) return scale_a == scale_b ? 1 : 0;
  double dot = 0;
  double aa = 0;
  double bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) continue;
    const double x = a[i] / scale_a;
    const double y = b[i] / scale_b;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return std::clamp(dot / std::sqrt(aa * bb), -1.0, 1.0);
}

void CompareNumbers(const std::vector<double>& a, const std::vector<double>& b, size_t parts,
                    TensorDifference& out) {
  double sum = 0;
  double squares = 0;
  for (int64_t i = 0; i < out.elements; ++i) {
    const size_t at = static_cast<size_t>(i) * parts;
    const double distance = Distance(&a[at], &b[at], parts);
    if (distance == 0) continue;
    ++out.different;
    sum += distance;
    squares += distance * distance;
    if (distance > out.max_abs) {
      out.max_abs = distance;
      out.worst = i;
    }
  }
  out.mean_abs = out.elements > 0 ? sum / static_cast<double>(out.elements) : 0;
  out.range = RangeOf(b);
  out.relative = out.max_abs == 0 ? 0 : out.range > 0 ? out.max_abs / out.range : kInfinity;
  out.cosine = Cosine(a, b);
  if (squares > 0 && std::isfinite(squares) && out.range > 0) {
    out.psnr_db = 20 * std::log10(out.range / std::sqrt(squares / static_cast<double>(out.elements)));
  }
}

// Doubles hold integers up to 2^53 only: what differs beyond that is counted here.
template <typename T>
void CompareWideIntegers(const Tensor& value, const Tensor& reference, TensorDifference& out) {
  const T* a = value.data<T>();
  const T* b = reference.data<T>();
  out.different = 0;
  for (int64_t i = 0; i < out.elements; ++i) {
    if (a[i] == b[i]) continue;
    ++out.different;
    const double distance =
        static_cast<double>(a[i] > b[i] ? static_cast<uint64_t>(a[i]) - static_cast<uint64_t>(b[i])
                                        : static_cast<uint64_t>(b[i]) - static_cast<uint64_t>(a[i]));
    if (distance > out.max_abs) {
      out.max_abs = distance;
      out.worst = i;
    }
  }
  if (out.different > 0) out.relative = out.range > 0 ? out.max_abs / out.range : kInfinity;
}

void CompareTop(const std::vector<double>& a, const std::vector<double>& b, int64_t row,
                TensorDifference& out) {
  if (row < 2 || b.empty()) return;
  const auto rows = static_cast<int64_t>(b.size()) / row;
  int64_t same = 0;
  int64_t shared = 0;
  for (int64_t r = 0; r < rows; ++r) {
    const double* x = a.data() + r * row;
    const double* y = b.data() + r * row;
    const int64_t best = LargestIndices(x, row, 1)[0];
    const int64_t wanted = LargestIndices(y, row, 1)[0];
    same += best == wanted || y[best] == y[wanted];
    if (row < 5) continue;
    const std::vector<int64_t> top = LargestIndices(x, row, 5);
    for (const int64_t i : LargestIndices(y, row, 5)) shared += std::ranges::find(top, i) != top.end();
  }
  out.top1 = static_cast<double>(same) / static_cast<double>(rows);
  if (row >= 5) out.top5 = static_cast<double>(shared) / static_cast<double>(5 * rows);
}

}  // namespace

std::vector<int64_t> LargestIndices(const double* values, int64_t size, int64_t count) {
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto end = order.begin() + std::min(size, count);
  const auto rank = [values](int64_t i) { return std::isnan(values[i]) ? -kInfinity : values[i]; };
  std::partial_sort(order.begin(), end, order.end(),
                    [&](int64_t i, int64_t j) { return rank(i) != rank(j) ? rank(i) > rank(j) : i < j; });
  order.erase(end, order.end());
  return order;
}

TensorDifference CompareTensors(const std::string& name, const Tensor& value, const Tensor& reference) {
  TensorDifference out;
  out.name = name;
  out.incomparable = WhyIncomparable(value, reference);
  if (!out.incomparable.empty()) return out;
  CHECK(!value.empty());
  out.elements = value.size();
  if (value.dtype() == DType::kString) {
    CompareStrings(value, reference, out);
    return out;
  }
  const std::vector<double> a = AsDoubles(value);
  const std::vector<double> b = AsDoubles(reference);
  CompareNumbers(a, b, IsComplex(value.dtype()) ? 2 : 1, out);
  if (value.dtype() == DType::kInt64) CompareWideIntegers<int64_t>(value, reference, out);
  if (value.dtype() == DType::kUInt64) CompareWideIntegers<uint64_t>(value, reference, out);
  const bool ordered = !IsComplex(value.dtype()) && value.dtype() != DType::kBool;
  if (ordered && value.rank() > 0) CompareTop(a, b, value.dims().back(), out);
  return out;
}

bool Within(const TensorDifference& difference, double tolerance) {
  return difference.incomparable.empty() && difference.relative <= tolerance;
}

}  // namespace floe
