#include "base/check.h"

#include <fmt/format.h>

#include <string_view>

namespace floe {

void CheckFailed(const char* file, int line, const char* condition, const std::string& detail) {
  const std::string_view path(file);
  const size_t src = path.rfind("src/");
  std::string message = "internal error at ";
  message += src == std::string_view::npos ? path : path.substr(src);
  message += fmt::format(":{}: {}", line, condition);
  if (!detail.empty()) message += " (" + detail + ")";
  throw InternalError(message);
}

}  // namespace floe
