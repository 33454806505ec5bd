// floe check: what becomes of each TensorFlow node, and why some cannot be converted.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "compiler/model.h"
#include "export/tensorrt.h"
#include "graph/cost.h"
#include "tools/command.h"
#include "tools/export_model.h"
#include "tools/model_options.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct CheckArgs {
  ModelSelection model;
  std::string target = "cpu";
  bool json = false;
};

// The nodes with one op, reason and remedy, together.
struct Complaint {
  std::string op, reason, remedy;
  std::vector<std::string> nodes;
};

std::vector<Complaint> Complaints(const std::vector<NodeReport>& nodes) {
  std::vector<Complaint> out;
  for (const NodeReport& node : nodes) {
    if (node.status != NodeStatus::kUnsupported) continue;
    const auto at = std::ranges::find_if(out, [&](const Complaint& c) {
      return c.op == node.op && c.reason == node.reason && c.remedy == node.remedy;
    });
    if (at != out.end()) {
      at->nodes.push_back(node.name);
    } else {
      out.push_back({node.op, node.reason, node.remedy, {node.name}});
    }
  }
  return out;
}

void PrintText(const std::vector<NodeReport>& nodes, const std::map<NodeStatus, size_t>& counts) {
  for (const Complaint& c : Complaints(nodes)) {
    fmt::print("{} {}: {}\n", Bold(c.op),
               c.nodes.size() == 1 ? "" : fmt::format("({} nodes)", c.nodes.size()), c.reason);
    for (size_t i = 0; i < std::min<size_t>(c.nodes.size(), 5); ++i) fmt::print("    {}\n", c.nodes[i]);
    if (c.nodes.size() > 5) fmt::print("    and {} more (--json lists them)\n", c.nodes.size() - 5);
    if (!c.remedy.empty()) fmt::print("  -> {}\n", c.remedy);
  }
  std::string line;
  for (const auto& [status, count] : counts) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, NodeStatusName(status));
  }
  fmt::print("{} nodes: {}\n", nodes.size(), line);
}

Json ToJson(const std::vector<NodeReport>& nodes, const std::map<NodeStatus, size_t>& counts) {
  Json list = Json::array();
  for (const NodeReport& node : nodes) {
    list.push_back({{"name", node.name},
                    {"op", node.op},
                    {"status", NodeStatusName(node.status)},
                    {"reason", node.reason},
                    {"remedy", node.remedy}});
  }
  Json summary = Json::object();
  for (const auto& [status, count] : counts) summary[std::string(NodeStatusName(status))] = count;
  return {{"schema", "floe.check/1"}, {"summary", summary}, {"nodes", list}};
}

// A problem is one of the nodes of the model it came from; of its own where it came from none.
void MarkProblem(const ExportProblem& problem, std::string_view who, std::vector<NodeReport>* nodes) {
  const std::string reason = fmt::format("{}: {}", who, problem.reason);
  bool marked = false;
  for (NodeReport& node : *nodes) {
    if (std::ranges::find(problem.sources, node.name) == problem.sources.end()) continue;
    marked = true;
    if (node.status == NodeStatus::kUnsupported) continue;
    node.status = NodeStatus::kUnsupported;
    node.reason = reason;
    node.remedy = problem.remedy;
  }
  if (!marked) nodes->push_back({problem.node, problem.op, NodeStatus::kUnsupported, reason, problem.remedy});
}

// What ONNX cannot express and, if asked for, what TensorRT's parser refuses of the rest.
void CheckExport(bool tensorrt, ImportedModel* model) {
  if (model->graph == nullptr) return;
  const ExportResult result = ExportModel(model, /*fold=*/true, {});
  for (const ExportProblem& p : result.problems) MarkProblem(p, "ONNX", &model->nodes);
  if (!tensorrt || !result.problems.empty()) return;
  for (const ExportProblem& p : TensorRtProblems(result.model)) MarkProblem(p, "TensorRT", &model->nodes);
}

void Check(const CheckArgs& args) {
  ImportedModel model = ImportModel(LoadModel(args.model), /*strict=*/false);
  if (args.target == "onnx" || args.target == "tensorrt") CheckExport(args.target == "tensorrt", &model);
  std::map<NodeStatus, size_t> counts;
  for (const NodeReport& node : model.nodes) ++counts[node.status];
  if (args.json) {
    fmt::print("{}\n", ToJson(model.nodes, counts).dump(1));
  } else {
    PrintText(model.nodes, counts);
  }
  if (const size_t bad = counts[NodeStatus::kUnsupported]; bad > 0) {
    Throw(ErrorCode::kModel, "{}: {} of {} nodes cannot be converted", args.model.path, bad,
          model.nodes.size());
  }
}

}  // namespace

void AddCheck(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<CheckArgs>();
  AddModelOptions(app, args->model);
  app.add_option("--target", args->target, "What is to run it: cpu, reference, onnx, tensorrt")
      ->capture_default_str();
  app.add_flag("--json", args->json, "For programs; every node");
  app.callback([args] { Check(*args); });
}

}  // namespace floe::tools
