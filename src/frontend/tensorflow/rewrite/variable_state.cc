// Random seeds that each use counts on, counters of loops, caches that a step fills and the next one reads:
// where the graph itself writes a variable, each use after a write is given what was written, and bodies of
// loops and branches that write are given the value and give the new one back.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "frontend/tensorflow/rewrite/freeze.h"
#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/handle_uses.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/variable_uses.h"
#include "frontend/tensorflow/rewrite/variable_values.h"

namespace floe {
namespace {

// Whether a node may not run at all, or more than once, in graphs of TensorFlow 1.
bool IsFlow(std::string_view op) {
  static const std::set<std::string_view> kFlow = {"Switch", "Merge", "Enter", "Exit", "NextIteration"};
  return kFlow.contains(op.starts_with("Ref") ? op.substr(3) : op);
}

bool IsLoop(const tf::NodeDef& node) {
  return node.op() == "While" || node.op() == "StatelessWhile";
}

// What a body is given in place of a handle.
struct Passed {
  tf::DataType type = tf::DT_INVALID;
  bool written = false;  // by the node that has the body: it gives back what the variable holds then
  int output = -1;       // of the node
};

struct Variable {
  std::string name;
  tf::DataType type = tf::DT_INVALID;
  std::vector<int> handles;
  std::string initial;  // tensor of its value where the scope begins; "": to be read
  VariableUses uses;
  std::map<int, std::optional<int>> before;  // each use's last write before it: see LastBefore()
};

class StateLifting;

// One scope's part of it.
class ScopeState {
 public:
  ScopeState(StateLifting& lifting, Scope& scope)
      : lifting_(lifting), scope_(scope), index_(scope.graph, scope.Subject()), names_(scope.graph) {}

  const GraphIndex& index() const { return index_; }
  void LiftVariables(const Kept& kept);
  // Arguments by their index. Returns for each what the variable holds at the end.
  std::map<int, std::string> LiftArguments(const std::map<int, Passed>& arguments);

 private:
  bool is_body() const { return !scope_.name().empty(); }
  std::map<std::string, Variable> VariablesOfGraph() const;
  void Order(Variable& variable);
  std::vector<int> Writers(const Variable& variable) const;
  bool IsConditional(int node) const;
  void PassToBodies(const Variable& variable);
  void LiftBodies();
  std::string Wire(Variable& variable);
  std::string InitialValue(Variable& variable, const std::string& user);
  std::string ValueBefore(Variable& variable, int use);
  std::string ValueAfter(Variable& variable, int write);
  std::string Written(const tf::NodeDef& write, const std::string& base);
  std::string Add(tf::NodeDef node) { return added_.emplace_back(std::move(node)).name(); }
  tf::NodeDef& Edit(int node) { return edits_.emplace(node, index_.node(node)).first->second; }
  void Finish();
  [[noreturn]] void FailOnOrder(const Variable& variable, int use) const;

  StateLifting& lifting_;
  Scope& scope_;
  GraphIndex index_;
  std::vector<bool> runs_;
  NameSet names_;
  std::map<int, std::map<int, Passed>> bodies_;                // by node and input
  std::map<std::pair<std::string, int>, std::string> values_;  // by variable and write
  std::map<int, tf::NodeDef> edits_;  // in the graph when all is done, since the index reads it
  std::vector<tf::NodeDef> added_;
};

class StateLifting {
 public:
  explicit StateLifting(WorkGraph& work) : work_(work), finder_(work) {}

  void Run(const Kept& kept) { ScopeState(*this, work_.main).LiftVariables(kept); }

  VariableUseFinder& finder() { return finder_; }
  void Warn(std::string text) { work_.warnings.push_back(std::move(text)); }

  // The node's functions take values for handles; those of the node that are written become outputs of it.
  void Lift(tf::NodeDef& node, std::map<int, Passed>& slots) {
    const bool loop = IsLoop(node);
    std::map<int, Passed> arguments;
    for (auto& [slot, passed] : slots) {
      if (passed.written) passed.output = loop ? slot : AddOutput(node, passed.type);
      arguments[ArgumentOf(node, slot)] = passed;
      PatchTypeList(node, loop ? "T" : "Tin", ArgumentOf(node, slot), passed.type);
      if (loop) ForgetShape(node, slot);
    }
    const std::string cond = loop ? FunctionAttr(node, "cond") : "";
    ForEachFunction(node, [&](tf::NameAttrList& function) {
      const Form form = !loop ? Form::kBranch : function.name() == cond ? Form::kCondition : Form::kLoopBody;
      function.set_name(LiftBody(function.name(), arguments, form));
    });
  }

 private:
  enum class Form { kBranch, kLoopBody, kCondition };

  static int AddOutput(tf::NodeDef& node, tf::DataType type) {
    tf::AttrValue::ListValue& types = *(*node.mutable_attr())["Tout"].mutable_list();
    types.add_type(type);
    node.mutable_attr()->erase("_output_shapes");
    const auto shapes = node.mutable_attr()->find("output_shapes");
    if (shapes != node.mutable_attr()->end() && shapes->second.list().shape_size() > 0)
      shapes->second.mutable_list()->add_shape()->set_unknown_rank(true);
    return types.type_size() - 1;
  }

  std::string LiftBody(const std::string& function, const std::map<int, Passed>& arguments, Form form) {
    Scope scope = work_.functions.at(function);
    std::string name = function + "_state";
    for (int i = 1; work_.functions.contains(name); ++i) name = function + "_state_" + std::to_string(i);
    work_.functions[name];  // taken, while bodies inside are made
    scope.function.mutable_signature()->set_name(name);
    const std::map<int, std::string> finals = ScopeState(*this, scope).LiftArguments(arguments);
    if (form == Form::kLoopBody) ReturnInPlace(scope, arguments, finals);
    if (form == Form::kBranch) ReturnBehind(scope, arguments, finals);
    work_.functions[name] = std::move(scope);
    return name;
  }

  static void ReturnInPlace(Scope& scope, const std::map<int, Passed>& arguments,
                            const std::map<int, std::string>& finals) {
    for (tf::NodeDef& node : *scope.graph.mutable_node()) {
      if (node.op() != "_Retval") continue;
      const int index = static_cast<int>(IntAttr(node, "index", 0));
      const auto passed = arguments.find(index);
      if (passed == arguments.end()) continue;
      SetTypeAttr(node, "T", passed->second.type);
      node.set_input(0, finals.at(index));
    }
  }

  static void ReturnBehind(Scope& scope, const std::map<int, Passed>& arguments,
                           const std::map<int, std::string>& finals) {
    NameSet names(scope.graph);
    for (const auto& [argument, passed] : arguments) {
      if (!passed.written) continue;
      tf::NodeDef result;
      result.set_name(names.Take("state_" + std::to_string(argument)));
      result.set_op("_Retval");
      result.add_input(finals.at(argument));
      SetTypeAttr(result, "T", passed.type);
      SetIntAttr(result, "index", scope.function.signature().output_arg_size());
      tf::OpDef::ArgDef& output = *scope.function.mutable_signature()->add_output_arg();
      output.set_name(result.name());
      output.set_type(passed.type);
      AddNode(scope.graph, std::move(result));
    }
  }

  WorkGraph& work_;
  VariableUseFinder finder_;
};

std::map<std::string, Variable> ScopeState::VariablesOfGraph() const {
  std::map<std::string, Variable> variables;
  for (int i = 0; i < index_.size(); ++i) {
    const std::optional<VariableNode> node = AsVariable(index_.node(i));
    if (!node || !node->is_resource || !runs_[static_cast<size_t>(i)]) continue;
    Variable& variable = variables[node->resource];
    if (variable.name.empty()) variable.name = node->node;
    variable.type = node->type;
    variable.handles.push_back(i);
  }
  return variables;
}

void ScopeState::LiftVariables(const Kept& kept) {
  runs_ = NeededBy(index_, kept);
  std::vector<Variable> lifted;
  for (auto& [resource, variable] : VariablesOfGraph()) {
    variable.uses = lifting_.finder().Find(index_, runs_, variable.handles);
    const VariableUses& uses = variable.uses;
    const std::vector<int> writers = Writers(variable);
    const bool in_bodies = writers.size() > uses.writes.size();
    if (!uses.understood || !uses.results.empty() || writers.empty()) continue;
    if (!in_bodies && uses.reads.size() + uses.writes.size() + uses.bodies.size() < 2) continue;
    // The check of what is left says why these are refused.
    if (std::ranges::any_of(writers, [&](int write) { return IsConditional(write); })) continue;
    Order(variable);
    PassToBodies(variable);
    if (in_bodies && uses.writes.empty()) {
      const tf::NodeDef& writer = index_.node(writers[0]);
      lifting_.Warn("variable '" + variable.name + "': node '" + writer.name() + "' (" + writer.op() +
                    ") changes it for the next run; the frozen graph does not");
    }
    lifted.push_back(std::move(variable));
  }
  LiftBodies();
  for (Variable& variable : lifted) Wire(variable);
  Finish();
}

std::map<int, std::string> ScopeState::LiftArguments(const std::map<int, Passed>& arguments) {
  runs_ = RunIn(index_, scope_);
  std::map<int, Variable> variables;
  for (int i = 0; i < index_.size(); ++i) {
    const tf::NodeDef& node = index_.node(i);
    const int argument = static_cast<int>(IntAttr(node, "index", 0));
    if (node.op() != "_Arg" || !arguments.contains(argument)) continue;
    Variable& variable = variables[argument];
    variable.name = variable.initial = node.name();
    variable.type = arguments.at(argument).type;
    variable.handles = {i};
    variable.uses = lifting_.finder().Find(index_, runs_, variable.handles);
    for (const int write : Writers(variable)) {
      if (IsConditional(write)) FailOnOrder(variable, write);
    }
    Order(variable);
    PassToBodies(variable);
    MakeArgumentValue(scope_, Edit(i), variable.type);
  }
  LiftBodies();
  std::map<int, std::string> finals;
  for (auto& [argument, variable] : variables) finals[argument] = Wire(variable);
  Finish();
  return finals;
}

std::vector<int> ScopeState::Writers(const Variable& variable) const {
  std::vector<int> writers = variable.uses.writes;
  for (const BodyUse& use : variable.uses.bodies) {
    if (use.writes) writers.push_back(use.node);
  }
  return writers;
}

bool ScopeState::IsConditional(int node) const {
  std::vector<bool> seen(runs_.size(), false);
  std::vector<int> pending = {node};
  while (!pending.empty()) {
    const int at = pending.back();
    pending.pop_back();
    if (IsFlow(index_.node(at).op())) return true;
    for (const GraphIndex::Input& input : index_.inputs(at)) {
      if (seen[static_cast<size_t>(input.node)]) continue;
      seen[static_cast<size_t>(input.node)] = true;
      pending.push_back(input.node);
    }
  }
  return false;
}

constexpr int kEnd = -2;  // as a use: the end of the scope

// Finds for each use the write before it that all others before it precede: -1 if there is none, nullopt if
// there are several.
void ScopeState::Order(Variable& variable) {
  const std::vector<int> writers = Writers(variable);
  std::map<int, std::vector<bool>> after;
  for (const int write : writers) after.emplace(write, RunAfter(index_, write, runs_));
  const auto precedes = [&](int write, int use) {
    return use == kEnd || after.at(write)[static_cast<size_t>(use)];
  };
  const auto last_before = [&](int use) -> std::optional<int> {
    int last = -1;
    for (const int write : writers) {
      if (precedes(write, use) && (last < 0 || precedes(last, write))) last = write;
    }
    for (const int write : writers) {
      if (write != last && precedes(write, use) && !precedes(write, last)) return std::nullopt;
    }
    return last;
  };
  std::vector<int> uses = variable.uses.reads;
  uses.insert(uses.end(), writers.begin(), writers.end());
  for (const BodyUse& use : variable.uses.bodies) uses.push_back(use.node);
  if (is_body()) uses.push_back(kEnd);
  for (const int use : uses) variable.before[use] = last_before(use);
}

// Bodies that write, or that read what was written before.
void ScopeState::PassToBodies(const Variable& variable) {
  for (const BodyUse& use : variable.uses.bodies) {
    const bool still_initial = variable.before.at(use.node) == std::optional(-1);
    if (is_body() || use.writes || !still_initial)
      bodies_[use.node][use.slot] = {variable.type, use.writes, -1};
  }
}

void ScopeState::LiftBodies() {
  for (auto& [node, slots] : bodies_) lifting_.Lift(Edit(node), slots);
}

// Gives each use its value; returns the value at the end of a body.
std::string ScopeState::Wire(Variable& variable) {
  const VariableUses& uses = variable.uses;
  for (const int read : uses.reads) {
    const std::optional<int> before = variable.before.at(read);
    if (!is_body() && (!before || *before == -1)) continue;  // if in no order, the check refuses it
    tf::NodeDef& node = Edit(read);
    node.set_input(0, ValueBefore(variable, read));
    ReadValue(node, variable.type, false, names_, added_);
  }
  for (const BodyUse& use : uses.bodies) {
    if (bodies_.contains(use.node) && bodies_.at(use.node).contains(use.slot))
      Edit(use.node).set_input(use.slot, ValueBefore(variable, use.node));
  }
  if (!is_body()) return {};
  for (const int node : uses.shapes) {
    Edit(node).set_input(0, variable.initial);
    ReadValue(Edit(node), variable.type, false, names_, added_);
  }
  for (const int alias : uses.aliases) {
    Edit(alias).set_input(0, variable.initial);
    SetTypeAttr(Edit(alias), "T", variable.type);
    Edit(alias).mutable_attr()->erase("_output_shapes");
  }
  const std::string last = ValueBefore(variable, kEnd);
  // What follows a write in time still follows what was written.
  for (const int write : uses.writes) {
    const tf::NodeDef& node = index_.node(write);
    tf::NodeDef order;
    order.set_name(node.name());
    order.set_op("NoOp");
    std::set<std::string> seen;
    for (int i = 1; i < node.input_size(); ++i) {
      const std::string input = "^" + std::string(MustParseTensorRef(node.input(i)).node);
      if (seen.insert(input).second) order.add_input(input);
    }
    Edit(write) = std::move(order);
  }
  return last;
}

std::string ScopeState::InitialValue(Variable& variable, const std::string& user) {
  if (!variable.initial.empty()) return variable.initial;
  tf::NodeDef read;
  read.set_name(names_.Take(user + "/before"));
  read.set_op("ReadVariableOp");
  read.add_input(index_.node(variable.handles[0]).name());
  SetTypeAttr(read, "dtype", variable.type);
  return variable.initial = Add(std::move(read));
}

std::string ScopeState::ValueBefore(Variable& variable, int use) {
  const std::optional<int> before = variable.before.at(use);
  if (!before) FailOnOrder(variable, use);
  if (*before >= 0) return ValueAfter(variable, *before);
  return InitialValue(variable, use == kEnd ? variable.name : index_.node(use).name());
}

std::string ScopeState::ValueAfter(Variable& variable, int write) {
  const auto known = values_.find({variable.name, write});
  if (known != values_.end()) return known->second;
  const tf::NodeDef& node = index_.node(write);
  std::string value;
  if (const auto body = bodies_.find(write); body != bodies_.end()) {
    for (const BodyUse& use : variable.uses.bodies) {
      if (use.node == write) value = TensorRef{node.name(), body->second.at(use.slot).output}.Input();
    }
  } else {
    value = node.op() == "AssignVariableOp" ? node.input(1) : Written(node, ValueBefore(variable, write));
  }
  return values_[{variable.name, write}] = value;
}

struct WriteRow {
  std::string_view write;
  const char* value;  // the operation on values that gives what the variable holds then
};
constexpr WriteRow kWrites[] = {
    {"AssignAddVariableOp", "AddV2"},
    {"AssignSubVariableOp", "Sub"},
    {"ResourceScatterUpdate", "TensorScatterUpdate"},
    {"ResourceScatterAdd", "TensorScatterAdd"},
    {"ResourceScatterSub", "TensorScatterSub"},
    {"ResourceScatterMax", "TensorScatterMax"},
    {"ResourceScatterMin", "TensorScatterMin"},
    {"ResourceScatterNdUpdate", "TensorScatterUpdate"},
    {"ResourceScatterNdAdd", "TensorScatterAdd"},
    {"ResourceScatterNdSub", "TensorScatterSub"},
    {"ResourceScatterNdMax", "TensorScatterMax"},
    {"ResourceScatterNdMin", "TensorScatterMin"},
    {"ResourceStridedSliceAssign", "TensorStridedSliceUpdate"},
};

std::string ScopeState::Written(const tf::NodeDef& write, const std::string& base) {
  const auto* row = std::ranges::find(kWrites, write.op(), &WriteRow::write);
  CHECK(row != std::end(kWrites), "a write that is known: " + write.op());
  tf::NodeDef value = write;
  value.set_name(names_.Take(write.name() + "/value"));
  value.set_op(row->value);
  value.clear_experimental_type();
  value.clear_input();
  value.add_input(base);
  for (int i = 1; i < DataInputCount(write); ++i) value.add_input(write.input(i));
  const tf::DataType type = TypeAttr(write, FindAttr(write, "T") != nullptr ? "T" : "dtype");
  for (const char* stale : {"dtype", "use_locking", "bad_indices_policy", "_output_shapes"})
    value.mutable_attr()->erase(stale);
  SetTypeAttr(value, "T", type);
  const bool rows = write.op().starts_with("ResourceScatter") && !write.op().starts_with("ResourceScatterNd");
  if (rows) {  // an index of one row is a tuple of one
    tf::NodeDef tuple;
    tuple.set_name(names_.Take(write.name() + "/tuple"));
    tuple.set_op("ExpandDims");
    tuple.add_input(write.input(1));
    tuple.add_input(Add(MakeConst(names_.Take(write.name() + "/axis"), Tensor::Scalar<int32_t>(-1))));
    SetTypeAttr(tuple, "T", TypeAttr(write, "Tindices"));
    SetTypeAttr(tuple, "Tdim", tf::DT_INT32);
    value.set_input(1, Add(std::move(tuple)));
  }
  return Add(std::move(value));
}

void ScopeState::Finish() {
  for (auto& [node, edited] : edits_) scope_.graph.mutable_node(node)->Swap(&edited);
  for (tf::NodeDef& node : added_) AddNode(scope_.graph, std::move(node));
}

void ScopeState::FailOnOrder(const Variable& variable, int use) const {
  const std::string at =
      use == kEnd ? "its end" : "node '" + index_.node(use).name() + "' (" + index_.node(use).op() + ")";
  Throw(ErrorCode::kModel,
        "{}: expected one last write of variable '{}' before {}, found several, or one that may not run; "
        "choose outputs that do not need the update",
        scope_.Subject(), variable.name, at);
}

}  // namespace

std::vector<bool> NeededBy(const GraphIndex& index, const Kept& kept) {
  std::vector<bool> needed(static_cast<size_t>(index.size()), false);
  std::vector<int> pending;
  for (const TensorRef& output : kept.outputs) pending.push_back(index.Find(output.node));
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (node < 0 || needed[static_cast<size_t>(node)]) continue;
    needed[static_cast<size_t>(node)] = true;
    for (const GraphIndex::Input& input : index.inputs(node)) pending.push_back(input.node);
  }
  return needed;
}

std::vector<bool> RunAfter(const GraphIndex& index, int node, const std::vector<bool>& runs) {
  std::vector<bool> after(runs.size(), false);
  std::vector<int> pending = {node};
  while (!pending.empty()) {
    const int at = pending.back();
    pending.pop_back();
    for (const GraphIndex::Consumer& consumer : index.consumers(at)) {
      const auto next = static_cast<size_t>(consumer.node);
      if (!runs[next] || after[next]) continue;
      after[next] = true;
      pending.push_back(consumer.node);
    }
  }
  return after;
}

void LiftVariableState(WorkGraph& work, const Kept& kept) {
  StateLifting(work).Run(kept);
  PruneBodies(work);
}

}  // namespace floe
