// floe inspect: the inputs and outputs that a person would name, and a line that builds.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/run_floe.h"

namespace floe {
namespace {

using Json = nlohmann::json;

struct Guess {
  const char* model;  // of ../shared/models
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;  // the first ones
  std::string build;                 // what the offered line chooses
};

const Guess kGuesses[] = {
    {"derived_imagenet_pb/mobilenet_v1_0.25_224_float.pb",
     {"input"},
     {"MobilenetV1/Predictions/Reshape_1"},
     "--input input=1x224x224x3 --output MobilenetV1/Predictions/Reshape_1"},
    {"derived_imagenet_pb/mobilenet_v2_1.0_224_from_quant.pb",
     {"input"},
     {"MobilenetV2/Predictions/Softmax"},
     "--input input=1x224x224x3 --output MobilenetV2/Predictions/Softmax"},
    {"mlnet_cifar_ckpt", {"Input"}, {"add_1"}, "--input Input=1x32x32x3 --output add_1"},
    {"mlnet_cifar_ckpt/frozen_model_variadic_input_shape.pb",
     {"Input"},
     {"Output"},
     "--input Input=1x32x32x3 --output Output"},
    {"mlnet_cifar_saved_model", {"Input"}, {"Output"}, "--input Input=1x32x32x3"},
    {"mlperf_tiny_kws_savedmodel", {"input_1"}, {"dense"}, "--input input_1=1x49x10x1"},
    {"basic_pitch_savedmodel", {"input_2"}, {"contour", "note", "onset"}, "--input input_2=1x43844x1"},
    {"customvision_dotnet_pb/model.pb",
     {"Placeholder"},
     {"model_outputs"},
     "--input Placeholder=1x227x227x3 --output model_outputs"},
    {"arm_kws_pb/DS_CNN_L.pb",
     {"wav_data"},
     {"labels_softmax"},
     "--input wav_data=scalar --output labels_softmax"},
    {"arm_kws_pb/GRU_L.pb",
     {"wav_data"},
     {"labels_softmax"},
     "--input wav_data=scalar --output labels_softmax"},
    {"mtcnn_pb/mtcnn.pb",
     {"input", "min_size", "thresholds", "factor"},
     {"prob", "landmarks", "box"},
     "--output prob --output landmarks --output box"},
};

std::vector<std::string> Names(const Json& list, size_t most) {
  std::vector<std::string> names;
  for (const Json& row : list) {
    if (names.size() < most) names.push_back(row["name"]);
  }
  return names;
}

class Inspect : public testing::TestWithParam<Guess> {};

TEST_P(Inspect, GuessesWhatAPersonWouldName) {
  const Guess& guess = GetParam();
  const std::string model = SourceFile(std::string("../shared/models/") + guess.model);
  if (!std::filesystem::exists(model)) GTEST_SKIP() << "no ../shared/models beside the checkout";
  const Ran ran = RunFloe({"inspect", model, "--json"});
  ASSERT_TRUE(Succeeds(ran));
  const Json json = Json::parse(ran.out);
  EXPECT_EQ(json["schema"], "floe.inspect/1");
  EXPECT_THAT(Names(json["inputs"], 9), testing::UnorderedElementsAreArray(guess.inputs));
  EXPECT_THAT(Names(json["outputs"], guess.outputs.size()),
              testing::UnorderedElementsAreArray(guess.outputs));
  EXPECT_THAT(json["build"].get<std::string>(), testing::HasSubstr(guess.build));
}

INSTANTIATE_TEST_SUITE_P(SharedModels, Inspect, testing::ValuesIn(kGuesses), [](const auto& info) {
  std::string name = info.param.model;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

// Words of a line that needs no quotes.
std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

TEST(InspectInner, AnInnerInputHasTheShapeThatTheNodesBeforeItGive) {
  const ScratchFolder folder;
  const std::string type = "attr { key: \"T\" value { type: DT_FLOAT } } ";
  const std::string model =
      folder.Write("model.pbtxt",
                   "node { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_FLOAT } } "
                   "attr { key: \"shape\" value { shape { dim { size: -1 } dim { size: 6 } } } } }\n"
                   "node { name: \"inner\" op: \"Relu\" input: \"x\" " +
                       type +
                       "}\n"
                       "node { name: \"y\" op: \"Tanh\" input: \"inner\" " +
                       type + "}\n");
  const Ran ran = RunFloe({"inspect", model, "--json", "--input", "inner"});
  ASSERT_TRUE(Succeeds(ran));
  const Json json = Json::parse(ran.out);
  EXPECT_EQ(json["inputs"][0]["shape"], Json::parse("[null, 6]"));
  EXPECT_THAT(json["build"].get<std::string>(), testing::HasSubstr("--input inner=1x6 "));
}

// [?, ?, 3] alone may be a picture; beside another input its first dimension is the batch of both.
TEST(InspectInputs, SequencesThatGoTogetherHaveOneBatch) {
  const ScratchFolder folder;
  const auto placeholder = [](const std::string& name, int channels) {
    return "node { name: \"" + name +
           "\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_FLOAT } } attr { key: \"shape\" "
           "value { shape { dim { size: -1 } dim { size: -1 } dim { size: " +
           std::to_string(channels) + " } } } } }\n";
  };
  const std::string axis =
      "node { name: \"axis\" op: \"Const\" attr { key: \"dtype\" value { type: DT_INT32 } } attr { key: "
      "\"value\" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 2 } } } }\n";
  const std::string concat =
      "node { name: \"y\" op: \"ConcatV2\" input: \"a\" input: \"b\" input: \"axis\" attr { key: \"N\" "
      "value { i: 2 } } attr { key: \"T\" value { type: DT_FLOAT } } attr { key: \"Tidx\" value { type: "
      "DT_INT32 } } }\n";
  const std::string model =
      folder.Write("model.pbtxt", placeholder("a", 6) + placeholder("b", 4) + axis + concat);
  const Ran ran = RunFloe({"inspect", model, "--json"});
  ASSERT_TRUE(Succeeds(ran));
  const std::string line = Json::parse(ran.out)["build"];
  EXPECT_THAT(line, testing::HasSubstr("--input a=1x224x6 --input b=1x224x4"));
}

// A sound shorter than the window would do, and give nothing.
TEST(InspectInputs, AnOpenLengthIsOneThatLeavesSomethingToCompute) {
  const ScratchFolder folder;
  const std::string model = folder.Write(
      "model.pbtxt",
      "node { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_FLOAT } } "
      "attr { key: \"shape\" value { shape { dim { size: -1 } dim { size: -1 } dim { size: 5 } dim { size: 2 "
      "} } } } }\n"
      "node { name: \"y\" op: \"MaxPool\" input: \"x\" attr { key: \"T\" value { type: DT_FLOAT } } "
      "attr { key: \"ksize\" value { list { i: 1 i: 10 i: 1 i: 1 } } } "
      "attr { key: \"strides\" value { list { i: 1 i: 5 i: 1 i: 1 } } } "
      "attr { key: \"padding\" value { s: \"VALID\" } } }\n");
  const Ran ran = RunFloe({"inspect", model, "--json"});
  ASSERT_TRUE(Succeeds(ran));
  const std::string line = Json::parse(ran.out)["build"];
  EXPECT_THAT(line, testing::HasSubstr("--input x=1x16x5x2"));
}

class OfferedLine : public testing::TestWithParam<const char*> {};

TEST_P(OfferedLine, Builds) {
  const ScratchFolder folder;
  std::vector<std::string> inspect = Words(GetParam());
  inspect[0] = FormFile(inspect[0]);
  if (inspect.size() == 3) inspect[2] = FormFile(inspect[2]);
  inspect.insert(inspect.begin(), {"inspect", "--json"});
  const Ran ran = RunFloe(inspect);
  ASSERT_TRUE(Succeeds(ran));
  const Json json = Json::parse(ran.out);
  EXPECT_EQ(json["problem"], "");
  EXPECT_GT(json["parameters"], 0);
  std::vector<std::string> words = Words(json["build"]);
  ASSERT_GT(words.size(), 4u) << json["build"];
  words.erase(words.begin());  // "floe"
  words.back() = folder / "model.floe";
  words.insert(words.end(), {"--timing-cache", "none"});
  EXPECT_TRUE(Succeeds(RunFloe(words))) << json["build"];
}

INSTANTIATE_TEST_SUITE_P(
    Forms, OfferedLine,
    testing::Values("variables/model.ckpt", "saved_model_v1/saved_model", "saved_model_v2/saved_model",
                    "saved_model_keras/saved_model", "partitioned/model.ckpt", "sharded/model.ckpt",
                    "training_graph/model.ckpt", "binary_graph/graph.pb --checkpoint binary_graph/weights",
                    "text_graph/graph.pbtxt --checkpoint text_graph/weights", "frozen_v1_loop/graph.pb"),
    [](const auto& info) {
      std::string name = info.param;
      name.resize(name.find('/'));
      return name;
    });

TEST(InspectModel, ShapesOfOutputsAreWhatConversionFound) {
  const Ran ran =
      RunFloe({"inspect", SourceFile("tests/models/data/mobilenet_v1_0p25_128/frozen.pb"), "--json"});
  ASSERT_TRUE(Succeeds(ran));
  const Json json = Json::parse(ran.out);
  EXPECT_EQ(json["outputs"][0]["shape"], Json::parse("[null, 1001]"));
  EXPECT_EQ(json["inputs"][0]["shape"], Json::parse("[null, 128, 128, 3]"));
  EXPECT_GT(json["macs"], 10'000'000);
}

TEST(InspectModel, ShowsWhatWasSelected) {
  const std::string cut = "MobilenetV1/Conv2d_0/Relu6", end = "MobilenetV1/Logits/SpatialSqueeze";
  const Ran ran = RunFloe({"inspect", SourceFile("tests/models/data/mobilenet_v1_0p25_128/frozen.pb"),
                           "--json", "--input", cut, "--output", end});
  ASSERT_TRUE(Succeeds(ran));
  const Json json = Json::parse(ran.out);
  EXPECT_THAT(Names(json["inputs"], 9), testing::ElementsAre(cut));
  EXPECT_THAT(Names(json["outputs"], 9), testing::ElementsAre(end));
  EXPECT_EQ(json["outputs"][0]["why"], "selected");
}

}  // namespace
}  // namespace floe
