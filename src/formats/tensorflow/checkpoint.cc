#include "formats/tensorflow/checkpoint.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/tensorflow/checkpoint_v1.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/tensor_bundle.h"
#include "formats/utf.h"

namespace floe {

std::shared_ptr<const Checkpoint> Checkpoint::Open(const std::string& prefix) {
  if (FileExists(prefix + ".index")) return OpenTensorBundle(prefix);
  if (auto checkpoint = OpenCheckpointV1(prefix)) return checkpoint;
  Throw(ErrorCode::kModel, "{}: there is no checkpoint {}.index", prefix, prefix);
}

const CheckpointEntry* Checkpoint::Find(std::string_view name) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), name,
                       [](const CheckpointEntry& e, std::string_view n) { return e.name < n; });
  return found != entries_.end() && found->name == name ? &*found : nullptr;
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> names;
  for (const CheckpointEntry& entry : entries_) names.push_back(entry.name);
  return names;
}

void Checkpoint::SetEntries(std::vector<CheckpointEntry> entries) {
  entries_ = std::move(entries);
  std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
}

std::string Checkpoint::Subject(std::string_view name) const {
  return fmt::format("{}: tensor '{}'", prefix_, Printable(name));
}

Tensor Checkpoint::ReadSlice(std::string_view name, const TensorSlice& slice) const {
  const CheckpointEntry* entry = Find(name);
  if (entry == nullptr) {
    const std::string near = DidYouMean(name, names());
    Throw(ErrorCode::kModel, "{}: the checkpoint holds no tensor '{}'{}", prefix_, name, near);
  }
  const std::string subject = Subject(name);
  const DType dtype = RequireDTypeFromTf(entry->type, subject);
  const TensorSlice wanted = ResolveSlice(slice, entry->dims, subject);
  const TensorSlice whole = ResolveSlice({}, entry->dims, subject);
  if (entry->parts.empty() && wanted == whole) return ReadStored(*entry, nullptr);

  const std::vector<int64_t> dims = SliceDims(wanted);
  const int64_t count = ElementCount(dims);
  if (static_cast<uint64_t>(count) > StoredBytes()) {
    Throw(ErrorCode::kModel, "{}: {} is more than the files hold", subject, DimsToString(dims));
  }
  Tensor joined(dtype, dims);
  int64_t copied = 0;
  if (entry->parts.empty()) {
    copied = CopyOverlap(ReadStored(*entry, nullptr), whole, wanted, &joined);
  }
  for (const TensorSlice& part : entry->parts) {
    const TensorSlice resolved = ResolveSlice(part, entry->dims, subject);
    copied += CopyOverlap(ReadStored(*entry, &part), resolved, wanted, &joined);
  }
  if (copied != count) {
    Throw(ErrorCode::kModel, "{}: its {} stored parts give {} of {} elements", subject, entry->parts.size(),
          copied, count);
  }
  return joined;
}

}  // namespace floe
