// The first line of the input as a pattern, the second as a replacement, the rest as the text.
#include "backends/reference/regex.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t first = std::min(input.find('\n'), size);
  const std::string_view rest = input.substr(std::min(first + 1, size));
  const size_t second = std::min(rest.find('\n'), rest.size());
  std::string problem;
  const auto regex = floe::reference::Regex::Compile(input.substr(0, first), &problem);
  floe::fuzz::Require(regex.has_value() == problem.empty());
  if (!regex) return 0;
  const std::string_view text = rest.substr(std::min(second + 1, rest.size()));
  regex->MatchesWhole(text);
  if (regex->CheckRewrite(rest.substr(0, second), &problem)) {
    regex->Replace(text, rest.substr(0, second), false);
    regex->Replace(text, rest.substr(0, second), true);
  }
  return 0;
}
