#include "view/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "floe/error.h"
#include "view/side_helpers.h"

namespace floe::view {
namespace {

using testing::HasSubstr;

Data TwoSides() {
  Data data;
  Side model;
  model.kind = "GraphDef";
  for (const char* name : {"conv", "relu", "other"}) {
    model.nodes.emplace_back();
    model.nodes.back().name = name;
  }
  Side engine;
  engine.kind = "Engine";
  for (const char* name : {"relu", "relu#2"}) {
    engine.nodes.emplace_back();
    engine.nodes.back().name = name;
    engine.nodes.back().kernel = "k";
    engine.nodes.back().sources = {"conv", "relu"};
  }
  data.sides = {model, engine};
  return data;
}

std::string Refusal(const std::string& json) {
  Data data = TwoSides();
  try {
    ApplyOverlay(json, "f.json", &data);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Overlay, TimesGoToStepsAndAreSharedAmongNodes) {
  Data data = TwoSides();
  ApplyOverlay(R"({"schema": "floe.bench/1", "layers": [
    {"name": "relu", "kernel": "k", "ms": 4, "sources": ["conv", "relu"]},
    {"name": "relu", "kernel": "k", "ms": 1, "sources": ["other", "unknown"]}]})",
               "f.json", &data);
  EXPECT_EQ(NodeNamed(data.sides[1], "relu").ms, 4);
  EXPECT_EQ(NodeNamed(data.sides[1], "relu#2").ms, 1);
  EXPECT_EQ(NodeNamed(data.sides[0], "conv").ms, 2);
  EXPECT_EQ(NodeNamed(data.sides[0], "relu").ms, 2);
  EXPECT_EQ(NodeNamed(data.sides[0], "other").ms, 1);
}

TEST(Overlay, ErrorsGoToTensorsAndTheStepsMadeFromThem) {
  Data data = TwoSides();
  ApplyOverlay(R"({"schema": "floe.compare/1", "layers": [{"name": "conv:0", "relative": 0.25},
    {"name": "relu:0", "relative": null}]})",
               "f.json", &data);
  EXPECT_EQ(NodeNamed(data.sides[0], "conv").error, 0.25);
  EXPECT_EQ(NodeNamed(data.sides[0], "relu").error, -1);
  EXPECT_EQ(NodeNamed(data.sides[1], "relu").error, 0.25);
}

TEST(Overlay, LayersHaveWhatTheyAddThemselves) {
  Data data = TwoSides();
  ApplyOverlay(R"({"schema": "floe.compare/1", "layers": [{"tensor": "conv:0", "name": "step",
    "error": {"relative": 0.5}, "own": {"relative": 0.125}}]})",
               "f.json", &data);
  EXPECT_EQ(NodeNamed(data.sides[0], "conv").error, 0.5);
  EXPECT_EQ(NodeNamed(data.sides[0], "conv").own_error, 0.125);
}

TEST(Overlay, OtherFilesAreRefused) {
  EXPECT_THAT(Refusal("no json"), HasSubstr("f.json: expected what floe bench --json"));
  EXPECT_THAT(Refusal("[]"), HasSubstr("f.json: expected"));
  EXPECT_THAT(Refusal(R"({"schema": "floe.info/1"})"), HasSubstr("found schema 'floe.info/1'"));
  EXPECT_THAT(Refusal(R"({"schema": "floe.bench/1", "layers": [{"ms": "much"}]})"),
              HasSubstr("f.json: expected"));
  EXPECT_THAT(Refusal(R"({"schema": "floe.bench/1", "layers": []})"), HasSubstr("none of its layers"));
}

TEST(Overlay, TimesOfAnEngineAreShared) {
  Data data = TwoSides();
  data.sides[1].nodes[0].ms = 3;
  ShareTimes(data.sides[1], &data.sides[0]);
  EXPECT_EQ(NodeNamed(data.sides[0], "conv").ms, 1.5);
  EXPECT_EQ(NodeNamed(data.sides[0], "other").ms, -1);
}

}  // namespace
}  // namespace floe::view
