// floe export as a user runs it.
#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include <cstdlib>
#include <filesystem>

#include "formats/npy.h"
#include "support/run_floe.h"

namespace floe {
namespace {

using testing::HasSubstr;

class ExportCommand : public testing::Test {
 protected:
  ScratchFolder folder_;
  std::string model_ = FormFile("variables/model.ckpt");
  std::string out_ = folder_ / "tiny.onnx";
};

TEST_F(ExportCommand, WritesACheckedFileAndCountsTransposes) {
  const Ran ran = RunFloe({"export", model_, "-o", out_});
  ASSERT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.err, HasSubstr("opset 17"));
  EXPECT_THAT(ran.err, HasSubstr("1 transpose\n"));
  EXPECT_THAT(ran.err, HasSubstr("input 'input' has its channels last"));
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(ReadBytes(out_)));
  EXPECT_EQ(model.producer_name(), "floe");
  EXPECT_EQ(model.graph().input(0).name(), "input");
  EXPECT_EQ(model.graph().output(0).name(), "Tiny/Predictions");
}

TEST_F(ExportCommand, TheSameModelGivesTheSameBytes) {
  ASSERT_TRUE(Succeeds(RunFloe({"export", model_, "-o", out_})));
  ASSERT_TRUE(Succeeds(RunFloe({"export", model_, "-o", folder_ / "again.onnx"})));
  EXPECT_EQ(ReadBytes(out_), ReadBytes(folder_ / "again.onnx"));
}

TEST_F(ExportCommand, AFileReadBackIsWrittenAsItWas) {
  ASSERT_TRUE(Succeeds(RunFloe({"export", model_, "-o", out_})));
  ASSERT_TRUE(Succeeds(RunFloe({"export", out_, "-o", folder_ / "again.onnx"})));
  EXPECT_EQ(ReadBytes(out_), ReadBytes(folder_ / "again.onnx"));
}

TEST_F(ExportCommand, AFileOfBFloat16StaysSoUnlessAskedOtherwise) {
  const std::string wide = folder_ / "wide.onnx";
  ASSERT_TRUE(Succeeds(RunFloe({"export", model_, "-o", out_, "--precision", "bf16"})));
  EXPECT_THAT(ReadBytes(out_), HasSubstr("floe.precision"));
  ASSERT_TRUE(Succeeds(RunFloe({"export", out_, "-o", folder_ / "again.onnx"})));
  EXPECT_EQ(ReadBytes(out_), ReadBytes(folder_ / "again.onnx"));
  ASSERT_TRUE(Succeeds(RunFloe({"export", out_, "-o", wide, "--precision", "fp32"})));
  EXPECT_THAT(ReadBytes(wide), testing::Not(HasSubstr("floe.precision")));
}

TEST_F(ExportCommand, ChannelsFirstAtTheInputLeavesNoTranspose) {
  const Ran ran = RunFloe({"export", model_, "-o", out_, "--nchw-inputs"});
  ASSERT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.err, HasSubstr("0 transposes\n"));
}

TEST_F(ExportCommand, PrintsTheCommandForTensorRt) {
  const Ran ran = RunFloe({"export", model_, "-o", out_, "--also-trtexec"});
  ASSERT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.out, HasSubstr("trtexec --onnx=" + out_));
  EXPECT_THAT(ran.out, HasSubstr("--saveEngine=" + (folder_ / "tiny.engine")));
}

TEST_F(ExportCommand, RunsTheCommandThatItPrints) {
  // A stand-in on PATH that writes its arguments where the engine would be.
  const std::string tool = folder_.Write("trtexec", "#!/bin/sh\necho \"$@\" > \"${2#--saveEngine=}\"\n");
  std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  setenv("PATH", (folder_.path() + ":" + path).c_str(), 1);
  const Ran ran = RunFloe({"export", model_, "-o", out_, "--also-trtexec", "--run"});
  setenv("PATH", "/nowhere", 1);
  const Ran without = RunFloe({"export", model_, "-o", out_, "--run"});
  setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(Succeeds(ran));
  EXPECT_THAT(ReadBytes(folder_ / "tiny.engine"), HasSubstr("--onnx=" + out_));
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("no trtexec on PATH"));
}

TEST_F(ExportCommand, ChecksForOnnxAndTensorRt) {
  EXPECT_TRUE(Succeeds(RunFloe({"check", model_, "--target", "onnx"})));
  EXPECT_TRUE(Succeeds(RunFloe({"check", model_, "--target", "tensorrt"})));
}

TEST_F(ExportCommand, ReadBackItGivesTheSameNumbers) {
  ASSERT_TRUE(Succeeds(RunFloe({"export", model_, "-o", out_})));
  if (RunFloe({"inspect", out_}).exit_code != 0) GTEST_SKIP() << "this version reads no ONNX";
  Tensor feed, expected;
  for (const NamedTensor& array : ReadNpz(FormFile("variables/io.npz"))) {
    if (array.name == "in0") feed = array.tensor;
    if (array.name == "out0") expected = array.tensor;
  }
  WriteNpy(folder_ / "in.npy", feed);
  ASSERT_TRUE(
      Succeeds(RunFloe({"run", out_, "--target", "reference", "--feed", "input=" + (folder_ / "in.npy"),
                        "--fetch", "Tiny/Predictions", "--save", folder_ / "out.npz"})));
  const Tensor found = ReadNpz(folder_ / "out.npz").at(0).tensor;
  ASSERT_EQ(found.dims(), expected.dims());
  for (int64_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found.data<float>()[i], expected.data<float>()[i], 1e-5);
}

TEST_F(ExportCommand, DrawsThePicture) {
  ASSERT_TRUE(Succeeds(RunFloe({"export", model_, "-o", folder_ / "tiny.dot"})));
  const std::string dot = ReadBytes(folder_ / "tiny.dot");
  EXPECT_THAT(dot, testing::StartsWith("digraph floe {"));
  EXPECT_THAT(dot, HasSubstr("label=\"Conv\n"));
  EXPECT_THAT(dot, HasSubstr("float32["));
}

TEST_F(ExportCommand, RefusesOtherNamesAndOpsets) {
  EXPECT_TRUE(Refuses(RunFloe({"export", model_, "-o", folder_ / "tiny.uff"}), 2, {"tiny.uff", ".onnx"}));
  EXPECT_EQ(RunFloe({"export", model_, "-o", out_, "--opset", "12"}).exit_code, 2);
  EXPECT_THAT(folder_.Names(), testing::IsEmpty());
}

}  // namespace
}  // namespace floe
