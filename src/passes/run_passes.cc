#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "graph/verify.h"
#include "passes/pass.h"

namespace floe {
namespace {

void CheckName(std::string_view name) {
  std::vector<std::string> names;
  for (const Pass& pass : Pipeline()) names.emplace_back(pass.name);
  if (std::ranges::find(names, name) != names.end()) return;
  Throw(ErrorCode::kUsage, "there is no pass '{}'{}; passes: {}", name, DidYouMean(name, names),
        JoinText(names, ", "));
}

// Inner bodies first, so that a fold there is seen outside.
int RunOnAll(const Pass& pass, Graph& graph, const PassContext& context) {
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    if (IsOp<Group>(graph.node(id).op)) continue;
    for (const auto& body : graph.node(id).bodies) changes += RunOnAll(pass, *body, context);
  }
  return changes + pass.run(graph, context);
}

int RunGuarded(const Pass& pass, Graph& graph, const PassContext& context) {
  try {
    const int changes = RunOnAll(pass, graph, context);
    VerifyGraph(graph);
    return changes;
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("pass {}: {}", pass.name, e.what()));
  } catch (const InternalError& e) {
    throw InternalError(fmt::format("pass {}: {}", pass.name, e.what()));
  }
}

}  // namespace

std::vector<PassTiming> RunPasses(Graph& graph, const PassContext& context, const PipelineOptions& options) {
  for (const std::string& name : options.skip) CheckName(name);
  if (!options.stop_after.empty()) CheckName(options.stop_after);
  std::vector<PassTiming> timings;
  for (const Pass& pass : Pipeline()) {
    if (std::ranges::find(options.skip, pass.name) == options.skip.end()) {
      const auto start = std::chrono::steady_clock::now();
      PassTiming timing;
      timing.name = pass.name;
      timing.changes = RunGuarded(pass, graph, context);
      timing.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
      timing.nodes_after = graph.node_count();
      timings.push_back(std::move(timing));
      if (options.after) options.after(pass.name, graph);
    }
    if (pass.name == options.stop_after) break;
  }
  return timings;
}

}  // namespace floe
