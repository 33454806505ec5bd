#include "formats/tensorflow/model_file.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/tensorflow/checkpoint_prefix.h"
#include "formats/tensorflow/events_file.h"
#include "formats/tensorflow/foreign_file.h"
#include "formats/tensorflow/model_sniff.h"
#include "formats/tensorflow/proto_file.h"
#include "formats/tensorflow/wire.h"
#include "formats/tf_record.h"

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

using Tags = std::vector<std::string>;

std::optional<size_t> FindTags(const std::vector<Tags>& tag_sets, Tags wanted) {
  std::sort(wanted.begin(), wanted.end());
  for (size_t i = 0; i < tag_sets.size(); ++i) {
    Tags tags = tag_sets[i];
    std::sort(tags.begin(), tags.end());
    if (tags == wanted) return i;
  }
  return std::nullopt;
}

// Which of the MetaGraphs, given the tags of each. By default that for serving; TensorFlow Hub's first format
// has no tags on it.
size_t ChooseMetaGraph(const std::vector<Tags>& tag_sets, const Tags& given, const std::string& path) {
  if (tag_sets.empty()) Throw(ErrorCode::kModel, "{}: the SavedModel holds no graph", path);
  Tags wanted = given;
  std::erase(wanted, "");  // --tag '' is the empty set
  const auto found = given.empty() ? FindTags(tag_sets, {"serve"}) : FindTags(tag_sets, wanted);
  if (found) return *found;
  if (given.empty() && tag_sets.size() == 1) return 0;
  if (const auto untagged = FindTags(tag_sets, {}); given.empty() && untagged) return *untagged;
  std::vector<std::string> choices;
  for (const Tags& tags : tag_sets) choices.push_back(TagsToString(tags));
  Throw(ErrorCode::kUsage, "{}: expected {}, found graphs tagged {}; choose with --tag", path,
        given.empty() ? "one graph, or one tagged {serve}" : "a graph tagged " + TagsToString(wanted),
        JoinText(choices, ", "));
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
  std::vector<Tags> tag_sets;
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
  MergeMappedMetaGraph(chosen, model->path, options.weights, &model->meta.emplace(), &model->graph);
}

void ParseBinary(Bytes bytes, const ModelFileOptions& options, TensorFlowModel* model) {
  switch (model->kind) {
    case ModelKind::kGraphDef:
      MergeMappedGraphDef(bytes, model->path, options.weights, &model->graph);
      return;
    case ModelKind::kMetaGraph:
      MergeMappedMetaGraph(bytes, model->path, options.weights, &model->meta.emplace(), &model->graph);
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
      std::vector<Tags> tag_sets;
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
  if (const auto foreign = DescribeForeignFile(bytes, path)) {
    Throw(ErrorCode::kModel, "{}: {}, found {}{}{}", path, kExpected, foreign->what,
          foreign->remedy.empty() ? "" : "; ", foreign->remedy);
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

// The part of the file that is the model: all of it but in an events file.
Bytes FindModelIn(Bytes bytes, TensorFlowModel* model) {
  if (!RecordReader::Recognise(bytes)) {
    model->kind = Recognise(bytes, model->path, &model->text);
    return bytes;
  }
  const auto graph = FindLastGraph(bytes, model->path);
  if (!graph) {
    Throw(ErrorCode::kModel, "{}: {}, found records (an events file or a data set) without a graph in them",
          model->path, kExpected);
  }
  model->kind = graph->meta_graph ? ModelKind::kMetaGraph : ModelKind::kGraphDef;
  return graph->bytes;
}

TensorFlowModel ReadFile(const std::string& path, const ModelFileOptions& options) {
  TensorFlowModel model;
  model.path = path;
  model.folder = FolderOf(path);
  const auto file = MappedFile::Open(path);
  const Bytes bytes = FindModelIn(file->bytes(), &model);
  if (model.text) {
    ParseTextModel(bytes, options, &model);
  } else {
    ParseBinary(bytes, options, &model);
  }
  FindCheckpoint(options, &model);
  return model;
}

// What beside a checkpoint may hold its graph: "; the graph may be in 'graph.pbtxt'".
std::string GraphsBeside(const std::string& prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(FolderOf(prefix), error)) {
    const std::string name = entry.path().filename().string();
    const bool model = name.ends_with(".pbtxt") || name.ends_with(".pb") || name.ends_with(".meta");
    if (model || name.find("tfevents") != std::string::npos) names.push_back(fmt::format("'{}'", name));
  }
  std::sort(names.begin(), names.end());
  if (names.size() > 4) names.resize(4);
  return names.empty() ? "" : "; the folder has " + JoinText(names, ", ");
}

// The graph of a checkpoint is the MetaGraph beside it.
TensorFlowModel ReadCheckpointModel(const std::string& path, const ModelFileOptions& options) {
  const std::string prefix = FindCheckpointPrefix(path, options.step);
  const std::string meta = prefix + ".meta";
  if (!FileExists(meta)) {
    Throw(
        ErrorCode::kModel,
        "{}: a checkpoint holds variables but no graph, and there is no {} beside it; give the graph's file "
        "and "
        "'--checkpoint {}', or export the model in Python, where it was restored: tf.saved_model.save(model, "
        "'saved_model'){}",
        path, meta, prefix, GraphsBeside(prefix));
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

bool IsEventsFile(const fs::path& path) {
  return path.filename().string().find("tfevents") != std::string::npos;
}

// The newest file with a graph: their names begin with the time.
TensorFlowModel ReadEvents(const std::string& folder, std::vector<std::string> paths,
                           const ModelFileOptions& options) {
  std::sort(paths.begin(), paths.end(), std::greater<>());
  for (const std::string& path : paths) {
    const auto file = MappedFile::Open(path);
    if (RecordReader::Recognise(file->bytes()) && FindLastGraph(file->bytes(), path))
      return ReadFile(path, options);
  }
  Throw(ErrorCode::kModel, "{}: expected a graph in an events file, found none in {} of them", folder,
        paths.size());
}

TensorFlowModel ReadFolder(const std::string& folder, const ModelFileOptions& options) {
  for (const char* name : {"saved_model.pb", "saved_model.pbtxt"}) {
    const std::string path = (fs::path(folder) / name).string();
    if (FileExists(path)) return ReadFile(path, options);
  }
  bool checkpoint = FileExists((fs::path(folder) / "checkpoint").string());
  std::vector<std::string> events;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    checkpoint = checkpoint || entry.path().extension() == ".index";
    if (IsEventsFile(entry.path()) && !entry.is_directory(error)) events.push_back(entry.path().string());
  }
  if (checkpoint) return ReadCheckpointModel(folder, options);
  if (!events.empty()) return ReadEvents(folder, std::move(events), options);
  Throw(ErrorCode::kModel,
        "{}: expected a folder with a SavedModel, a checkpoint or an events file, found neither "
        "saved_model.pb nor "
        "checkpoint{}",
        folder, SavedModelBelow(folder));
}

bool IsCheckpointPart(const std::string& path) {
  return path.ends_with(".index") || fs::path(path).filename() == "checkpoint" ||
         path.rfind(".data-") != std::string::npos;
}

// A checkpoint V1 is one file without extension.
bool IsTable(const std::string& path) {
  return IsCheckpointTable(MappedFile::Open(path)->bytes());
}

TensorFlowModel ReadPath(const std::string& path, const ModelFileOptions& options) {
  if (IsDirectory(path)) return ReadFolder(path, options);
  if (!FileExists(path)) {
    const bool step = options.step && options.checkpoint.empty();
    if (FileExists(path + ".index") || step) return ReadCheckpointModel(path, options);
    if (FileExists(path + ".meta")) return ReadFile(path + ".meta", options);
    Throw(ErrorCode::kModel, "{}: no such file, folder or checkpoint", path);
  }
  if (IsCheckpointPart(path) || IsTable(path)) return ReadCheckpointModel(path, options);
  return ReadFile(path, options);
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
  if (RecordReader::Recognise(file->bytes()) || IsTable(path)) return true;
  if (DescribeForeignFile(file->bytes(), path)) return false;
  std::string field;
  return LooksLikeText(file->bytes()) ? SniffTextModel(file->bytes(), &field).has_value()
                                      : SniffBinaryModel(file->bytes()).has_value();
}

TensorFlowModel ReadTensorFlowModel(const std::string& path, const ModelFileOptions& options) {
  TensorFlowModel model = ReadPath(path, options);
  if (options.step && !model.checkpoint_prefix.ends_with(fmt::format("-{}", *options.step))) {
    Throw(ErrorCode::kUsage, "--step {}: expected a folder or prefix of checkpoints, found {}, a {}",
          *options.step, path, ModelKindName(model.kind));
  }
  return model;
}

void WriteGraphDef(const std::string& path, const tf::GraphDef& graph, size_t most) {
  if (path.ends_with(".pbtxt")) {
    WriteFile(path, AsBytes(MessageToText(graph)));
    return;
  }
  const size_t size = graph.ByteSizeLong();
  if (size > most) {
    Throw(ErrorCode::kModel,
          "{}: the frozen graph takes {} bytes, but a protobuf file, and TensorFlow, take at most {}; 'floe "
          "build' and "
          "'floe export' have no such limit",
          path, size, most);
  }
  WriteMessage(path, graph);
}

}  // namespace floe
