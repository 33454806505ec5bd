// Says what a file is that is not what was asked for.
#ifndef FLOE_FORMATS_TENSORFLOW_FOREIGN_FILE_H_
#define FLOE_FORMATS_TENSORFLOW_FOREIGN_FILE_H_

#include <optional>
#include <string>

#include "base/bytes.h"

namespace floe {

// "an ONNX model", "a JPEG picture", "an HDF5 file (Keras weights or model)"... from its bytes, of which the
// first few hundred suffice for all but ONNX and checkpoint tables; nullopt if they say nothing.
std::optional<std::string> DescribeForeignFile(Bytes bytes);

// No control characters but white space in the first few kilobytes, and not empty.
bool LooksLikeText(Bytes bytes);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_FOREIGN_FILE_H_
