// ONNX files: the bytes are a ModelProto, and the same for the same model.
#include "formats/onnx/write.h"

#include <gmock/gmock.h>

#include <cstring>

#include "export/export_test.h"
#include "floe/error.h"
#include "formats/onnx/external_data.h"
#include "formats/onnx/model_file.h"
#include "formats/onnx/tensor_proto.h"
#include "support/run_floe.h"

namespace floe {
namespace {

constexpr std::string_view kText = R"(
  graph main(%x: float32[2, 300]) -> (%y) {
    %w: float32[300, 40] = const seeded(1)
    %y = MatMul(%x, %w)
  })";

const onnx::TensorProto* Initializer(const onnx::ModelProto& model, const std::string& name) {
  for (const auto& t : model.graph().initializer()) {
    if (t.name() == name) return &t;
  }
  return nullptr;
}

TEST(WriteOnnx, WeightsStandInTheFile) {
  ScratchFolder folder;
  const ExportResult result = Exported(kText);
  ASSERT_EQ(result.model.weights.size(), 1U);
  const OnnxWritten written = WriteOnnx(folder / "a.onnx", result.model);
  EXPECT_EQ(written.external_path, "");
  const std::string bytes = ReadBytes(folder / "a.onnx");
  EXPECT_EQ(bytes.size(), written.bytes);
  onnx::ModelProto read;
  ASSERT_TRUE(read.ParseFromString(bytes));
  const onnx::TensorProto* w = Initializer(read, "y/weights");
  ASSERT_NE(w, nullptr);
  EXPECT_EQ(w->raw_data().size(), 300U * 40 * 4);
  EXPECT_EQ(std::memcmp(w->raw_data().data(), result.model.weights[0].tensor.raw(), w->raw_data().size()), 0);
}

TEST(WriteOnnx, WeightsBesideTheFile) {
  ScratchFolder folder;
  const ExportResult result = Exported(kText);
  const OnnxWritten written = WriteOnnx(folder / "a.onnx", result.model, {.external_data = true});
  EXPECT_EQ(written.external_path, folder / "a.onnx.data");
  EXPECT_EQ(ReadBytes(folder / "a.onnx.data").size(), 300U * 40 * 4);
  onnx::ModelProto read;
  ASSERT_TRUE(read.ParseFromString(ReadBytes(folder / "a.onnx")));
  const onnx::TensorProto* w = Initializer(read, "y/weights");
  ASSERT_NE(w, nullptr);
  EXPECT_EQ(w->data_location(), onnx::TensorProto::EXTERNAL);
  EXPECT_EQ(w->external_data(0).value(), "a.onnx.data");
}

TEST(WriteOnnx, WeightsThatAreTooLargeForOneFileGoBesideIt) {
  ScratchFolder folder;
  const ExportResult result = Exported(kText);
  const uint64_t bytes = 300U * 40 * 4;
  EXPECT_EQ(WriteOnnx(folder / "a.onnx", result.model, {.most_bytes = 2 * bytes}).external_path, "");
  const OnnxWritten written = WriteOnnx(folder / "b.onnx", result.model, {.most_bytes = bytes});
  EXPECT_EQ(written.external_path, folder / "b.onnx.data");
  EXPECT_LT(written.bytes, 2000U);
  const OnnxFile read = ReadOnnxModel(folder / "b.onnx");
  ExternalData external(read.folder, read.path);
  const onnx::TensorProto* proto = Initializer(read.proto, "y/weights");
  ASSERT_NE(proto, nullptr);
  const Tensor w = TensorFromOnnx(*proto, nullptr, external);
  ASSERT_EQ(w.size_bytes(), bytes);
  EXPECT_EQ(std::memcmp(w.raw(), result.model.weights[0].tensor.raw(), bytes), 0);
  try {
    WriteOnnx(folder / "c.onnx", result.model, {.most_bytes = 100});
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_THAT(error.what(), testing::HasSubstr("without its weights takes"));
  }
}

TEST(WriteOnnx, TheSameModelGivesTheSameBytes) {
  ScratchFolder folder;
  WriteOnnx(folder / "a.onnx", Exported(kText).model);
  WriteOnnx(folder / "b.onnx", Exported(kText).model);
  EXPECT_EQ(ReadBytes(folder / "a.onnx"), ReadBytes(folder / "b.onnx"));
}

}  // namespace
}  // namespace floe
