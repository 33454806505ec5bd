// The commands as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/run_floe.h"

namespace floe {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

// The data in a self-contained page.
Json DataOf(const std::string& page) {
  const std::string mark = "id=\"data\">";
  const size_t begin = page.find(mark) + mark.size();
  return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

std::string Text(const Json& side, const Json& index) {
  return side["strings"][index.get<size_t>()];
}

TEST(ViewCommand, WritesOnePage) {
  const ScratchFolder scratch;
  EXPECT_TRUE(
      Succeeds(RunFloe({"view", FormFile("saved_model_v1/saved_model"), "--html", scratch / "v.html"})));
  const Json data = DataOf(ReadBytes(scratch / "v.html"));
  EXPECT_EQ(data["sides"].size(), 1u);
  EXPECT_EQ(data["sides"][0]["kind"], "SavedModel");
}

TEST(ViewCommand, ShowsAnOnnxModelUnderItsTensorsNames) {
  const ScratchFolder scratch;
  ASSERT_TRUE(Succeeds(RunFloe({"export", FormFile("variables/model.ckpt"), "--input", "input=2x6x5x3",
                                "--output", "Tiny/Predictions", "-o", scratch / "tiny.onnx"})));
  EXPECT_TRUE(Succeeds(RunFloe({"view", scratch / "tiny.onnx", "--html", scratch / "v.html"})));
  const Json side = DataOf(ReadBytes(scratch / "v.html"))["sides"][0];
  EXPECT_EQ(side["kind"], "ONNX, opset 17");
  std::set<std::string> names;
  for (const Json& node : side["nodes"]) names.insert(node["n"]);
  EXPECT_TRUE(names.contains("input"));
}

TEST(ViewCommand, ModelAndEngineAreLinkedAndTimed) {
  const ScratchFolder scratch;
  BuildTinyEngine(scratch / "tiny.floe");
  const Ran bench = RunFloe({"bench", scratch / "tiny.floe", "--json", "--duration", "0.1"},
                            {.stdout_path = scratch / "bench.json"});
  ASSERT_EQ(bench.exit_code, 0) << bench.err;
  EXPECT_TRUE(Succeeds(RunFloe({"view", FormFile("variables/model.ckpt"), scratch / "tiny.floe", "--overlay",
                                scratch / "bench.json", "--html", scratch / "v.html"})));
  const Json data = DataOf(ReadBytes(scratch / "v.html"));
  ASSERT_EQ(data["sides"].size(), 2u);
  const Json& model = data["sides"][0];
  const Json& engine = data["sides"][1];
  std::set<std::string> names;
  for (const Json& node : model["nodes"]) names.insert(node["n"]);
  size_t steps = 0;
  for (const Json& node : engine["nodes"]) {
    if (!node.contains("k")) continue;
    ++steps;
    EXPECT_TRUE(node.contains("ms")) << node["n"];
    for (const Json& source : node["src"])
      EXPECT_TRUE(names.contains(Text(engine, source))) << Text(engine, source);
  }
  EXPECT_GE(steps, 1u);
}

TEST(ViewCommand, StagesBesideTheModel) {
  const ScratchFolder scratch;
  for (const char* stage : {"imported", "optimised", "fold_batch_norm"}) {
    EXPECT_TRUE(Succeeds(RunFloe(
        {"view", FormFile("variables/model.ckpt"), "--beside", stage, "--html", scratch / "v.html"})));
    EXPECT_EQ(DataOf(ReadBytes(scratch / "v.html"))["sides"][1]["kind"], "Graph");
  }
  EXPECT_TRUE(Refuses(RunFloe({"view", FormFile("variables/model.ckpt"), "--beside", "nonsense", "--html",
                               scratch / "v.html"}),
                      2, {"nonsense"}));
}

TEST(ViewCommand, BadInputs) {
  const ScratchFolder scratch;
  EXPECT_TRUE(Refuses(RunFloe({"view", "/nowhere/model.pb"}), 3, {"/nowhere/model.pb"}));
  EXPECT_TRUE(Refuses(
      RunFloe({"view", FormFile("saved_model_v1/saved_model"), "--overlay", scratch.Write("o.json", "{}")}),
      3, {"o.json"}));
  EXPECT_EQ(RunFloe({"view", FormFile("saved_model_v1/saved_model"), "--port", "70000"}).exit_code, 2);
}

TEST(ViewCommand, ServesUntilInterrupted) {
  const Ran ran = RunFloe({"view", FormFile("saved_model_v1/saved_model"), "--no-browser", "--node", "a b/c"},
                          {.interrupt_after = std::chrono::milliseconds(2500)});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/[0-9a-f]+/#node=a%20b/c\n"));
}

TEST(ReportCommand, HasDifferencesTimesAndDigest) {
  const ScratchFolder scratch;
  BuildTinyEngine(scratch / "tiny.floe");
  EXPECT_TRUE(
      Succeeds(RunFloe({"report", scratch / "tiny.floe", "--against", FormFile("variables/model.ckpt"),
                        "--duration", "0", "-o", scratch / "r.html"})));
  const Json data = DataOf(ReadBytes(scratch / "r.html"));
  ASSERT_TRUE(data.contains("report"));
  EXPECT_EQ(data["report"]["digest"].get<std::string>().size(), 32u);
  ASSERT_EQ(data["report"]["differences"].size(), 1u);
  EXPECT_LT(data["report"]["differences"][0]["relative"].get<double>(), 1e-3);
  for (const Json& node : data["sides"][1]["nodes"]) {
    if (node.contains("k")) {
      EXPECT_TRUE(node.contains("ms")) << node["n"];
    }
  }
}

TEST(ReportCommand, ShowsTheProfileThatIsAskedFor) {
  const ScratchFolder scratch;
  const std::string engine = scratch / "two.floe";
  ASSERT_TRUE(Succeeds(RunFloe({"build", FormFile("variables/model.ckpt"), "--output", "Tiny/Predictions",
                                "--profile", "input=2x6x5x3", "--profile", "input=7x6x5x3", "-o", engine})));
  const auto texts = [](const Json& data) { return data["sides"].back()["strings"].dump(); };
  EXPECT_TRUE(
      Succeeds(RunFloe({"report", engine, "--profile", "1", "--against", FormFile("variables/model.ckpt"),
                        "--duration", "0", "-o", scratch / "r.html"})));
  const Json data = DataOf(ReadBytes(scratch / "r.html"));
  EXPECT_LT(data["report"]["differences"][0]["relative"].get<double>(), 1e-3);
  EXPECT_THAT(data["report"]["summary"].dump(), HasSubstr("1 of 0 to 1: input [7, 6, 5, 3]"));
  EXPECT_TRUE(Succeeds(RunFloe({"view", engine, "--html", scratch / "v.html"})));
  EXPECT_THAT(texts(data), HasSubstr("float32[7, 6, 5, 3]"));
  EXPECT_THAT(texts(DataOf(ReadBytes(scratch / "v.html"))), HasSubstr("float32[2, 6, 5, 3]"));
  const Ran none = RunFloe({"view", engine, "--profile", "2", "--html", scratch / "v.html"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("two.floe has profiles 0 to 1"));
}

TEST(DiffCommand, TellsModelsApart) {
  const ScratchFolder scratch;
  const std::string a = scratch.Write(
      "a.pbtxt", R"(node { name: "x" op: "Placeholder" } node { name: "y" op: "Neg" input: "x" })");
  const std::string b = scratch.Write(
      "b.pbtxt", R"(node { name: "x" op: "Placeholder" } node { name: "y" op: "Abs" input: "x" })");
  const Ran text = RunFloe({"diff", a, b});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, HasSubstr("operation Neg -> Abs"));
  EXPECT_THAT(text.out, HasSubstr("0 added, 0 removed, 1 changed, 1 the same"));
  const Json json = Json::parse(RunFloe({"diff", a, b, "--json"}).out);
  EXPECT_EQ(json["schema"], "floe.diff/1");
  EXPECT_EQ(json["nodes"][0]["change"], "changed");
}

}  // namespace
}  // namespace floe
