// Files: mapped for reading, written whole or not at all.
#ifndef FLOE_BASE_FILE_H_
#define FLOE_BASE_FILE_H_

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace floe {

// A read-only mapping; an empty file is an empty span. Immutable, so safe to share between threads.
class MappedFile {
 public:
  // Throws Error(kModel) if the file is missing, a directory or unreadable; the message names the path.
  static std::shared_ptr<const MappedFile> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, const uint8_t* data, size_t size)
      : path_(std::move(path)), data_(data), size_(size) {}

  std::string path_;
  const uint8_t* data_;
  size_t size_;
};

// Gives pages of a mapped file back to the system, in whole pages within `bytes`; they come back from the
// file if they are read again. What is not a mapped file's is left alone. Large files are copied piece by
// piece with this, so that they do not count twice.
void ReleaseMapped(Bytes bytes);
// Calls `use` with one piece of `bytes` after the other, and releases each behind it.
template <typename Use>
void ForEachPiece(Bytes bytes, Use use) {
  constexpr size_t kPiece = size_t{8} << 20;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kPiece, bytes.size()))) {
    const Bytes piece = bytes.first(std::min(kPiece, bytes.size()));
    use(piece);
    if (bytes.size() > kPiece) ReleaseMapped(piece);
  }
}

// Writes PATH.tmp.<pid> beside the target and renames it in Commit(); the destructor removes what was not
// committed, so that a failure or an interrupt leaves what was there before. Throws Error(kResource) if the
// disk refuses. A path that exists and is not a regular file (/dev/stdout, a pipe) is written directly.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Write(Bytes bytes);
  void Commit();

 private:
  [[noreturn]] void Fail(const char* what);

  std::string path_;
  std::string temporary_;  // empty: writing to path_ itself
  int fd_ = -1;
};

void WriteFile(const std::string& path, Bytes bytes);  // AtomicFile in one call
// The text between start and end of a small file. Throws as MappedFile::Open.
std::string ReadTextFile(const std::string& path);
bool FileExists(const std::string& path);
bool IsDirectory(const std::string& path);

// Removes every uncommitted AtomicFile of the process: safe to call from a signal handler before _exit.
void RemoveUncommittedFiles();

}  // namespace floe

#endif  // FLOE_BASE_FILE_H_
