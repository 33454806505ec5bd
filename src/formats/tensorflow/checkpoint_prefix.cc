#include "formats/tensorflow/checkpoint_prefix.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>
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

// The number behind the last dash.
std::optional<int64_t> StepOf(const std::string& prefix) {
  const size_t dash = prefix.rfind('-');
  return dash == std::string::npos ? std::nullopt : ParseInt(std::string_view(prefix).substr(dash + 1));
}

// "10, 20", each once and in order; else the names of the checkpoints.
std::string ListSteps(const std::vector<std::string>& prefixes) {
  std::set<int64_t> steps;
  std::set<std::string> names;
  for (const std::string& prefix : prefixes) {
    if (!CheckpointExists(prefix)) continue;
    if (const auto step = StepOf(prefix)) steps.insert(*step);
    names.insert(fs::path(prefix).filename().string());
  }
  if (names.empty()) return "no checkpoint";
  if (steps.empty()) return fmt::format("checkpoints without a step: {}", fmt::join(names, ", "));
  return fmt::format("step{} {}", steps.size() == 1 ? "" : "s", fmt::join(steps, ", "));
}

std::string FindStep(const std::string& subject, int64_t step, const std::vector<std::string>& prefixes) {
  std::set<std::string> found;
  for (const std::string& prefix : prefixes) {
    if (StepOf(prefix) == step && CheckpointExists(prefix))
      found.insert(fs::path(prefix).lexically_normal().string());
  }
  if (found.empty()) {
    Throw(ErrorCode::kUsage, "{}: expected a checkpoint of step {}, found {}", subject, step,
          ListSteps(prefixes));
  }
  if (found.size() > 1) {
    Throw(ErrorCode::kUsage, "{}: several checkpoints of step {}; give one: {}", subject, step,
          fmt::join(found, ", "));
  }
  return *found.begin();
}

// PREFIX-STEP beside what PREFIX, or any part of one of its checkpoints, names.
std::string FindStepOf(const std::string& path, int64_t step) {
  std::string stem = path;
  if (const size_t data = stem.rfind(".data-"); data != std::string::npos) stem.resize(data);
  for (const std::string_view end : {".index", ".meta"}) {
    if (stem.ends_with(end)) stem.resize(stem.size() - end.size());
  }
  if (StepOf(stem)) stem.resize(stem.rfind('-'));
  const std::string folder = fs::path(stem).parent_path().string();
  std::vector<std::string> prefixes = PrefixesIn(folder.empty() ? "." : folder);
  const std::string start = fs::path(stem).filename().string() + "-";
  std::erase_if(prefixes, [&](const std::string& prefix) {
    return !fs::path(prefix).filename().string().starts_with(start);
  });
  prefixes.push_back(fmt::format("{}-{}", stem, step));  // of version 1: no .index
  return FindStep(path, step, prefixes);
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
  Throw(ErrorCode::kUsage,
        "{}: several checkpoints and no file 'checkpoint' that says which is the newest; choose with --step, "
        "or give "
        "one: {}",
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
  if (step) return FindStepOf(path, *step);
  std::string prefix;
  if (EndsIn(path, kIndex, &prefix) || EndsIn(path, ".meta", &prefix)) {
    if (CheckpointExists(prefix)) return prefix;
    Throw(ErrorCode::kModel, "{}: there is no checkpoint {}.index", path, prefix);
  }
  if (const size_t data = path.rfind(".data-"); data != std::string::npos) {
    prefix = path.substr(0, data);
    if (CheckpointExists(prefix)) return prefix;
    Throw(ErrorCode::kModel, "{}: expected the checkpoint's index {}.index beside its data, found none", path,
          prefix);
  }
  if (CheckpointExists(path)) return path;
  Throw(ErrorCode::kModel, "{}: there is no checkpoint {}.index", path, path);
}

}  // namespace floe
