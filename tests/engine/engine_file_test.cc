// The engine file: what goes in comes out, and no damaged file does harm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "backends/cpu/isa.h"
#include "base/error.h"
#include "floe/session.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kNet = R"(
graph net(%x: float32[1, 6, 6, 8]) -> (%y, %r) {
  %w: float32[16, 3, 3, 8] = const seeded(1)
  %b: float32[16] = const seeded(2)
  %c = Conv(%x, %w, %b) {pads=[1, 1, 1, 1]}
    from "conv/Conv2D"
  %y = Relu(%c)
    from "conv/Relu"
  %shape: int64[2] = const [6, 96]
  %r = Reshape(%y, %shape)
})";

// As a user hands bytes over: 64-byte aligned.
Tensor FileOf(const EngineData& data) {
  const std::vector<uint8_t> bytes = WriteEngine(data);
  return Tensor::FromVector<uint8_t>(bytes);
}

std::shared_ptr<const Engine> Read(const Tensor& file, bool verify = true) {
  return Engine::FromBytes({file.data<uint8_t>(), static_cast<size_t>(file.size())}, file.owner(), {verify});
}

std::vector<NamedTensor> RunOnce(const std::shared_ptr<const Engine>& engine) {
  Session session(engine, {1, nullptr});
  const std::vector<NamedTensor> feeds = {{"x", SeededTensor(DType::kFloat32, {1, 6, 6, 8}, 3)}};
  return session.Run(feeds);
}

class EngineFile : public ::testing::TestWithParam<std::string> {};

TEST_P(EngineFile, GivesTheSameNumbersBeforeAndAfterTheFile) {
  const auto engine = testing::EngineFor(kNet, GetParam());
  const auto loaded = Read(FileOf(engine->data()));
  EXPECT_EQ(loaded->target(), engine->target());
  ASSERT_EQ(loaded->inputs().size(), 1u);
  EXPECT_EQ(loaded->inputs()[0].name, "x");
  EXPECT_EQ(loaded->inputs()[0].dims, (std::vector<int64_t>{1, 6, 6, 8}));
  const auto before = RunOnce(engine);
  const auto after = RunOnce(loaded);
  ASSERT_EQ(before.size(), 2u);
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(SameContents(before[i].tensor, after[i].tensor)) << before[i].name;
}

TEST_P(EngineFile, WrittenAgainHasTheSameBytes) {
  const auto engine = testing::EngineFor(kNet, GetParam());
  const Tensor file = FileOf(engine->data());
  EXPECT_TRUE(SameContents(file, FileOf(Read(file)->data())));
}

TEST_P(EngineFile, WeightsAreViewsOfTheFile) {
  const auto engine = testing::EngineFor(kNet, GetParam());
  const Tensor file = FileOf(engine->data());
  const auto loaded = Read(file);
  ASSERT_FALSE(loaded->data().constants.empty());
  for (const Tensor& t : loaded->data().constants) {
    const auto* at = static_cast<const uint8_t*>(t.raw());
    EXPECT_GE(at, file.data<uint8_t>());
    EXPECT_LE(at + t.size_bytes(), file.data<uint8_t>() + file.size());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(at) % 64, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, EngineFile, ::testing::Values("cpu", "reference"),
                         [](const auto& info) { return info.param; });

std::string FailureOf(const Tensor& file, ErrorCode code) {
  try {
    Read(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "it was read";
  return "";
}

TEST(DamagedEngine, SaysWhatIsWrong) {
  const Tensor file = FileOf(testing::EngineFor(kNet)->data());
  const auto changed = [&](size_t at, uint8_t value) {
    Tensor copy = file.Clone();
    copy.data<uint8_t>()[at] = value;
    return copy;
  };
  EXPECT_EQ(FailureOf(changed(0, 'X'), ErrorCode::kModel), "engine: not a Floe engine");
  EXPECT_THAT(FailureOf(changed(4, '\n'), ErrorCode::kModel), HasSubstr("copy in text mode"));
  EXPECT_EQ(FailureOf(changed(8, 2), ErrorCode::kEngine),
            "engine: engine format 2, but this Floe reads format 1; build the engine again");
  EXPECT_THAT(FailureOf(changed(40, 0xff), ErrorCode::kModel),
              HasSubstr("wrong checksum of the section table"));
  EXPECT_THAT(FailureOf(changed(static_cast<size_t>(file.size()) - 70, 0x55), ErrorCode::kModel),
              HasSubstr("wrong checksum"));
  const Tensor half =
      Tensor::View(DType::kUInt8, {file.size() / 2}, const_cast<void*>(file.raw()), file.owner());
  EXPECT_THAT(FailureOf(half, ErrorCode::kModel), HasSubstr("truncated or extended"));
  EXPECT_EQ(FailureOf(Tensor(DType::kUInt8, {0}), ErrorCode::kModel), "engine: not a Floe engine");
}

// Without checksums a flipped bit reaches every check behind them: it may run, or be refused, but nothing
// else.
TEST(DamagedEngine, AnyFlippedByteIsRefusedOrHarmless) {
  const Tensor file = FileOf(testing::EngineFor(kNet)->data());
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    Tensor copy = file.Clone();
    const auto at = static_cast<size_t>(random() % static_cast<uint64_t>(file.size()));
    copy.data<uint8_t>()[at] ^= static_cast<uint8_t>(1u << random() % 8);
    try {
      const auto engine = Read(copy, /*verify=*/false);
      Session session(engine, {1, nullptr});
      std::vector<Tensor> inputs;
      for (const TensorSpec& spec : engine->inputs()) {
        if (ElementCount(spec.dims) < 1 << 20) inputs.emplace_back(spec.dtype, spec.dims);
      }
      std::vector<Tensor> outputs(engine->outputs().size());
      session.RunInto(inputs, outputs);
    } catch (const Error&) {
      ++refused;
    } catch (const std::bad_alloc&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

constexpr const char* kLoop = R"(
graph loop(%trips: int64[], %go: bool[], %x: string[2]) -> (%y) {
  %y: string[2] = Loop(%trips, %go, %x) {carried=1}
    graph body(%i: int64[], %c: bool[], %v: string[2]) -> (%c, %joined) { %joined = StringJoin(%v, %v) }
})";

// Checksums are right, but the plan does not hold together.
TEST(DamagedEngine, APlanThatReadsWhatNobodyMadeIsRefused) {
  const std::unique_ptr<Graph> graph = ParseGraph(kLoop);
  EngineData data = testing::DataFor(*graph, "reference");
  Plan& plan = data.profiles[0];
  std::vector<Step> steps = std::move(plan.steps);
  plan.steps.clear();
  EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kModel), HasSubstr("'y' is read before a step makes it"));
}

TEST(DamagedEngine, ALoopOfWrongTypesIsRefused) {
  const std::unique_ptr<Graph> graph = ParseGraph(kLoop);
  EngineData data = testing::DataFor(*graph, "reference");
  Plan& plan = data.profiles[0];
  ASSERT_TRUE(std::holds_alternative<LoopStep>(plan.steps.back().action));
  LoopStep& loop = std::get<LoopStep>(plan.steps.back().action);
  std::swap(loop.trip_count, loop.condition);
  EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kModel),
              HasSubstr("number of iterations is of another type"));
  std::swap(loop.trip_count, loop.condition);
  loop.carried[0] = loop.condition;
  EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kModel), HasSubstr("of another type"));
}

TEST(DamagedEngine, AnInputWhoseNameSaysAnotherTypeIsRefused) {
  const std::unique_ptr<Graph> graph = ParseGraph(kNet);
  EngineData data = testing::DataFor(*graph);
  data.inputs[0].type.dtype = DType::kInvalid;
  EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kModel),
              HasSubstr("'x' is invalid by its name, float32 in the plan"));
}

TEST(Engine, OfAnotherMachineIsRefusedBeforeItIsRun) {
  const std::unique_ptr<Graph> graph = ParseGraph(kNet);
  EngineData data = testing::DataFor(*graph);
  data.target.isa = "avx9000";
  EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kEngine), HasSubstr("built for another machine"));
  data.target.backend = "abacus";
  EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kEngine), HasSubstr("'abacus'"));
}

TEST(Engine, OfAnotherMachineCanBeLookedAtAndNotRun) {
  const std::unique_ptr<Graph> graph = ParseGraph(kNet);
  EngineData data = testing::DataFor(*graph);
  data.target.isa = "avx9000";
  const Tensor file = FileOf(data);
  const auto engine =
      Engine::FromBytes({file.data<uint8_t>(), file.size_bytes()}, file.owner(), {.any_machine = true});
  EXPECT_EQ(engine->target(), "cpu avx9000");
  EXPECT_EQ(engine->inputs().size(), data.inputs.size());
  try {
    const Session session(engine);
    FAIL() << "a session of it began";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kEngine);
    EXPECT_THAT(error.what(), HasSubstr("built for another machine"));
  }
}

TEST(Engine, SaysWhichInstructionsAreMissing) {
  const std::unique_ptr<Graph> graph = ParseGraph(kNet);
  EngineData data = testing::DataFor(*graph);
  for (const cpu::Isa isa : {cpu::Isa::kGeneric, cpu::Isa::kAvx2, cpu::Isa::kAvx512, cpu::Isa::kNeon}) {
    data.target.isa = cpu::IsaName(isa);
    if (cpu::HasIsa(isa)) {
      EXPECT_NO_THROW(Read(FileOf(data))) << data.target.isa;
    } else {
      EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kEngine),
                  AllOf(HasSubstr("the engine uses " + data.target.isa + ", this processor"),
                        HasSubstr("has " + std::string(cpu::IsaName(cpu::DetectIsa())))));
    }
  }
}

TEST(Engine, WithAKernelOfAnotherVersionIsRefused) {
  const std::unique_ptr<Graph> graph = ParseGraph(kNet);
  EngineData data = testing::DataFor(*graph);
  std::get<KernelStep>(data.profiles[0].steps[0].action).version += 100;
  EXPECT_THAT(FailureOf(FileOf(data), ErrorCode::kEngine), HasSubstr("build the engine again"));
}

}  // namespace
}  // namespace floe
