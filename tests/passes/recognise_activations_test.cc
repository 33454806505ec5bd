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

TEST(RecogniseActivations, Gelu) {
  constexpr std::string_view kConstants = R"(graph g(%x: float32[4, 5]) -> (%y) {
    %half: float32[] = const 0.5
    %one: float32[] = const 1
    %three: float32[] = const 3
    %two: float32[] = const 2
    %root: float32[] = const 0.70710678
    %sqrt2: float32[] = const 1.41421356
    %a: float32[] = const 0.044715
    %k: float32[] = const 0.79788456
  )";
  for (const std::string_view body : {R"(
    %h = Mul(%half, %x)
    %n = Neg(%x)
    %u = Mul(%n, %root)
    %e = Erfc(%u)
    %y = Mul(%h, %e)
  })",
                                      R"(
    %u = Div(%x, %sqrt2)
    %e = Erf(%u)
    %s = Add(%e, %one)
    %p = Mul(%x, %s)
    %y = Mul(%p, %half)
  })",
                                      R"(
    %u = Mul(%x, %root)
    %e = Erf(%u)
    %s = Add(%one, %e)
    %p = Div(%s, %two)
    %y = Mul(%p, %x)
  })"}) {
    const auto graph = After(std::string(kConstants) + std::string(body), RecogniseActivations);
    EXPECT_THAT(*graph, SameGraphAs("graph g(%x: float32[4, 5]) -> (%y) {\n %y = Gelu(%x)\n}")) << body;
  }
  for (const std::string_view inner : {R"(
    %c = Pow(%x, %three)
    %d = Mul(%a, %c)
    %t = Add(%x, %d)
    %u = Mul(%k, %t)
  )",
                                       R"(
    %c = Mul(%x, %x)
    %d = Mul(%c, %a)
    %t = Add(%d, %one)
    %v = Mul(%k, %x)
    %u = Mul(%v, %t)
  )"}) {
    const auto graph = After(std::string(kConstants) + std::string(inner) + R"(
    %e = Tanh(%u)
    %s = Add(%one, %e)
    %g = Mul(%half, %s)
    %y = Mul(%x, %g)
  })",
                             RecogniseActivations);
    EXPECT_THAT(*graph,
                SameGraphAs("graph g(%x: float32[4, 5]) -> (%y) {\n %y = Gelu(%x) {approximate=true}\n}"));
  }
}

TEST(RecogniseActivations, PowersOfSmallNumbers) {
  ExpectBecomes("%two: float32[] = const 2 %y = Pow(%x, %two)", "Square(%x)");
  ExpectBecomes("%y = Pow(%x, %half)", "Sqrt(%x)");
  ExpectBecomes("%p: float32[1] = const -0.5 %y = Pow(%x, %p)", "Rsqrt(%x)");
  ExpectUntouched(std::string(kHead) + "%y = Pow(%x, %fifth) }", RecogniseActivations);
  ExpectUntouched(std::string(kHead) + "%two: float32[] = const 2 %y = Pow(%two, %x) }",
                  RecogniseActivations);
}

TEST(RecogniseActivations, NoGeluWhereANumberDiffers) {
  for (const auto& [root, half] : {std::pair{"0.7", "0.5"}, std::pair{"0.70710678", "0.4"}}) {
    ExpectUntouched(R"(graph g(%x: float32[4, 5]) -> (%y) {
      %half: float32[] = const )" +
                        std::string(half) + R"(
      %one: float32[] = const 1
      %root: float32[] = const )" +
                        std::string(root) + R"(
      %u = Mul(%x, %root)
      %e = Erf(%u)
      %s = Add(%e, %one)
      %p = Mul(%x, %s)
      %y = Mul(%p, %half)
    })",
                    RecogniseActivations);
  }
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
