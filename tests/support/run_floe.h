// Runs the built program, as a user does.
#ifndef FLOE_TESTS_SUPPORT_RUN_FLOE_H_
#define FLOE_TESTS_SUPPORT_RUN_FLOE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace floe {

struct Ran {
  int exit_code = -1;  // 128 + signal if the program was killed by one
  std::string out;
  std::string err;
};

struct RunFloeOptions {
  std::string stdout_path;                       // instead of Ran::out
  std::string folder;                            // working folder; "" = the test's
  std::chrono::milliseconds interrupt_after{0};  // SIGINT then; 0: never
  std::chrono::seconds most_time{60};            // longer ones are killed and fail the test
  uint64_t most_file_bytes = 0;                  // RLIMIT_FSIZE, as a disk that is full; 0: none
};

// build/floe with these arguments.
Ran RunFloe(const std::vector<std::string>& arguments, const RunFloeOptions& options = {});

// A folder of its own that goes with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& bytes) const;  // returns the path
  std::vector<std::string> Names() const;                                      // of everything in it

 private:
  std::string path_;
};

std::string ReadBytes(const std::string& path);
std::string SourceFile(const std::string& name);  // of the repository
std::string FormFile(const std::string& name);    // of tests/models/data/forms

// One line on stderr that starts with the program's name and holds each of the texts, and this exit code.
testing::AssertionResult Refuses(const Ran& ran, int exit_code, const std::vector<std::string>& texts);
testing::AssertionResult Succeeds(const Ran& ran);

// Builds the tiny network of tests/models/data/forms/variables (input 2x6x5x3, output 2x4) into `path`.
void BuildTinyEngine(const std::string& path, const std::vector<std::string>& more = {});

}  // namespace floe

#endif  // FLOE_TESTS_SUPPORT_RUN_FLOE_H_
