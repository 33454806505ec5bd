// floe bisect and floe compare --layerwise, as a user runs them.
#include <nlohmann/json.hpp>

#include "engine/plan.h"
#include "floe/engine.h"
#include "support/run_floe.h"

namespace floe {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class BisectCommand : public testing::Test {
 protected:
  BisectCommand() { BuildTinyEngine(engine_); }

  // The engine with its largest constant (a filter) scaled, as a broken build would leave it.
  std::string BrokenEngine() {
    std::string bytes = ReadBytes(engine_);
    const auto engine = Engine::Load(engine_);
    const Tensor* largest = nullptr;
    for (const Tensor& t : engine->data().constants) {
      if (largest == nullptr || t.size_bytes() > largest->size_bytes()) largest = &t;
    }
    const std::string weights(static_cast<const char*>(largest->raw()), largest->size_bytes());
    const size_t at = bytes.find(weights);
    EXPECT_NE(at, std::string::npos);
    for (size_t i = 3; i < weights.size(); i += 4) bytes[at + i] = static_cast<char>(bytes[at + i] ^ 0x80);
    return folder_.Write("broken.floe", bytes);
  }

  ScratchFolder folder_;
  std::string engine_ = folder_ / "tiny.floe";
  std::string model_ = FormFile("variables/model.ckpt");
  std::vector<std::string> part_ = {"--input", "input=2x6x5x3", "--output", "Tiny/Predictions"};

  std::vector<std::string> With(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), part_.begin(), part_.end());
    return arguments;
  }
};

TEST_F(BisectCommand, SaysThatAllLayersAgree) {
  const Ran ran = RunFloe(With({"bisect", model_, "--engine", engine_}));
  EXPECT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.out, HasSubstr("layers agree with reference"));
}

TEST_F(BisectCommand, FindsABrokenFilterAndLeavesABundleThatCompareReplays) {
  const std::string bundle = folder_ / "bundle";
  const Ran ran = RunFloe(
      With({"bisect", model_, "--engine", BrokenEngine(), "--no-verify", "--bundle", bundle, "--json"}));
  EXPECT_EQ(ran.exit_code, 5) << ran.err;
  const json found = json::parse(ran.out);
  EXPECT_EQ(found["schema"], "floe.bisect/1");
  EXPECT_FALSE(found["wrong"].is_null());
  EXPECT_EQ(found["wrong_when_built_alone"], false);
  EXPECT_TRUE(Succeeds(RunFloe({"compare", bundle + "/graph.pb", bundle + "/golden.npz"})));
  EXPECT_EQ(RunFloe({"compare", bundle + "/found.npz", bundle + "/golden.npz"}).exit_code, 5);
}

TEST_F(BisectCommand, AnEngineOfAnotherPartIsRefused) {
  EXPECT_TRUE(
      Refuses(RunFloe({"bisect", FormFile("saved_model_v2/saved_model"), "--engine", engine_}), 2, {}));
}

TEST_F(BisectCommand, LayerwiseShowsTheLayersOfBothSides) {
  const Ran ran = RunFloe(With({"compare", engine_, model_, "--layerwise", "--json"}));
  EXPECT_TRUE(Succeeds(ran));
  const json compared = json::parse(ran.out);
  ASSERT_FALSE(compared["layers"].empty());
  for (const json& layer : compared["layers"]) {
    EXPECT_LT(layer["own"]["relative"].get<double>(), 1e-4) << layer["tensor"];
    EXPECT_TRUE(layer["error"].contains("psnr_db"));
  }
}

TEST_F(BisectCommand, LayerwiseFindsTheLayersOfAFileWithItsChannelsFirst) {
  const std::string onnx = folder_ / "first.onnx";
  ASSERT_TRUE(Succeeds(RunFloe(With({"export", model_, "-o", onnx, "--nchw-inputs"}))));
  const Ran ran = RunFloe({"compare", onnx, model_, "--layerwise", "--json", "--input", "input=2x3x6x5"});
  EXPECT_TRUE(Succeeds(ran)) << ran.err;
  const json compared = json::parse(ran.out);
  ASSERT_GE(compared["layers"].size(), 2U);
  for (const json& layer : compared["layers"]) {
    EXPECT_TRUE(layer["own"]["incomparable"].is_null()) << layer["tensor"];
    EXPECT_LT(layer["own"]["relative"].get<double>(), 1e-4) << layer["tensor"];
  }
}

TEST_F(BisectCommand, LayerwiseOfTwoGoldenFilesIsRefused) {
  const std::string golden = FormFile("variables/io.npz");
  EXPECT_TRUE(Refuses(RunFloe({"compare", golden, golden, "--layerwise"}), 2, {"golden files"}));
}

}  // namespace
}  // namespace floe
