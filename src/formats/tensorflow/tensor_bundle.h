// Checkpoint V2: PREFIX.index and data shards.
#ifndef FLOE_FORMATS_TENSORFLOW_TENSOR_BUNDLE_H_
#define FLOE_FORMATS_TENSORFLOW_TENSOR_BUNDLE_H_

#include <memory>
#include <string>

#include "formats/tensorflow/checkpoint.h"

namespace floe {

std::shared_ptr<const Checkpoint> OpenTensorBundle(const std::string& prefix);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_TENSOR_BUNDLE_H_
