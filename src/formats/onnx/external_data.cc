#include "formats/onnx/external_data.h"

#include <filesystem>
#include <iterator>
#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "formats/utf.h"

namespace floe {
namespace {

namespace fs = std::filesystem;

struct Entries {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

uint64_t NumberOf(const onnx::TensorProto& tensor, const onnx::StringStringEntryProto& entry) {
  const std::optional<int64_t> number = ParseInt(entry.value());
  if (!number || *number < 0) {
    Throw(ErrorCode::kModel, "initializer '{}': expected a number as {} of its external data, found '{}'",
          Printable(tensor.name()), entry.key(), Printable(entry.value()));
  }
  return static_cast<uint64_t>(*number);
}

Entries EntriesOf(const onnx::TensorProto& tensor) {
  Entries entries;
  for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
    if (entry.key() == "location") entries.location = entry.value();
    if (entry.key() == "offset") entries.offset = NumberOf(tensor, entry);
    if (entry.key() == "length") entries.length = NumberOf(tensor, entry);
  }
  return entries;
}

bool StaysInside(const std::string& location) {
  const fs::path path(location);
  if (location.empty() || path.has_root_path() || location.find('\\') != std::string::npos ||
      location.find('\0') != std::string::npos) {
    return false;
  }
  const fs::path plain = path.lexically_normal();
  return plain.begin() != plain.end() && *plain.begin() != "..";
}

}  // namespace

// Links are followed: a model that somebody sent must not read what is elsewhere on this machine. Caches that
// link the model and its data to one folder are fine.
bool ExternalData::LiesBesideModel(const std::string& path) const {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) return false;
  const auto is_below = [&](const fs::path& folder) {
    const fs::path relative = real.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != "..";
  };
  if (is_below(fs::canonical(folder_, error)) && !error) return true;
  const fs::path model = model_.empty() ? fs::path() : fs::canonical(model_, error);
  return !error && !model.empty() && is_below(model.parent_path());
}

ExternalData::File& ExternalData::Open(const std::string& location, const std::string& tensor) {
  if (!StaysInside(location)) {
    Throw(ErrorCode::kModel,
          "initializer '{}': its external data '{}' is not a path below the model's folder", tensor,
          Printable(location));
  }
  if (folder_.empty()) {
    Throw(ErrorCode::kModel, "initializer '{}': its data is in '{}', and the model is not in a file", tensor,
          Printable(location));
  }
  const std::string path = (fs::path(folder_) / fs::path(location).lexically_normal()).string();
  File& file = files_[path];
  if (file.file != nullptr) return file;
  if (!FileExists(path) || IsDirectory(path)) {
    Throw(ErrorCode::kModel, "initializer '{}': its external data {} is missing", tensor, Printable(path));
  }
  if (!LiesBesideModel(path)) {
    Throw(ErrorCode::kModel,
          "initializer '{}': its external data {} is a link that leaves the model's folder", tensor,
          Printable(path));
  }
  file.file = MappedFile::Open(path);
  return file;
}

void ExternalData::Claim(File& file, const Range& range) {
  if (range.begin == range.end) return;
  auto next = file.ranges.lower_bound(range.begin);
  const Range* other = nullptr;
  if (next != file.ranges.end() && next->second.begin < range.end) other = &next->second;
  if (other == nullptr && next != file.ranges.begin() && std::prev(next)->second.end > range.begin) {
    other = &std::prev(next)->second;
  }
  if (other == nullptr) {
    file.ranges.emplace(range.begin, range);
  } else if (other->begin != range.begin || other->end != range.end) {
    Throw(ErrorCode::kModel,
          "initializer '{}': its external data, bytes {} to {} of {}, overlaps that of '{}', bytes {} to {}",
          range.tensor, range.begin, range.end, file.file->path(), other->tensor, other->begin, other->end);
  }
}

ExternalData::Part ExternalData::Find(const onnx::TensorProto& tensor, uint64_t expected_bytes) {
  const std::string name = Printable(tensor.name());
  const Entries entries = EntriesOf(tensor);
  File& file = Open(entries.location, name);
  const Bytes bytes = file.file->bytes();
  if (entries.length && *entries.length != expected_bytes) {
    Throw(ErrorCode::kModel, "initializer '{}': its type and shape take {} bytes, its external data has {}",
          name, expected_bytes, *entries.length);
  }
  if (entries.offset > bytes.size() || expected_bytes > bytes.size() - entries.offset) {
    Throw(ErrorCode::kModel, "initializer '{}': expected {} bytes at {} of {}, which has {}", name,
          expected_bytes, entries.offset, file.file->path(), bytes.size());
  }
  Claim(file, {entries.offset, entries.offset + expected_bytes, name});
  return {bytes.subspan(entries.offset, expected_bytes), file.file};
}

}  // namespace floe
