// One reader for everything TensorFlow leaves on a disk: it recognises what a path is and takes out the
// graph.
#ifndef FLOE_FORMATS_TENSORFLOW_MODEL_FILE_H_
#define FLOE_FORMATS_TENSORFLOW_MODEL_FILE_H_

#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensorflow/graph.pb.h"
#include "formats/tensorflow/meta_graph.pb.h"
#include "formats/tensorflow/proto_file.h"

namespace floe {

enum class ModelKind {
  kGraphDef,    // a bare graph, perhaps in an events file; variables, if any, need a checkpoint
  kMetaGraph,   // a MetaGraphDef file, as tf.train.Saver leaves it, or one in an events file
  kSavedModel,  // a folder with saved_model.pb, or that file
};
std::string_view ModelKindName(ModelKind kind);  // "GraphDef", "MetaGraph", "SavedModel"

struct ModelFileOptions {
  // The tags of the MetaGraph wanted from a SavedModel; empty: {"serve"} if there, else the only one, else
  // that without tags (which {""} asks for).
  std::vector<std::string> tags;
  // Prefix, .index file or folder with a `checkpoint` file; overrides what lies beside the model.
  std::string checkpoint;
  // Picks PREFIX-STEP from a checkpoint folder instead of the newest.
  std::optional<int64_t> step;
  Weights weights = Weights::kTake;  // of constants of a binary graph
};

struct TensorFlowModel {
  ModelKind kind = ModelKind::kGraphDef;
  std::string path;    // the file that was parsed
  std::string folder;  // of the SavedModel (assets are relative to it), else of the file
  bool text = false;   // was in text form
  tf::GraphDef graph;
  // Signatures, saver, collections, object graph, tags; its graph_def is empty (moved to `graph`). Absent for
  // kGraphDef.
  std::optional<tf::MetaGraphDef> meta;
  std::string checkpoint_prefix;  // "" if there is none
};

// True if `path` could be a TensorFlow model, judged by its outermost fields. False for ONNX, engines and
// missing files.
bool LooksLikeTensorFlowModel(const std::string& path);

// PATH is a .pb, .pbtxt, .meta, a SavedModel folder, a checkpoint prefix or .index file (with its .meta
// beside it), a checkpoint folder, an events file or a folder with those only (the newest graph). Throws
// Error(kModel) naming the path, what was expected and what was found, and Error(kUsage) for tags and steps
// that are not there; text form is refused with line and column. Binary graphs are read node by node, so peak
// memory stays near the file's size.
TensorFlowModel ReadTensorFlowModel(const std::string& path, const ModelFileOptions& options = {});

// What a protobuf file, and TensorFlow, can hold.
constexpr size_t kMostGraphDefBytes = INT_MAX;

// Binary, or text if the path ends in .pbtxt; whole or not at all. Throws Error(kResource) if the disk
// refuses and Error(kModel) if the graph takes more than `most` bytes.
void WriteGraphDef(const std::string& path, const tf::GraphDef& graph, size_t most = kMostGraphDefBytes);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_MODEL_FILE_H_
