// Archives of .npy files: a zip, stored or deflated, whose members are NAME.npy.

#include <zip.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "formats/npy.h"
#include "formats/utf.h"

namespace floe {
namespace {

// Deflate cannot do better than this.
constexpr uint64_t kMaxDeflateRatio = 1032;
constexpr std::string_view kExtension = ".npy";

std::string MessageOf(zip_error_t* error) {
  std::string message = zip_error_strerror(error);
  zip_error_fini(error);
  return message;
}

struct ArchiveCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, ArchiveCloser>;

Archive OpenForReading(Bytes bytes, const std::string& path) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr) {
    if (source != nullptr) zip_source_free(source);
    Throw(ErrorCode::kModel, "{}: expected an archive of numpy arrays (.npz): {}", path, MessageOf(&error));
  }
  zip_error_fini(&error);
  return Archive(archive);
}

// `room` is what is left of the archive's bytes for this member and those behind it.
std::shared_ptr<std::vector<uint8_t>> ReadMember(zip_t* archive, zip_uint64_t index, const zip_stat_t& info,
                                                 const std::string& subject, uint64_t* room) {
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if ((info.valid & kNeeded) != kNeeded || info.comp_size > *room ||
      info.size > kMaxDeflateRatio * info.comp_size + 64) {
    Throw(ErrorCode::kModel, "{}: claims an impossible size", subject);
  }
  *room -= info.comp_size;
  auto bytes = std::make_shared<std::vector<uint8_t>>(info.size);
  zip_file_t* file = zip_fopen_index(archive, index, 0);
  if (file == nullptr) Throw(ErrorCode::kModel, "{}: cannot read: {}", subject, zip_strerror(archive));
  size_t done = 0;
  zip_int64_t got = 1;
  while (done < bytes->size() && got > 0) {
    got = zip_fread(file, bytes->data() + done, bytes->size() - done);
    if (got > 0) done += static_cast<size_t>(got);
  }
  // The checksum is verified where the member ends.
  uint8_t beyond = 0;
  if (got >= 0) got = zip_fread(file, &beyond, 1);
  const std::string message = zip_error_strerror(zip_file_get_error(file));
  zip_fclose(file);
  if (got != 0 || done != bytes->size()) Throw(ErrorCode::kModel, "{}: is damaged: {}", subject, message);
  return bytes;
}

void AddMember(zip_t* archive, const std::string& name, const std::string& npy, const std::string& path) {
  zip_source_t* source = zip_source_buffer(archive, npy.data(), npy.size(), 0);
  const zip_int64_t index =
      source == nullptr ? -1 : zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    const std::string message = zip_strerror(archive);
    if (source != nullptr) zip_source_free(source);
    Throw(ErrorCode::kResource, "{}: cannot add '{}': {}", path, name, message);
  }
  const auto member = static_cast<zip_uint64_t>(index);
  CHECK(zip_set_file_compression(archive, member, ZIP_CM_STORE, 0) == 0);
  // A fixed date (1980-01-01), so that equal tensors give equal files.
  CHECK(zip_file_set_dostime(archive, member, 0, 0x21, 0) == 0);
}

// The archive as bytes; libzip writes into memory, AtomicFile to the disk.
std::vector<uint8_t> MakeArchive(const std::string& path, std::span<const std::string> names,
                                 std::span<const std::string> members) {
  if (names.empty()) {
    // libzip writes nothing then; numpy writes the end record of an empty archive.
    std::vector<uint8_t> end_record(22, 0);
    std::copy_n("PK\5\6", 4, end_record.begin());
    return end_record;
  }
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (target == nullptr) Throw(ErrorCode::kResource, "{}: cannot write: {}", path, MessageOf(&error));
  zip_source_keep(target);
  const std::unique_ptr<zip_source_t, decltype(&zip_source_free)> owned(target, &zip_source_free);
  Archive archive(zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error));
  if (archive == nullptr) {
    zip_source_free(target);
    Throw(ErrorCode::kResource, "{}: cannot write: {}", path, MessageOf(&error));
  }
  zip_error_fini(&error);
  for (size_t i = 0; i < names.size(); ++i) AddMember(archive.get(), names[i], members[i], path);
  if (zip_close(archive.get()) != 0) {
    Throw(ErrorCode::kResource, "{}: cannot write: {}", path, zip_strerror(archive.get()));
  }
  archive.release();
  zip_stat_t info;
  std::vector<uint8_t> bytes;
  if (zip_source_stat(target, &info) == 0 && zip_source_open(target) == 0) {
    bytes.resize(info.size);
    const zip_int64_t got = zip_source_read(target, bytes.data(), bytes.size());
    zip_source_close(target);
    if (got == static_cast<zip_int64_t>(bytes.size())) return bytes;
  }
  Throw(ErrorCode::kResource, "{}: cannot write the archive", path);
}

}  // namespace

std::vector<NamedTensor> ReadNpz(const std::string& path) {
  const auto file = MappedFile::Open(path);
  // An empty archive is 22 bytes; libzip would take an empty file for one.
  if (file->bytes().empty()) {
    Throw(ErrorCode::kModel, "{}: expected an archive of numpy arrays (.npz), found an empty file", path);
  }
  const Archive archive = OpenForReading(file->bytes(), path);
  std::vector<NamedTensor> tensors;
  std::set<std::string> seen;
  uint64_t room = file->bytes().size();
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t info;
    if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &info) != 0 ||
        (info.valid & ZIP_STAT_NAME) == 0) {
      Throw(ErrorCode::kModel, "{}: cannot read the archive: {}", path, zip_strerror(archive.get()));
    }
    std::string name = info.name;
    const std::string subject = fmt::format("{}: '{}'", path, Printable(name));
    const auto bytes = ReadMember(archive.get(), static_cast<zip_uint64_t>(i), info, subject, &room);
    if (name.ends_with(kExtension)) name.resize(name.size() - kExtension.size());
    if (!seen.insert(name).second) Throw(ErrorCode::kModel, "{}: is there twice", subject);
    tensors.push_back({std::move(name), ParseNpy(*bytes, subject, bytes)});
  }
  return tensors;
}

void WriteNpz(const std::string& path, std::span<const NamedTensor> tensors) {
  std::vector<std::string> names, members;
  std::set<std::string> seen;
  for (const NamedTensor& tensor : tensors) {
    if (!seen.insert(tensor.name).second) {
      Throw(ErrorCode::kUsage, "{}: two tensors are called '{}'", path, tensor.name);
    }
    names.push_back(tensor.name + std::string(kExtension));
    members.push_back(FormatNpy(tensor.tensor));
  }
  WriteFile(path, MakeArchive(path, names, members));
}

}  // namespace floe
