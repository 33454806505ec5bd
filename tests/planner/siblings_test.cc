#include "planner/siblings.h"

#include <gmock/gmock.h>

#include "planner/groups.h"
#include "planner/planner_case.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Layers over one value; `rest` reads them.
std::unique_ptr<Graph> Branches(const std::string& rest, const std::string& outputs) {
  return ParseGraph("graph net(%x: float32[1, 14, 14, 48]) -> (" + outputs + R"() {
    %w1: float32[32, 1, 1, 48] = const seeded(1)
    %w2: float32[40, 1, 1, 48] = const seeded(2)
    %w3: float32[32, 3, 3, 48] = const seeded(3)
    %w4: float32[32, 1, 1, 40] = const seeded(4)
    %a = Conv(%x, %w1)
      from "a"
    %ra = Relu(%a)
      from "relu_a"
)" + rest + "}");
}

// The sources of each group of several outputs. Estimates decide.
std::vector<std::vector<std::string>> Merge(Graph& graph, const char* backend = "cpu") {
  ProposeGroups(graph);
  SettleGroups(graph, OptionsFor(backend));
  const int merged = MergeSiblings(graph, OptionsFor(backend));
  std::vector<std::vector<std::string>> groups;
  for (const NodeId id : graph.Order()) {
    if (graph.node(id).outputs.size() > 1) groups.push_back(graph.node(id).sources);
  }
  EXPECT_EQ(static_cast<size_t>(merged), groups.size());
  return groups;
}

constexpr const char* kSecond = R"(
    %b = Conv(%x, %w2)
      from "b"
    %rb = Sigmoid(%b)
      from "sigmoid_b"
)";

TEST(Siblings, OfOneValueAreOneGroup) {
  const std::unique_ptr<Graph> graph = Branches(kSecond, "%rb, %ra");
  ExpectSameMeaning(
      *graph, [&] { EXPECT_THAT(Merge(*graph), ElementsAre(ElementsAre("a", "relu_a", "b", "sigmoid_b"))); });
}

TEST(Siblings, WithOtherWindowsStayApart) {
  const char* three_by_three = "%b = Conv(%x, %w3) {pads=[1, 1, 1, 1]}\n from \"b\"\n";
  EXPECT_THAT(Merge(*Branches(three_by_three, "%b, %ra")), IsEmpty());
  EXPECT_THAT(Merge(*Branches("%b = Conv(%x, %w2) {strides=[2, 2]}\n from \"b\"\n", "%b, %ra")), IsEmpty());
}

TEST(Siblings, NoKernelNoGroup) {
  EXPECT_THAT(Merge(*Branches(kSecond, "%rb, %ra"), "null"), IsEmpty());
}

// The sum is part of the second layer, which then waits for what follows the first.
TEST(Siblings, OneThatWaitsForTheOtherStaysApart) {
  const std::unique_ptr<Graph> graph = Branches(R"(
    %v: float32[32, 1, 1, 32] = const seeded(7)
    %w: float32[32, 1, 1, 48] = const seeded(8)
    %c = Sigmoid(%ra)
    %b = Conv(%x, %w)
      from "b"
    %s = Add(%b, %c)
      from "sum"
)",
                                                "%s, %ra");
  ExpectSameMeaning(*graph, [&] { EXPECT_THAT(Merge(*graph), IsEmpty()); });
}

// Two sets, each apart in itself: made one group each they would wait for each other.
TEST(Siblings, TwoSetsDoNotCross) {
  const std::unique_ptr<Graph> graph =
      ParseGraph(R"(graph net(%x: float32[1, 19, 19, 12]) -> (%a, %b, %c, %d) {
    %w: float32[32, 1, 1, 12] = const seeded(1)
    %v: float32[32, 1, 1, 12] = const seeded(2)
    %f: float32[32, 1, 3, 12] = const seeded(3)
    %g: float32[32, 1, 3, 12] = const seeded(4)
    %a = Conv(%x, %w)
      from "a"
    %b = Conv(%x, %f) {pads=[0, 1, 0, 1]}
      from "b"
    %sa = Sigmoid(%a)
    %sb = Sigmoid(%b)
    %c1 = Conv(%x, %g) {pads=[0, 1, 0, 1]}
      from "c"
    %c = Add(%c1, %sa)
      from "add_c"
    %d1 = Conv(%x, %v)
      from "d"
    %d = Add(%d1, %sb)
      from "add_d"
  })");
  ExpectSameMeaning(*graph, [&] { EXPECT_EQ(Merge(*graph).size(), 1u); });
}

TEST(Siblings, TheMeasuredTimesDecide) {
  TimingCache cache = TimingCache::Open("none");
  const auto merge = [&] {
    const std::unique_ptr<Graph> graph = Branches(kSecond, "%rb, %ra");
    Tuner tuner(std::make_shared<ThreadPool>(1), cache);
    const PlannerOptions options = OptionsFor("cpu", &tuner);
    ProposeGroups(*graph);
    SettleGroups(*graph, options);
    const std::map<std::string, int64_t> alone = cache.entries();
    const int merged = MergeSiblings(*graph, options);
    std::vector<std::string> together;
    for (const auto& [key, ns] : cache.entries()) {
      if (!alone.contains(key)) together.push_back(key);
    }
    return std::pair(merged, together);
  };
  const std::vector<std::string> together = merge().second;
  ASSERT_EQ(together.size(), 1u);
  EXPECT_TRUE(together[0].starts_with("cpu.conv_packed@"));
  for (const auto& [key, ns] : std::map(cache.entries())) cache.Put(key, key == together[0] ? 190 : 100);
  EXPECT_EQ(merge().first, 1);
  cache.Put(together[0], 199);
  EXPECT_EQ(merge().first, 0);
}

}  // namespace
}  // namespace floe
