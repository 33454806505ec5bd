// floe compare: engines, models and golden files against each other.
#include <nlohmann/json.hpp>

#include "formats/npy.h"
#include "support/run_floe.h"

namespace floe {
namespace {

using nlohmann::json;

class CompareCommand : public testing::Test {
 protected:
  CompareCommand() { BuildTinyEngine(engine_); }

  static Ran Compare(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "compare");
    return RunFloe(arguments);
  }

  // The golden file of the tiny network with the first output element moved by `by`.
  std::string Moved(float by) {
    std::vector<NamedTensor> arrays = ReadNpz(golden_);
    for (NamedTensor& array : arrays) {
      if (array.name != "out0") continue;
      array.tensor = array.tensor.Clone();
      array.tensor.data<float>()[0] += by;
    }
    WriteNpz(folder_ / "moved.npz", arrays);
    return folder_ / "moved.npz";
  }

  ScratchFolder folder_;
  std::string engine_ = folder_ / "tiny.floe";
  std::string model_ = FormFile("variables/model.ckpt");
  std::string golden_ = FormFile("variables/io.npz");
  const std::vector<std::string> maps_ = {"--map", "in0=input", "--map", "out0=Tiny/Predictions"};

  std::vector<std::string> WithMaps(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), maps_.begin(), maps_.end());
    return arguments;
  }
};

TEST_F(CompareCommand, EngineEqualsItsGoldenFile) {
  const Ran ran = Compare(WithMaps({engine_, golden_}));
  EXPECT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.out, testing::HasSubstr("Tiny/Predictions"));
  EXPECT_THAT(ran.out, testing::HasSubstr("100 %"));
}

TEST_F(CompareCommand, OrderOfTheSidesDoesNotMatter) {
  EXPECT_TRUE(Succeeds(Compare(WithMaps({golden_, engine_}))));
}

TEST_F(CompareCommand, ModelTakesItsShapesFromTheGoldenFile) {
  EXPECT_TRUE(Succeeds(Compare(WithMaps({model_, golden_}))));
}

TEST_F(CompareCommand, DifferenceBeyondTheToleranceEndsWith5) {
  const Ran ran = Compare(WithMaps({engine_, Moved(0.1f)}));
  EXPECT_TRUE(Refuses(ran, 5, {"'Tiny/Predictions'", "tolerance"}));
  EXPECT_THAT(ran.out, testing::HasSubstr("beyond tolerance"));
}

TEST_F(CompareCommand, ToleranceIsAnOption) {
  EXPECT_TRUE(Succeeds(Compare(WithMaps({engine_, Moved(0.1f), "--tolerance", "0.5"}))));
}

TEST_F(CompareCommand, JsonHoldsTheMeasures) {
  const Ran ran = Compare(WithMaps({engine_, Moved(0.1f), "--json"}));
  EXPECT_EQ(ran.exit_code, 5);
  const json answer = json::parse(ran.out);
  EXPECT_EQ(answer["schema"], "floe.compare/1");
  EXPECT_EQ(answer["within"], false);
  ASSERT_EQ(answer["outputs"].size(), 1u);
  const json& output = answer["outputs"][0];
  EXPECT_EQ(output["name"], "Tiny/Predictions");
  EXPECT_EQ(output["elements"], 8);
  EXPECT_NEAR(output["max_abs"].get<double>(), 0.1, 1e-4);
  EXPECT_EQ(output["worst"], 0);
  EXPECT_GT(output["relative"].get<double>(), 0.05);
  EXPECT_TRUE(output["top5"].is_null());
}

TEST_F(CompareCommand, EngineAndModelAreComparedOnMadeUpInputs) {
  EXPECT_TRUE(Succeeds(Compare({engine_, model_, "--input", "input=2x6x5x3", "--target", "reference"})));
}

TEST_F(CompareCommand, FeedIsUsedOnBothSides) {
  const std::string feed = "input=" + golden_ + ":in0";
  EXPECT_TRUE(Succeeds(Compare({engine_, model_, "--feed", feed})));
}

TEST_F(CompareCommand, GoldenFileEqualsItself) {
  EXPECT_TRUE(Succeeds(Compare({golden_, golden_, "--tolerance", "0"})));
  EXPECT_TRUE(Refuses(Compare({golden_, Moved(0.1f)}), 5, {"'out0'"}));
}

TEST_F(CompareCommand, OtherShapeEndsWith5) {
  WriteNpz(folder_ / "other.npz", std::vector<NamedTensor>{{"in0", ReadNpz(golden_)[0].tensor},
                                                           {"out0", Tensor(DType::kFloat32, {2, 5})}});
  EXPECT_TRUE(Refuses(Compare(WithMaps({engine_, folder_ / "other.npz"})), 5, {"[2, 4]", "[2, 5]"}));
}

TEST_F(CompareCommand, InputThatTheGoldenFileLacksIsAskedFor) {
  EXPECT_TRUE(Refuses(Compare({engine_, golden_}), 2, {"'input'", "in0", "--map KEY=input"}));
}

TEST_F(CompareCommand, MapOfAKeyThatIsNotThereIsAnsweredWithTheKeys) {
  EXPECT_TRUE(Refuses(Compare({engine_, golden_, "--map", "in7=input"}), 2, {"in7", "in0", "out0"}));
}

TEST_F(CompareCommand, NothingInCommonIsSaid) {
  EXPECT_TRUE(Refuses(Compare({engine_, golden_, "--map", "in0=input"}), 2, {"nothing to compare", "--map"}));
}

TEST_F(CompareCommand, MissingSideIsNamed) {
  EXPECT_TRUE(Refuses(Compare({engine_, "/no/such.npz"}), 3, {"/no/such.npz"}));
  EXPECT_TRUE(Refuses(Compare({"/no/such.floe", golden_}), 3, {"/no/such.floe"}));
}

}  // namespace
}  // namespace floe
