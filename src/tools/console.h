// How the command line talks: data to stdout, talk to stderr, progress and colours only on a terminal.
#ifndef FLOE_TOOLS_CONSOLE_H_
#define FLOE_TOOLS_CONSOLE_H_

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

namespace floe::tools {

// One progress line on stderr with an estimate of the time left, redrawn in place; nothing at all unless
// stderr is a terminal. Erased when done.
class Progress {
 public:
  explicit Progress(bool enabled);
  ~Progress();
  // `fraction` from 0 to 1 within the step `what`.
  void Update(std::string_view what, double fraction);
  void Clear();

 private:
  bool enabled_;
  bool shown_ = false;
  std::string what_;
  std::chrono::steady_clock::time_point step_start_;
  std::chrono::steady_clock::time_point last_draw_;
};

struct ConsoleOptions {
  bool quiet = false;
  int verbose = 0;
};

bool StderrIsTerminal();
bool StdoutWantsColor();  // a terminal, and NO_COLOR is not set

// "12.3 MB", "1.4 KB", "312 B".
std::string HumanBytes(double bytes);
// "3.86 G", "25.6 M", "1 234".
std::string HumanCount(double count);
// "1.23 ms", "45.6 us", "12.3 s".
std::string HumanMs(double ms);

// Text in bold or dimmed where colours are wanted.
std::string Bold(std::string_view text);
std::string Dim(std::string_view text);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_CONSOLE_H_
