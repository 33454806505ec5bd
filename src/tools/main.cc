// floe: TensorFlow models to optimised inference engines. This file has the table of commands and the exit
// codes.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>
#include <system_error>

#include "base/log.h"
#include "base/quoting.h"
#include "floe/error.h"
#include "floe/image.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/usage.h"

namespace floe::tools {
namespace {

constexpr Command kCommands[] = {
    {"inspect", "What is in a model: inputs, outputs, operations, sizes", AddInspect},
    {"check", "What of a model converts and what does not, node by node, with reasons", AddCheck},
    {"freeze", "Write one self-contained frozen GraphDef", AddFreeze},
    {"export", "Write a portable ONNX file", AddExport},
    {"build", "Build an engine for this machine", AddBuild},
    {"info", "Everything about an engine, without running it", AddInfo},
    {"explain", "Why each step of an engine has the kernel it has", AddExplain},
    {"run", "Run a model or an engine on given tensors", AddRun},
    {"classify", "Classify pictures", AddClassify},
    {"bench", "Time a model or an engine, step by step", AddBench},
    {"compare", "Compare the outputs of two models, engines or golden files", AddCompare},
    {"bisect", "Find the smallest part of a model whose result is wrong", AddBisect},
    {"view", "See a model or engine in the browser, or two side by side", AddView},
    {"report", "Everything about an engine in one page", AddReport},
    {"diff", "What differs between two models or engines, node by node", AddDiff},
    {"cache", "Look at, merge and clear timing caches", AddCache},
    {"doctor", "What this machine offers and whether Floe works on it", AddDoctor},
    {"completion", "Print what a shell needs to complete floe's commands and options", AddCompletion},
    {"man", "Print the manual page", AddMan},
};

int Report(const char* what, int code) {
  fmt::print(stderr, "floe: {}\n", OneLine(what));
  return code;
}

// Of results. A reader that has seen enough, such as head, is told nothing.
int ReportUnwritten(int why) {
  constexpr int kCode = static_cast<int>(ErrorCode::kResource);
  if (why == EPIPE) return kCode;
  return Report(fmt::format("cannot write to standard output: {}", std::strerror(why)).c_str(), kCode);
}

int Main(int argc, char** argv) {
  InstallInterruptHandler();
  SetPictureCodec(ImageCodec());
  CLI::App app("TensorFlow models to optimised inference engines", "floe");
  app.set_version_flag("--version", "floe " FLOE_VERSION);
  app.require_subcommand(1);
  app.failure_message(
      [](const CLI::App* whole, const CLI::Error& error) { return UsageMessage(*whole, error) + "\n"; });
  static ConsoleOptions console;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    sub->add_flag("-q,--quiet", console.quiet, "Only results and errors");
    sub->add_flag("-v,--verbose", console.verbose, "Say more; twice: say all");
    sub->parse_complete_callback([] {
      SetLogLevel(console.quiet          ? LogLevel::kError
                  : console.verbose == 0 ? LogLevel::kWarning
                  : console.verbose == 1 ? LogLevel::kInfo
                                         : LogLevel::kDebug);
    });
    command.add(*sub, console);
  }
  try {
    app.parse(argc, argv);
    return std::fflush(stdout) == 0 ? 0 : ReportUnwritten(errno);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ErrorCode::kUsage);
  } catch (const Error& error) {
    std::fflush(stdout);
    return Report(error.what(), static_cast<int>(error.code()));
  } catch (const std::bad_alloc&) {
    return Report("out of memory", static_cast<int>(ErrorCode::kResource));
  } catch (const std::system_error& error) {
    constexpr std::string_view kOfPrint = "cannot write to file";  // fmt::print's own words
    if (std::string_view(error.what()).starts_with(kOfPrint)) return ReportUnwritten(error.code().value());
    return Report(error.what(), static_cast<int>(ErrorCode::kResource));
  } catch (const std::exception& error) {
    return Report(error.what(), 1);
  }
}

}  // namespace
}  // namespace floe::tools

int main(int argc, char** argv) {
  return floe::tools::Main(argc, argv);
}
