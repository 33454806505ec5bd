#include "frontend/tensorflow/importer.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "formats/tensorflow/op_defs.h"
#include "frontend/tensorflow/attach_checks.h"

namespace floe {
namespace {

constexpr int kMaxDepth = 48;
constexpr int64_t kMaxImportedNodes = 20'000'000;  // bodies imported again count again

class DepthGuard {
 public:
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  int& depth_;
};

const std::string* FindBlame(const Importer::Slots& slots) {
  for (const Slot& slot : slots)
    if (slot.is_poison()) return &slot.blame;
  return nullptr;
}

// A node all of whose work was done here.
bool PassesOn(std::string_view op) {
  return op == "Identity" || op == "IdentityN" || op == "StopGradient" || op == "PreventGradient" ||
         op == "Snapshot" || op == "Enter" || op == "Exit" || op == "Switch" || op == "Merge" ||
         op == "NextIteration" || op == "LoopCond" || op == "NoOp";
}

std::string FunctionAttr(const tf::NodeDef& def, const std::string& attr) {
  const auto found = def.attr().find(attr);
  if (found == def.attr().end() || found->second.value_case() != tf::AttrValue::kFunc)
    throw ImportFailure{"attribute '" + attr + "' names no function", ""};
  return found->second.func().name();
}

// NODE in a remedy is the node itself, and what it reads where an output before it is meant.
std::string NameNodes(std::string remedy, const tf::NodeDef& def) {
  const auto replace = [&](std::string_view option, const std::string& name) {
    const std::string what = std::string(option) + " NODE";
    if (const size_t at = remedy.find(what); at != std::string::npos)
      remedy.replace(at, what.size(), std::string(option) + " " + name);
  };
  replace("--input", def.name());
  if (def.input_size() > 0 && !def.input(0).starts_with('^')) replace("--output", def.input(0));
  return remedy;
}

}  // namespace

bool IsCallable(std::string_view op) {
  return op == "PartitionedCall" || op == "StatefulPartitionedCall" || op == "If" || op == "StatelessIf" ||
         op == "While" || op == "StatelessWhile" || op == "Case" || op == "StatelessCase";
}

Importer::Importer(const tf::FunctionDefLibrary& library, const Evaluator* evaluator,
                   const TakenConstants& constants, std::set<std::string> ragged_lists,
                   std::map<std::string, std::string> unchecked)
    : evaluator_(evaluator),
      constants_(constants),
      lists_{.ragged = std::move(ragged_lists)},
      unchecked_(std::move(unchecked)),
      asserting_(AssertingFunctions(library)) {
  for (const tf::FunctionDef& function : library.function())
    library_.emplace(function.signature().name(), &function);
}

std::set<std::string> Importer::RaggedLists() const {
  std::set<std::string> ragged = lists_.ragged;
  for (const auto& [origin, use] : lists_.uses)
    if (use.differs && (use.joined || !use.stacked)) ragged.insert(origin);
  return ragged;
}

void Importer::Report(const FlatGraph& scope, const FlatNode& node, NodeStatus status, std::string reason,
                      std::string remedy) {
  if (node.def == nullptr) return;
  NodeReport report{scope.prefix + node.name(), node.op(), status, std::move(reason),
                    NameNodes(std::move(remedy), *node.def)};
  const auto [found, fresh] = report_index_.emplace(report.name, reports_.size());
  if (fresh)
    reports_.push_back(std::move(report));
  else if (status == NodeStatus::kUnsupported || reports_[found->second].status != NodeStatus::kUnsupported)
    reports_[found->second] = std::move(report);
}

Importer::Slots Importer::ImportScope(const FlatGraph& scope, Builder& builder, const Slots& args) {
  const DepthGuard guard(depth_);
  if (main_ == nullptr) main_ = &builder.graph();
  if (depth_ > kMaxDepth)
    throw ImportFailure{fmt::format("control flow is nested deeper than {} levels", kMaxDepth), ""};
  if (scope.args > static_cast<int>(args.size()))
    throw ImportFailure{
        fmt::format("'{}' takes {} arguments, found {}", scope.prefix, scope.args, args.size()), ""};
  const std::string outer_source = builder.source();
  Env env(scope.nodes.size());
  for (const int index : scope.Order(scope.results)) {
    const FlatNode& node = scope.nodes[static_cast<size_t>(index)];
    if (++imported_ > kMaxImportedNodes)
      Throw(ErrorCode::kModel, "graph: its functions unfold to more than {} nodes", kMaxImportedNodes);
    env[static_cast<size_t>(index)] = ImportNode(scope, node, builder, args, env);
  }
  builder.SetSource(outer_source);
  FlatNode results;
  results.inputs = scope.results;
  return Inputs(scope, results, env);
}

Importer::Slots Importer::Inputs(const FlatGraph& scope, const FlatNode& node, const Env& env) const {
  Slots inputs;
  inputs.reserve(node.inputs.size());
  for (const FlatRef& ref : node.inputs) {
    const Slots& outputs = env[static_cast<size_t>(ref.node)];
    if (outputs.size() == 1 && outputs[0].is_poison()) {
      inputs.push_back(outputs[0]);
    } else if (ref.port < 0 || static_cast<size_t>(ref.port) >= outputs.size() ||
               outputs[static_cast<size_t>(ref.port)].kind == Slot::Kind::kNone) {
      const FlatNode& producer = scope.nodes[static_cast<size_t>(ref.node)];
      Throw(ErrorCode::kModel, "node '{}': {} '{}' has no output {}",
            node.def == nullptr ? std::string("result") : node.name(), producer.op(), producer.name(),
            ref.port);
    } else {
      inputs.push_back(outputs[static_cast<size_t>(ref.port)]);
    }
  }
  return inputs;
}

Importer::Slots Importer::PassAfter(const FlatGraph& scope, const FlatNode& node, const Env& env) {
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const FlatRef check = node.inputs[i];
    for (const Slot& slot : env[static_cast<size_t>(check.node)]) {
      if (!slot.is_poison()) continue;
      const auto report = report_index_.find(slot.blame);
      const std::string reason = report == report_index_.end() ? "" : ": " + reports_[report->second].reason;
      unchecked_.emplace(scope.prefix + scope.nodes[static_cast<size_t>(check.node)].name(),
                         fmt::format("not checked because of '{}'{}", slot.blame, reason));
    }
  }
  FlatNode value;
  value.inputs = {node.inputs[0]};
  return Inputs(scope, value, env);
}

Importer::Slots Importer::ImportNode(const FlatGraph& scope, const FlatNode& node, Builder& builder,
                                     const Slots& args, Env& env) {
  if (node.kind == FlatNode::Kind::kArg) return {args[static_cast<size_t>(node.arg)]};
  if (node.kind == FlatNode::Kind::kAfter) return PassAfter(scope, node, env);
  Slots inputs = Inputs(scope, node, env);
  if (node.kind == FlatNode::Kind::kForward) {
    Report(scope, node, NodeStatus::kRemoved, "part of control flow");
    return inputs;
  }
  const std::string name = scope.prefix + node.name();
  if (const std::string* blame = FindBlame(inputs); blame != nullptr)
    return ImportBehind(scope, node, builder, inputs, *blame);
  builder.SetSource(name);
  try {
    Slots outputs = ImportOp(node, builder, std::move(inputs));
    builder.SetSource(name);
    if (const std::string* blame = FindBlame(outputs); blame != nullptr) {
      Report(scope, node, NodeStatus::kNotReached, "not reached because of '" + *blame + "'");
      return StandInsFor(node, builder, *blame);
    }
    ReportImported(scope, node, builder, outputs);
    for (size_t port = 0; port < outputs.size(); ++port) {
      if (!outputs[port].is_tensor()) continue;
      std::vector<std::string>& sources = builder.graph().value(outputs[port].value).sources;
      std::string tensor = name + ":" + std::to_string(port);
      if (std::find(sources.begin(), sources.end(), tensor) == sources.end() && sources.size() < 64)
        sources.push_back(std::move(tensor));
    }
    return outputs;
  } catch (const ImportFailure& failure) {
    Report(scope, node, NodeStatus::kUnsupported, failure.reason, failure.remedy);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel) throw;
    Report(scope, node, NodeStatus::kUnsupported, error.what());
  }
  return StandInsFor(node, builder, name);
}

void Importer::ReportImported(const FlatGraph& scope, const FlatNode& node, const Builder& builder,
                              const Slots& outputs) {
  if (PassesOn(node.op())) return Report(scope, node, NodeStatus::kRemoved, "passes its input on");
  const bool folded = !outputs.empty() && node.op() != "Const" &&
                      std::all_of(outputs.begin(), outputs.end(), [&](const Slot& slot) {
                        return slot.is_tensor() && builder.constant(slot.value) != nullptr;
                      });
  Report(scope, node, folded ? NodeStatus::kFolded : NodeStatus::kOk);
}

Importer::Slots Importer::ImportOp(const FlatNode& node, Builder& builder, Slots inputs) {
  const auto branch = [this](const FlatGraph& body) {
    return [this, &body](Builder& b, const Slots& args) { return ImportScope(body, b, args); };
  };
  if (node.kind == FlatNode::Kind::kIf) {
    const Slots args(inputs.begin() + 1, inputs.end());
    return ImportIf(builder, inputs[0], branch(*node.bodies[0]), branch(*node.bodies[1]), args);
  }
  if (node.kind == FlatNode::Kind::kWhile)
    return ImportWhile(builder, branch(*node.bodies[0]), *node.bodies[1], branch(*node.bodies[1]), inputs);
  if (IsCallable(node.op()) || library_.contains(node.op())) return ImportCallable(node, builder, inputs);

  if (IsTableOp(node.op())) return ImportTable(node);
  if (const auto taken = constants_.find(node.def); taken != constants_.end())
    return {Slot::Of(builder.Constant(taken->second, builder.source()))};
  const OpImporter* importer = FindOpImporter(node.op());
  if (importer == nullptr) throw ImportFailure{"the operation is not supported", RemedyFor(node.op())};
  NodeContext context(*node.def, builder, std::move(inputs), lists_);
  importer->import(context);
  return context.TakeOutputs();
}

Importer::Slots Importer::ImportTable(const FlatNode& node) const {
  Slot slot{.kind = Slot::Kind::kTable};
  auto found = tables_.find(node.name());
  if (const std::string shared = SharedName(*node.def); found == tables_.end() && !shared.empty())
    found = tables_.find(shared);
  if (found != tables_.end()) slot.table = found->second;
  return {slot};
}

Importer::Slots Importer::ImportCallable(const FlatNode& node, Builder& builder, Slots& inputs) {
  const std::string& op = node.op();
  const auto function = [this](std::string name) {
    return [this, name](Builder& b, const Slots& args) { return ImportFunction(name, b, args); };
  };
  if (library_.contains(op)) return ImportFunction(op, builder, inputs);
  if (op == "PartitionedCall" || op == "StatefulPartitionedCall")
    return ImportFunction(FunctionAttr(*node.def, "f"), builder, inputs);
  if (op == "While" || op == "StatelessWhile") {
    const std::string body = FunctionAttr(*node.def, "body");
    return ImportWhile(builder, function(FunctionAttr(*node.def, "cond")), Function(body), function(body),
                       inputs);
  }
  if (inputs.empty()) throw ImportFailure{"it has no condition", ""};
  const Slots args(inputs.begin() + 1, inputs.end());
  if (op == "If" || op == "StatelessIf")
    return ImportIf(builder, inputs[0], function(FunctionAttr(*node.def, "then_branch")),
                    function(FunctionAttr(*node.def, "else_branch")), args);
  const auto found = node.def->attr().find("branches");
  if (found == node.def->attr().end() || found->second.list().func().empty())
    throw ImportFailure{"attribute 'branches' names no functions", ""};
  std::vector<Branch> branches;
  for (const tf::NameAttrList& name : found->second.list().func()) branches.push_back(function(name.name()));
  return ImportCase(builder, inputs[0], branches, 0, args);
}

const FlatGraph& Importer::Function(const std::string& name) {
  std::unique_ptr<FlatGraph>& flat = functions_[name];
  if (flat == nullptr) {
    const auto found = library_.find(name);
    if (found == library_.end()) throw ImportFailure{"function '" + name + "' is not in the graph", ""};
    auto body = std::make_unique<FlatGraph>(FlattenFunctionBody(*found->second));
    AttachChecks(*body, asserting_, unchecked_, body->last);
    StructureLoops(*body);
    StructureConds(*body);
    flat = std::move(body);
  }
  return *flat;
}

Importer::Slots Importer::ImportFunction(const std::string& name, Builder& builder, const Slots& args) {
  if (std::find(active_.begin(), active_.end(), name) != active_.end())
    throw ImportFailure{"function '" + name + "' calls itself", ""};
  const FlatGraph& body = Function(name);
  active_.push_back(name);
  struct Pop {
    std::vector<std::string>& stack;
    ~Pop() { stack.pop_back(); }
  } pop{active_};
  return ImportScope(body, builder, args);
}

}  // namespace floe
