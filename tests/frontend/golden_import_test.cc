// Every golden case of the folder that FLOE_CONFORMANCE_CASES names: none may come out wrong, and most must
// come out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "frontend/golden_case.h"

namespace floe {
namespace {

TEST(GoldenImport, CasesOfTheConformanceSetAreRightOrRefused) {
  const char* const folder = std::getenv("FLOE_CONFORMANCE_CASES");
  if (folder == nullptr) GTEST_SKIP() << "FLOE_CONFORMANCE_CASES names no folder of unpacked cases";
  std::vector<std::string> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (std::filesystem::exists(entry.path() / "meta.json")) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  int right = 0;
  for (const std::string& path : cases) {
    const CaseResult result = RunGoldenCase(path);
    EXPECT_NE(result.verdict, CaseVerdict::kWrong) << path << ": " << result.reason;
    right += result.verdict == CaseVerdict::kRight ? 1 : 0;
    if (result.verdict != CaseVerdict::kRight) fmt::print("{}: {}\n", path, result.reason);
  }
  EXPECT_GE(right, static_cast<int>(cases.size()) * 95 / 100) << "of " << cases.size();
}

}  // namespace
}  // namespace floe
