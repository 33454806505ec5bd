#include "tools/console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace floe::tools {

using Clock = std::chrono::steady_clock;

bool StderrIsTerminal() {
  return isatty(STDERR_FILENO) == 1;
}

bool StdoutWantsColor() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

Progress::Progress(bool enabled) : enabled_(enabled && StderrIsTerminal()) {}
Progress::~Progress() {
  Clear();
}

void Progress::Clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

void Progress::Update(std::string_view what, double fraction) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (what != what_) {
    what_ = what;
    step_start_ = now;
  } else if (now - last_draw_ < std::chrono::milliseconds(100)) {
    return;
  }
  last_draw_ = now;
  const double elapsed = std::chrono::duration<double>(now - step_start_).count();
  std::string left;
  if (fraction > 0.02 && elapsed > 1)
    left = fmt::format(", about {:.0f} s left", elapsed / fraction * (1 - fraction));
  fmt::print(stderr, "\r\x1b[K{} {:3.0f} %{}", what, std::clamp(fraction, 0.0, 1.0) * 100, left);
  std::fflush(stderr);
  shown_ = true;
}

std::string HumanBytes(double bytes) {
  if (bytes < 1e3) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1e6) return fmt::format("{:.1f} KB", bytes / 1e3);
  if (bytes < 1e9) return fmt::format("{:.1f} MB", bytes / 1e6);
  return fmt::format("{:.2f} GB", bytes / 1e9);
}

std::string HumanCount(double count) {
  if (count < 1e4) return fmt::format("{:.0f}", count);
  if (count < 1e6) return fmt::format("{:.1f} K", count / 1e3);
  if (count < 1e9) return fmt::format("{:.2f} M", count / 1e6);
  return fmt::format("{:.2f} G", count / 1e9);
}

std::string HumanMs(double ms) {
  if (ms < 1) return fmt::format("{:.1f} us", ms * 1e3);
  if (ms < 1e3) return fmt::format("{:.2f} ms", ms);
  return fmt::format("{:.1f} s", ms / 1e3);
}

std::string Bold(std::string_view text) {
  return StdoutWantsColor() ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string Dim(std::string_view text) {
  return StdoutWantsColor() ? fmt::format("\x1b[2m{}\x1b[0m", text) : std::string(text);
}

}  // namespace floe::tools
