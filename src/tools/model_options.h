// The options that choose what is built, the same for every command that takes a model.
#ifndef FLOE_TOOLS_MODEL_OPTIONS_H_
#define FLOE_TOOLS_MODEL_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "floe/compile.h"
#include "floe/engine.h"
#include "tools/console.h"

namespace floe::tools {

// Adds MODEL and --input, --output, --set, --checkpoint, --signature, --tag to `app`. tf2onnx's --inputs and
// --outputs (lists) and trtexec's --shapes are accepted.
void AddModelOptions(CLI::App& app, ModelSelection& model, const char* what = "MODEL");

// What names the model on another command's line: the path, --checkpoint, --step, --signature, --tag.
std::string ModelWords(const ModelSelection& model);

// Adds --target, --isa, --threads, --precision, --timing-cache, --no-self-check and the options of the pass
// pipeline.
void AddCompileOptions(CLI::App& app, CompileOptions& options);

// --profile: one of an engine's, as `floe info` numbers them.
void AddProfileOption(CLI::App& app, size_t* profile);

// Fills in the callbacks for progress and interruption.
void ConnectConsole(CompileOptions& options, Progress& progress, const ConsoleOptions& console);

// An engine file, or a model built in memory with `options`.
std::shared_ptr<const Engine> LoadOrBuild(const ModelSelection& model, const CompileOptions& options,
                                          bool verify = true);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_MODEL_OPTIONS_H_
