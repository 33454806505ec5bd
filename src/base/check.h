// CHECK: what must hold if Floe is right. On in all builds; throws InternalError.
#ifndef FLOE_BASE_CHECK_H_
#define FLOE_BASE_CHECK_H_

#include <string>

#include "floe/error.h"

namespace floe {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const std::string& detail = "");

}  // namespace floe

// CHECK(cond) or CHECK(cond, "detail" + ...): a detail is only evaluated on failure.
#define CHECK(condition, ...)                                                                         \
  do {                                                                                                \
    if (!(condition)) ::floe::CheckFailed(__FILE__, __LINE__, #condition __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)

#endif  // FLOE_BASE_CHECK_H_
