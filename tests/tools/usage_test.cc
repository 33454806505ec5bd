// Slips on the command line: one line that names the slip, what was meant and where to read on; exit code 2.
#include "support/run_floe.h"

namespace floe {
namespace {

TEST(Usage, AMisspeltCommandIsNamedWithTheNearest) {
  EXPECT_TRUE(Refuses(RunFloe({"bulid"}), 2, {"no command 'bulid'", "'build'", "see floe --help"}));
  EXPECT_TRUE(Refuses(RunFloe({}), 2, {"see floe --help"}));
}

TEST(Usage, AMisspeltOptionIsNamedBeforeWhatIsMissing) {
  EXPECT_TRUE(Refuses(RunFloe({"build", "net.pb", "--saveEngin", "net.floe"}), 2,
                      {"floe: there is no option '--saveEngin'", "'--saveEngine'", "see floe build --help"}));
  EXPECT_TRUE(
      Refuses(RunFloe({"bench", "net.floe", "--basline=old.json"}), 2, {"'--basline'", "'--baseline'"}));
}

TEST(Usage, WhatIsMissingIsNamed) {
  EXPECT_TRUE(Refuses(RunFloe({"build"}), 2, {"floe: MODEL is required"}));
  EXPECT_TRUE(Refuses(RunFloe({"build", "net.pb"}), 2, {"--out is required"}));
  EXPECT_TRUE(Refuses(RunFloe({"info", "a.floe", "b.floe"}), 2, {"too many: 'b.floe'"}));
}

}  // namespace
}  // namespace floe
