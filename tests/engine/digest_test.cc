#include <gtest/gtest.h>

#include "support/engines.h"

namespace floe {
namespace {

EngineData DataOf(const std::string& text) {
  const std::unique_ptr<Graph> graph = ParseGraph(text);
  return testing::DataFor(*graph, "reference");
}

std::string Net(const std::string& name, const std::string& source, int seed) {
  return "graph g(%x: float32[2, 200]) -> (%" + name + ") {\n %w: float32[200, 100] = const seeded(" +
         std::to_string(seed) + ")\n %" + name + " = MatMul(%x, %w)\n from \"" + source + "\"\n}";
}

TEST(ComputeDigest, IgnoresNamesProvenanceAndLabels) {
  EngineData a = DataOf(Net("y", "dense/MatMul", 1));
  EngineData b = DataOf(Net("z", "other/MatMul", 1));
  b.labels = {"cat"};
  b.notes = {{"model", "somewhere"}};
  EXPECT_EQ(ComputeDigest(a), ComputeDigest(b));
}

TEST(ComputeDigest, SeesWeightsOpsAndPrecision) {
  const std::string a = ComputeDigest(DataOf(Net("y", "n", 1)));
  EXPECT_NE(a, ComputeDigest(DataOf(Net("y", "n", 2))));
  EngineData other = DataOf(Net("y", "n", 1));
  other.precision = "bf16";
  EXPECT_NE(a, ComputeDigest(other));
  EXPECT_EQ(a.size(), 32u);
}

}  // namespace
}  // namespace floe
