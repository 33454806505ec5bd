#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>

namespace floe {
namespace {

// Paths of files being written, for the signal handler: fixed slots, since a handler may neither lock nor
// allocate.
constexpr size_t kSlots = 16;
std::array<std::atomic<const char*>, kSlots> uncommitted;

void Register(const char* path) {
  for (auto& slot : uncommitted) {
    const char* empty = nullptr;
    if (slot.compare_exchange_strong(empty, path)) return;
  }
}

void Unregister(const char* path) {
  for (auto& slot : uncommitted) {
    const char* expected = path;
    if (slot.compare_exchange_strong(expected, nullptr)) return;
  }
}

// Where files are mapped: begin to end.
std::mutex mappings_mutex;
std::map<uintptr_t, uintptr_t>& Mappings() {
  static auto* mappings = new std::map<uintptr_t, uintptr_t>();
  return *mappings;
}

uintptr_t Address(const void* data) {
  return reinterpret_cast<uintptr_t>(data);
}

}  // namespace

void ReleaseMapped(Bytes bytes) {
  const uintptr_t begin = Address(bytes.data());
  const uintptr_t end = begin + bytes.size();
  const std::lock_guard lock(mappings_mutex);
  const auto next = Mappings().upper_bound(begin);
  if (next == Mappings().begin() || std::prev(next)->second < end) return;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t last = end / page * page;
  // Only advice, so a refusal costs nothing but memory.
  if (first < last) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

std::shared_ptr<const MappedFile> MappedFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) Throw(ErrorCode::kModel, "{}: cannot open: {}", path, std::strerror(errno));
  struct stat info {};
  if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    close(fd);
    Throw(ErrorCode::kModel, "{}: expected a file, found a folder", path);
  }
  const size_t size = static_cast<size_t>(info.st_size);
  void* data = nullptr;
  if (size > 0) {
    data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      const int error = errno;
      close(fd);
      Throw(ErrorCode::kResource, "{}: cannot map {} bytes: {}", path, size, std::strerror(error));
    }
  }
  close(fd);
  if (data != nullptr) {
    const std::lock_guard lock(mappings_mutex);
    Mappings()[Address(data)] = Address(data) + size;
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(path, static_cast<const uint8_t*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  const std::lock_guard lock(mappings_mutex);
  Mappings().erase(Address(data_));
  munmap(const_cast<uint8_t*>(data_), size_);
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  struct stat info {};
  const bool special = stat(path_.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  if (special && S_ISDIR(info.st_mode))
    Throw(ErrorCode::kResource, "{}: cannot write: it is a folder", path_);
  if (!special) temporary_ = path_ + ".tmp." + std::to_string(getpid());
  const std::string& target = special ? path_ : temporary_;
  fd_ = open(target.c_str(), special ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) Throw(ErrorCode::kResource, "{}: cannot write: {}", path_, std::strerror(errno));
  if (!special) Register(temporary_.c_str());
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) {
    unlink(temporary_.c_str());
    Unregister(temporary_.c_str());
  }
}

void AtomicFile::Write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail("write");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::Commit() {
  const int result = close(fd_);
  fd_ = -1;
  if (result != 0) Fail("write");
  if (temporary_.empty()) return;
  if (rename(temporary_.c_str(), path_.c_str()) != 0) Fail("replace");
  Unregister(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::Fail(const char* what) {
  Throw(ErrorCode::kResource, "{}: cannot {}: {}", path_, what, std::strerror(errno));
}

void WriteFile(const std::string& path, Bytes bytes) {
  AtomicFile file(path);
  file.Write(bytes);
  file.Commit();
}

std::string ReadTextFile(const std::string& path) {
  return std::string(AsText(MappedFile::Open(path)->bytes()));
}

bool FileExists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

bool IsDirectory(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

void RemoveUncommittedFiles() {
  for (auto& slot : uncommitted) {
    if (const char* path = slot.load()) unlink(path);
  }
}

}  // namespace floe
