// What --preprocess says, the same for build and classify.
#ifndef FLOE_TOOLS_PICTURE_OPTIONS_H_
#define FLOE_TOOLS_PICTURE_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "floe/engine.h"
#include "floe/image.h"

namespace floe::tools {

void AddPreprocessOption(CLI::App& app, std::string& to, const char* help);

// The name of a preset, or a JSON file (docs/preprocess.md). Throws Error: kUsage (neither, or a wrong
// description), kModel (the file is missing).
Preprocess ReadPreprocess(const std::string& text);

// What the option says, else what the engine carries, else Error(kUsage) with the choices.
Preprocess ChoosePreprocess(const std::string& option, const Engine& engine, const std::string& engine_path);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_PICTURE_OPTIONS_H_
