#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>

#include "base/quoting.h"

namespace floe {
namespace {

struct LogState {
  std::mutex mutex;
  LogSink sink;
  std::atomic<int> level{static_cast<int>(LogLevel::kWarning)};
};

LogState& State() {
  static LogState state;
  return state;
}

constexpr const char* kPrefix[] = {"error: ", "warning: ", "", ""};

}  // namespace

void SetLogSink(LogSink sink) {
  const std::lock_guard lock(State().mutex);
  State().sink = std::move(sink);
}

void SetLogLevel(LogLevel most_verbose) {
  State().level = static_cast<int>(most_verbose);
}

bool LogEnabled(LogLevel level) {
  return static_cast<int>(level) <= State().level;
}

void LogMessage(LogLevel level, std::string_view message) {
  const std::lock_guard lock(State().mutex);
  if (State().sink) {
    State().sink(level, message);
  } else {
    fmt::print(stderr, "{}{}\n", kPrefix[static_cast<int>(level)], OneLine(message));
  }
}

}  // namespace floe
