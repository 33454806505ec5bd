// floe diff: what differs between two models or two engines, node by node.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/command.h"
#include "tools/model_options.h"
#include "view/diff.h"
#include "view/sides.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct DiffArgs {
  std::string a, b;
  bool json = false;
};

void PrintText(const view::Differences& differences) {
  size_t counts[3] = {};
  for (const view::NodeDifference& d : differences.nodes) {
    const size_t kind = d.change == "added" ? 0 : d.change == "removed" ? 1 : 2;
    ++counts[kind];
    fmt::print("{} {}  {}{}\n", "+-~"[kind], d.name, Dim(d.op), d.what.empty() ? "" : "  " + d.what);
  }
  fmt::print("{} added, {} removed, {} changed, {} the same\n", counts[0], counts[1], counts[2],
             differences.same);
}

void Diff(const DiffArgs& args) {
  ModelSelection selection;
  selection.path = args.a;
  view::Side a = view::ReadSide(selection);
  selection.path = args.b;
  view::Side b = view::ReadSide(selection);
  const view::Differences differences = view::Diff(&a, &b);
  if (!args.json) {
    PrintText(differences);
    return;
  }
  Json nodes = Json::array();
  for (const view::NodeDifference& d : differences.nodes) {
    nodes.push_back({{"name", d.name}, {"op", d.op}, {"change", d.change}, {"what", d.what}});
  }
  const Json json = {
      {"schema", "floe.diff/1"}, {"a", args.a}, {"b", args.b}, {"same", differences.same}, {"nodes", nodes}};
  fmt::print("{}\n", json.dump(1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void AddDiff(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<DiffArgs>();
  app.add_option("A", args->a, "A model or an engine")->required();
  app.add_option("B", args->b, "What it is compared with")->required();
  app.add_flag("--json", args->json, "For programs");
  app.callback([args] { Diff(*args); });
}

}  // namespace floe::tools
