// Files for the tests of readers.
#ifndef FLOE_FORMATS_FILES_H_
#define FLOE_FORMATS_FILES_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"
#include "base/file.h"
#include "floe/error.h"
#include "floe/tensor.h"
#include "support/paths.h"

namespace floe {

inline std::string DataFile(const std::string& name) {
  return FLOE_SOURCE_DIR "/tests/formats/data/" + name;
}
inline std::string SharedFile(const std::string& name) {
  return FLOE_SOURCE_DIR "/../shared/" + name;
}

inline std::string ReadAll(const std::string& path) {
  return std::string(AsText(MappedFile::Open(path)->bytes()));
}

// A folder that lives as long as the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "floe_test_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  std::string Write(const std::string& name, std::string_view text) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::filesystem::remove(path);  // some file systems flush a file that is overwritten
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  std::string path_;
};

// The message of the Error that `action` throws, "" if it throws none.
template <typename Action>
std::string ErrorOf(const Action& action, ErrorCode code = ErrorCode::kModel) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "";
}

inline const Tensor* FindTensor(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return &tensor.tensor;
  }
  return nullptr;
}

}  // namespace floe

#endif  // FLOE_FORMATS_FILES_H_
