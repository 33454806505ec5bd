// import_cases [--declared] FOLDER...: imports and runs golden cases, one line for each that is not right,
// and a count. With --declared the importer sees the shapes that the placeholders declare, not those that are
// fed.
#include <fmt/format.h>

#include <map>
#include <string>

#include "frontend/golden_case.h"

int main(int argc, char** argv) {
  std::map<std::string, int> counts;
  const bool declared = argc > 1 && std::string(argv[1]) == "--declared";
  for (int i = declared ? 2 : 1; i < argc; ++i) {
    std::string verdict = "failed", reason;
    try {
      const floe::CaseResult result = floe::RunGoldenCase(argv[i], declared);
      reason = result.reason;
      const char* const names[] = {"right", "refused", "wrong", "failed"};
      verdict = names[static_cast<int>(result.verdict)];
    } catch (const std::exception& error) {
      reason = error.what();
    }
    ++counts[verdict];
    if (verdict == "right") continue;
    const std::string path = argv[i];
    fmt::print("{}\t{}\t{}\n", verdict, path.substr(path.rfind('/') + 1), reason);
    std::fflush(stdout);
  }
  for (const auto& [verdict, count] : counts) fmt::print("{} {}\n", count, verdict);
}
