// Fake quantisation as pairs of QuantizeLinear and DequantizeLinear: the same numbers, where TensorRT wants
// them.
#include "export/rewrite/quantise.h"

#include <gmock/gmock.h>

#include "backends/reference/evaluate.h"
#include "export/export_test.h"
#include "export/tensorrt/tensorrt.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "passes/pass_test.h"

namespace floe {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct FakeCase {
  const char* name;
  const char* fields;  // of FakeQuant
  const char* range;   // minima, maxima
  int channels;
};

class QuantiseTest : public testing::TestWithParam<FakeCase> {};

TEST_P(QuantiseTest, GivesTheSameNumbers) {
  const FakeCase& c = GetParam();
  const std::string dims = c.channels == 1 ? "[]" : "[" + std::to_string(c.channels) + "]";
  std::string ranges = c.range;
  const size_t between = ranges.find(';');
  const std::string text = "graph main(%x: float32[5, 7, 3]) -> (%y) { %low: float32" + dims + " = const [" +
                           ranges.substr(0, between) + "] %high: float32" + dims + " = const [" +
                           ranges.substr(between + 1) + "] %y = FakeQuant(%x, %low, %high) {" + c.fields +
                           "} }";
  const auto before = ParseGraph(text);
  auto graph = before->Clone();
  std::vector<std::string> notes;
  QuantiseFakes(*graph, nullptr, &notes);
  EXPECT_THAT(notes, IsEmpty());
  VerifyGraph(*graph);
  EXPECT_THAT(PrintGraph(*graph), testing::AllOf(HasSubstr("DequantizeLinear"), Not(HasSubstr("FakeQuant"))));
  ExpectSameNumbers(*before, *graph, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Ranges, QuantiseTest,
    testing::Values(FakeCase{"Around0", "bits=8, narrow_range=true", "-1.5;1.5", 1},
                    FakeCase{"Wide", "bits=8", "-0.7;1.3", 1}, FakeCase{"Above0", "bits=8", "0;1.1", 1},
                    FakeCase{"Narrow", "bits=8, narrow_range=true", "-0.2;0.9", 1},
                    FakeCase{"FourBits", "bits=4", "-1;1", 1},
                    FakeCase{"FourBitsNarrow", "bits=4, narrow_range=true", "-1;1", 1},
                    FakeCase{"Channels", "bits=8, narrow_range=true", "-1, -0.5, -0.25;1, 0.5, 0.25", 3},
                    FakeCase{"UnevenChannels", "bits=6", "-1, 0, -0.25;0.5, 0.5, 0", 3}),
    [](const auto& info) { return info.param.name; });

TEST(Quantise, WhatIntegersCannotHoldStaysAndIsNoted) {
  auto graph = ParseGraph(R"(
    graph main(%x: float32[4], %low: float32[], %high: float32[]) -> (%a, %b) {
      %l: float32[] = const [-1]
      %h: float32[] = const [1]
      %a = FakeQuant(%x, %l, %h) {bits=16}
      %b = FakeQuant(%x, %low, %high)
    })");
  std::vector<std::string> notes;
  QuantiseFakes(*graph, nullptr, &notes);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("'a' is written out in floats: it has 16 bits"),
                                 HasSubstr("'b' is written out in floats: its range is not constant")));
  EXPECT_THAT(PrintGraph(*graph), Not(HasSubstr("QuantizeLinear")));
}

ExportResult ExportedInt8(std::string_view text) {
  ExportOptions options;
  options.precision = DType::kInt8;
  return Exported(text, options);
}

// A filter of one scale a channel, in TensorFlow's order behind a transpose, and an activation.
constexpr std::string_view kConvolution = R"(
  graph main(%x: float32[1, 6, 6, 3]) -> (%y) {
    %w: float32[3, 3, 3, 2] = const seeded(1)
    %wl: float32[2] = const [-1, -0.5]
    %wh: float32[2] = const [1, 0.5]
    %xl: float32[] = const [-1]
    %xh: float32[] = const [0.9921875]
    %q = FakeQuant(%w, %wl, %wh) {narrow_range=true}
    %f = Transpose(%q) {perm=[3, 0, 1, 2]}
    %a = FakeQuant(%x, %xl, %xh)
    %y = Conv(%a, %f)
  })";

TEST(Quantise, AFilterIsTurnedBeforeItIsQuantised) {
  const ExportResult result = ExportedInt8(kConvolution);
  const auto& graph = result.model.proto.graph();
  std::vector<std::string> between;  // the edges' transposes aside
  for (const auto& node : graph.node()) {
    if (node.op_type() != "Transpose") between.push_back(node.op_type());
  }
  EXPECT_THAT(between, testing::UnorderedElementsAre("QuantizeLinear", "DequantizeLinear", "QuantizeLinear",
                                                     "DequantizeLinear", "Conv"));
  EXPECT_EQ(result.transposes.size(), 2U);  // in and out
  for (const auto& node : graph.node()) {
    if (node.op_type() != "QuantizeLinear" || node.attribute_size() == 0) continue;
    EXPECT_EQ(node.attribute(0).i(), 0);  // the channels of an ONNX filter
  }
  EXPECT_THAT(TensorRtProblems(result.model), IsEmpty());
}

TEST(Quantise, OtherPrecisionsWriteItOut) {
  EXPECT_THAT(Operators(Exported(kConvolution)), Not(Contains("QuantizeLinear")));
}

}  // namespace
}  // namespace floe
