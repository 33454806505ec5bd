// Says what a file is that is not what was asked for, and what to give instead.
#ifndef FLOE_FORMATS_TENSORFLOW_FOREIGN_FILE_H_
#define FLOE_FORMATS_TENSORFLOW_FOREIGN_FILE_H_

#include <optional>
#include <string>

#include "base/bytes.h"

namespace floe {

struct ForeignFile {
  std::string what;    // "an ONNX model", "a JPEG picture", "a web page"...
  std::string remedy;  // what to do, for a Keras model the line of Python; "" if nothing comes to mind
};

// From its bytes, of which the first few hundred suffice for all but archives, Keras models and ONNX; nullopt
// if they say nothing. `path` stands in the remedy.
std::optional<ForeignFile> DescribeForeignFile(Bytes bytes, const std::string& path);

// A table of LevelDB's kind, which is a checkpoint V1 or the index of one of V2.
bool IsCheckpointTable(Bytes bytes);

// No control characters but white space in the first few kilobytes, and not empty.
bool LooksLikeText(Bytes bytes);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_FOREIGN_FILE_H_
