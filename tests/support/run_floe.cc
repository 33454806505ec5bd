#include "support/run_floe.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/paths.h"

namespace floe {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Become(const std::vector<std::string>& arguments, const RunFloeOptions& options,
                         const std::string& out, const std::string& err) {
  const std::string& folder = options.folder;
  std::vector<std::string> words = {FLOE_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT, 0600);
  const int err_fd = open(err.c_str(), O_WRONLY | O_CREAT, 0600);
  if (out_fd < 0 || err_fd < 0 || (!folder.empty() && chdir(folder.c_str()) != 0)) _exit(125);
  dup2(out_fd, STDOUT_FILENO);
  dup2(err_fd, STDERR_FILENO);
  if (options.most_file_bytes > 0) {
    const rlimit limit{options.most_file_bytes, options.most_file_bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);  // the write fails, as on a full disk
  }
  execv(argv[0], argv.data());
  _exit(126);
}

int WaitFor(pid_t child, const RunFloeOptions& options) {
  const std::chrono::milliseconds interrupt_after = options.interrupt_after;
  const Clock::time_point start = Clock::now();
  bool interrupted = interrupt_after.count() == 0;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const auto elapsed = Clock::now() - start;
    if (!interrupted && elapsed >= interrupt_after) {
      kill(child, SIGINT);
      interrupted = true;
    }
    if (elapsed > options.most_time) {
      ADD_FAILURE() << "floe ran for more than " << options.most_time.count() << " s and was killed";
      kill(child, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Ran RunFloe(const std::vector<std::string>& arguments, const RunFloeOptions& options) {
  const ScratchFolder scratch;
  const std::string out = options.stdout_path.empty() ? scratch / "out" : options.stdout_path;
  const std::string err = scratch / "err";
  const pid_t child = fork();
  if (child == 0) Become(arguments, options, out, err);
  Ran ran;
  ran.exit_code = WaitFor(child, options);
  if (options.stdout_path.empty()) ran.out = ReadBytes(out);
  ran.err = ReadBytes(err);
  return ran;
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "floe_test_XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::Write(const std::string& name, const std::string& bytes) const {
  const std::string path = *this / name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::vector<std::string> ScratchFolder::Names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    names.push_back(std::filesystem::relative(entry.path(), path_).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadBytes(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::string SourceFile(const std::string& name) {
  return FLOE_SOURCE_DIR "/" + name;
}

std::string FormFile(const std::string& name) {
  return SourceFile("tests/models/data/forms/" + name);
}

testing::AssertionResult Refuses(const Ran& ran, int exit_code, const std::vector<std::string>& texts) {
  const auto failure = testing::AssertionFailure() << "exit code " << ran.exit_code << ", stdout:\n"
                                                   << ran.out << "\nstderr:\n"
                                                   << ran.err << "\n";
  if (ran.exit_code != exit_code)
    return testing::AssertionResult(failure) << "expected exit code " << exit_code;
  if (!ran.err.starts_with("floe: ") || std::ranges::count(ran.err, '\n') != 1 || !ran.err.ends_with('\n')) {
    return testing::AssertionResult(failure) << "expected one line that starts with 'floe: '";
  }
  for (const std::string& text : texts) {
    if (ran.err.find(text) == std::string::npos) {
      return testing::AssertionResult(failure) << "expected in the message: " << text;
    }
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult Succeeds(const Ran& ran) {
  if (ran.exit_code == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "exit code " << ran.exit_code << ", stderr:\n" << ran.err;
}

void BuildTinyEngine(const std::string& path, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"build",
                                        FormFile("variables/model.ckpt"),
                                        "--input",
                                        "input=2x6x5x3",
                                        "--output",
                                        "Tiny/Predictions",
                                        "-o",
                                        path,
                                        "--timing-cache",
                                        "none"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  ASSERT_TRUE(Succeeds(RunFloe(arguments)));
}

}  // namespace floe
