// Finds the checkpoint that a path means.
#ifndef FLOE_FORMATS_TENSORFLOW_CHECKPOINT_PREFIX_H_
#define FLOE_FORMATS_TENSORFLOW_CHECKPOINT_PREFIX_H_

#include <cstdint>
#include <optional>
#include <string>

namespace floe {

// The prefix that `path` means: itself, PREFIX.index, PREFIX.meta, PREFIX.data-…, or a folder whose
// `checkpoint` file names it (`step` picks another one than the newest: PREFIX-STEP). Throws Error(kModel) if
// there is no checkpoint.
std::string FindCheckpointPrefix(const std::string& path, std::optional<int64_t> step = std::nullopt);

// PREFIX.index exists, or PREFIX is itself a table (V1).
bool CheckpointExists(const std::string& prefix);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_CHECKPOINT_PREFIX_H_
