// Tells TensorFlow's three kinds of model file apart: none of them carries a magic number.
#ifndef FLOE_FORMATS_TENSORFLOW_MODEL_SNIFF_H_
#define FLOE_FORMATS_TENSORFLOW_MODEL_SNIFF_H_

#include <optional>

#include "base/bytes.h"
#include "formats/tensorflow/model_file.h"

namespace floe {

// From the fields at the top of the message; nullopt if they are none of a model's. A file cut off in the
// middle is still recognised.
std::optional<ModelKind> SniffBinaryModel(Bytes bytes);

// From the first field's name of a text form; `field` gets that name.
std::optional<ModelKind> SniffTextModel(Bytes bytes, std::string* field);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_MODEL_SNIFF_H_
