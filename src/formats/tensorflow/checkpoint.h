// TensorFlow's checkpoints: a table PREFIX.index that says where each tensor lies, and data shards
// PREFIX.data-00000-of-00003 that hold the bytes (V2, "tensor bundle"); or tables with everything in them
// (V1).
#ifndef FLOE_FORMATS_TENSORFLOW_CHECKPOINT_H_
#define FLOE_FORMATS_TENSORFLOW_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "floe/tensor.h"
#include "formats/tensorflow/tensor.pb.h"
#include "formats/tensorflow/tensor_slice.h"

namespace floe {

struct CheckpointEntry {
  std::string name;
  tf::DataType type = tf::DT_INVALID;  // as stored: may be quantized or a variant
  std::vector<int64_t> dims;           // of the full tensor
  std::vector<TensorSlice> parts;      // empty: stored whole; else the parts of a partitioned variable
};

// Immutable after Open; safe to read from several threads. Everything is bounds-checked: a damaged or hostile
// file ends in Error(kModel) that names file and tensor.
class Checkpoint {
 public:
  // `prefix` as given to tf.train.Saver: "folder/model.ckpt-1000", not the .index file (FindCheckpointPrefix
  // turns that and folders into prefixes). Reads the index; data shards are mapped when a tensor in them is
  // first read.
  static std::shared_ptr<const Checkpoint> Open(const std::string& prefix);
  virtual ~Checkpoint() = default;
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  const std::string& prefix() const { return prefix_; }
  const std::vector<CheckpointEntry>& entries() const { return entries_; }  // sorted by name
  const CheckpointEntry* Find(std::string_view name) const;                 // null if there is none
  std::vector<std::string> names() const;

  // The whole tensor, its checksum verified; parts of a partitioned variable are joined. A view of the mapped
  // shard where alignment and byte order allow. Throws for an unknown name (near ones suggested), a missing
  // shard, a wrong checksum, or an element type that we do not have.
  Tensor Read(std::string_view name) const { return ReadSlice(name, {}); }
  // A part of the tensor, whether it is stored whole or in parts; an empty slice is the whole.
  Tensor ReadSlice(std::string_view name, const TensorSlice& slice) const;

 protected:
  explicit Checkpoint(std::string prefix) : prefix_(std::move(prefix)) {}

  // What is stored: the whole tensor (`part` null) or one of entry.parts.
  virtual Tensor ReadStored(const CheckpointEntry& entry, const TensorSlice* part) const = 0;
  // Of all files; a joined tensor may not be larger.
  virtual uint64_t StoredBytes() const = 0;
  void SetEntries(std::vector<CheckpointEntry> entries);  // sorts
  std::string Subject(std::string_view name) const;       // "PREFIX: tensor 'NAME'"

 private:
  std::string prefix_;
  std::vector<CheckpointEntry> entries_;
};

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_CHECKPOINT_H_
