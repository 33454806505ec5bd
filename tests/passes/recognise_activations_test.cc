#include "passes/pass_test.h"

namespace floe {
namespace {

constexpr char kHead[] = R"(graph g(%x: float32[2, 5]) -> (%y) {
  %zero: float32[] = const 0
  %one: float32[] = const 1
  %three: float32[] = const 3
  %six: float32[] = const 6
  %sixth: float32[] = const 0.16666667
  %fifth: float32[] = const 0.2
  %half: float32[] = const 0.5
  %slope: float32[5] = const seeded(4)
)";

void ExpectBecomes(const std::string& body, const std::string& op) {
  const auto graph = After(kHead + body + "}", RecogniseActivations);
  EXPECT_THAT(*graph, SameGraphAs("graph g(%x: float32[2, 5]) -> (%y) { %slope: float32[5] = const seeded(4) "
                                  "%y = " +
                                  op + " }"));
}

TEST(RecogniseActivations, ClipAndRelu) {
  ExpectBecomes("%y = Max(%zero, %x)", "Relu(%x)");
  ExpectBecomes("%a = Relu(%x) %y = Min(%a, %six)", "Clip(%x) {max=6}");
  ExpectBecomes("%a = Max(%x, %one) %y = Min(%a, %three)", "Clip(%x) {min=1, max=3}");
}

TEST(RecogniseActivations, SiluAndHardSwish) {
  ExpectBecomes("%a = Sigmoid(%x) %y = Mul(%a, %x)", "Silu(%x)");
  ExpectBecomes("%a = Add(%x, %three) %b = Clip(%a) {max=6} %c = Mul(%x, %b) %y = Div(%c, %six)",
                "HardSwish(%x)");
  ExpectBecomes("%a = Add(%x, %three) %b = Clip(%a) {max=6} %c = Mul(%b, %sixth) %y = Mul(%x, %c)",
                "HardSwish(%x)");
}

TEST(RecogniseActivations, LeakyReluAndPRelu) {
  ExpectBecomes("%a = Mul(%x, %half) %y = Max(%x, %a)", "LeakyRelu(%x) {alpha=0.5}");
  ExpectBecomes("%a = Relu(%x) %n = Neg(%x) %b = Relu(%n) %c = Neg(%b) %d = Mul(%slope, %c) %y = Add(%a, %d)",
                "PRelu(%x, %slope)");
}

TEST(RecogniseActivations, HardSigmoid) {
  const auto graph =
      After(std::string(kHead) + "%a = Mul(%x, %fifth) %b = Add(%a, %half) %y = Clip(%b) {max=1} }",
            RecogniseActivations);
  EXPECT_EQ(graph->node_count(), 1u);
  EXPECT_THAT(PrintGraph(*graph), testing::HasSubstr("HardSigmoid(%x)"));
}

TEST(RecogniseActivations, NotWhenSomethingDiffers) {
  ExpectUntouched(std::string(kHead) + "%a = Sigmoid(%x) %b = Exp(%x) %y = Mul(%a, %b) }",
                  RecogniseActivations);
  ExpectUntouched(std::string(kHead) + "%a = Clip(%x) {min=1, max=2} %y = Clip(%a) {min=3, max=4} }",
                  RecogniseActivations);
  ExpectUntouched("graph g(%x: int32[2]) -> (%y) { %z: int32[] = const 0 %y = Max(%x, %z) }",
                  RecogniseActivations);
  ExpectUntouched(std::string(kHead) + "%a = Mul(%x, %three) %y = Max(%x, %a) }", RecogniseActivations);
}

}  // namespace
}  // namespace floe
