#include "graph/text_constant.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/element_type.h"
#include "graph/serialize.h"
#include "graph/text.h"

namespace floe {
namespace {

constexpr int64_t kLongestList = 16;
constexpr int64_t kMostElements = int64_t{1} << 27;  // of one parsed constant

// Calls f as VisitRealType does; complex numbers count as pairs of reals.
template <typename F>
void VisitScalars(DType dtype, F&& f) {
  CHECK(VisitRealType(RealOf(dtype), f), "no number type");
}

int64_t ScalarCount(const Tensor& t) {
  return IsComplex(t.dtype()) ? t.size() * 2 : t.size();
}

template <typename T>
std::string PrintScalar(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
    return fmt::format("{}", static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(value) ? "nan" : fmt::format("{}", value);
  } else {
    return fmt::format("{}", value);
  }
}

// Other patterns of NaN than the one that "nan" gives.
bool HasOddNan(const Tensor& t) {
  bool odd = false;
  VisitScalars(t.dtype(), [&]<typename T>(std::type_identity<T>) {
    if constexpr (!std::is_integral_v<T>) {
      const T plain(std::nanf(""));
      const T* data = static_cast<const T*>(t.raw());
      for (int64_t i = 0; i < ScalarCount(t); ++i) {
        odd |= std::isnan(static_cast<double>(data[i])) && std::memcmp(&data[i], &plain, sizeof(T)) != 0;
      }
    }
  });
  return odd;
}

bool IsSplat(const Tensor& t) {
  if (t.size() == 0 || IsComplex(t.dtype())) return false;
  const size_t element = DTypeSize(t.dtype());
  const auto* bytes = static_cast<const uint8_t*>(t.raw());
  return std::memcmp(bytes, bytes + element, t.size_bytes() - element) == 0;
}

std::string PrintList(const Tensor& t) {
  std::vector<std::string> parts;
  VisitScalars(t.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* data = static_cast<const T*>(t.raw());
    for (int64_t i = 0; i < ScalarCount(t); ++i) parts.push_back(PrintScalar(data[i]));
  });
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string PrintStrings(const Tensor& t) {
  std::vector<std::string> parts;
  for (int64_t i = 0; i < t.size(); ++i) parts.push_back(Quote(t.data<std::string>()[i]));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string PrintBytes(const Tensor& t) {
  std::string out = "0x";
  const auto* bytes = static_cast<const uint8_t*>(t.raw());
  for (size_t i = 0; i < t.size_bytes(); ++i) fmt::format_to(std::back_inserter(out), "{:02x}", bytes[i]);
  return out;
}

template <typename T>
T ParseScalar(TextScanner& scanner) {
  if constexpr (std::is_same_v<T, bool>) {
    if (scanner.TakeWord("true")) return true;
    if (scanner.TakeWord("false")) return false;
    scanner.Fail("expected true or false");
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    const TextScanner::Place from = scanner.place();
    const std::string word = scanner.Word();
    char* end = nullptr;
    const uint64_t value = std::strtoull(word.c_str(), &end, 10);
    if (word.front() == '-' || *end != '\0') scanner.FailAt(from, "expected a number from 0 on");
    return value;
  } else if constexpr (std::is_integral_v<T>) {
    const TextScanner::Place from = scanner.place();
    const int64_t value = scanner.Integer();
    if (static_cast<int64_t>(static_cast<T>(value)) != value) scanner.FailAt(from, "the number is too large");
    return static_cast<T>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return scanner.Number();
  } else {
    return T(static_cast<float>(scanner.Number()));
  }
}

void ParseBytes(TextScanner& scanner, Tensor& tensor) {
  const TextScanner::Place from = scanner.place();
  const std::string word = scanner.Word();
  if (word.size() != 2 + 2 * tensor.size_bytes()) scanner.FailAt(from, "the bytes do not fill the type");
  for (size_t i = 0; i < tensor.size_bytes(); ++i) {
    const std::string digits = word.substr(2 + 2 * i, 2);
    char* end = nullptr;
    const auto byte = static_cast<uint8_t>(std::strtoul(digits.c_str(), &end, 16));
    if (*end != '\0' || std::isxdigit(static_cast<unsigned char>(digits[0])) == 0) {
      scanner.FailAt(from, "expected hexadecimal digits");
    }
    static_cast<uint8_t*>(tensor.raw())[i] = byte;
  }
}

void ParseStrings(TextScanner& scanner, Tensor& tensor) {
  auto* data = tensor.data<std::string>();
  scanner.Expect("[");
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (i > 0) scanner.Expect(",");
    data[i] = scanner.Quoted();
  }
  scanner.Expect("]");
}

}  // namespace

std::string Quote(std::string_view text) {
  const std::string listed = fmt::format("{}", std::vector<std::string>{std::string(text)});
  return listed.substr(1, listed.size() - 2);
}

std::string PrintName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, IsWordCharacter) && name.find("//") == name.npos
             ? std::string(name)
             : Quote(name);
}

std::string PrintContents(const Tensor& t, bool exact) {
  if (t.raw() == nullptr && t.size() > 0) return "packed";
  if (t.dtype() == DType::kString) {
    return exact || t.size() <= kLongestList ? PrintStrings(t) : fmt::format("hash({:016x})", HashTensor(t));
  }
  if (exact && HasOddNan(t)) return PrintBytes(t);
  if (t.size() > 1 && IsSplat(t)) {
    const std::string list =
        PrintList(Tensor::ConstView(t.dtype(), {1}, t.raw()));  // one element stands for all
    return list.substr(1, list.size() - 2);
  }
  if (t.size() <= kLongestList) {
    const std::string list = PrintList(t);
    return t.rank() == 0 && !IsComplex(t.dtype()) ? list.substr(1, list.size() - 2) : list;
  }
  return exact ? PrintBytes(t) : fmt::format("hash({:016x})", HashTensor(t));
}

Tensor ParseContents(TextScanner& scanner, DType dtype, const std::vector<int64_t>& dims) {
  const TextScanner::Place from = scanner.place();
  if (ElementCount(dims) > kMostElements) scanner.FailAt(from, "the constant is too large for a text");
  if (scanner.PeekWord("hash") || scanner.PeekWord("packed")) {
    scanner.Fail("the text does not hold the contents of this constant: print it with all constants");
  }
  if (scanner.TakeWord("seeded")) {
    scanner.Expect("(");
    const auto seed = static_cast<uint64_t>(scanner.Integer());
    scanner.Expect(")");
    return SeededTensor(dtype, dims, seed);
  }
  Tensor tensor(dtype, dims);
  if (dtype == DType::kString) {
    ParseStrings(scanner, tensor);
    return tensor;
  }
  if (scanner.PeekHex()) {
    ParseBytes(scanner, tensor);
    return tensor;
  }
  VisitScalars(dtype, [&]<typename T>(std::type_identity<T>) {
    T* data = static_cast<T*>(tensor.raw());
    const int64_t count = ScalarCount(tensor);
    if (!scanner.Take('[')) {
      if (IsComplex(dtype)) scanner.Fail("expected '[' and pairs of real and imaginary parts");
      std::fill_n(data, count, ParseScalar<T>(scanner));
      return;
    }
    for (int64_t i = 0; i < count; ++i) {
      if (i > 0) scanner.Expect(",");
      data[i] = ParseScalar<T>(scanner);
    }
    scanner.Expect("]");
  });
  return tensor;
}

Tensor SeededTensor(DType dtype, std::vector<int64_t> dims, uint64_t seed) {
  Tensor tensor(dtype, std::move(dims));
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  const auto next = [&] {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  if (dtype == DType::kString) {
    for (int64_t i = 0; i < tensor.size(); ++i) {
      tensor.data<std::string>()[i] = fmt::format("s{}", next() % 16);
    }
    return tensor;
  }
  VisitScalars(dtype, [&]<typename T>(std::type_identity<T>) {
    T* data = static_cast<T*>(tensor.raw());
    for (int64_t i = 0; i < ScalarCount(tensor); ++i) {
      if constexpr (std::is_same_v<T, bool>) {
        data[i] = (next() & 1) != 0;
      } else if constexpr (std::is_integral_v<T>) {
        data[i] = static_cast<T>(static_cast<int64_t>(next() % 8) - (std::is_signed_v<T> ? 4 : 0));
      } else {
        data[i] = T(static_cast<float>(static_cast<double>(next() >> 40) / (1 << 23) - 1.0));
      }
    }
  });
  return tensor;
}

}  // namespace floe
