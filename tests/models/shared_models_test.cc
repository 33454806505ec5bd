// The trained models of ../shared/models equal TensorFlow's outputs: as they are, frozen by us, and as an
// engine.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "floe/image.h"
#include "formats/npy.h"
#include "support/run_floe.h"

namespace floe {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 5e-4;  // of an output's range
const RunFloeOptions kPatient{.most_time = std::chrono::seconds(280)};

std::vector<Json> Cases() {
  const Json file = Json::parse(ReadBytes(SourceFile("tests/models/cases.json")));
  return file["cases"];
}

std::string SharedModel(const std::string& name) {
  return SourceFile("../shared/models/" + name);
}

const Tensor* Find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  const auto at = std::ranges::find(tensors, name, &NamedTensor::name);
  return at == tensors.end() ? nullptr : &at->tensor;
}

std::string DimsOption(const std::string& name, const std::vector<int64_t>& dims) {
  std::string text;
  for (const int64_t d : dims) text += (text.empty() ? "" : "x") + std::to_string(d);
  return name + "=" + text;
}

// Every k-th element was kept.
void ExpectNear(const Tensor& have, const Tensor& shape, const Tensor& kept, const std::string& name) {
  const auto* dims = shape.data<int64_t>();
  ASSERT_EQ(have.dims(), std::vector<int64_t>(dims, dims + shape.size())) << name;
  ASSERT_EQ(have.dtype(), DType::kFloat32) << name;
  const int64_t step = std::max<int64_t>(1, (have.size() + 4095) / 4096);
  const float* want = kept.data<float>();
  const auto [low, high] = std::minmax_element(want, want + kept.size());
  const double range =
      std::max({static_cast<double>(*high) - *low, std::abs(static_cast<double>(*high)) * 1e-2, 1e-3});
  double largest = 0;
  for (int64_t i = 0; i < kept.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(have.data<float>()[i * step]) - want[i]));
  EXPECT_LE(largest, kTolerance * range) << name << ", range " << range;
}

// "inputs a:0, b:0; outputs c:0": what freeze says it wrote.
std::vector<std::string> ListBehind(const std::string& text, const std::string& word) {
  const size_t begin = text.find(word) + word.size();
  std::istringstream list(text.substr(begin, text.find_first_of(";\n", begin) - begin));
  std::vector<std::string> names;
  for (std::string name; std::getline(list, name, ',');)
    names.push_back(name.substr(name.find_first_not_of(' ')));
  return names;
}

class SharedModels : public testing::TestWithParam<Json> {
 protected:
  void SetUp() override {
    const Json& c = GetParam();
    if (!std::filesystem::exists(SharedModel(c["model"])))
      GTEST_SKIP() << "no ../shared/models beside the checkout";
    golden_ = ReadNpz(
        SourceFile("tests/models/data/golden/" + c.value("golden", c["name"].get<std::string>()) + ".npz"));
    if (c.contains("feeds")) {
      for (const auto& [name, dims] : c["feeds"].items())
        feeds_.push_back({name, *Find(golden_, "in/" + name)});
    }
    if (c.contains("picture")) AddPicture(c["picture"]);
    fetches_ = c.value("fetches", std::vector<std::string>());
    golden_names_ = fetches_;
    if (fetches_.empty()) {  // the signature's, in the order of their keys
      for (const NamedTensor& t : golden_) {
        if (t.name.starts_with("out/")) golden_names_.push_back(t.name.substr(4));
      }
      std::ranges::sort(golden_names_);
    }
  }

  void AddPicture(const Json& about) {
    const Image image = ReadImage(SharedModel(about["file"]));
    Preprocess preprocess;
    if (about.value("bgr", false)) preprocess.color = Preprocess::Color::kBgr;
    int height = image.height;
    int width = image.width;
    if (about.contains("size")) {
      height = about["size"][0];
      width = about["size"][1];
    }
    Tensor pixels = PreprocessImage(image, preprocess, height, width, 3);
    if (!about.contains("size")) pixels = pixels.Reshaped({height, width, 3});
    feeds_.push_back({about["feed"], pixels});
  }

  // The options that choose the part, with the names that the feeds have in this form of the model.
  std::vector<std::string> Selection(const std::vector<std::string>& inputs,
                                     const std::vector<std::string>& outputs, bool sets) {
    std::vector<std::string> words;
    for (size_t i = 0; i < feeds_.size(); ++i) {
      words.insert(words.end(), {"--input", DimsOption(inputs[i], feeds_[i].tensor.dims())});
    }
    for (const std::string& output : outputs) words.insert(words.end(), {"--output", output});
    if (!sets || !GetParam().contains("sets")) return words;
    for (const auto& [name, value] : GetParam()["sets"].items())
      words.insert(words.end(), {"--set", name + "=" + (value.is_array() ? value.dump() : value.dump())});
    return words;
  }

  void ExpectGolden(std::vector<std::string> words, const std::vector<std::string>& inputs) {
    words.insert(words.begin(), "run");
    for (size_t i = 0; i < feeds_.size(); ++i) {
      const std::string file = folder_ / ("feed" + std::to_string(i) + ".npy");
      WriteNpy(file, feeds_[i].tensor);
      words.insert(words.end(), {"--feed", inputs[i] + "=" + file});
    }
    words.insert(words.end(), {"--save", folder_ / "out.npz"});
    ASSERT_TRUE(Succeeds(RunFloe(words, kPatient)));
    const std::vector<NamedTensor> results = ReadNpz(folder_ / "out.npz");
    ASSERT_EQ(results.size(), golden_names_.size());
    for (size_t i = 0; i < results.size(); ++i) {
      const std::string& name = golden_names_[i];
      ExpectNear(results[i].tensor, *Find(golden_, "shape/" + name), *Find(golden_, "out/" + name), name);
    }
  }

  std::vector<std::string> FeedNames() const {
    std::vector<std::string> names;
    for (const NamedTensor& feed : feeds_) names.push_back(feed.name);
    return names;
  }

  std::vector<NamedTensor> golden_;
  std::vector<NamedTensor> feeds_;
  std::vector<std::string> fetches_;
  std::vector<std::string> golden_names_;
  ScratchFolder folder_;
};

TEST_P(SharedModels, EqualTensorFlow) {
  std::vector<std::string> words = Selection(FeedNames(), fetches_, true);
  words.insert(words.begin(), SharedModel(GetParam()["model"]));
  ExpectGolden(words, FeedNames());
}

TEST_P(SharedModels, EqualTensorFlowFrozenAndAsAnEngine) {
  const std::string frozen = folder_ / "frozen.pb";
  std::vector<std::string> words = Selection(FeedNames(), fetches_, true);
  words.insert(words.begin(), {"freeze", SharedModel(GetParam()["model"]), "-o", frozen});
  const Ran ran = RunFloe(words, kPatient);
  ASSERT_TRUE(Succeeds(ran));
  std::vector<std::string> inputs = ListBehind(ran.err, "; inputs ");
  const std::vector<std::string> outputs = ListBehind(ran.err, "; outputs ");
  ASSERT_EQ(inputs.size(), feeds_.size()) << ran.err;
  ASSERT_EQ(outputs.size(), golden_names_.size()) << ran.err;
  words = Selection(inputs, outputs, false);
  words.insert(words.begin(), frozen);
  ExpectGolden(words, inputs);

  const std::string engine = folder_ / "model.floe";
  words.insert(words.begin(), "build");
  words.insert(words.end(), {"-o", engine, "--timing-cache", "none"});
  ASSERT_TRUE(Succeeds(RunFloe(words, kPatient)));
  ExpectGolden({engine}, inputs);
}

INSTANTIATE_TEST_SUITE_P(Cases, SharedModels, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param["name"].template get<std::string>(); });

}  // namespace
}  // namespace floe
