// The sub-commands: one file each, one row each in main.cc.
#ifndef FLOE_TOOLS_COMMAND_H_
#define FLOE_TOOLS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <string>

#include "tools/console.h"

namespace floe::tools {

struct Command {
  const char* name;
  const char* summary;
  // Declares the options on `app` and its callback, which does the work, throwing floe::Error on failure.
  void (*add)(CLI::App& app, const ConsoleOptions& console);
};

void AddBench(CLI::App& app, const ConsoleOptions& console);
void AddBisect(CLI::App& app, const ConsoleOptions& console);
void AddBuild(CLI::App& app, const ConsoleOptions& console);
void AddCache(CLI::App& app, const ConsoleOptions& console);
void AddCheck(CLI::App& app, const ConsoleOptions& console);
void AddClassify(CLI::App& app, const ConsoleOptions& console);
void AddCompare(CLI::App& app, const ConsoleOptions& console);
void AddCompletion(CLI::App& app, const ConsoleOptions& console);
void AddDiff(CLI::App& app, const ConsoleOptions& console);
void AddDoctor(CLI::App& app, const ConsoleOptions& console);
void AddExplain(CLI::App& app, const ConsoleOptions& console);
void AddExport(CLI::App& app, const ConsoleOptions& console);
void AddFreeze(CLI::App& app, const ConsoleOptions& console);
void AddInfo(CLI::App& app, const ConsoleOptions& console);
void AddInspect(CLI::App& app, const ConsoleOptions& console);
void AddMan(CLI::App& app, const ConsoleOptions& console);
void AddReport(CLI::App& app, const ConsoleOptions& console);
void AddRun(CLI::App& app, const ConsoleOptions& console);
void AddView(CLI::App& app, const ConsoleOptions& console);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_COMMAND_H_
