// floe view: the graph of a model or engine, or two side by side, in a browser.
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "engine/format.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/model_options.h"
#include "view/diff.h"
#include "view/engine_side.h"
#include "view/graph_side.h"
#include "view/json.h"
#include "view/overlay.h"
#include "view/page.h"
#include "view/server.h"
#include "view/sides.h"

extern char** environ;

namespace floe::tools {
namespace {

struct ViewArgs {
  ModelSelection model;
  std::string other;
  std::string beside;
  std::vector<std::string> overlays;
  std::string html;
  std::string node;
  size_t profile = 0;
  int port = 0;
  bool no_browser = false;
};

view::Side BesideStage(const ViewArgs& args) {
  if (IsEngineFile(args.model.path)) {
    Throw(ErrorCode::kUsage, "--beside {}: {} is an engine, which has no stages; name the model to see both",
          args.beside, args.model.path);
  }
  if (args.beside == "imported") return view::GraphSide(args.model, false);
  return view::GraphSide(args.model, true, args.beside == "optimised" ? "" : args.beside);
}

view::Data Gather(const ViewArgs& args) {
  view::Data data;
  data.title = view::FileName(args.model.path);
  data.sides.push_back(view::ReadSide(args.model, args.profile));
  if (!args.other.empty()) {
    ModelSelection other;
    other.path = args.other;
    data.sides.push_back(view::ReadSide(other, args.profile));
    data.title += " and " + view::FileName(args.other);
  } else if (!args.beside.empty()) {
    data.sides.push_back(BesideStage(args));
  }
  for (const std::string& file : args.overlays) view::ApplyOverlay(ReadTextFile(file), file, &data);
  view::Side& first = data.sides.front();
  view::Side& last = data.sides.back();
  if (last.kind == "Engine") {
    const std::string& path = data.sides.size() == 1 ? args.model.path : args.other;
    data.report = view::EngineReport(*Engine::Load(path, {.any_machine = true}), path, args.profile);
  }
  if (data.sides.size() == 1) return data;
  const bool engine_first = first.kind == "Engine";
  const bool engine_last = last.kind == "Engine";
  if (engine_first == engine_last && args.beside.empty()) view::Diff(&first, &last);
  if (args.overlays.empty() && engine_first != engine_last) {
    view::ShareTimes(engine_first ? first : last, engine_first ? &last : &first);
  }
  return data;
}

bool OnDesktop() {
  return std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
}

void OpenBrowser(const std::string& address) {
  std::string program = "xdg-open";
  std::string argument = address;
  char* argv[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, program.c_str(), nullptr, nullptr, argv, environ) != 0) {
    LogWarning("no xdg-open here: open the address yourself");
    return;
  }
  int status = 0;
  waitpid(child, &status, 0);
}

std::string Fragment(const std::string& node) {
  if (node.empty()) return "";
  std::string out = "#node=";
  for (const unsigned char c : node) {
    if (std::isalnum(c) != 0 ||
        std::string_view("/_.-").find(static_cast<char>(c)) != std::string_view::npos) {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

void Serve(const ViewArgs& args, const view::Data& data, const ConsoleOptions& console) {
  view::Server::Content content;
  content.page = view::ServedPage(data.title);
  content.json = view::ToJson(data);
  content.standalone = [json = content.json, title = data.title] {
    return view::SelfContainedPage(title, json);
  };
  view::Server server(std::move(content), args.port);
  const std::string address = server.address() + Fragment(args.node);
  fmt::print("{}\n", address);
  std::fflush(stdout);
  if (!console.quiet) fmt::print(stderr, "serving until Ctrl-C\n");
  std::atomic<bool> done{false};
  std::thread watcher([&] {
    while (!done && !Interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    server.Stop();
  });
  if (!args.no_browser && OnDesktop()) OpenBrowser(address);
  server.Run();
  done = true;
  watcher.join();
}

void View(const ViewArgs& args, const ConsoleOptions& console) {
  const view::Data data = Gather(args);
  for (const view::Side& side : data.sides) {
    for (const std::string& warning : side.warnings) LogWarning("{}: {}", side.title, warning);
  }
  if (args.html.empty()) {
    Serve(args, data, console);
    return;
  }
  WriteFile(args.html, AsBytes(view::SelfContainedPage(data.title, view::ToJson(data))));
  if (!console.quiet) fmt::print(stderr, "wrote {}\n", args.html);
}

}  // namespace

void AddView(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<ViewArgs>();
  AddModelOptions(app, args->model, "MODEL|ENGINE");
  app.add_option("OTHER", args->other, "A second model or engine, shown beside the first");
  app.add_option("--beside", args->beside,
                 "Show the model beside its graph as 'imported', 'optimised' or after the pass of that name")
      ->type_name("STAGE")
      ->excludes("OTHER");
  app.add_option("--overlay", args->overlays,
                 "What bench --json or compare --json wrote: times, errors; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  app.add_option("--html", args->html, "Write one self-contained page instead of serving it")
      ->type_name("OUT.html");
  AddProfileOption(app, &args->profile);
  app.add_option("--node", args->node, "The node that is chosen when the page opens")->type_name("NAME");
  app.add_option("--port", args->port, "Port of the server; 0: any")->check(CLI::Range(0, 65535));
  app.add_flag("--no-browser", args->no_browser, "Print the address only");
  app.callback([args, &console] { View(*args, console); });
}

}  // namespace floe::tools
