// floe export as a user runs it.
#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

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

TEST_F(ExportCommand, RefusesOtherNamesAndOpsets) {
  EXPECT_TRUE(Refuses(RunFloe({"export", model_, "-o", folder_ / "tiny.uff"}), 2, {"tiny.uff", ".onnx"}));
  EXPECT_EQ(RunFloe({"export", model_, "-o", out_, "--opset", "12"}).exit_code, 2);
  EXPECT_THAT(folder_.Names(), testing::IsEmpty());
}

}  // namespace
}  // namespace floe
