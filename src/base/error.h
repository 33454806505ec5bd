// Shorthand to throw floe::Error with a formatted, one-line message.
#ifndef FLOE_BASE_ERROR_H_
#define FLOE_BASE_ERROR_H_

#include <fmt/format.h>

#include <utility>

#include "floe/error.h"

namespace floe {

template <typename... Args>
[[noreturn]] void Throw(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace floe

#endif  // FLOE_BASE_ERROR_H_
