// floe check: what becomes of each TensorFlow node, and why some cannot be converted.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "backends/backend.h"
#include "base/error.h"
#include "base/quoting.h"
#include "base/text.h"
#include "compiler/model.h"
#include "engine/plan.h"
#include "export/tensorrt/tensorrt.h"
#include "tools/command.h"
#include "tools/export_model.h"
#include "tools/model_options.h"
#include "tools/survey.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct CheckArgs {
  ModelSelection model;
  std::string target;
  bool json = false;
};

// What the target makes of a node.
struct TargetRow {
  std::string kernel;
  std::string refusals;  // why none of the target's own kernels takes it; "" if one does
};

struct Checked {
  Survey survey;
  std::vector<NodeReport> nodes;
  std::map<std::string, TargetRow> target;  // by TensorFlow node
  std::string target_problem;               // why nothing can be said about the target
  std::optional<Survey> part;               // what is supported, where not all is
};

// Nodes of the model that freezing left out.
void AddRemoved(const ModelSummary& summary, std::vector<NodeReport>& nodes) {
  std::set<std::string> known;
  for (const NodeReport& node : nodes) known.insert(node.name);
  for (const ModelNode& node : summary.nodes) {
    if (node.name.empty() || known.contains(node.name)) continue;
    nodes.push_back({node.name, node.op, NodeStatus::kRemoved,
                     node.call ? "a call, put in place or not needed" : "no output needs it", ""});
  }
}

// `own`: how the names of the target's kernels begin.
TargetRow RowOf(const KernelStep& step, const std::string& own) {
  TargetRow row{step.kernel, ""};
  if (step.kernel.starts_with(own)) return row;
  for (const KernelCandidate& candidate : step.candidates) {
    if (candidate.refusal.empty()) continue;
    row.refusals +=
        fmt::format("{}{}: {}", row.refusals.empty() ? "" : "; ", candidate.kernel, candidate.refusal);
  }
  if (step.dynamic && row.refusals.empty()) row.refusals = "its shapes are known to the run only";
  return row;
}

void AddRows(const Plan& plan, const std::string& own, std::map<std::string, TargetRow>& rows) {
  for (const Step& step : plan.steps) {
    if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      AddRows(*branch->then_plan, own, rows);
      AddRows(*branch->else_plan, own, rows);
    } else if (const auto* loop = std::get_if<LoopStep>(&step.action)) {
      AddRows(*loop->body, own, rows);
    } else if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      for (const std::string& source : step.sources) rows.emplace(source, RowOf(*kernel, own));
    }
  }
}

// The plan for the target, without measuring: which kernel takes which node.
void AskTarget(const CheckArgs& args, Checked& checked) {
  const Backend* backend = FindBackend(args.target);
  if (backend == nullptr) {
    std::vector<std::string_view> names;
    for (const Backend* b : AllBackends()) names.push_back(b->name);
    Throw(ErrorCode::kUsage, "target '{}': expected one of {}, onnx, tensorrt", args.target,
          fmt::join(names, ", "));
  }
  if (checked.survey.model.graph == nullptr) {
    checked.target_problem = "what cannot be converted comes first";
    return;
  }
  ModelSelection selection = checked.survey.selection;
  selection.inputs.clear();
  for (size_t i = 0; i < checked.survey.inputs.size(); ++i) {
    const KnownDims& dims = checked.survey.closed[i];
    std::string text = checked.survey.inputs[i].name;
    if (dims) text += fmt::format("=[{}]", fmt::join(*dims, ","));
    selection.inputs.push_back(text);
  }
  CompileOptions options;
  options.target = args.target;
  options.tune = false;
  options.self_check = false;
  std::shared_ptr<const Engine> engine;
  try {
    engine = Compile(selection, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel && error.code() != ErrorCode::kUsage) throw;
    checked.target_problem = error.what();
    return;
  }
  AddRows(engine->data().profiles[0], args.target + ".", checked.target);
}

// The nodes with one op and reason together, each with its remedy.
struct Complaint {
  std::string op, reason;
  std::vector<const NodeReport*> nodes;
};

std::vector<Complaint> Complaints(const std::vector<NodeReport>& nodes) {
  std::vector<Complaint> out;
  for (const NodeReport& node : nodes) {
    if (node.status != NodeStatus::kUnsupported) continue;
    const auto at = std::ranges::find_if(
        out, [&](const Complaint& c) { return c.op == node.op && c.reason == node.reason; });
    if (at != out.end()) {
      at->nodes.push_back(&node);
    } else {
      out.push_back({node.op, node.reason, {&node}});
    }
  }
  return out;
}

// What of the arithmetic is converted; nodes behind unsupported ones are not.
struct Share {
  int64_t converted = 0;
  int64_t known = 0;
  size_t unknown_nodes = 0;  // unsupported, so that nobody can say what they cost
};

Share Covered(const Checked& checked) {
  Share share;
  std::set<std::string_view> lost;
  for (const NodeReport& node : checked.nodes) {
    if (node.status == NodeStatus::kUnsupported) ++share.unknown_nodes;
    if (node.status == NodeStatus::kUnsupported || node.status == NodeStatus::kNotReached)
      lost.insert(node.name);
  }
  for (const auto& [node, macs] : checked.survey.macs) {
    share.known += macs;
    if (!lost.contains(node)) share.converted += macs;
  }
  return share;
}

double Percent(const Share& share) {
  return share.known == 0 ? 0
                          : 100.0 * static_cast<double>(share.converted) / static_cast<double>(share.known);
}

void PrintComplaints(const std::vector<NodeReport>& nodes) {
  for (const Complaint& c : Complaints(nodes)) {
    fmt::print("{}{}: {}\n", Bold(c.op),
               c.nodes.size() == 1 ? "" : fmt::format(" ({} nodes)", c.nodes.size()), c.reason);
    for (size_t i = 0; i < std::min<size_t>(c.nodes.size(), 5); ++i) fmt::print("    {}\n", c.nodes[i]->name);
    if (c.nodes.size() > 5) fmt::print("    and {} more (--json lists them)\n", c.nodes.size() - 5);
    if (!c.nodes[0]->remedy.empty()) fmt::print("  -> {}\n", c.nodes[0]->remedy);
  }
}

void PrintSummary(const std::vector<NodeReport>& nodes) {
  std::map<NodeStatus, std::map<std::string, int>> counts;
  for (const NodeReport& node : nodes) ++counts[node.status][node.op];
  Table table({"status", ">nodes", "operations"});
  for (const auto& [status, ops] : counts) {
    std::vector<std::pair<int, std::string>> ranked;
    int total = 0;
    for (const auto& [op, count] : ops) {
      ranked.emplace_back(-count, op);
      total += count;
    }
    std::ranges::sort(ranked);
    std::string text;
    for (size_t i = 0; i < std::min<size_t>(ranked.size(), 8); ++i)
      text += fmt::format("{}{} {}", i == 0 ? "" : ", ", ranked[i].second, -ranked[i].first);
    if (ranked.size() > 8) text += fmt::format(" and {} more", ranked.size() - 8);
    table.Add({std::string(NodeStatusName(status)), std::to_string(total), text});
  }
  fmt::print("{}", table.ToString());
}

void PrintTarget(const CheckArgs& args, const Checked& checked) {
  if (!checked.target_problem.empty())
    return fmt::print("{}: not asked: {}\n", args.target, checked.target_problem);
  std::map<std::string, std::vector<std::string>> by_refusal;
  for (const auto& [node, row] : checked.target) {
    if (!row.refusals.empty()) by_refusal[row.refusals].push_back(node);
  }
  if (by_refusal.empty()) return fmt::print("{}: has a kernel for every node\n", args.target);
  fmt::print("{}: no kernel of its own, so the plain reference kernel runs them:\n", args.target);
  for (const auto& [refusal, nodes] : by_refusal) {
    const std::vector<std::string> some(nodes.begin(),
                                        nodes.begin() + std::min<ptrdiff_t>(std::ssize(nodes), 3));
    fmt::print("    {}{}: {}\n", JoinText(some, ", "),
               nodes.size() > 3 ? fmt::format(" and {} more", nodes.size() - 3) : "", refusal);
  }
}

// The graph, coloured by support, at the first node that has none.
void PrintWhereToLook(const ModelSelection& model, const std::vector<NodeReport>& nodes) {
  const auto first = std::ranges::find(nodes, NodeStatus::kUnsupported, &NodeReport::status);
  if (first == nodes.end()) return;
  fmt::print("see it: floe view {} --node {}\n", ModelWords(model), ShellWord(first->name));
}

void PrintText(const CheckArgs& args, const Checked& checked) {
  PrintComplaints(checked.nodes);
  PrintSummary(checked.nodes);
  const Share share = Covered(checked);
  if (share.known > 0) {
    fmt::print("{:.1f} % of {} multiply-accumulates convert", Percent(share),
               HumanCount(static_cast<double>(share.known)));
    if (share.unknown_nodes > 0) fmt::print(", those of unsupported nodes not counted");
    fmt::print("\n");
  }
  const bool exported = args.target == "onnx" || args.target == "tensorrt";
  if (!args.target.empty() && (!exported || !checked.target_problem.empty())) PrintTarget(args, checked);
  PrintWhereToLook(args.model, checked.nodes);
  if (!checked.part) return;
  const auto macs = checked.part->all_macs;
  fmt::print("without what is not supported{}: {}\n",
             macs ? fmt::format(" ({} multiply-accumulates)", HumanCount(static_cast<double>(*macs))) : "",
             SelectionWords(*checked.part));
}

// "not reached" is a matter of another node: for programs it is ok with a reason.
std::string_view StatusForPrograms(NodeStatus status) {
  return NodeStatusName(status == NodeStatus::kNotReached ? NodeStatus::kOk : status);
}

Json ToJson(const CheckArgs& args, const Checked& checked) {
  Json list = Json::array();
  std::map<std::string_view, int> counts;
  for (const NodeReport& node : checked.nodes) {
    const std::string_view status = StatusForPrograms(node.status);
    ++counts[status];
    Json row = {{"name", node.name},
                {"op", node.op},
                {"status", status},
                {"reason", node.reason},
                {"remedy", node.remedy}};
    if (const auto macs = checked.survey.macs.find(node.name); macs != checked.survey.macs.end())
      row["macs"] = macs->second;
    if (const auto target = checked.target.find(node.name); target != checked.target.end()) {
      row["kernel"] = target->second.kernel;
      if (node.reason.empty()) row["reason"] = target->second.refusals;
    }
    list.push_back(row);
  }
  Json summary = Json::object();
  for (const auto& [status, count] : counts) summary[std::string(status)] = count;
  const Share share = Covered(checked);
  Json json = {{"schema", "floe.check/1"},
               {"model", args.model.path},
               {"outputs", checked.survey.selection.outputs},
               {"summary", summary},
               {"macs", {{"known", share.known}, {"converted", share.converted}}},
               {"supported_part", checked.part ? Json(SelectionWords(*checked.part)) : Json(nullptr)},
               {"nodes", list}};
  if (!args.target.empty()) json["target"] = {{"name", args.target}, {"problem", checked.target_problem}};
  return json;
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
void AskExport(bool tensorrt, Checked& checked) {
  if (checked.survey.model.graph == nullptr) {
    checked.target_problem = "what cannot be converted comes first";
    return;
  }
  ImportedModel model = ImportModel(LoadModel(checked.survey.selection));
  const ExportResult result = ExportModel(&model, /*fold=*/true, {});
  for (const ExportProblem& p : result.problems) MarkProblem(p, "ONNX", &checked.nodes);
  if (!tensorrt || !result.problems.empty()) return;
  for (const ExportProblem& p : TensorRtProblems(result.model)) MarkProblem(p, "TensorRT", &checked.nodes);
}

void Check(const CheckArgs& args) {
  Checked checked{.survey = ReadStructure(args.model, DefaultOutputs::kAll)};
  Convert(checked.survey);
  checked.nodes = checked.survey.model.nodes;
  AddRemoved(checked.survey.summary, checked.nodes);
  if (!UnsupportedNodes(checked.survey).empty()) checked.part = SurveySupportedPart(checked.survey);
  const bool exported = args.target == "onnx" || args.target == "tensorrt";
  if (exported) {
    AskExport(args.target == "tensorrt", checked);
  } else if (!args.target.empty()) {
    AskTarget(args, checked);
  }
  const auto bad = std::ranges::count(checked.nodes, NodeStatus::kUnsupported, &NodeReport::status);
  if (args.json) {
    fmt::print("{}\n", ToJson(args, checked).dump(1));
  } else {
    PrintText(args, checked);
  }
  if (bad > 0)
    Throw(ErrorCode::kModel, "{}: {} of {} nodes cannot be converted", args.model.path, bad,
          checked.nodes.size());
}

}  // namespace

void AddCheck(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<CheckArgs>();
  AddModelOptions(app, args->model);
  app.add_option(
         "--target", args->target,
         "Say as well which nodes this backend has kernels for, or what onnx or tensorrt cannot express")
      ->type_name("NAME");
  app.add_flag("--json", args->json, "For programs; every node");
  app.callback([args] { Check(*args); });
}

}  // namespace floe::tools
