#include "view/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "view/json_writer.h"

namespace floe::view {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

std::string Quoted(const std::string& text) {
  return JsonWriter().String(text).Take();
}

TEST(JsonWriter, EscapesWhatCouldEndAScript) {
  const std::string out = Quoted("</script><!-- & \"\\\n\x01");
  for (const char c : {'<', '>', '&', '\n', '\x01'}) EXPECT_EQ(out.find(c), std::string::npos) << out;
  EXPECT_EQ(Json::parse(out), "</script><!-- & \"\\\n\x01");
  EXPECT_EQ(Quoted("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"");
}

TEST(JsonWriter, KeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(Quoted("größe 模型 🧊"), "\"größe 模型 🧊\"");
  // A lone continuation, an overlong slash, a surrogate, a code above U+10FFFF, a cut sequence.
  for (const std::string bad : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    const std::string out = Quoted("a" + bad);
    EXPECT_THAT(out, HasSubstr("\\ufffd"));
    EXPECT_TRUE(Json::accept(out)) << out;
  }
}

TEST(JsonWriter, PutsCommas) {
  JsonWriter json;
  json.BeginObject().Key("a").BeginArray().Int(1).Number(0.5).BeginArray().EndArray().EndArray();
  json.Key("b").Number(INFINITY).EndObject();
  EXPECT_EQ(json.Take(), R"({"a":[1,0.5,[]],"b":null})");
}

TEST(Json, TellsAllOfANode) {
  Side side;
  side.title = "m";
  Node a;
  a.name = "a";
  a.op = "Const";
  a.role = NodeRole::kConstant;
  Node b;
  b.name = "b";
  b.op = "Conv2D";
  b.inputs = {{0, 0}};
  b.controls = {0};
  b.attributes = {{"padding", "SAME"}};
  b.outputs = {"float32[1]"};
  b.status = "unsupported";
  b.reason = "because";
  b.macs = 12;
  b.ms = 0.25;
  b.candidates = {{"k", "", 1000, -1}, {"l", "no", -1, -1}};
  side.nodes = {a, b};
  Data data;
  data.sides = {side};
  const Json json = Json::parse(ToJson(data));
  EXPECT_EQ(json["schema"], "floe.view/1");
  const Json& strings = json["sides"][0]["strings"];
  const Json& node = json["sides"][0]["nodes"][1];
  const auto text = [&](const Json& index) { return strings[index.get<size_t>()].get<std::string>(); };
  EXPECT_EQ(node["n"], "b");
  EXPECT_EQ(text(node["o"]), "Conv2D");
  EXPECT_EQ(node["i"], Json({0, 0}));
  EXPECT_EQ(node["c"], Json::array({0}));
  EXPECT_EQ(text(node["a"][1]), "SAME");
  EXPECT_EQ(text(node["t"][0]), "float32[1]");
  EXPECT_EQ(text(node["s"]), "unsupported");
  EXPECT_EQ(text(node["w"]), "because");
  EXPECT_EQ(node["m"], 12);
  EXPECT_EQ(node["ms"], 0.25);
  EXPECT_EQ(text(node["q"][1][1]), "no");
  EXPECT_EQ(node["q"][0][2], 1000);
  EXPECT_TRUE(node["q"][0][3].is_null());
  EXPECT_FALSE(node.contains("err"));
  EXPECT_EQ(text(json["sides"][0]["nodes"][0]["r"]), "constant");
  EXPECT_FALSE(json.contains("report"));
}

}  // namespace
}  // namespace floe::view
