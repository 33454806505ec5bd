// Weights that an ONNX model keeps in files beside it.
#ifndef FLOE_FORMATS_ONNX_EXTERNAL_DATA_H_
#define FLOE_FORMATS_ONNX_EXTERNAL_DATA_H_

#include <onnx/onnx_pb.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace floe {

// The files are mapped once and stay mapped as long as this or a tensor made of it lives.
class ExternalData {
 public:
  // `model`: the model's file, which may be a link to another folder, where its data may lie too; "" for a
  // model that is not in a file.
  explicit ExternalData(std::string folder, std::string model = "")
      : folder_(std::move(folder)), model_(std::move(model)) {}

  struct Part {
    Bytes bytes;
    std::shared_ptr<const MappedFile> file;
  };
  // The bytes that `tensor` refers to. Throws Error(kModel) naming the tensor: a path that is absolute or
  // leaves the folder, by its words or through links, a file that is missing or too short, an entry that is
  // no number, a part that overlaps another tensor's without being the same. `expected_bytes` is what type
  // and dims ask for.
  Part Find(const onnx::TensorProto& tensor, uint64_t expected_bytes);

 private:
  struct Range {
    uint64_t begin, end;
    std::string tensor;
  };
  struct File {
    std::shared_ptr<const MappedFile> file;
    std::map<uint64_t, Range> ranges;  // by their begin; none overlaps another
  };

  File& Open(const std::string& location, const std::string& tensor);
  static void Claim(File& file, const Range& range);

  bool LiesBesideModel(const std::string& path) const;

  std::string folder_;
  std::string model_;
  std::map<std::string, File> files_;
};

}  // namespace floe

#endif  // FLOE_FORMATS_ONNX_EXTERNAL_DATA_H_
