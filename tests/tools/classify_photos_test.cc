// The trained ImageNet networks beside the checkout: what TensorFlow sees in each photo, floe classify sees
// too.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

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

class ClassifyPhotos : public testing::TestWithParam<Network> {};

TEST_P(ClassifyPhotos, AsTensorFlowDoes) {
  const Network& network = GetParam();
  const std::string model = Shared(std::string("models/derived_imagenet_pb/") + network.name + ".pb");
  if (!std::filesystem::exists(model)) GTEST_SKIP() << "no ../shared/models beside the checkout";
  const ScratchFolder folder;
  ASSERT_TRUE(Succeeds(
      RunFloe({"build", model, "--input", std::string("input=") + network.shape, "--output", network.output,
               "--preprocess", "inception", "--labels", Shared("labels/imagenet_labels_1001.txt"),
               "--timing-cache", "none", "-o", folder / "m.floe"})));
  std::vector<std::string> arguments = {"classify", folder / "m.floe", "--json"};
  const auto golden = Golden(network.name);
  ASSERT_GE(golden.size(), 8u);
  for (const auto& [image, answers] : golden) arguments.push_back(Shared("images/" + image));
  const Ran ran = RunFloe(arguments);
  ASSERT_TRUE(Succeeds(ran));
  const json answered = json::parse(ran.out);
  for (const json& result : answered.at("results")) {
    const std::string image = std::filesystem::path(result["image"].get<std::string>()).filename();
    const std::vector<Answer>& answers = golden.at(image);
    ASSERT_EQ(result["top"].size(), answers.size());
    for (size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(result["top"][i]["index"], answers[i].index) << image << ", place " << i + 1;
      EXPECT_NEAR(result["top"][i]["probability"].get<double>(), answers[i].probability, 2e-4) << image;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, ClassifyPhotos, testing::ValuesIn(kNetworks), [](const auto& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '.', 'p');
  return name;
});

}  // namespace
}  // namespace floe
