#include "formats/tensorflow/model_file.h"

#include <algorithm>
#include <climits>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/tensorflow/checkpoint_prefix.h"
#include "formats/tensorflow/foreign_file.h"
#include "formats/tensorflow/model_sniff.h"
#include "formats/tensorflow/proto_file.h"
#include "formats/tensorflow/wire.h"

namespace floe {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpected = "expected a TensorFlow graph, MetaGraph or SavedModel";

std::string FolderOf(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string TagsToString(std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  return fmt::format("{{{}}}", JoinText(tags, ","));
}

// Which of the MetaGraphs, given the tags of each.
size_t ChooseMetaGraph(const std::vector<std::vector<std::string>>& tag_sets, std::vector<std::string> wanted,
                       const std::string& path) {
  const bool any = wanted.empty();
  if (any) wanted = {"serve"};
  std::sort(wanted.begin(), wanted.end());
  std::vector<std::string> found;
  for (size_t i = 0; i < tag_sets.size(); ++i) {
    std::vector<std::string> tags = tag_sets[i];
    std::sort(tags.begin(), tags.end());
    if (tags == wanted) return i;
    found.push_back(TagsToString(tags));
  }
  if (any && tag_sets.size() == 1) return 0;
  if (found.empty()) Throw(ErrorCode::kModel, "{}: the SavedModel holds no graph", path);
  Throw(ErrorCode::kModel, "{}: no graph with the tags {}; found {}: choose with --tag", path,
        TagsToString(wanted), JoinText(found, ", "));
}

std::vector<std::string> TagsOf(const tf::MetaGraphDef::MetaInfoDef& info) {
  return {info.tags().begin(), info.tags().end()};
}

// The tags of a serialized MetaGraphDef, without parsing its graph.
std::vector<std::string> PeekTags(Bytes meta_graph, const std::string& path) {
  tf::MetaGraphDef::MetaInfoDef info;
  WireWalker walker(meta_graph);
  WireField field;
  while (walker.Next(&field)) {
    if (field.number != tf::MetaGraphDef::kMetaInfoDefFieldNumber) continue;
    MergeBinary(field.payload, path, "the information about the MetaGraph", &info);
  }
  return TagsOf(info);
}

void TakeMetaGraph(tf::MetaGraphDef&& meta, TensorFlowModel* model) {
  model->graph = std::move(*meta.mutable_graph_def());
  meta.clear_graph_def();
  model->meta = std::move(meta);
}

void ParseBinarySavedModel(Bytes bytes, const ModelFileOptions& options, TensorFlowModel* model) {
  std::vector<Bytes> meta_graphs;
  std::vector<std::vector<std::string>> tag_sets;
  WireWalker walker(bytes);
  WireField field;
  while (walker.Next(&field)) {
    if (field.number != tf::SavedModel::kMetaGraphsFieldNumber || field.type != WireType::kBytes) continue;
    meta_graphs.push_back(field.payload);
    tag_sets.push_back(PeekTags(field.payload, model->path));
  }
  if (walker.damaged()) {
    Throw(ErrorCode::kModel, "{}: the SavedModel is damaged at byte {}: {}", model->path, walker.position(),
          walker.reason());
  }
  const Bytes chosen = meta_graphs[ChooseMetaGraph(tag_sets, options.tags, model->path)];
  MergeMappedMetaGraph(chosen, model->path, &model->meta.emplace(), &model->graph);
}

void ParseBinary(Bytes bytes, const ModelFileOptions& options, TensorFlowModel* model) {
  switch (model->kind) {
    case ModelKind::kGraphDef:
      MergeMappedGraphDef(bytes, model->path, &model->graph);
      return;
    case ModelKind::kMetaGraph:
      MergeMappedMetaGraph(bytes, model->path, &model->meta.emplace(), &model->graph);
      return;
    case ModelKind::kSavedModel:
      ParseBinarySavedModel(bytes, options, model);
      return;
  }
}

void ParseTextModel(Bytes bytes, const ModelFileOptions& options, TensorFlowModel* model) {
  switch (model->kind) {
    case ModelKind::kGraphDef:
      ParseText(bytes, model->path, &model->graph);
      return;
    case ModelKind::kMetaGraph: {
      tf::MetaGraphDef meta;
      ParseText(bytes, model->path, &meta);
      TakeMetaGraph(std::move(meta), model);
      return;
    }
    case ModelKind::kSavedModel: {
      tf::SavedModel saved;
      ParseText(bytes, model->path, &saved);
      std::vector<std::vector<std::string>> tag_sets;
      for (const auto& meta : saved.meta_graphs()) tag_sets.push_back(TagsOf(meta.meta_info_def()));
      const size_t chosen = ChooseMetaGraph(tag_sets, options.tags, model->path);
      TakeMetaGraph(std::move(*saved.mutable_meta_graphs(static_cast<int>(chosen))), model);
      return;
    }
  }
}

// The kind and whether it is text; throws if it is neither.
ModelKind Recognise(Bytes bytes, const std::string& path, bool* text) {
  *text = false;
  if (bytes.empty()) Throw(ErrorCode::kModel, "{}: {}, found an empty file", path, kExpected);
  if (const auto foreign = DescribeForeignFile(bytes)) {
    Throw(ErrorCode::kModel, "{}: {}, found {}", path, kExpected, *foreign);
  }
  if (LooksLikeText(bytes)) {
    *text = true;
    std::string field;
    if (const auto kind = SniffTextModel(bytes, &field)) return *kind;
    if (path.ends_with(".pbtxt") && !field.empty()) {
      Throw(ErrorCode::kModel, "{}: {} in text form, found a message that begins with '{}'", path, kExpected,
            field);
    }
    Throw(ErrorCode::kModel, "{}: {}, found some other text", path, kExpected);
  }
  if (const auto kind = SniffBinaryModel(bytes)) return *kind;
  Throw(ErrorCode::kModel, "{}: {}, found {} bytes that are none of these", path, kExpected, bytes.size());
}

std::string VariablesOf(const std::string& saved_model_folder) {
  const std::string prefix = (fs::path(saved_model_folder) / "variables" / "variables").string();
  return CheckpointExists(prefix) ? prefix : "";
}

void FindCheckpoint(const ModelFileOptions& options, TensorFlowModel* model) {
  if (!options.checkpoint.empty()) {
    model->checkpoint_prefix = FindCheckpointPrefix(options.checkpoint, options.step);
    return;
  }
  if (!model->checkpoint_prefix.empty()) return;
  if (model->kind == ModelKind::kSavedModel) {
    model->checkpoint_prefix = VariablesOf(model->folder);
  } else if (model->kind == ModelKind::kMetaGraph && model->path.ends_with(".meta")) {
    const std::string prefix = model->path.substr(0, model->path.size() - std::string_view(".meta").size());
    if (CheckpointExists(prefix)) model->checkpoint_prefix = prefix;
  }
}

TensorFlowModel ReadFile(const std::string& path, const ModelFileOptions& options) {
  TensorFlowModel model;
  model.path = path;
  model.folder = FolderOf(path);
  const auto file = MappedFile::Open(path);
  model.kind = Recognise(file->bytes(), path, &model.text);
  if (model.text) {
    ParseTextModel(file->bytes(), options, &model);
  } else {
    ParseBinary(file->bytes(), options, &model);
  }
  FindCheckpoint(options, &model);
  return model;
}

// The graph of a checkpoint is the MetaGraph beside it.
TensorFlowModel ReadCheckpointModel(const std::string& path, const ModelFileOptions& options) {
  const std::string prefix = FindCheckpointPrefix(path, options.step);
  const std::string meta = prefix + ".meta";
  if (!FileExists(meta)) {
    Throw(ErrorCode::kModel,
          "{}: a checkpoint holds variables but no graph, and there is no {} beside it; give the graph's "
          "file and "
          "'--checkpoint {}'",
          path, meta, prefix);
  }
  TensorFlowModel model = ReadFile(meta, options);
  if (options.checkpoint.empty()) model.checkpoint_prefix = prefix;
  return model;
}

// "; there is one in '1'": TensorFlow Serving keeps a SavedModel in a folder per version.
std::string SavedModelBelow(const std::string& folder) {
  std::vector<std::string> below;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (FileExists((entry.path() / "saved_model.pb").string()))
      below.push_back(entry.path().filename().string());
  }
  if (below.empty()) return "";
  std::sort(below.begin(), below.end());
  return fmt::format("; there is a SavedModel in its folder {}: give that", JoinText(below, ", "));
}

TensorFlowModel ReadFolder(const std::string& folder, const ModelFileOptions& options) {
  for (const char* name : {"saved_model.pb", "saved_model.pbtxt"}) {
    const std::string path = (fs::path(folder) / name).string();
    if (FileExists(path)) return ReadFile(path, options);
  }
  bool checkpoint = FileExists((fs::path(folder) / "checkpoint").string());
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    checkpoint = checkpoint || entry.path().extension() == ".index";
  }
  if (checkpoint) return ReadCheckpointModel(folder, options);
  Throw(ErrorCode::kModel,
        "{}: expected a SavedModel or checkpoint folder, found neither saved_model.pb nor checkpoint{}",
        folder, SavedModelBelow(folder));
}

bool IsCheckpointPart(const std::string& path) {
  return path.ends_with(".index") || fs::path(path).filename() == "checkpoint" ||
         path.rfind(".data-") != std::string::npos;
}

// A checkpoint V1 is one file without extension.
bool IsTable(const std::string& path) {
  const auto file = MappedFile::Open(path);
  const auto foreign = DescribeForeignFile(file->bytes());
  return foreign && foreign->find("checkpoint table") != std::string::npos;
}

}  // namespace

std::string_view ModelKindName(ModelKind kind) {
  switch (kind) {
    case ModelKind::kGraphDef:
      return "GraphDef";
    case ModelKind::kMetaGraph:
      return "MetaGraph";
    case ModelKind::kSavedModel:
      return "SavedModel";
  }
  return "model";
}

bool LooksLikeTensorFlowModel(const std::string& path) {
  if (IsDirectory(path)) return true;
  if (!FileExists(path)) return FileExists(path + ".index");
  if (IsCheckpointPart(path)) return true;
  const auto file = MappedFile::Open(path);
  if (DescribeForeignFile(file->bytes())) return IsTable(path);
  std::string field;
  return LooksLikeText(file->bytes()) ? SniffTextModel(file->bytes(), &field).has_value()
                                      : SniffBinaryModel(file->bytes()).has_value();
}

TensorFlowModel ReadTensorFlowModel(const std::string& path, const ModelFileOptions& options) {
  if (IsDirectory(path)) return ReadFolder(path, options);
  if (!FileExists(path)) {
    if (FileExists(path + ".index")) return ReadCheckpointModel(path, options);
    if (FileExists(path + ".meta")) return ReadFile(path + ".meta", options);
    Throw(ErrorCode::kModel, "{}: no such file, folder or checkpoint", path);
  }
  if (IsCheckpointPart(path) || IsTable(path)) return ReadCheckpointModel(path, options);
  return ReadFile(path, options);
}

void WriteGraphDef(const std::string& path, const tf::GraphDef& graph) {
  if (path.ends_with(".pbtxt")) {
    WriteFile(path, AsBytes(MessageToText(graph)));
    return;
  }
  const size_t size = graph.ByteSizeLong();
  if (size > INT_MAX) {
    Throw(ErrorCode::kModel,
          "{}: the graph takes {} bytes, but a protobuf file holds at most 2 GB; 'floe build' and 'floe "
          "export' have no "
          "such limit",
          path, size);
  }
  WriteFile(path, AsBytes(SerializeDeterministic(graph)));
}

}  // namespace floe
