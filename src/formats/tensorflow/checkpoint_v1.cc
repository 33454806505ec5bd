#include "formats/tensorflow/checkpoint_v1.h"

#include <filesystem>
#include <map>
#include <set>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "formats/sorted_table.h"
#include "formats/tensorflow/checkpoint.pb.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/proto_file.h"
#include "formats/tensorflow/tensor_proto.h"
#include "formats/utf.h"

namespace floe {
namespace {

namespace fs = std::filesystem;

// Paths of the tables, in the order of their numbers.
std::vector<std::string> FindTables(const std::string& prefix) {
  if (FileExists(prefix) && !IsDirectory(prefix)) return {prefix};
  const std::string stem = prefix.substr(0, prefix.find("-\?\?\?\?\?-of-"));
  const std::string folder = fs::path(stem).has_parent_path() ? fs::path(stem).parent_path().string() : ".";
  const std::string start = fs::path(stem).filename().string() + "-";
  std::set<std::string> paths;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder, error)) {
    const std::string name = file.path().filename().string();
    // NAME-00000-of-00002
    if (name.size() == start.size() + 14 && name.starts_with(start) &&
        name.substr(start.size() + 5, 4) == "-of-") {
      paths.insert(file.path().string());
    }
  }
  return {paths.begin(), paths.end()};
}

class CheckpointV1 : public Checkpoint {
 public:
  CheckpointV1(const std::string& prefix, const std::vector<std::string>& paths) : Checkpoint(prefix) {
    std::map<std::string, CheckpointEntry> entries;
    for (const std::string& path : paths) AddTable(path, &entries);
    std::vector<CheckpointEntry> list;
    for (auto& [name, entry] : entries) {
      // A variable that is not partitioned has one part, which is all of it.
      whole_slices_.emplace(name, entry.parts.front());
      if (entry.parts.size() == 1 && IsWhole(entry)) entry.parts.clear();
      list.push_back(std::move(entry));
    }
    SetEntries(std::move(list));
  }

 protected:
  Tensor ReadStored(const CheckpointEntry& entry, const TensorSlice* part) const override {
    const std::string subject = Subject(entry.name);
    const TensorSlice& slice = part == nullptr ? whole_slices_.at(entry.name) : *part;
    const std::string key = SliceKey(entry.name, slice);
    for (const auto& table : tables_) {
      const auto value = table->Find(key);
      if (!value) continue;
      tf::SavedTensorSlices record;
      MergeBinary(AsBytes(*value), subject, "the record", &record);
      tf::TensorProto* data = record.mutable_data()->mutable_data();
      data->set_dtype(RemoveRef(entry.type));
      DimsToShapeProto(SliceDims(ResolveSlice(slice, entry.dims, subject)), data->mutable_tensor_shape());
      return TensorFromProto(std::move(*data), subject);
    }
    Throw(ErrorCode::kModel, "{}: its data is missing in the checkpoint", subject);
  }

  uint64_t StoredBytes() const override { return stored_bytes_; }

 private:
  static bool IsWhole(const CheckpointEntry& entry) {
    for (size_t d = 0; d < entry.parts.front().size(); ++d) {
      const SliceExtent& extent = entry.parts.front()[d];
      const bool whole = extent.start == 0 && (extent.length == -1 || extent.length == entry.dims[d]);
      if (!whole) return false;
    }
    return true;
  }

  void AddTable(const std::string& path, std::map<std::string, CheckpointEntry>* entries) {
    auto file = MappedFile::Open(path);
    // Numbers are varints there: the elements may take up to eight times the bytes of the file.
    stored_bytes_ += 8 * file->bytes().size();
    tables_.push_back(std::make_unique<SortedTable>(std::move(file)));
    const auto value = tables_.back()->Find("");
    tf::SavedTensorSlices record;
    if (value) MergeBinary(AsBytes(*value), path, "the list of tensors", &record);
    if (!value || !record.has_meta()) {
      Throw(ErrorCode::kModel, "{}: expected a checkpoint, found a table without a list of tensors", path);
    }
    for (const auto& meta : record.meta().tensor()) {
      const std::string subject = fmt::format("{}: tensor '{}'", path, Printable(meta.name()));
      CheckpointEntry& entry = (*entries)[meta.name()];
      const std::vector<int64_t> dims = KnownDimsFromShapeProto(meta.shape(), subject);
      if (!entry.parts.empty() && (entry.type != meta.type() || entry.dims != dims)) {
        Throw(ErrorCode::kModel, "{}: is listed with two types or shapes", subject);
      }
      entry.name = meta.name();
      entry.type = meta.type();
      entry.dims = dims;
      for (const auto& slice : meta.slice()) {
        entry.parts.push_back(SliceFromProto(slice));
        ResolveSlice(entry.parts.back(), entry.dims, subject);
      }
      if (entry.parts.empty()) Throw(ErrorCode::kModel, "{}: has no parts", subject);
    }
  }

  std::vector<std::unique_ptr<SortedTable>> tables_;
  std::map<std::string, TensorSlice, std::less<>>
      whole_slices_;  // as written, for the key of an unpartitioned tensor
  uint64_t stored_bytes_ = 0;
};

}  // namespace

std::shared_ptr<const Checkpoint> OpenCheckpointV1(const std::string& prefix) {
  const std::vector<std::string> paths = FindTables(prefix);
  if (paths.empty()) return nullptr;
  return std::make_shared<CheckpointV1>(prefix, paths);
}

}  // namespace floe
