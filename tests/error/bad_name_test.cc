// A name that is not in the graph, and a dimension that nobody fixed.
#include "support/run_floe.h"

namespace floe {
namespace {

const std::string& Model() {
  static const std::string* model = new std::string(FormFile("variables/model.ckpt"));
  return *model;
}

void ExpectBuildRefused(std::vector<std::string> arguments, const std::vector<std::string>& texts) {
  const ScratchFolder out;
  arguments.insert(arguments.begin(), {"build", Model(), "-o", out / "model.floe"});
  EXPECT_TRUE(Refuses(RunFloe(arguments), 2, texts));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST(BadName, UnknownOutputIsAnsweredWithTheNearest) {
  ExpectBuildRefused({"--input", "input=2x6x5x3", "--output", "Tiny/Prediction"},
                     {"'Tiny/Prediction'", "did you mean", "Tiny/Predictions"});
}

TEST(BadName, UnknownInputIsAnsweredWithTheNearest) {
  ExpectBuildRefused({"--input", "imput=2x6x5x3"}, {"'imput'", "did you mean", "'input'"});
}

TEST(BadName, UnknownConstantIsAnsweredWithTheNearest) {
  ExpectBuildRefused({"--input", "input=2x6x5x3", "--set", "inputt=1"}, {"'inputt'", "did you mean"});
}

TEST(BadName, PortThatTheNodeDoesNotHaveIsRefused) {
  ExpectBuildRefused({"--input", "input=2x6x5x3", "--output", "Tiny/Predictions:7"},
                     {"Tiny/Predictions", "7"});
}

TEST(BadName, UnknownSignatureIsAnsweredWithTheChoices) {
  EXPECT_TRUE(Refuses(RunFloe({"inspect", FormFile("saved_model_v1/saved_model"), "--signature", "serve_me"}),
                      2, {"serve_me", "serving_default"}));
}

TEST(BadName, UnknownTagIsAnsweredWithTheChoices) {
  const Ran ran = RunFloe({"inspect", FormFile("saved_model_v1/saved_model"), "--tag", "train_me"});
  EXPECT_TRUE(Refuses(ran, 2, {"{train_me}", "{serve}", "choose with --tag"}));
}

TEST(BadName, OpenDimensionIsNamedWithTheOptionThatFixesIt) {
  ExpectBuildRefused({"--output", "Tiny/Predictions"}, {"'input'", "dimension", "--input input="});
}

TEST(BadName, ShapeThatIsNoShapeIsRefused) {
  ExpectBuildRefused({"--input", "input=2xtwo"}, {"2xtwo"});
}

TEST(BadName, ShapeThatTheGraphContradictsIsRefused) {
  const ScratchFolder out;
  const Ran ran = RunFloe({"build", Model(), "-o", out / "model.floe", "--input", "input=2x6x5x4"});
  EXPECT_TRUE(Refuses(ran, ran.exit_code == 3 ? 3 : 2, {"input"}));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

}  // namespace
}  // namespace floe
