// An ONNX file, read without a second copy of its weights.
#ifndef FLOE_FORMATS_ONNX_MODEL_FILE_H_
#define FLOE_FORMATS_ONNX_MODEL_FILE_H_

#include <onnx/onnx_pb.h>

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace floe {

struct OnnxFile {
  std::string path;
  std::string folder;  // external data is relative to it; "" for a model that is not in a file
  // The weights of the main graph's initializers stay in the file: raw_data is empty, `raw` has the bytes.
  onnx::ModelProto proto;
  std::vector<Bytes> raw;  // by initializer; data() is null where the message itself holds the elements
  std::shared_ptr<const MappedFile> file;
};

// True if `path` is a file that looks like ONNX by its outermost fields.
bool LooksLikeOnnxModel(const std::string& path);

// Throws Error(kModel) naming the path: missing, no ONNX model (saying what it is instead), damaged, nested
// too deeply, without a graph.
OnnxFile ReadOnnxModel(const std::string& path);
// The same for bytes, which must outlive the model. `subject` starts every message.
OnnxFile ParseOnnxModel(Bytes bytes, const std::string& subject);

}  // namespace floe

#endif  // FLOE_FORMATS_ONNX_MODEL_FILE_H_
