#include <algorithm>

#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

std::string ElementText(const Tensor& x, int64_t i) {
  if (x.dtype() == DType::kString) return x.data<std::string>()[i];
  if (x.dtype() == DType::kBool) return LoadOne<uint64_t>(x, i) != 0 ? "true" : "false";
  if (IsInteger(x.dtype())) {
    return IsSigned(x.dtype()) ? std::to_string(LoadOne<int64_t>(x, i))
                               : std::to_string(LoadOne<uint64_t>(x, i));
  }
  const Complex v = LoadOne<Complex>(x, i);
  return IsComplex(x.dtype()) ? fmt::format("({},{})", v.real(), v.imag()) : fmt::format("{:g}", v.real());
}

// Up to three elements, as TensorFlow's summary.
std::string Summary(const Tensor& x) {
  std::string text;
  const int64_t shown = std::min<int64_t>(x.size(), 3);
  for (int64_t i = 0; i < shown; ++i) text += (i > 0 ? " " : "") + ElementText(x, i);
  return "[" + text + (x.size() > shown ? "...]" : "]");
}

}  // namespace

void Run(const Assert& op, OpCall& call) {
  const Tensor& condition = call.in(0);
  if (condition.dtype() != DType::kBool) call.FailType(0);
  const auto* flags = static_cast<const uint8_t*>(condition.raw());
  if (std::find(flags, flags + condition.size(), 0) != flags + condition.size()) {
    std::string text = op.message.empty() ? "assertion failed:" : op.message;
    for (size_t i = 1; i < call.input_count(); ++i) text += " " + Summary(call.in(i));
    std::replace(text.begin(), text.end(), '\n', ' ');
    call.FailValue("{}", text);
  }
  call.Give(0, condition);
}

}  // namespace floe::reference
