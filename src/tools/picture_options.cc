#include "tools/picture_options.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace floe::tools {

void AddPreprocessOption(CLI::App& app, std::string& to, const char* help) {
  app.add_option("--preprocess", to, help)->type_name(JoinText(PreprocessPresetNames(), "|") + "|FILE.json");
}

Preprocess ReadPreprocess(const std::string& text) {
  const std::vector<std::string> presets = PreprocessPresetNames();
  const bool is_file = text.ends_with(".json") || text.find('/') != std::string::npos ||
                       (std::ranges::find(presets, text) == presets.end() && FileExists(text));
  return is_file ? PreprocessFromJson(ReadTextFile(text), text) : PreprocessPreset(text);
}

Preprocess ChoosePreprocess(const std::string& option, const Engine& engine, const std::string& engine_path) {
  if (!option.empty()) return ReadPreprocess(option);
  if (!engine.preprocess_json().empty()) {
    return PreprocessFromJson(engine.preprocess_json(), engine_path + ": preprocessing");
  }
  Throw(ErrorCode::kUsage,
        "{}: the engine does not say how pictures become its input; say it with --preprocess {} or FILE.json",
        engine_path, JoinText(PreprocessPresetNames(), ", "));
}

}  // namespace floe::tools
