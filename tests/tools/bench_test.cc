// floe bench as a gate, and its trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/npy.h"
#include "support/run_floe.h"

namespace floe::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class Bench : public ::testing::Test {
 protected:
  Bench() {
    BuildTinyEngine(engine_);
    const Ran ran = RunFloe({"bench", engine_, "--duration", "0.05", "--threads", "1", "--json"});
    json_ = Json::parse(ran.out, nullptr, false);
  }

  // bench against a baseline whose median is `factor` times that which was measured.
  Ran Against(double factor, const std::string& limit, const char* changed = nullptr) {
    Json earlier = json_;
    earlier["latency_ms"]["median"] = json_["latency_ms"]["median"].get<double>() * factor;
    if (changed != nullptr) earlier[changed] = "other";
    folder_.Write("old.json", earlier.dump());
    return RunFloe({"bench", engine_, "--duration", "0.05", "--threads", "1", "--baseline",
                    folder_ / "old.json", "--fail-if", limit});
  }

  ScratchFolder folder_;
  std::string engine_ = folder_ / "m.floe";
  Json json_;
};

TEST_F(Bench, SlowerThanTheBaselineAllowsIsExitCodeSix) {
  const Ran ran = Against(1e-3, "50%");
  EXPECT_EQ(ran.exit_code, 6);
  EXPECT_THAT(ran.err, HasSubstr("at most 50% is allowed"));
  EXPECT_TRUE(Succeeds(Against(1e3, "3%")));
}

TEST_F(Bench, WhatWasMeasuredOtherwiseIsNotCompared) {
  for (const char* what : {"threads", "target", "precision", "streams"}) {
    const Ran ran = Against(1, "3%", what);
    EXPECT_EQ(ran.exit_code, 2) << what;
    EXPECT_THAT(ran.err, HasSubstr(what));
  }
  EXPECT_EQ(Against(1, "3%", "schema").exit_code, 3);
  EXPECT_EQ(Against(1, "much").exit_code, 2);
}

TEST_F(Bench, ATraceHasTheSteps) {
  ASSERT_TRUE(Succeeds(RunFloe(
      {"bench", engine_, "--duration", "0.05", "--threads", "1", "--trace", folder_ / "trace.json"})));
  const Json trace = Json::parse(ReadBytes(folder_ / "trace.json"));
  ASSERT_EQ(trace["traceEvents"].size(), json_["layers"].size() + 1);
  double end = 0;
  for (size_t i = 1; i < trace["traceEvents"].size(); ++i) {
    const Json& event = trace["traceEvents"][i];
    EXPECT_EQ(event["name"], json_["layers"][i - 1]["name"]);
    EXPECT_NEAR(event["ts"].get<double>(), end, 1e-6);
    end = event["ts"].get<double>() + event["dur"].get<double>();
  }
}

// Made-up numbers are no rows of a table counted from one; given ones are.
TEST(BenchFeeds, TakesInputsAndSaysWhereItWantsThem) {
  const ScratchFolder folder;
  const std::string type = "attr { key: \"Tparams\" value { type: DT_FLOAT } } ";
  const std::string model = folder.Write(
      "model.pbtxt",
      "node { name: \"i\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_INT32 } } attr { key: "
      "\"shape\" value { shape { dim { size: 2 } } } } }\n"
      "node { name: \"rows\" op: \"Const\" attr { key: \"dtype\" value { type: DT_FLOAT } } attr { key: "
      "\"value\" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 1 } dim { size: 3 } } "
      "float_val: 5 } } } }\n"
      "node { name: \"one\" op: \"Const\" attr { key: \"dtype\" value { type: DT_INT32 } } attr { key: "
      "\"value\" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 1 } } } }\n"
      "node { name: \"before\" op: \"Sub\" input: \"i\" input: \"one\" attr { key: \"T\" value { type: "
      "DT_INT32 } "
      "} }\n"
      "node { name: \"y\" op: \"Gather\" input: \"rows\" input: \"before\" " +
          type + "attr { key: \"Tindices\" value { type: DT_INT32 } } }\n");
  const std::string engine = folder / "m.floe";
  ASSERT_TRUE(Succeeds(RunFloe({"build", model, "-o", engine, "--timing-cache", "none", "--no-self-check"})));
  WriteNpy(folder / "i.npy", Tensor::FromVector<int32_t>({1, 1}));
  EXPECT_TRUE(
      Succeeds(RunFloe({"bench", engine, "--duration", "0.05", "--feed", "i=" + (folder / "i.npy")})));
  const Ran ran = RunFloe({"bench", engine, "--duration", "0.05"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("inputs were made up: give those that matter by --feed"));
}

}  // namespace
}  // namespace floe::testing
