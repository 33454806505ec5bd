// What to say of a command line that cannot be read.
#ifndef FLOE_TOOLS_USAGE_H_
#define FLOE_TOOLS_USAGE_H_

#include <CLI/CLI.hpp>
#include <string>

namespace floe::tools {

// One line without its end. `app` is the whole program after it failed to parse.
std::string UsageMessage(const CLI::App& app, const CLI::Error& error);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_USAGE_H_
