// The trained ImageNet networks beside the checkout: what TensorFlow sees in each photo, floe classify sees
// too.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "backends/cpu/isa.h"
#include "support/run_floe.h"

namespace floe {
namespace {

using nlohmann::json;

struct Network {
  const char* name;
  const char* shape;
  const char* output;
};

constexpr Network kNetworks[] = {
    {"mobilenet_v1_0.25_224_float", "1x224x224x3", "MobilenetV1/Predictions/Reshape_1"},
    {"mobilenet_v1_0.75_192_from_quant", "1x192x192x3", "MobilenetV1/Predictions/Reshape_1"},
    {"mobilenet_v2_1.0_224_from_quant", "1x224x224x3", "MobilenetV2/Predictions/Softmax"},
};

struct Answer {
  int index;
  double probability;
};

std::string Shared(const std::string& name) {
  return SourceFile("../shared/" + name);
}

// TensorFlow's top five of each photo.
std::map<std::string, std::vector<Answer>> Golden(const std::string& network) {
  std::map<std::string, std::vector<Answer>> golden;
  std::ifstream file(Shared("models/derived_imagenet_pb/golden_top5.tsv"));
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string model, image, rank, index, probability;
    std::getline(fields, model, '\t');
    std::getline(fields, image, '\t');
    std::getline(fields, rank, '\t');
    std::getline(fields, index, '\t');
    std::getline(fields, probability, '\t');
    if (model == network) golden[image].push_back({std::stoi(index), std::stod(probability)});
  }
  return golden;
}

class ClassifyPhotos : public testing::TestWithParam<Network> {
 protected:
  // What an engine built with `options` says of the photos; the golden answers go to `golden`.
  json AnswersOf(const std::vector<std::string>& options,
                 std::map<std::string, std::vector<Answer>>* golden) {
    const Network& network = GetParam();
    const ScratchFolder folder;
    std::vector<std::string> build = {"build",
                                      ModelPath(),
                                      "--input",
                                      std::string("input=") + network.shape,
                                      "--output",
                                      network.output,
                                      "--preprocess",
                                      "inception",
                                      "--labels",
                                      Shared("labels/imagenet_labels_1001.txt"),
                                      "--timing-cache",
                                      "none",
                                      "-o",
                                      folder / "m.floe"};
    build.insert(build.end(), options.begin(), options.end());
    EXPECT_TRUE(Succeeds(RunFloe(build)));
    std::vector<std::string> arguments = {"classify", folder / "m.floe", "--json"};
    *golden = Golden(network.name);
    EXPECT_GE(golden->size(), 8u);
    for (const auto& [image, answers] : *golden) arguments.push_back(Shared("images/" + image));
    const Ran ran = RunFloe(arguments);
    EXPECT_TRUE(Succeeds(ran));
    return json::parse(ran.out).at("results");
  }

  static std::string ModelPath() {
    return Shared(std::string("models/derived_imagenet_pb/") + GetParam().name + ".pb");
  }
  static bool Missing() { return !std::filesystem::exists(ModelPath()); }
};

TEST_P(ClassifyPhotos, AsTensorFlowDoes) {
  if (Missing()) GTEST_SKIP() << "no ../shared/models beside the checkout";
  std::map<std::string, std::vector<Answer>> golden;
  for (const json& result : AnswersOf({}, &golden)) {
    const std::string image = std::filesystem::path(result["image"].get<std::string>()).filename();
    const std::vector<Answer>& answers = golden.at(image);
    ASSERT_EQ(result["top"].size(), answers.size());
    for (size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(result["top"][i]["index"], answers[i].index) << image << ", place " << i + 1;
      EXPECT_NEAR(result["top"][i]["probability"].get<double>(), answers[i].probability, 2e-4) << image;
    }
  }
}

TEST_P(ClassifyPhotos, InBf16TheFirstAnswerStaysWhereItLeads) {
  if (Missing()) GTEST_SKIP() << "no ../shared/models beside the checkout";
  if (!cpu::DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  std::map<std::string, std::vector<Answer>> golden;
  for (const json& result : AnswersOf({"--precision", "bf16"}, &golden)) {
    const std::string image = std::filesystem::path(result["image"].get<std::string>()).filename();
    const std::vector<Answer>& answers = golden.at(image);
    if (answers[0].probability - answers[1].probability <= 0.05) continue;
    EXPECT_EQ(result["top"][0]["index"], answers[0].index) << image;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, ClassifyPhotos, testing::ValuesIn(kNetworks), [](const auto& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '.', 'p');
  return name;
});

}  // namespace
}  // namespace floe
