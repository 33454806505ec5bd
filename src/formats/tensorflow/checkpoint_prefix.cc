#include "formats/tensorflow/checkpoint_prefix.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/tensorflow/checkpoint.pb.h"
#include "formats/tensorflow/proto_file.h"

namespace floe {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndex = ".index";

bool EndsIn(std::string_view text, std::string_view end, std::string* rest) {
  if (!text.ends_with(end)) return false;
  *rest = text.substr(0, text.size() - end.size());
  return true;
}

// Prefixes of all *.index files in the folder, sorted.
std::vector<std::string> PrefixesIn(const std::string& folder) {
  std::vector<std::string> prefixes;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder, error)) {
    std::string prefix;
    if (EndsIn(file.path().string(), kIndex, &prefix)) prefixes.push_back(prefix);
  }
  std::sort(prefixes.begin(), prefixes.end());
  return prefixes;
}

// The checkpoint may have been moved since the state file was written: a name that leads nowhere is tried
// beside it.
std::string ResolveBeside(const std::string& folder, const std::string& named) {
  const fs::path as_given = fs::path(named).is_absolute() ? fs::path(named) : fs::path(folder) / named;
  const fs::path beside = fs::path(folder) / fs::path(named).filename();
  return CheckpointExists(as_given.string()) || !CheckpointExists(beside.string()) ? as_given.string()
                                                                                   : beside.string();
}

std::string FindStep(const std::string& folder, int64_t step, std::vector<std::string> prefixes) {
  const std::string end = fmt::format("-{}", step);
  for (const std::string& prefix : prefixes) {
    if (prefix.ends_with(end) && CheckpointExists(prefix)) return prefix;
  }
  Throw(ErrorCode::kModel, "{}: no checkpoint of step {}; found {}", folder, step,
        prefixes.empty() ? "none" : JoinText(prefixes, ", "));
}

std::string FindInFolder(const std::string& folder, std::optional<int64_t> step) {
  const std::string state_path = (fs::path(folder) / "checkpoint").string();
  std::vector<std::string> prefixes = PrefixesIn(folder);
  tf::CheckpointState state;
  if (FileExists(state_path) && !IsDirectory(state_path)) {
    ParseText(MappedFile::Open(state_path)->bytes(), state_path, &state);
    for (const std::string& path : state.all_model_checkpoint_paths()) {
      prefixes.push_back(ResolveBeside(folder, path));
    }
  }
  if (step) return FindStep(folder, *step, prefixes);
  if (!state.model_checkpoint_path().empty()) {
    const std::string prefix = ResolveBeside(folder, state.model_checkpoint_path());
    if (CheckpointExists(prefix)) return prefix;
    Throw(ErrorCode::kModel, "{}: names checkpoint '{}', but there is no {}.index", state_path,
          state.model_checkpoint_path(), prefix);
  }
  if (prefixes.size() == 1) return prefixes.front();
  if (prefixes.empty())
    Throw(ErrorCode::kModel, "{}: expected a checkpoint, found no .index file in the folder", folder);
  Throw(ErrorCode::kModel,
        "{}: several checkpoints and no file 'checkpoint' that says which is the newest; give one: {}",
        folder, JoinText(prefixes, ", "));
}

}  // namespace

bool CheckpointExists(const std::string& prefix) {
  return FileExists(prefix + std::string(kIndex)) || (FileExists(prefix) && !IsDirectory(prefix));
}

std::string FindCheckpointPrefix(const std::string& path, std::optional<int64_t> step) {
  if (IsDirectory(path)) {
    if (!FileExists((fs::path(path) / "checkpoint").string())) {
      const std::string variables = (fs::path(path) / "variables" / "variables").string();
      if (CheckpointExists(variables)) return variables;  // a SavedModel
    }
    return FindInFolder(path, step);
  }
  if (fs::path(path).filename() == "checkpoint" && FileExists(path)) {
    const std::string folder = fs::path(path).parent_path().string();
    return FindInFolder(folder.empty() ? "." : folder, step);
  }
  if (step) return FindStep(path, *step, {fmt::format("{}-{}", path, *step)});
  std::string prefix;
  if (EndsIn(path, kIndex, &prefix) || EndsIn(path, ".meta", &prefix)) {
    if (CheckpointExists(prefix)) return prefix;
    Throw(ErrorCode::kModel, "{}: there is no checkpoint {}.index", path, prefix);
  }
  if (const size_t data = path.rfind(".data-");
      data != std::string::npos && CheckpointExists(path.substr(0, data))) {
    return path.substr(0, data);
  }
  if (CheckpointExists(path)) return path;
  Throw(ErrorCode::kModel, "{}: there is no checkpoint {}.index", path, path);
}

}  // namespace floe
