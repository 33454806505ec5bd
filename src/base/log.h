// Messages to a person: one process-wide sink, stderr unless a program sets its own.
#ifndef FLOE_BASE_LOG_H_
#define FLOE_BASE_LOG_H_

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

namespace floe {

enum class LogLevel { kError = 0, kWarning = 1, kInfo = 2, kDebug = 3 };

// Thread-safe. The sink gets whole messages without a newline, one call at a time.
using LogSink = std::function<void(LogLevel, std::string_view)>;
void SetLogSink(LogSink sink);            // null restores stderr
void SetLogLevel(LogLevel most_verbose);  // default kWarning
bool LogEnabled(LogLevel level);
void LogMessage(LogLevel level, std::string_view message);

template <typename... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(LogLevel::kWarning))
    LogMessage(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(LogLevel::kInfo))
    LogMessage(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogDebug(fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(LogLevel::kDebug))
    LogMessage(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace floe

#endif  // FLOE_BASE_LOG_H_
