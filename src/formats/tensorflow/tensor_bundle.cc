#include "formats/tensorflow/tensor_bundle.h"

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "formats/crc32c.h"
#include "formats/raw_elements.h"
#include "formats/sorted_table.h"
#include "formats/tensorflow/checkpoint.pb.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/proto_file.h"
#include "formats/utf.h"

namespace floe {
namespace {

// Little-endian bytes of a length, as the checksum of string tensors takes them: 4, or 8 where 4 do not
// suffice.
uint32_t ExtendByLength(uint32_t crc, uint64_t length) {
  ByteWriter bytes;
  if (length <= UINT32_MAX) {
    bytes.U32(static_cast<uint32_t>(length));
  } else {
    bytes.U64(length);
  }
  return ExtendCrc32c(crc, bytes.bytes());
}

class TensorBundle : public Checkpoint {
 public:
  explicit TensorBundle(const std::string& prefix) : Checkpoint(prefix) {
    const std::string path = prefix + ".index";
    const SortedTable table(MappedFile::Open(path));
    bool header = false;
    table.VisitAll([&](std::string_view key, Bytes value) {
      if (key.empty()) {
        MergeBinary(value, path, "the header", &header_);
        header = true;
      } else {
        MergeBinary(value, path, fmt::format("the entry '{}'", Printable(key)), &stored_[std::string(key)]);
      }
    });
    if (!header)
      Throw(ErrorCode::kModel, "{}: expected a checkpoint index, found a table without its header", path);
    CheckHeader(path);
    CollectEntries(path);
  }

 protected:
  Tensor ReadStored(const CheckpointEntry& entry, const TensorSlice* part) const override {
    const std::string subject = Subject(entry.name);
    const auto found = stored_.find(part == nullptr ? entry.name : SliceKey(entry.name, *part));
    if (found == stored_.end())
      Throw(ErrorCode::kModel, "{}: one of its parts is missing in the index", subject);
    const tf::BundleEntryProto& stored = found->second;
    const std::vector<int64_t> dims = KnownDimsFromShapeProto(stored.shape(), subject);
    if (part != nullptr && dims != SliceDims(ResolveSlice(*part, entry.dims, subject))) {
      Throw(ErrorCode::kModel, "{}: one of its parts has the shape {}, not that of its slice", subject,
            DimsToString(dims));
    }
    if (stored.dtype() != entry.type) {
      Throw(ErrorCode::kModel, "{}: one of its parts has another element type than the whole", subject);
    }
    const DType dtype = RequireDTypeFromTf(stored.dtype(), subject);
    const auto shard = Shard(stored.shard_id(), subject);
    const Bytes bytes = BytesOf(stored, *shard, subject);
    if (dtype == DType::kString) return ReadStrings(stored, bytes, dims, subject);
    if (static_cast<uint64_t>(ElementCount(dims)) > bytes.size() ||
        static_cast<uint64_t>(ElementCount(dims)) * DTypeSize(dtype) != bytes.size()) {
      Throw(ErrorCode::kModel, "{}: {} {} cannot take {} bytes", subject, DTypeName(dtype),
            DimsToString(dims), bytes.size());
    }
    uint32_t crc = 0;
    ForEachPiece(bytes, [&](Bytes piece) { crc = ExtendCrc32c(crc, piece); });
    CheckChecksum(crc, stored, *shard, subject);
    return TensorFromRaw(dtype, dims, bytes, shard, header_.endianness() == tf::BundleHeaderProto::BIG);
  }

  uint64_t StoredBytes() const override {
    uint64_t total = 0;
    for (int i = 0; i < header_.num_shards(); ++i) total += Shard(i, prefix())->bytes().size();
    return total;
  }

 private:
  void CheckHeader(const std::string& path) const {
    // Five digits in a shard's file name.
    if (header_.num_shards() < 1 || header_.num_shards() > 99999) {
      Throw(ErrorCode::kModel, "{}: expected 1 to 99999 data shards, found {}", path, header_.num_shards());
    }
    if (header_.version().min_consumer() > 1) {
      Throw(ErrorCode::kModel, "{}: made for readers of version {}; this one knows version 1", path,
            header_.version().min_consumer());
    }
  }

  void CollectEntries(const std::string& path) {
    std::vector<CheckpointEntry> entries;
    for (const auto& [key, stored] : stored_) {
      if (key[0] == '\0') continue;  // a part; its variable lists it
      CheckpointEntry entry;
      entry.name = key;
      entry.type = stored.dtype();
      entry.dims = KnownDimsFromShapeProto(stored.shape(), fmt::format("{}: '{}'", path, Printable(key)));
      std::set<TensorSlice> seen;
      for (const auto& slice : stored.slices()) {
        entry.parts.push_back(SliceFromProto(slice));
        if (!seen.insert(entry.parts.back()).second) {
          Throw(ErrorCode::kModel, "{}: '{}' lists one part twice", path, Printable(key));
        }
      }
      entries.push_back(std::move(entry));
    }
    SetEntries(std::move(entries));
  }

  std::shared_ptr<const MappedFile> Shard(int id, const std::string& subject) const {
    if (id < 0 || id >= header_.num_shards()) {
      Throw(ErrorCode::kModel, "{}: lies in data shard {}, but there are {}", subject, id,
            header_.num_shards());
    }
    const std::lock_guard lock(mutex_);
    auto& shard = shards_[id];
    if (shard == nullptr) {
      const std::string path = fmt::format("{}.data-{:05}-of-{:05}", prefix(), id, header_.num_shards());
      if (!FileExists(path)) Throw(ErrorCode::kModel, "{}: its data file {} is missing", subject, path);
      shard = MappedFile::Open(path);
    }
    return shard;
  }

  static Bytes BytesOf(const tf::BundleEntryProto& stored, const MappedFile& shard,
                       const std::string& subject) {
    const auto room = static_cast<int64_t>(shard.bytes().size());
    if (stored.offset() < 0 || stored.size() < 0 || stored.offset() > room ||
        stored.size() > room - stored.offset()) {
      Throw(ErrorCode::kModel, "{}: expected {} bytes at {} of {}, which has only {} bytes", subject,
            stored.size(), stored.offset(), shard.path(), room);
    }
    return shard.bytes().subspan(static_cast<size_t>(stored.offset()), static_cast<size_t>(stored.size()));
  }

  static void CheckChecksum(uint32_t crc, const tf::BundleEntryProto& stored, const MappedFile& shard,
                            const std::string& subject) {
    if (MaskCrc32c(crc) == stored.crc32c()) return;
    Throw(ErrorCode::kModel, "{}: wrong checksum: {} is damaged or belongs to another checkpoint", subject,
          shard.path());
  }

  // Lengths as varints, their masked checksum, then the bytes of all elements. The entry's checksum is over
  // the lengths as fixed-size integers, that first checksum, and the bytes.
  Tensor ReadStrings(const tf::BundleEntryProto& stored, Bytes bytes, const std::vector<int64_t>& dims,
                     const std::string& subject) const {
    const auto count = static_cast<uint64_t>(ElementCount(dims));
    if (count > bytes.size()) {
      Throw(ErrorCode::kModel, "{}: {} strings cannot take {} bytes", subject, count, bytes.size());
    }
    ByteReader reader(bytes, subject);
    std::vector<uint64_t> lengths(count);
    uint32_t crc = 0;
    for (uint64_t& length : lengths) {
      length = reader.Varint();
      crc = ExtendByLength(crc, length);
    }
    const Bytes length_checksum = reader.Raw(4);
    const auto shard = Shard(stored.shard_id(), subject);
    const bool swapped = header_.endianness() == tf::BundleHeaderProto::BIG;
    if (!swapped && ByteReader(length_checksum, subject).U32() != MaskCrc32c(crc)) {
      Throw(ErrorCode::kModel, "{}: wrong checksum of its lengths: {} is damaged", subject, shard->path());
    }
    crc = ExtendCrc32c(crc, length_checksum);
    Tensor tensor(DType::kString, dims);
    auto* out = tensor.data<std::string>();
    for (const uint64_t length : lengths) {
      const Bytes element = reader.Raw(length);
      crc = ExtendCrc32c(crc, element);
      *out++ = AsText(element);
    }
    if (!reader.done())
      Throw(ErrorCode::kModel, "{}: {} bytes left behind its strings", subject, reader.remaining());
    if (!swapped) CheckChecksum(crc, stored, *shard, subject);
    return tensor;
  }

  tf::BundleHeaderProto header_;
  std::unordered_map<std::string, tf::BundleEntryProto> stored_;  // by key of the table
  mutable std::mutex mutex_;
  mutable std::map<int, std::shared_ptr<const MappedFile>> shards_;  // guarded by mutex_
};

}  // namespace

std::shared_ptr<const Checkpoint> OpenTensorBundle(const std::string& prefix) {
  return std::make_shared<TensorBundle>(prefix);
}

}  // namespace floe
