// What classify refuses: pictures, labels, preprocessing, engines that take no pictures.
#include "support/run_floe.h"

namespace floe {
namespace {

class BadPicture : public testing::Test {
 protected:
  BadPicture() { BuildTinyEngine(engine_); }

  Ran Classify(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"classify", engine_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunFloe(arguments);
  }

  ScratchFolder folder_;
  std::string engine_ = folder_ / "tiny.floe";
  std::string picture_ = SourceFile("tests/image/data/rgb_8.png");
};

TEST_F(BadPicture, GoodOneIsClassified) {
  EXPECT_TRUE(Succeeds(Classify({picture_, "--preprocess", "inception"})));
}

TEST_F(BadPicture, UnsaidPreprocessingIsAskedForWithTheChoices) {
  EXPECT_TRUE(Refuses(Classify({picture_}), 2,
                      {"tiny.floe", "--preprocess", "inception", "vgg", "none", "FILE.json"}));
}

TEST_F(BadPicture, UnknownPresetIsAnsweredWithTheChoices) {
  EXPECT_TRUE(Refuses(Classify({picture_, "--preprocess", "inceptoin"}), 2,
                      {"'inceptoin'", "inception", "vgg", "none"}));
}

TEST_F(BadPicture, DescriptionWithAnUnknownKeyIsRefused) {
  const std::string json = folder_.Write("p.json", R"({"colour": "rgb"})");
  EXPECT_TRUE(Refuses(Classify({picture_, "--preprocess", json}), 2, {"p.json", "colour"}));
}

TEST_F(BadPicture, DescriptionThatIsMissingIsNamed) {
  EXPECT_TRUE(Refuses(Classify({picture_, "--preprocess", "/no/such.json"}), 3, {"/no/such.json"}));
}

TEST_F(BadPicture, BuildRefusesAWrongDescriptionBeforeItBuilds) {
  const ScratchFolder out;
  const std::string json = folder_.Write("p.json", R"({"mean": "grey"})");
  EXPECT_TRUE(Refuses(RunFloe({"build", FormFile("variables/model.ckpt"), "--input", "input=2x6x5x3",
                               "--preprocess", json, "-o", out / "x.floe"}),
                      2, {"p.json", "mean"}));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST_F(BadPicture, MissingPictureIsNamed) {
  EXPECT_TRUE(Refuses(Classify({picture_, "/no/such.png", "--preprocess", "none"}), 3, {"/no/such.png"}));
}

TEST_F(BadPicture, FileThatIsNoPictureIsNamed) {
  const std::string text = folder_.Write("text.png", "not a picture");
  EXPECT_TRUE(Refuses(Classify({text, "--preprocess", "none"}), 3, {"text.png"}));
}

TEST_F(BadPicture, TruncatedPictureIsNamed) {
  const std::string cut = folder_.Write("cut.png", ReadBytes(picture_).substr(0, 60));
  EXPECT_TRUE(Refuses(Classify({cut, "--preprocess", "none"}), 3, {"cut.png"}));
}

TEST_F(BadPicture, FolderWithoutPicturesIsNamed) {
  const ScratchFolder empty;
  EXPECT_TRUE(Refuses(Classify({empty.path(), "--preprocess", "none"}), 3, {empty.path(), "no picture"}));
}

TEST_F(BadPicture, WrongNumberOfLabelsIsSaid) {
  const std::string labels = folder_.Write("labels.txt", "a\nb\nc\n");
  EXPECT_TRUE(
      Refuses(Classify({picture_, "--preprocess", "none", "--labels", labels}), 2, {"labels.txt", "4", "3"}));
}

TEST_F(BadPicture, EmptyLabelsAreRefused) {
  const std::string labels = folder_.Write("labels.txt", "\n\n");
  EXPECT_TRUE(Refuses(Classify({picture_, "--preprocess", "none", "--labels", labels}), 3, {"labels.txt"}));
}

TEST_F(BadPicture, ContactSheetThatCannotBeWrittenIsSaid) {
  EXPECT_TRUE(Refuses(Classify({picture_, "--preprocess", "none", "--html", "/no/such/folder/sheet.html"}), 7,
                      {"/no/such/folder/sheet.html"}));
}

TEST_F(BadPicture, ModelInPlaceOfAnEngineIsRefused) {
  EXPECT_TRUE(
      Refuses(RunFloe({"classify", FormFile("binary_graph/graph.pb"), picture_}), 3, {"not a Floe engine"}));
}

}  // namespace
}  // namespace floe
