// The shell's completions and the manual page, told by the options themselves.
#include <array>
#include <cstdio>

#include "support/run_floe.h"

namespace floe {
namespace {

using testing::HasSubstr;

// What bash proposes for a command line whose last word is being typed.
std::string Proposed(const std::string& script, const std::string& words, int cursor) {
  const std::string command = "bash -c 'source " + script + "; COMP_WORDS=(" + words +
                              "); COMP_CWORD=" + std::to_string(cursor) + "; _floe; echo ${COMPREPLY[@]}'";
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer{};
  std::string out;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
  EXPECT_EQ(pclose(pipe), 0);
  return out;
}

TEST(Completion, BashProposesCommandsAndTheirOptions) {
  const ScratchFolder folder;
  const Ran ran = RunFloe({"completion", "bash"});
  ASSERT_TRUE(Succeeds(ran));
  const std::string script = folder.Write("floe.bash", ran.out);
  EXPECT_EQ(Proposed(script, "floe bui", 1), "build\n");
  EXPECT_EQ(Proposed(script, "floe build --saveEn", 2), "--saveEngine\n");
  EXPECT_THAT(Proposed(script, "floe bench --", 2), HasSubstr("--streams"));
  EXPECT_EQ(Proposed(script, "floe info --saveEn", 2), "\n");
}

TEST(Completion, EveryShellKnowsEveryCommand) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Ran ran = RunFloe({"completion", shell});
    ASSERT_TRUE(Succeeds(ran));
    for (const std::string command : {"inspect", "freeze", "build", "classify", "bisect"}) {
      EXPECT_THAT(ran.out, HasSubstr(command)) << shell;
    }
  }
  EXPECT_TRUE(Refuses(RunFloe({"completion", "csh"}), 2, {"csh"}));
}

TEST(Completion, TheManualPageHasASectionForEachCommand) {
  const Ran ran = RunFloe({"man"});
  ASSERT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.out, testing::StartsWith(".TH FLOE 1"));
  EXPECT_THAT(ran.out, HasSubstr(".SS floe build MODEL"));
  EXPECT_THAT(ran.out, HasSubstr("\\fB\\-\\-saveEngine\\fR"));
  EXPECT_THAT(ran.out, HasSubstr(".SH EXIT STATUS"));
}

}  // namespace
}  // namespace floe
