#include "planner/memory.h"

#include <gtest/gtest.h>

#include "support/engines.h"

namespace floe {
namespace {

Plan PlanOf(const char* text, const std::string& backend = "cpu") {
  const std::unique_ptr<Graph> graph = ParseGraph(text);
  EngineData data = testing::DataFor(*graph, backend);
  return std::move(data.profiles[0]);
}

const PlanValue& Find(const Plan& plan, const std::string& name) {
  for (const PlanValue& v : plan.values) {
    if (v.name == name) return v;
  }
  throw std::runtime_error("no value " + name);
}

// A chain of steps that cannot work in place needs two buffers, however long it is.
TEST(Memory, AChainSharesTwoBuffers) {
  const Plan plan = PlanOf(R"(graph g(%x: float32[64, 64]) -> (%e) {
    %a = Transpose(%x) {perm=[1, 0]}
    %b = Transpose(%a) {perm=[1, 0]}
    %c = Transpose(%b) {perm=[1, 0]}
    %d = Transpose(%c) {perm=[1, 0]}
    %e = Transpose(%d) {perm=[1, 0]}
  })");
  EXPECT_EQ(plan.steps.size(), 5u);
  EXPECT_EQ(plan.arena_bytes, 2u * 64 * 64 * 4);
}

TEST(Memory, AnOutputIsWrittenStraightToTheCallersBuffer) {
  const Plan plan = PlanOf("graph g(%x: float32[8, 8]) -> (%y) { %y = Transpose(%x) {perm=[1, 0]} }");
  EXPECT_EQ(Find(plan, "y").place, Place::kOutput);
  EXPECT_EQ(plan.arena_bytes, 0u);
}

TEST(Memory, AReshapeTakesNoStepAndNoBytes) {
  const Plan plan = PlanOf(R"(graph g(%x: float32[8, 8]) -> (%y) {
    %a = Transpose(%x) {perm=[1, 0]}
    %s: int64[1] = const [64]
    %r = Reshape(%a, %s)
    %y = Softmax(%r)
  })");
  EXPECT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(Find(plan, "r").place, Place::kAlias);
  EXPECT_EQ(plan.arena_bytes, 256u);
}

// What is alive at one time may not share bytes.
TEST(Memory, LiveValuesDoNotOverlap) {
  const Plan plan = PlanOf(R"(graph g(%x: float32[16, 16]) -> (%y) {
    %a = Transpose(%x) {perm=[1, 0]}
    %b = Exp(%x)
    %c = Softmax(%x)
    %ab = Concat(%a, %b) {axis=0}
    %y = Concat(%ab, %c) {axis=0}
  })",
                           "reference");
  for (const char* one : {"a", "b", "c"}) {
    for (const char* other : {"a", "b", "c"}) {
      if (std::string(one) == other) continue;
      const uint64_t p = Find(plan, one).offset;
      const uint64_t q = Find(plan, other).offset;
      EXPECT_TRUE(p + 1024 <= q || q + 1024 <= p) << one << " and " << other;
    }
  }
}

}  // namespace
}  // namespace floe
