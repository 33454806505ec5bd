#include "backends/reference/value_io.h"

#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/element_type.h"

namespace floe::reference {
namespace {

// Calls f as VisitNumberType does; CHECKs that it is a type of numbers.
template <typename F>
void VisitElements(DType dtype, F&& f) {
  CHECK(VisitNumberType(dtype, f), std::string(DTypeName(dtype)) + " is not numeric");
}

template <typename T>
constexpr bool kIsComplexElement = std::is_same_v<T, std::complex<float>> || std::is_same_v<T, Complex>;
template <typename T>
constexpr bool kIsFloatElement =
    std::is_floating_point_v<T> || std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

template <typename From>
double ToDouble(From value) {
  if constexpr (kIsFloatElement<From> && !std::is_floating_point_v<From>) {
    return static_cast<float>(value);
  } else {
    return static_cast<double>(value);
  }
}

template <typename To, typename From>
To LoadElement(From value) {
  if constexpr (kIsComplexElement<From>) {
    if constexpr (std::is_same_v<To, Complex>) return Complex(value.real(), value.imag());
  } else if constexpr (std::is_same_v<To, Complex>) {
    return Complex(ToDouble(value), 0);
  } else if constexpr (std::is_same_v<To, double>) {
    return ToDouble(value);
  } else if constexpr (!kIsFloatElement<From>) {
    return static_cast<To>(value);
  }
  return To();
}

template <typename From, typename To>
constexpr bool kLoadable = std::is_same_v<To, Complex> ||
                           (std::is_same_v<To, double> && !kIsComplexElement<From>) ||
                           (std::is_integral_v<To> && std::is_integral_v<From>);

template <typename To>
void LoadAs(const Tensor& tensor, int64_t begin, int64_t count, To* out) {
  VisitElements(tensor.dtype(), [&]<typename From>(std::type_identity<From>) {
    CHECK((kLoadable<From, To>), std::string(DTypeName(tensor.dtype())));
    // A bool of a file may be any byte.
    using Stored = std::conditional_t<std::is_same_v<From, bool>, uint8_t, From>;
    const Stored* in = static_cast<const Stored*>(tensor.raw()) + begin;
    for (int64_t i = 0; i < count; ++i) out[i] = LoadElement<To>(static_cast<From>(in[i]));
  });
}

template <typename To>
To FromDouble(double value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != 0;
  } else if constexpr (std::is_same_v<To, uint64_t>) {
    // x86 converts by way of the signed range and its complement.
    if (value >= 0x1p63) return static_cast<uint64_t>(TruncateToInt64(value - 0x1p63)) ^ (uint64_t{1} << 63);
    return static_cast<uint64_t>(TruncateToInt64(value));
  } else if constexpr (std::is_integral_v<To>) {
    // uint32 is converted through 64 bits, all narrower types through int32.
    constexpr bool kWide = std::is_same_v<To, int64_t> || std::is_same_v<To, uint32_t>;
    return static_cast<To>(kWide ? TruncateToInt64(value) : TruncateToInt32(value));
  } else {
    return To(static_cast<float>(value));
  }
}
template <>
double FromDouble<double>(double value) {
  return value;
}

template <typename To, typename From>
To StoreElement(From value) {
  if constexpr (kIsComplexElement<To>) {
    using Part = typename To::value_type;
    if constexpr (std::is_same_v<From, Complex>) {
      return To(static_cast<Part>(value.real()), static_cast<Part>(value.imag()));
    } else {
      return To(static_cast<Part>(value), 0);
    }
  } else if constexpr (std::is_same_v<From, Complex>) {
    return FromDouble<To>(value.real());
  } else if constexpr (std::is_same_v<From, double>) {
    return FromDouble<To>(value);
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != 0;
  } else if constexpr (kIsFloatElement<To> && !std::is_floating_point_v<To>) {
    return To(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename From>
void StoreAs(Tensor* tensor, int64_t begin, int64_t count, const From* in) {
  VisitElements(tensor->dtype(), [&]<typename To>(std::type_identity<To>) {
    To* out = static_cast<To*>(tensor->raw()) + begin;
    for (int64_t i = 0; i < count; ++i) out[i] = StoreElement<To>(in[i]);
  });
}

template <typename E>
double FloatLimit(bool low) {
  const double highest = static_cast<double>(std::numeric_limits<E>::max());
  return low ? -highest : highest;
}

double RealLimit(DType dtype, bool low) {
  switch (dtype) {
    case DType::kFloat64:
      return FloatLimit<double>(low);
    case DType::kFloat16:
      return low ? -65504.0 : 65504.0;
    case DType::kBFloat16:
      return low ? -0x1.fep127 : 0x1.fep127;
    default:
      return FloatLimit<float>(low);
  }
}

template <typename T>
T IntLimit(DType dtype, bool low) {
  T limit{};
  VisitElements(dtype, [&]<typename E>(std::type_identity<E>) {
    if constexpr (std::is_integral_v<E>) {
      limit = static_cast<T>(low ? std::numeric_limits<E>::min() : std::numeric_limits<E>::max());
    }
  });
  return limit;
}

}  // namespace

int64_t TruncateToInt64(double value) {
  if (!(value >= -0x1p63 && value < 0x1p63)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

int64_t TruncateToInt32(double value) {
  if (!(value > -0x1p31 - 1 && value < 0x1p31)) return std::numeric_limits<int32_t>::min();
  return static_cast<int64_t>(value);
}

double RoundTo(DType dtype, double value) {
  switch (dtype) {
    case DType::kFloat32:
      return static_cast<float>(value);
    case DType::kFloat16:
      return static_cast<float>(Float16(static_cast<float>(value)));
    case DType::kBFloat16:
      return static_cast<float>(BFloat16(static_cast<float>(value)));
    default:
      return value;
  }
}

void Load(const Tensor& tensor, int64_t begin, int64_t count, double* out) {
  LoadAs(tensor, begin, count, out);
}
void Load(const Tensor& tensor, int64_t begin, int64_t count, int64_t* out) {
  LoadAs(tensor, begin, count, out);
}
void Load(const Tensor& tensor, int64_t begin, int64_t count, uint64_t* out) {
  LoadAs(tensor, begin, count, out);
}
void Load(const Tensor& tensor, int64_t begin, int64_t count, Complex* out) {
  LoadAs(tensor, begin, count, out);
}

void Store(Tensor* tensor, int64_t begin, int64_t count, const double* in) {
  StoreAs(tensor, begin, count, in);
}
void Store(Tensor* tensor, int64_t begin, int64_t count, const int64_t* in) {
  StoreAs(tensor, begin, count, in);
}
void Store(Tensor* tensor, int64_t begin, int64_t count, const uint64_t* in) {
  StoreAs(tensor, begin, count, in);
}
void Store(Tensor* tensor, int64_t begin, int64_t count, const Complex* in) {
  StoreAs(tensor, begin, count, in);
}

template <>
double LowestOf<double>(DType dtype) {
  return RealLimit(dtype, true);
}
template <>
double HighestOf<double>(DType dtype) {
  return RealLimit(dtype, false);
}
template <>
int64_t LowestOf<int64_t>(DType dtype) {
  return IntLimit<int64_t>(dtype, true);
}
template <>
int64_t HighestOf<int64_t>(DType dtype) {
  return IntLimit<int64_t>(dtype, false);
}
template <>
uint64_t LowestOf<uint64_t>(DType dtype) {
  return IntLimit<uint64_t>(dtype, true);
}
template <>
uint64_t HighestOf<uint64_t>(DType dtype) {
  return IntLimit<uint64_t>(dtype, false);
}

}  // namespace floe::reference
