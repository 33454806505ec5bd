#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/quoting.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SplitText, KeepsEmptyParts) {
  EXPECT_THAT(SplitText("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(SplitText("", ','), ElementsAre(""));
}

TEST(ParseInt, WantsTheWholeText) {
  EXPECT_EQ(ParseInt("-12"), -12);
  EXPECT_FALSE(ParseInt("12a"));
  EXPECT_FALSE(ParseInt(""));
  EXPECT_FALSE(ParseInt("99999999999999999999"));
}

TEST(NearestNames, FindsTyposOtherScopesAndCases) {
  const std::vector<std::string> names = {"MobilenetV1/Predictions/Softmax", "input", "Mean"};
  EXPECT_THAT(NearestNames("imput", names), ElementsAre("input"));
  EXPECT_THAT(NearestNames("Softmax", names), ElementsAre("MobilenetV1/Predictions/Softmax"));
  EXPECT_THAT(NearestNames("INPUT", names), ElementsAre("input"));
  EXPECT_THAT(NearestNames("zzzzzzzzz", names), IsEmpty());
}

TEST(OneLine, ShowsControlCharactersAndLeavesOtherTextAlone) {
  EXPECT_EQ(OneLine("a\nb\tc\x1b[1m\x7f"), "a\\nb\\tc\\x1b[1m\\x7f");
  EXPECT_EQ(OneLine("Gr\u00fc\u00dfe 'x' \"y\" \\z"), "Gr\u00fc\u00dfe 'x' \"y\" \\z");
  EXPECT_EQ(OneLine(std::string_view("\0", 1)), "\\x00");
}

TEST(Counted, HasTheNounInTheSingularForOne) {
  EXPECT_EQ(Counted(0, "thread"), "0 threads");
  EXPECT_EQ(Counted(1, "thread"), "1 thread");
  EXPECT_EQ(Counted(2, "more node"), "2 more nodes");
}

}  // namespace
}  // namespace floe
