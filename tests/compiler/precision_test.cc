// What `floe build --precision` makes of a network, and what it refuses.
#include <gmock/gmock.h>

#include <cmath>

#include "backends/cpu/isa.h"
#include "base/made_up.h"
#include "compiler/difference.h"
#include "compiler/model.h"
#include "engine/format.h"
#include "floe/error.h"
#include "floe/session.h"
#include "graph/text.h"

namespace floe {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNetwork = R"(
graph net(%x: float32[1, 14, 14, 32]) -> (%y) {
  %w: float32[64, 3, 3, 32] = const seeded(1)
  %v: float32[64, 48] = const seeded(2)
  %a = Conv(%x, %w) {pads=[1, 1, 1, 1]}
  %b = Relu(%a)
  %c = MatMul(%b, %v)
  %y = Softmax(%c)
})";

// The output is 1000 %a and a little: the rounding of what makes the little is not seen in it.
constexpr const char* kSums = R"(
graph net(%x: float32[8, 64]) -> (%y) {
  %w: float32[64, 64] = const seeded(1)
  %v: float32[64, 64] = const seeded(2)
  %thousand: float32[1] = const [1000]
  %small = MatMul(%x, %w)
  %a = MatMul(%x, %v)
  %large = Mul(%a, %thousand)
  %b = Softsign(%small)
  %y = Add(%b, %large)
})";

ImportedModel ModelOf(std::string_view text) {
  ImportedModel model;
  model.graph = ParseGraph(text);
  const Graph& g = *model.graph;
  for (const ValueId id : g.inputs())
    model.inputs.push_back({g.value(id).name, g.value(id).name + ":0", g.value(id).type});
  for (const ValueId id : g.outputs())
    model.outputs.push_back({g.value(id).name, g.value(id).name + ":0", g.value(id).type});
  return model;
}

// By estimates: what is faster does not depend on the machine's load.
CompileOptions OptionsFor(std::string precision) {
  CompileOptions options;
  options.precision = std::move(precision);
  options.tune = false;
  options.threads = 1;
  return options;
}

std::shared_ptr<const Engine> Build(std::string_view text, const CompileOptions& options) {
  std::vector<ImportedModel> models;
  models.push_back(ModelOf(text));
  return CompileModels(std::move(models), "net", options);
}

std::string MessageOf(const CompileOptions& options) {
  try {
    Build(kNetwork, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

std::string Bf16RefusalOf(const KernelStep& step) {
  for (const KernelCandidate& c : step.candidates) {
    if (FindKernel(c.kernel)->arithmetic == DType::kBFloat16) return c.refusal;
  }
  return "no candidate";
}

std::vector<Tensor> OutputsOf(const std::shared_ptr<const Engine>& engine) {
  const IoSpec& input = engine->data().inputs[0];
  const std::vector<Tensor> inputs = {MadeUpTensor(input.type.dtype, input.type.shape.Static(), 7)};
  std::vector<Tensor> outputs(engine->data().outputs.size());
  Session(engine).RunInto(inputs, outputs);
  return outputs;
}

class Precision : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cpu::DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  }
};

TEST_F(Precision, FloatByDefault) {
  const auto engine = Build(kNetwork, OptionsFor("fp32"));
  EXPECT_FALSE(UsesBf16(engine->data().profiles[0]));
  EXPECT_EQ(engine->data().target.isa, "avx512");
}

TEST_F(Precision, Bf16RoundsTheProducts) {
  const auto engine = Build(kNetwork, OptionsFor("bf16"));
  EXPECT_EQ(engine->data().target.isa, cpu::kBf16Isa);
  EXPECT_EQ(engine->data().precision, "bf16");
  const std::vector<Tensor> have = OutputsOf(engine);
  const std::vector<Tensor> want = OutputsOf(Build(kNetwork, OptionsFor("fp32")));
  const Difference d = CompareFloats(have[0], want[0]);
  EXPECT_GT(d.largest, 0);
  EXPECT_LT(d.largest, 0.25 * d.range);  // of a softmax: hundredths of large logits are tenths of it
  EXPECT_TRUE(SameContents(OutputsOf(engine)[0], have[0]));
}

TEST_F(Precision, TheSameModelGivesTheSameBytes) {
  for (const char* precision : {"bf16", "auto"}) {
    const auto bytes = [&] { return WriteEngine(Build(kNetwork, OptionsFor(precision))->data()); };
    EXPECT_EQ(bytes(), bytes()) << precision;
  }
}

TEST_F(Precision, AutoKeepsWithinItsBudget) {
  CompileOptions options = OptionsFor("auto");
  options.error_budget = 1e-5;
  const auto engine = Build(kSums, options);
  EXPECT_TRUE(UsesBf16(engine->data().profiles[0]));
  std::string refusals;
  int in_bf16 = 0;
  for (const Step& step : engine->data().profiles[0].steps) {
    const auto& kernel = std::get<KernelStep>(step.action);
    in_bf16 += ArithmeticOf(kernel) == DType::kBFloat16 ? 1 : 0;
    refusals += Bf16RefusalOf(kernel) + "\n";
  }
  EXPECT_EQ(in_bf16, 1) << refusals;
  EXPECT_THAT(refusals, HasSubstr("alone it moves an output by"));
  const Difference d = CompareFloats(OutputsOf(engine)[0], OutputsOf(Build(kSums, OptionsFor("fp32")))[0]);
  EXPECT_LT(d.largest, 5e-5 * d.range);
}

TEST_F(Precision, AutoWithoutABudgetStaysFloatAndRunsOnMoreMachines) {
  CompileOptions options = OptionsFor("auto");
  options.error_budget = 0;
  const auto engine = Build(kNetwork, options);
  EXPECT_FALSE(UsesBf16(engine->data().profiles[0]));
  EXPECT_EQ(engine->data().target.isa, "avx512");
}

TEST_F(Precision, AutoWithAWideBudgetIsBf16) {
  CompileOptions options = OptionsFor("auto");
  options.error_budget = 1;
  EXPECT_TRUE(SameContents(OutputsOf(Build(kNetwork, options))[0],
                           OutputsOf(Build(kNetwork, OptionsFor("bf16")))[0]));
}

constexpr const char* kLayers = R"(
graph net(%x: float32[1, 56, 56, 64]) -> (%y) {
  %w1: float32[256, 1, 1, 64] = const seeded(1)
  %w2: float32[64, 1, 1, 256] = const seeded(2)
  %w3: float32[256, 1, 1, 64] = const seeded(3)
  %a = Conv(%x, %w1)
  %b = Relu(%a)
  %c = Conv(%b, %w2)
  %d = Relu(%c)
  %e = Conv(%d, %w3)
  %f = MaxPool(%e) {kernel_shape=[2, 2], strides=[2, 2]}
  %y = ReduceMax(%f) {axes=[1, 2]}
})";

// What lies in memory as bf16 is decided by times, which the test must not depend on.
CompileOptions MeasuredOptions(double budget) {
  CompileOptions options = OptionsFor("auto");
  options.error_budget = budget;
  options.tune = true;
  options.timing_cache = "none";
  return options;
}

TEST_F(Precision, AutoStoresValuesWithinItsBudget) {
  for (const double budget : {1.0, 0.02}) {
    const auto engine = Build(kLayers, MeasuredOptions(budget));
    const Plan& plan = engine->data().profiles[0];
    for (const Step& step : plan.steps)
      EXPECT_NE(std::get<KernelStep>(step.action).kernel, "reference.graph");
    const Difference d =
        CompareFloats(OutputsOf(engine)[0], OutputsOf(Build(kLayers, OptionsFor("fp32")))[0]);
    EXPECT_LT(d.largest, 2 * budget * d.range);  // measured on another input
    const bool stores =
        std::ranges::any_of(plan.values, [](const PlanValue& v) { return v.type.dtype == DType::kBFloat16; });
    EXPECT_EQ(engine->data().target.isa == cpu::kBf16Isa, stores || UsesBf16(plan));
  }
}

TEST_F(Precision, AutoStoresNothingWithoutABudget) {
  const auto engine = Build(kLayers, MeasuredOptions(0));
  EXPECT_EQ(engine->data().target.isa, "avx512");
  for (const PlanValue& v : engine->data().profiles[0].values) {
    EXPECT_EQ(v.type.dtype, DType::kFloat32) << v.name;
  }
}

TEST_F(Precision, AutoLeavesBranchesFloat) {
  constexpr const char* kBranch = R"(
graph net(%c: bool[], %x: float32[8, 64]) -> (%y) {
  %y = If(%c, %x)
  graph then(%a: float32[8, 64]) -> (%t) {
    %w: float32[64, 64] = const seeded(1)
    %t = MatMul(%a, %w)
  }
  graph else(%b: float32[8, 64]) -> (%e) { %e = Neg(%b) }
})";
  CompileOptions options = OptionsFor("auto");
  options.error_budget = 1;
  EXPECT_FALSE(UsesBf16(Build(kBranch, options)->data().profiles[0]));
  EXPECT_TRUE(UsesBf16(Build(kBranch, OptionsFor("bf16"))->data().profiles[0]));
}

TEST_F(Precision, AnEngineInBf16IsReadBack) {
  const auto engine = Build(kNetwork, OptionsFor("bf16"));
  const Tensor file = Tensor::FromVector<uint8_t>(WriteEngine(engine->data()));
  const auto loaded =
      Engine::FromBytes({file.data<uint8_t>(), static_cast<size_t>(file.size())}, file.owner());
  EXPECT_EQ(loaded->data().precision, "bf16");
  EXPECT_TRUE(SameContents(OutputsOf(loaded)[0], OutputsOf(engine)[0]));
}

TEST_F(Precision, AFloatEngineThatNamesABf16KernelIsRefused) {
  const auto engine = Build(kNetwork, OptionsFor("bf16"));
  EngineData data;
  data.target = engine->data().target;
  data.target.isa = "avx512";
  data.inputs = engine->data().inputs;
  data.outputs = engine->data().outputs;
  data.constants = engine->data().constants;
  data.profiles.push_back(ClonePlan(engine->data().profiles[0]));
  const Tensor file = Tensor::FromVector<uint8_t>(WriteEngine(data));
  try {
    const auto loaded =
        Engine::FromBytes({file.data<uint8_t>(), static_cast<size_t>(file.size())}, file.owner());
    OutputsOf(loaded);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kEngine);
    EXPECT_THAT(error.what(), HasSubstr("the engine is built for float32"));
  }
}

TEST(PrecisionOptions, AnUnknownOneIsRefusedWithTheChoices) {
  EXPECT_EQ(MessageOf(OptionsFor("fp8")), "--precision 'fp8': expected one of fp32, bf16, auto");
}

TEST(PrecisionOptions, Bf16NeedsTheInstruction) {
  CompileOptions options = OptionsFor("bf16");
  options.isa = "generic";
  EXPECT_EQ(MessageOf(options),
            "--precision bf16: instruction set generic has no AVX512_BF16; fp32 builds, and so does auto");
  options.precision = "auto";
  EXPECT_EQ(Build(kNetwork, options)->data().target.isa, "generic");
}

TEST(PrecisionOptions, TheReferenceHasNoBf16) {
  CompileOptions options = OptionsFor("bf16");
  options.target = "reference";
  EXPECT_EQ(MessageOf(options),
            "--precision bf16: target reference computes in fp32 only; fp32 builds, and so does auto");
}

TEST(PrecisionOptions, AnInstructionSetDoesNotBringItsOwnPrecision) {
  CompileOptions options = OptionsFor("fp32");
  options.isa = std::string(cpu::kBf16Isa);
  EXPECT_EQ(MessageOf(options), "--isa avx512+bf16: what follows the '+' is added by --precision");
}

}  // namespace
}  // namespace floe
