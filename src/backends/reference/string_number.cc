// Numbers as text and back.
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "base/text.h"

namespace floe::reference {
namespace {

template <typename... Args>
std::string Printed(const std::string& format, Args... args) {
  const int length = std::snprintf(nullptr, 0, format.c_str(), args...);
  std::string out(static_cast<size_t>(std::max(length, 0)), '\0');
  std::snprintf(out.data(), out.size() + 1, format.c_str(), args...);
  return out;
}

// "%-10.3": all of a conversion but its letter.
std::string FormatOf(const AsString& op, const OpCall& call, DType dtype) {
  if (op.fill.size() > 1 ||
      (op.fill.size() == 1 && std::string(" +-0#").find(op.fill[0]) == std::string::npos)) {
    call.Fail("fill '{}' is no printf flag", op.fill);
  }
  if (op.width > 4096 || op.precision > 4096)
    call.Fail("width {} or precision {} is too large", op.width, op.precision);
  if (op.scientific && op.shortest) call.Fail("scientific and shortest exclude each other");
  std::string format = "%" + op.fill;
  if (op.width > -1) format += std::to_string(op.width);
  if (op.precision > -1 && (IsFloat(dtype) || IsComplex(dtype))) format += "." + std::to_string(op.precision);
  return format;
}

double ParseReal(const OpCall& call, const std::string& text) {
  const std::string trimmed(TrimText(text));
  char* end = nullptr;
  const double value = std::strtod(trimmed.c_str(), &end);
  if (trimmed.empty() || end != trimmed.c_str() + trimmed.size()) call.FailValue("'{}' is no number", text);
  return value;
}

int64_t ParseInteger(const OpCall& call, const std::string& text, DType to) {
  const std::optional<int64_t> value = ParseInt(TrimText(text));
  if (!value || (to == DType::kInt32 && *value != static_cast<int32_t>(*value))) {
    call.FailValue("'{}' is no {}", text, DTypeName(to));
  }
  return *value;
}

}  // namespace

void Run(const AsString& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const DType dtype = x.dtype();
  const std::string format = FormatOf(op, call, dtype);
  const std::string real = format + (op.scientific ? "e" : op.shortest ? "g" : "f");
  Tensor& y = call.Out(0, DType::kString, x.dims());
  std::string* out = y.data<std::string>();
  for (int64_t i = 0; i < x.size(); ++i) {
    if (dtype == DType::kString) {
      out[i] = Printed("%" + op.fill + (op.width > -1 ? std::to_string(op.width) : "") + "s",
                       x.data<std::string>()[i].c_str());
    } else if (dtype == DType::kBool) {
      out[i] = LoadOne<uint64_t>(x, i) != 0 ? "true" : "false";
    } else if (IsFloat(dtype)) {
      out[i] = Printed(real, LoadOne<double>(x, i));
    } else if (IsComplex(dtype)) {
      const Complex v = LoadOne<Complex>(x, i);
      out[i] = "(" + Printed(real, v.real()) + "," + Printed(real, v.imag()) + ")";
    } else if (IsSigned(dtype)) {
      out[i] = Printed(format + "lld", static_cast<long long>(LoadOne<int64_t>(x, i)));
    } else {
      out[i] = Printed(format + "llu", static_cast<unsigned long long>(LoadOne<uint64_t>(x, i)));
    }
  }
}

void Run(const StringToNumber& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.dtype() != DType::kString) call.FailType(0);
  if (!IsFloat(op.to) && !IsInteger(op.to)) call.Fail("cannot read text as {}", DTypeName(op.to));
  Tensor& y = call.Out(0, op.to, x.dims());
  for (int64_t i = 0; i < x.size(); ++i) {
    const std::string& text = x.data<std::string>()[i];
    if (op.to == DType::kFloat32) {
      // strtof, not strtod: rounding once.
      ParseReal(call, text);
      y.data<float>()[i] = std::strtof(text.c_str(), nullptr);
    } else if (IsFloat(op.to)) {
      const double value = ParseReal(call, text);
      Store(&y, i, 1, &value);
    } else {
      const int64_t value = ParseInteger(call, text, op.to);
      Store(&y, i, 1, &value);
    }
  }
}

}  // namespace floe::reference
