// floe classify, on a network whose weights are noise: what it sees means nothing, but must be the same each
// way.
#include <nlohmann/json.hpp>

#include "support/run_floe.h"

namespace floe {
namespace {

using nlohmann::json;

constexpr const char* kProbabilities = "MobilenetV1/Predictions/Reshape_1";
constexpr const char* kLogits = "MobilenetV1/Logits/SpatialSqueeze";

std::string Picture(const std::string& name) {
  return SourceFile("tests/image/data/" + name);
}

class Classify : public testing::Test {
 protected:
  std::string Build(const std::string& name, int batch, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"build",
                                          SourceFile("tests/models/data/mobilenet_v1_0p25_128/frozen.pb"),
                                          "--input",
                                          "input=" + std::to_string(batch) + "x128x128x3",
                                          "--timing-cache",
                                          "none",
                                          "-o",
                                          folder_ / name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_TRUE(Succeeds(RunFloe(arguments)));
    return folder_ / name;
  }

  json Run(const std::string& engine, std::vector<std::string> more) {
    more.insert(more.begin(), {"classify", engine, "--json"});
    const Ran ran = RunFloe(more);
    EXPECT_TRUE(Succeeds(ran));
    said_ = ran.err;
    return json::parse(ran.out, nullptr, false);
  }

  // The same pictures, classes and (about) probabilities.
  static void ExpectSame(const json& a, const json& b) {
    ASSERT_EQ(a["results"].size(), b["results"].size());
    for (size_t i = 0; i < a["results"].size(); ++i) {
      EXPECT_EQ(a["results"][i]["image"], b["results"][i]["image"]);
      for (size_t k = 0; k < a["results"][i]["top"].size(); ++k) {
        const json& x = a["results"][i]["top"][k];
        const json& y = b["results"][i]["top"][k];
        EXPECT_EQ(x["index"], y["index"]);
        EXPECT_NEAR(x["probability"].get<double>(), y["probability"].get<double>(), 1e-5);
      }
    }
  }

  ScratchFolder folder_;
  std::string said_;
  const std::vector<std::string> pictures_ = {Picture("rgb_8.png"), Picture("gray.jpg"),
                                              Picture("rgb_444.jpg"), Picture("palette_8.png"),
                                              Picture("cmyk.jpg")};
};

TEST_F(Classify, JsonHoldsWhatTheDesignPromises) {
  const std::string engine = Build("m.floe", 1, {"--output", kProbabilities, "--preprocess", "inception"});
  const json answer = Run(engine, {pictures_[0], "--top", "3"});
  EXPECT_EQ(answer["schema"], "floe.classify/1");
  ASSERT_EQ(answer["results"].size(), 1u);
  const json& result = answer["results"][0];
  EXPECT_EQ(result["image"], pictures_[0]);
  ASSERT_EQ(result["top"].size(), 3u);
  EXPECT_TRUE(result["top"][0]["index"].is_number_integer());
  EXPECT_TRUE(result["top"][0]["label"].is_null());
  EXPECT_GT(result["top"][0]["probability"].get<double>(), result["top"][2]["probability"].get<double>());
  EXPECT_EQ(said_, "");
}

TEST_F(Classify, EngineOfABatchGivesTheSameAsOneByOne) {
  const std::string one = Build("one.floe", 1, {"--output", kProbabilities, "--preprocess", "inception"});
  const std::string three = Build("three.floe", 3, {"--output", kProbabilities, "--preprocess", "inception"});
  ExpectSame(Run(one, pictures_), Run(three, pictures_));
}

TEST_F(Classify, LogitsBecomeProbabilitiesAndItIsSaid) {
  const std::string engine =
      Build("both.floe", 1, {"--output", kProbabilities, "--output", kLogits, "--preprocess", "inception"});
  const json probabilities = Run(engine, {pictures_[0], "--output", kProbabilities});
  EXPECT_EQ(said_, "");
  const json logits = Run(engine, {pictures_[0], "--output", kLogits});
  EXPECT_THAT(said_, testing::HasSubstr("softmax"));
  ExpectSame(probabilities, logits);
  EXPECT_TRUE(Refuses(RunFloe({"classify", engine, pictures_[0]}), 2, {"--output", kLogits}));
}

TEST_F(Classify, OptionGoesBeforeTheEnginesPreprocessing) {
  const std::string engine = Build("m.floe", 1, {"--output", kProbabilities, "--preprocess", "vgg"});
  const std::string other = Build("n.floe", 1, {"--output", kProbabilities, "--preprocess", "inception"});
  ExpectSame(Run(engine, {pictures_[0], "--preprocess", "inception"}), Run(other, {pictures_[0]}));
}

TEST_F(Classify, EngineCarriesItsPreprocessingAsJson) {
  const std::string engine = Build("m.floe", 1, {"--output", kProbabilities, "--preprocess", "inception"});
  const Ran info = RunFloe({"info", engine, "--json"});
  EXPECT_EQ(json::parse(info.out)["preprocess"]["schema"], "floe.preprocess/1");
}

TEST_F(Classify, FolderStandsForThePicturesInItByName) {
  const ScratchFolder pictures;
  pictures.Write("b.png", ReadBytes(pictures_[0]));
  pictures.Write("a.JPG", ReadBytes(pictures_[2]));
  pictures.Write("notes.txt", "no picture");
  const std::string engine = Build("m.floe", 1, {"--output", kProbabilities, "--preprocess", "inception"});
  const json answer = Run(engine, {pictures.path()});
  ASSERT_EQ(answer["results"].size(), 2u);
  EXPECT_EQ(answer["results"][0]["image"], pictures / "a.JPG");
  EXPECT_EQ(answer["results"][1]["image"], pictures / "b.png");
}

TEST_F(Classify, ThousandLabelsForThousandAndOneClassesAreShiftedAndItIsSaid) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "label " + std::to_string(i) + "\n";
  const std::string engine = Build("m.floe", 1, {"--output", kProbabilities, "--preprocess", "inception"});
  const json answer = Run(engine, {pictures_[0], "--labels", folder_.Write("labels.txt", text)});
  const json& best = answer["results"][0]["top"][0];
  EXPECT_EQ(best["label"], "label " + std::to_string(best["index"].get<int>() - 1));
  EXPECT_THAT(said_, testing::HasSubstr("1000 labels for 1001 classes"));
}

TEST_F(Classify, ContactSheetHoldsPicturesLabelsAndProbabilitiesAndNeedsNothingElse) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "<class " + std::to_string(i) + ">\n";
  const std::string engine = Build("m.floe", 1,
                                   {"--output", kProbabilities, "--preprocess", "inception", "--labels",
                                    folder_.Write("labels.txt", text)});
  const std::string sheet = folder_ / "sheet.html";
  const Ran ran = RunFloe({"classify", engine, pictures_[0], pictures_[2], "--html", sheet});
  ASSERT_TRUE(Succeeds(ran));
  const std::string html = ReadBytes(sheet);
  EXPECT_THAT(html, testing::HasSubstr("data:image/png;base64,iVBORw0KGgo"));
  EXPECT_THAT(html, testing::HasSubstr("data:image/jpeg;base64,/9j/"));
  EXPECT_THAT(html, testing::HasSubstr("&lt;class "));
  EXPECT_THAT(html, testing::HasSubstr(" %</span>"));
  EXPECT_THAT(html, testing::HasSubstr("rgb_8.png"));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("http")));
}

}  // namespace
}  // namespace floe
