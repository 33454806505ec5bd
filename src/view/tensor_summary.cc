#include "view/tensor_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/element_type.h"
#include "base/hash.h"

namespace floe::view {
namespace {

constexpr int64_t kPreviewElements = 16;
constexpr size_t kPreviewText = 60;

template <typename T>
std::optional<TensorSummary::Numbers> Count(const void* raw, int64_t count) {
  const T* data = static_cast<const T*>(raw);
  TensorSummary::Numbers n;
  n.min = std::numeric_limits<double>::infinity();
  n.max = -n.min;
  double sum = 0;
  int64_t finite = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(data[i]);
    if (!std::isfinite(x)) continue;
    ++finite;
    n.min = std::min(n.min, x);
    n.max = std::max(n.max, x);
    n.zeros += x == 0;
    sum += x;
  }
  if (finite == 0) return std::nullopt;
  n.not_finite = count - finite;
  n.mean = sum / static_cast<double>(finite);
  // Half the scale keeps the width finite where the extremes are those of the type.
  const double width = n.max / kHistogramBins - n.min / kHistogramBins;
  double squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(data[i]);
    if (!std::isfinite(x)) continue;
    squares += (x - n.mean) * (x - n.mean);
    const double bin = width > 0 ? (x - n.min) / width : 0;
    ++n.histogram[static_cast<size_t>(std::clamp(bin, 0.0, kHistogramBins - 1.0))];
  }
  n.deviation = std::sqrt(squares / static_cast<double>(finite));
  return n;
}

template <typename T>
std::string Preview(const void* raw, int64_t count) {
  const T* data = static_cast<const T*>(raw);
  std::string out;
  for (int64_t i = 0; i < std::min(count, kPreviewElements); ++i) {
    out += fmt::format("{}{:.6g}", i == 0 ? "" : ", ", static_cast<double>(data[i]));
  }
  return count > kPreviewElements ? out + ", …" : out;
}

std::string StringPreview(const Tensor& tensor) {
  std::string out;
  for (int64_t i = 0; i < std::min<int64_t>(tensor.size(), 4); ++i) {
    std::string text = tensor.data<std::string>()[i];
    if (text.size() > kPreviewText) text = text.substr(0, kPreviewText) + "…";
    out += (i == 0 ? "\"" : ", \"") + text + "\"";
  }
  return tensor.size() > 4 ? out + ", …" : out;
}

// Complex numbers count as pairs, truth values as bytes: one of a file may be any byte.
void FillNumbers(const Tensor& t, TensorSummary* out) {
  const DType type = t.dtype() == DType::kBool ? DType::kUInt8 : RealOf(t.dtype());
  const int64_t count = IsComplex(t.dtype()) ? 2 * t.size() : t.size();
  VisitRealType(type, [&]<typename T>(std::type_identity<T>) {
    out->numbers = Count<T>(t.raw(), count);
    out->preview = Preview<T>(t.raw(), count);
  });
}

std::string ContentsHash(const Tensor& tensor, const std::string& type) {
  uint64_t hash = Hash64(AsBytes(type));
  if (tensor.dtype() == DType::kString) {
    for (int64_t i = 0; i < tensor.size(); ++i) hash = Hash64(AsBytes(tensor.data<std::string>()[i]), hash);
  } else {
    hash = Hash64({static_cast<const uint8_t*>(tensor.raw()), tensor.size_bytes()}, hash);
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace

bool IsParameterType(DType dtype) {
  return IsFloat(dtype) || dtype == DType::kInt8 || dtype == DType::kUInt8 || dtype == DType::kInt16 ||
         dtype == DType::kUInt16;
}

TensorSummary Summarise(const Tensor& tensor) {
  TensorSummary out;
  out.type = fmt::format("{}{}", DTypeName(tensor.dtype()), DimsToString(tensor.dims()));
  out.elements = tensor.size();
  out.bytes = tensor.dtype() == DType::kString ? 0 : tensor.size_bytes();
  if (tensor.size() > 0 && tensor.raw() == nullptr) return out;
  if (tensor.size() > 0) {
    FillNumbers(tensor, &out);
    if (tensor.dtype() == DType::kString) out.preview = StringPreview(tensor);
  }
  out.contents = ContentsHash(tensor, out.type);
  return out;
}

}  // namespace floe::view
