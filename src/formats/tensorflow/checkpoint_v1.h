// Checkpoint V1, of TensorFlow before 0.12: tables that hold the tensors themselves, as protos.
#ifndef FLOE_FORMATS_TENSORFLOW_CHECKPOINT_V1_H_
#define FLOE_FORMATS_TENSORFLOW_CHECKPOINT_V1_H_

#include <memory>
#include <string>

#include "formats/tensorflow/checkpoint.h"

namespace floe {

// The table `prefix`, or its shards prefix-00000-of-00002 and so on (`prefix` may also be the pattern that
// ends in
// "-?????-of-00002"). Null if there is no such file.
std::shared_ptr<const Checkpoint> OpenCheckpointV1(const std::string& prefix);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_CHECKPOINT_V1_H_
