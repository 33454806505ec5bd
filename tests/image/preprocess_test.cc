#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "floe/error.h"
#include "image/golden.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

Image Picture(int height, int width, int channels, std::vector<uint8_t> pixels) {
  return {height, width, channels, std::move(pixels)};
}

template <typename T>
std::vector<T> Values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

std::string UsageError(const std::function<void()>& action) {
  try {
    action();
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    return error.what();
  }
}

std::string JsonError(const std::string& json) {
  return UsageError([&] { PreprocessFromJson(json, "p.json"); });
}

TEST(ResizeImage, EqualsTensorFlowToTheBit) {
  const std::vector<Row> rows = ReadTable(DataPath("resized.tsv"));
  ASSERT_GT(rows.size(), 100u);
  for (const Row& row : rows) {
    const std::vector<int> dims = ParseDims(row[3]);
    const Sampling sampling{row[1] == "nearest" ? Sampling::Method::kNearest : Sampling::Method::kBilinear,
                            row[2] == "align_corners", row[2] == "half_pixel_centers"};
    const Tensor out = ResizeImage(ReadImage(DataPath(row[0]), dims[2]), dims[0], dims[1], sampling);
    EXPECT_EQ(Digest(out), row[3] + " " + row[4]) << row[0] << " " << row[1] << " " << row[2];
  }
}

TEST(ResizeImage, RefusesSizesAndFlagsThatMakeNoSense) {
  const Image image = Picture(1, 1, 1, {3});
  EXPECT_EQ(UsageError([&] { ResizeImage(image, 0, 5); }), "resize: expected a positive size, found 0 x 5");
  EXPECT_EQ(UsageError([&] {
              ResizeImage(image, 2, 2, {Sampling::Method::kBilinear, true, true});
            }),
            "resize: align_corners and half_pixel_centers exclude each other");
}

TEST(PreprocessImage, PresetsEqualTensorFlowToTheBit) {
  for (const Row& row : ReadTable(DataPath("preprocessed.tsv"))) {
    const std::vector<int> dims = ParseDims(row[2]);
    const Tensor out =
        PreprocessImage(ReadImage(DataPath(row[0])), PresetOf(row[1]), dims[0], dims[1], dims[2]);
    EXPECT_EQ(Digest(out), row[2] + " " + row[3]) << row[0] << " " << row[1];
  }
}

TEST(PreprocessImage, PresetsOnPhotosEqualTensorFlowToTheBit) {
  if (!FileExists(PhotoPath("cat.jpg"))) GTEST_SKIP() << "no photos at " << PhotoPath("");
  for (const Row& row : ReadTable(DataPath("photos.tsv"))) {
    if (row[1] == "decode") continue;
    const std::vector<int> dims = ParseDims(row[2]);
    const Tensor out =
        PreprocessImage(ReadImage(PhotoPath(row[0])), PresetOf(row[1]), dims[0], dims[1], dims[2]);
    EXPECT_EQ(Digest(out), row[2] + " " + row[3]) << row[0] << " " << row[1];
  }
}

TEST(PreprocessImage, ColorsAndLayoutsPutChannelsWhereTheySay) {
  const Image image = Picture(1, 2, 3, {10, 20, 30, 40, 50, 60});
  Preprocess preprocess;
  preprocess.mean = {1, 2, 3};
  EXPECT_THAT(Values<float>(PreprocessImage(image, preprocess, 1, 2, 3)), ElementsAre(9, 18, 27, 39, 48, 57));
  preprocess.color = Preprocess::Color::kBgr;
  EXPECT_THAT(Values<float>(PreprocessImage(image, preprocess, 1, 2, 3)), ElementsAre(29, 18, 7, 59, 48, 37));
  preprocess.layout = Preprocess::Layout::kNchw;
  const Tensor planar = PreprocessImage(image, preprocess, 1, 2, 3);
  EXPECT_THAT(Values<float>(planar), ElementsAre(29, 59, 18, 48, 7, 37));
  EXPECT_THAT(planar.dims(), ElementsAre(1, 3, 1, 2));
}

TEST(PreprocessImage, GrayServesColorAndColorServesGray) {
  Preprocess preprocess;
  EXPECT_THAT(Values<float>(PreprocessImage(Picture(1, 1, 1, {9}), preprocess, 1, 1, 3)),
              ElementsAre(9, 9, 9));
  preprocess.color = Preprocess::Color::kGray;
  const Image colors = Picture(1, 4, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255});
  EXPECT_THAT(Values<float>(PreprocessImage(colors, preprocess, 1, 4, 1)), ElementsAre(76, 150, 29, 255));
}

TEST(PreprocessImage, IntegersAreRoundedHalfToEvenAndSaturated) {
  Preprocess preprocess;
  preprocess.color = Preprocess::Color::kGray;
  preprocess.divide_by = 2;
  preprocess.mean = {100, 100, 100};
  preprocess.dtype = DType::kInt8;
  const Image image = Picture(1, 4, 1, {0, 1, 3, 255});
  EXPECT_THAT(Values<int8_t>(PreprocessImage(image, preprocess, 1, 4, 1)), ElementsAre(-100, -100, -98, 28));
  preprocess.dtype = DType::kUInt8;
  EXPECT_THAT(Values<uint8_t>(PreprocessImage(image, preprocess, 1, 4, 1)), ElementsAre(0, 0, 0, 28));
}

TEST(PreprocessImage, AnExtremePictureCostsNoMoreThanTheCrop) {
  const Image line = Picture(1, 60000, 3, std::vector<uint8_t>(180000, 8));
  const Tensor out = PreprocessImage(line, PreprocessPreset("vgg"), 224, 224, 3);
  EXPECT_THAT(out.dims(), ElementsAre(1, 224, 224, 3));
}

TEST(PreprocessImage, SaysWhyItCannot) {
  const Image image = Picture(1, 1, 3, {1, 2, 3});
  Preprocess preprocess;
  EXPECT_EQ(UsageError([&] { PreprocessImage(image, preprocess, 4, 4, 1); }),
            "preprocessing: the network takes 1 channel, the description gives 3; set \"color\" to \"gray\"");
  EXPECT_EQ(UsageError([&] { PreprocessImage(image, preprocess, 0, 4, 3); }),
            "preprocessing: expected a positive size for the network's input, found 0 x 4");
  preprocess.resize = Preprocess::Resize::kShorterSide;
  preprocess.shorter_side = 100;
  EXPECT_THAT(
      UsageError([&] { PreprocessImage(image, preprocess, 224, 224, 3); }),
      StartsWith(
          "preprocessing: a picture whose shorter side is resized to 100 pixels is 100 x 100, too small "
          "for a crop of 224 x 224"));
}

TEST(PreprocessJson, EveryPresetComesBackEqual) {
  for (const std::string& name : PreprocessPresetNames()) {
    const Preprocess preset = PreprocessPreset(name);
    EXPECT_EQ(PreprocessFromJson(PreprocessToJson(preset), "p.json"), preset) << name;
  }
}

TEST(PreprocessJson, EveryFieldComesBackEqual) {
  Preprocess all;
  all.color = Preprocess::Color::kBgr;
  all.resize = Preprocess::Resize::kShorterSide;
  all.shorter_side = 300;
  all.shorter_side_ratio = 1.5;
  all.central_fraction = 0.5;
  all.sampling = {Sampling::Method::kNearest, false, true};
  all.divide_by = 255;
  all.mean = {0.485f, 0.456f, 0.406f};
  all.std = {0.229f, 0.224f, 0.225f};
  all.dtype = DType::kUInt8;
  all.layout = Preprocess::Layout::kNchw;
  EXPECT_EQ(PreprocessFromJson(PreprocessToJson(all), "p.json"), all);
}

TEST(PreprocessJson, NumbersAreWrittenAsAPersonWouldWriteThem) {
  EXPECT_THAT(PreprocessToJson(PreprocessPreset("vgg")),
              testing::HasSubstr("\"mean\":[123.68,116.78,103.94]"));
}

TEST(PreprocessJson, KeysMayBeLeftOutAndAreNotInvented) {
  EXPECT_EQ(PreprocessFromJson("{}", "p.json"), PreprocessPreset("none"));
  EXPECT_EQ(PreprocessFromJson(R"({"divide_by": 127.5, "mean": 1})", "p.json"),
            PreprocessPreset("inception"));
  EXPECT_EQ(JsonError(R"({"meen": 1})"), "p.json: unknown key \"meen\"; did you mean 'mean'?");
}

TEST(PreprocessJson, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(JsonError("{\"mean\": 1,}"), "p.json: expected a JSON object, found a syntax error at byte 12");
  EXPECT_EQ(JsonError("[1]"), "p.json: expected an object, found [1]");
  EXPECT_EQ(JsonError(R"({"color": "red"})"),
            "p.json: \"color\": expected one of rgb, bgr, gray, found \"red\"");
  EXPECT_EQ(JsonError(R"({"std": [1, 0, 1]})"),
            "p.json: \"std\": expected finite numbers other than 0, found [1,0,1]");
  EXPECT_EQ(JsonError(R"({"mean": [1, 2]})"),
            "p.json: \"mean\": expected a number, or a list of 1 or 3, found [1,2]");
  EXPECT_EQ(JsonError(R"({"divide_by": 0})"),
            "p.json: \"divide_by\": expected a number above 0 and at most 1e+30, found 0");
  EXPECT_EQ(JsonError(R"({"dtype": "string"})"),
            "p.json: \"dtype\": expected a numeric type such as float32 or uint8, found \"string\"");
  EXPECT_EQ(
      JsonError(R"({"resize": {"align_corners": true, "half_pixel_centers": true}})"),
      "p.json: \"resize\": expected at most one of \"align_corners\" and \"half_pixel_centers\" to be true, "
      "found {\"align_corners\":true,\"half_pixel_centers\":true}");
  EXPECT_EQ(JsonError(R"({"schema": "floe.preprocess/2"})"),
            "p.json: \"schema\": expected \"floe.preprocess/1\", found \"floe.preprocess/2\"");
}

TEST(PreprocessPreset, AnUnknownNameListsTheKnownOnes) {
  EXPECT_EQ(UsageError([] { PreprocessPreset("caffe"); }),
            "preprocessing 'caffe': expected inception, vgg, none or a JSON file");
}

}  // namespace
}  // namespace floe
