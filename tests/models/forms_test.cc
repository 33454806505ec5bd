// One network in the forms in which it was saved gives one engine.
#include <nlohmann/json.hpp>

#include "support/run_floe.h"

namespace floe {
namespace {

using Json = nlohmann::json;

struct Form {
  const char* name;
  std::vector<std::string> model;  // path and options
};

// The timings of one engine serve the next, so that the same kernels are chosen.
std::string Digest(const Form& form, const std::string& output, const ScratchFolder& folder) {
  std::vector<std::string> words = {"build"};
  words.insert(words.end(), form.model.begin(), form.model.end());
  words.insert(words.end(), {"--input", "input=1x128x128x3", "--output", output, "--timing-cache",
                             folder / "timing.json", "-o", folder / "x.floe"});
  EXPECT_TRUE(Succeeds(RunFloe(words, {.most_time = std::chrono::seconds(200)}))) << form.name;
  const Ran info = RunFloe({"info", folder / "x.floe", "--json"});
  EXPECT_TRUE(Succeeds(info)) << form.name;
  return Json::parse(info.out)["compute_digest"];
}

TEST(Forms, GiveEnginesWithTheSameDigest) {
  const ScratchFolder scratch;
  const std::string folder = SourceFile("tests/models/data/mobilenet_v1_0p25_128/");
  const std::string output = Json::parse(ReadBytes(folder + "meta.json"))["output"];
  const Form forms[] = {
      {"checkpoint", {folder + "model.ckpt"}},
      {"frozen", {folder + "frozen.pb"}},
      {"text with a checkpoint", {folder + "graph.pbtxt", "--checkpoint", folder + "model.ckpt"}},
      {"SavedModel", {folder + "saved_model"}}};
  const std::string name = output.substr(0, output.find(':'));
  const std::string first = Digest(forms[0], name, scratch);
  ASSERT_FALSE(first.empty());
  for (const Form& form : forms) EXPECT_EQ(Digest(form, name, scratch), first) << form.name;
}

TEST(Forms, AnotherOutputGivesAnotherDigest) {
  const ScratchFolder scratch;
  const std::string folder = SourceFile("tests/models/data/mobilenet_v1_0p25_128/");
  const Json meta = Json::parse(ReadBytes(folder + "meta.json"));
  const Form form{"frozen", {folder + "frozen.pb"}};
  EXPECT_NE(Digest(form, meta["output"], scratch), Digest(form, meta["logits"], scratch));
}

}  // namespace
}  // namespace floe
