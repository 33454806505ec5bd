#include "formats/onnx/model_file.h"

#include <filesystem>

#include "base/error.h"
#include "formats/tensorflow/foreign_file.h"
#include "formats/tensorflow/proto_file.h"
#include "formats/tensorflow/wire.h"

namespace floe {
namespace {

constexpr size_t kLeftInFile = 4096;  // raw data of at least so many bytes is not copied

[[noreturn]] void FailDamaged(const std::string& subject, const WireWalker& walker, const char* what) {
  Throw(ErrorCode::kModel, "{}: {} is damaged at byte {}: {}", subject, what, walker.position(),
        walker.reason());
}

void MergeInitializer(Bytes bytes, const std::string& subject, OnnxFile* model) {
  onnx::TensorProto* tensor = model->proto.mutable_graph()->add_initializer();
  Bytes raw;
  WireWalker walker(bytes);
  WireField field;
  while (walker.Next(&field)) {
    const bool is_raw =
        field.number == onnx::TensorProto::kRawDataFieldNumber && field.type == WireType::kBytes;
    if (is_raw && field.payload.size() >= kLeftInFile)
      raw = field.payload;
    else
      MergeBinary(field.whole, subject, "an initializer", tensor);
  }
  if (walker.damaged()) FailDamaged(subject, walker, "an initializer");
  model->raw.resize(static_cast<size_t>(model->proto.graph().initializer_size()));
  model->raw.back() = raw;
}

void MergeGraph(Bytes bytes, const std::string& subject, OnnxFile* model) {
  WireWalker walker(bytes);
  WireField field;
  while (walker.Next(&field)) {
    if (field.number == onnx::GraphProto::kInitializerFieldNumber && field.type == WireType::kBytes &&
        field.payload.size() >= kLeftInFile) {
      MergeInitializer(field.payload, subject, model);
    } else {
      MergeBinary(field.whole, subject, "the graph", model->proto.mutable_graph());
    }
  }
  if (walker.damaged()) FailDamaged(subject, walker, "the graph");
}

void MergeModel(Bytes bytes, const std::string& subject, OnnxFile* model) {
  WireWalker walker(bytes);
  WireField field;
  while (walker.Next(&field)) {
    if (field.number == onnx::ModelProto::kGraphFieldNumber && field.type == WireType::kBytes)
      MergeGraph(field.payload, subject, model);
    else
      MergeBinary(field.whole, subject, "the model", &model->proto);
  }
  if (walker.damaged()) FailDamaged(subject, walker, "the model");
  model->raw.resize(static_cast<size_t>(model->proto.graph().initializer_size()));
}

// ModelProto has ir_version as field 1 and a graph as field 7; other fields are below 26.
bool IsOnnx(Bytes bytes) {
  const std::optional<ForeignFile> file = DescribeForeignFile(bytes, "");
  return file && file->what == "an ONNX model";
}

}  // namespace

bool LooksLikeOnnxModel(const std::string& path) {
  if (IsDirectory(path) || !FileExists(path)) return false;
  return path.ends_with(".onnx") || IsOnnx(MappedFile::Open(path)->bytes());
}

OnnxFile ParseOnnxModel(Bytes bytes, const std::string& subject) {
  if (bytes.empty()) Throw(ErrorCode::kModel, "{}: expected an ONNX model, found an empty file", subject);
  if (!IsOnnx(bytes)) {
    if (const std::optional<ForeignFile> foreign = DescribeForeignFile(bytes, subject)) {
      Throw(ErrorCode::kModel, "{}: expected an ONNX model, found {}", subject, foreign->what);
    }
    if (LooksLikeText(bytes)) {
      Throw(ErrorCode::kModel,
            "{}: expected an ONNX model in binary form, found text; onnx.save(onnx.parser.parse_model(...)) "
            "or "
            "google.protobuf.text_format make a binary of it",
            subject);
    }
  }
  OnnxFile model;
  model.path = subject;
  MergeModel(bytes, subject, &model);
  if (!model.proto.has_graph()) Throw(ErrorCode::kModel, "{}: the ONNX model holds no graph", subject);
  return model;
}

OnnxFile ReadOnnxModel(const std::string& path) {
  const auto file = MappedFile::Open(path);
  OnnxFile model = ParseOnnxModel(file->bytes(), path);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  model.folder = folder.empty() ? std::string(".") : folder.string();
  model.file = file;
  return model;
}

}  // namespace floe
