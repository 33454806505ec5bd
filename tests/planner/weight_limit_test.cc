#include "planner/weight_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/engines.h"

namespace floe {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kWinograd = "cpu.winograd_3x3_f4";
constexpr const char* kPacked = "cpu.conv_packed";

Target GenericTarget() {
  Target target;
  target.isa = "generic";
  return target;
}

// A 3x3 convolution for which Winograd's kernel, with four times the weights, takes `winograd_ns`, and the
// other 1000 ns.
Contest ConvolutionOf(int64_t channels, double winograd_ns) {
  Contest contest;
  contest.problem = ParseGraph(fmt::format(R"(graph g(%x: float32[1, 16, 16, {0}]) -> (%y) {{
    %w: float32[{0}, 3, 3, {0}] = const seeded(1)
    %y = Conv(%x, %w) {{pads=[1, 1, 1, 1]}}
  }})",
                                           channels));
  contest.choice.kernel = FindKernel(kWinograd);
  contest.choice.time_ns = winograd_ns;
  contest.choice.candidates = {
      {"cpu.conv_gemm", "refused", -1, -1}, {kWinograd, "", winograd_ns, 1}, {kPacked, "", 1000, 1}};
  return contest;
}

std::vector<Contest> TwoOfASize(double first_ns, double second_ns) {
  std::vector<Contest> contests;
  contests.push_back(ConvolutionOf(64, first_ns));
  contests.push_back(ConvolutionOf(64, second_ns));
  return contests;
}

TEST(LimitWeights, ChangesNothingWithinTheLimit) {
  std::vector<Contest> contests = TwoOfASize(900, 100);
  LimitWeights(contests, GenericTarget(), 5);
  for (const Contest& c : contests) {
    EXPECT_EQ(c.choice.kernel->name, kWinograd);
    EXPECT_THAT(c.choice.candidates[1].refusal, IsEmpty());
  }
}

TEST(LimitWeights, GivesUpThatWhichGainsLeast) {
  std::vector<Contest> contests = TwoOfASize(900, 100);
  LimitWeights(contests, GenericTarget(), 3);
  EXPECT_EQ(contests[0].choice.kernel->name, kPacked);
  EXPECT_EQ(contests[0].choice.time_ns, 1000);
  EXPECT_THAT(contests[0].choice.candidates[1].refusal, HasSubstr("3 times the model's"));
  EXPECT_EQ(contests[1].choice.kernel->name, kWinograd);
}

TEST(LimitWeights, CountsTheGainByTheByte) {
  std::vector<Contest> contests;
  contests.push_back(ConvolutionOf(128, 500));  // four times the bytes, and not four times the gain
  contests.push_back(ConvolutionOf(64, 800));
  LimitWeights(contests, GenericTarget(), 3.9);
  EXPECT_EQ(contests[0].choice.kernel->name, kPacked);
  EXPECT_EQ(contests[1].choice.kernel->name, kWinograd);
}

TEST(LimitWeights, StopsWhereNothingSmallerIsLeft) {
  std::vector<Contest> contests = TwoOfASize(900, 100);
  LimitWeights(contests, GenericTarget(), 0.1);
  for (const Contest& c : contests) EXPECT_EQ(c.choice.kernel->name, kPacked);
}

}  // namespace
}  // namespace floe
