#include "frontend/tensorflow/rewrite/inline.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "frontend/tensorflow/rewrite/function_graph.h"
#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/shield_convolutions.h"

namespace floe {
namespace {

bool HasV1ControlFlow(const tf::GraphDef& graph) {
  for (const tf::NodeDef& node : graph.node()) {
    if (node.op() == "Switch" || node.op() == "Enter" || node.op() == "RefSwitch" || node.op() == "RefEnter")
      return true;
  }
  return false;
}

// Puts bodies in the place of calls, in one scope.
class ScopeInliner {
 public:
  ScopeInliner(Scope& scope, const OpSignatures& ops, const std::unordered_set<std::string>& keep_names)
      : scope_(scope),
        ops_(ops),
        keep_names_(keep_names),
        names_(scope.graph),
        gate_(HasV1ControlFlow(scope.graph)) {}

  // The call must be a node of the scope; it is dropped in Finish() unless its name is to be kept.
  void Splice(tf::NodeDef& call, Scope body) {
    ShieldConvolutions(call, body);
    const Boundary boundary = Bind(call, body);
    GraphIndex(body.graph, body.Subject()).TopologicalOrder();
    const std::vector<std::string> gates = Gates(call, body);
    std::unordered_map<std::string, std::string> renamed;
    for (tf::NodeDef& node : *body.graph.mutable_node()) {
      if (node.op() == "_Arg" || node.op() == "_Retval") continue;
      renamed[node.name()] = names_.Take(call.name() + "/" + node.name());
    }
    const auto outer = [&](const std::string& input) {
      const TensorRefView ref = MustParseTensorRef(input);
      const std::string node(ref.node);
      if (const auto argument = boundary.arguments.find(node); argument != boundary.arguments.end()) {
        return ref.control() ? "^" + MustParseTensorRef(argument->second).Own().node : argument->second;
      }
      return TensorRef{renamed.at(node), ref.port}.Input();
    };
    std::vector<std::string> results;
    for (const std::string& result : boundary.results) results.push_back(outer(result));
    std::vector<std::string> controls;
    for (const std::string& node : body.control_returns) controls.push_back(renamed.at(node));
    for (tf::NodeDef& node : *body.graph.mutable_node()) {
      for (std::string& input : *node.mutable_input()) input = outer(input);
    }
    PassControlInputs(call, body, boundary.results);
    for (tf::NodeDef& node : *body.graph.mutable_node()) {
      if (node.op() == "_Arg" || node.op() == "_Retval") continue;
      if (DataInputCount(node) == 0) {
        for (const std::string& gate : gates) node.add_input(gate);
      }
      node.set_name(renamed.at(node.name()));
      AddNode(scope_.graph, std::move(node));
    }
    Replace(call, results, controls);
  }

  void Finish() {
    rewiring_.Apply(scope_.graph);
    std::vector<std::string> control_returns;
    for (const std::string& node : scope_.control_returns) {
      const auto replaced = controls_.find(node);
      if (replaced == controls_.end()) control_returns.push_back(node);
    }
    for (const auto& [call, nodes] : controls_) {
      // A nested call stands for what it must run; nodes of it that were calls themselves are in the list,
      // too.
      if (!Contains(scope_.control_returns, call)) continue;
      Expand(call, control_returns);
    }
    scope_.control_returns = std::move(control_returns);
    std::vector<bool> keep;
    for (const tf::NodeDef& node : scope_.graph.node()) keep.push_back(!gone_.contains(node.name()));
    KeepNodes(scope_.graph, keep);
  }

 private:
  struct Boundary {
    std::unordered_map<std::string, std::string> arguments;  // _Arg to what the caller passes
    std::vector<std::string> results;                        // inputs of the _Retvals
  };

  static bool Contains(const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  }

  void Expand(const std::string& call, std::vector<std::string>& out) const {
    for (const std::string& node : controls_.at(call)) {
      if (controls_.contains(node)) {
        Expand(node, out);
      } else {
        out.push_back(node);
      }
    }
  }

  static Boundary Bind(const tf::NodeDef& call, const Scope& body) {
    Boundary boundary;
    const int given = DataInputCount(call);
    const int wanted = body.function.signature().input_arg_size();
    if (given != wanted) {
      Throw(ErrorCode::kModel, "node '{}' ({}): expected {} arguments for function '{}', found {}",
            call.name(), call.op(), wanted, body.name(), given);
    }
    boundary.results.resize(static_cast<size_t>(body.function.signature().output_arg_size()));
    for (const tf::NodeDef& node : body.graph.node()) {
      const int index = static_cast<int>(IntAttr(node, "index", 0));
      if (node.op() == "_Arg") boundary.arguments[node.name()] = call.input(index);
      if (node.op() == "_Retval") boundary.results[static_cast<size_t>(index)] = node.input(0);
    }
    return boundary;
  }

  // In a branch or loop of TensorFlow 1 a call runs only where its inputs are alive; its constants must do
  // likewise. A control edge from a Switch says nothing about the side taken, so an Identity stands between.
  std::vector<std::string> Gates(const tf::NodeDef& call, const Scope& body) {
    std::vector<std::string> gates;
    if (!gate_) return gates;
    for (const std::string& input : call.input()) {
      if (input.starts_with('^')) gates.push_back(input);
    }
    if (DataInputCount(call) == 0) return gates;
    const std::string name = names_.Take(call.name() + "/gate");
    AddNode(scope_.graph, MakeIdentity(name, call.input(0), body.function.signature().input_arg(0).type()));
    gates.push_back("^" + name);
    return gates;
  }

  // What had to run before the call has to run before its results.
  static void PassControlInputs(const tf::NodeDef& call, Scope& body,
                                const std::vector<std::string>& results) {
    std::unordered_set<std::string> last(body.control_returns.begin(), body.control_returns.end());
    for (const std::string& result : results) last.insert(std::string(MustParseTensorRef(result).node));
    for (tf::NodeDef& node : *body.graph.mutable_node()) {
      if (!last.contains(node.name()) || node.op() == "_Arg") continue;
      for (const std::string& input : call.input()) {
        if (input.starts_with('^')) node.add_input(input);
      }
    }
  }

  void Replace(tf::NodeDef& call, const std::vector<std::string>& results,
               std::vector<std::string> controls) {
    const std::string name = call.name();
    std::vector<tf::DataType> types;
    for (size_t i = 0; i < results.size(); ++i) types.push_back(ops_.OutputType(call, static_cast<int>(i)));
    if (keep_names_.contains(name) && !results.empty()) {
      tf::NodeDef kept = MakeIdentity(name, results[0], types[0]);
      if (results.size() > 1) {
        kept.set_op("IdentityN");
        kept.clear_attr();
        for (size_t i = 1; i < results.size(); ++i) kept.add_input(results[i]);
        for (const tf::DataType type : types) (*kept.mutable_attr())["T"].mutable_list()->add_type(type);
      }
      for (const std::string& control : controls) kept.add_input("^" + control);
      call.Swap(&kept);
      return;
    }
    for (size_t i = 0; i < results.size(); ++i) rewiring_.Redirect({name, static_cast<int>(i)}, results[i]);
    if (controls.empty()) {
      for (const std::string& result : results)
        controls.push_back(std::string(MustParseTensorRef(result).node));
    }
    rewiring_.RedirectControl(name, controls);
    controls_[name] = std::move(controls);
    gone_.insert(name);
  }

  Scope& scope_;
  const OpSignatures& ops_;
  const std::unordered_set<std::string>& keep_names_;
  NameSet names_;
  bool gate_;
  Rewiring rewiring_;
  std::map<std::string, std::vector<std::string>> controls_;
  std::unordered_set<std::string> gone_;
};

class Inliner {
 public:
  Inliner(WorkGraph& work, FunctionMap& library) : work_(work), library_(library) {
    PruneAndCheckFunctions(work, library);
    CountFunctionReferences(work.main.graph.node(), library, work.functions, references_);
    for (const auto& [name, function] : library) {
      CountFunctionReferences(function.node_def(), library, work.functions, references_);
    }
    for (const auto& [name, scope] : work.functions) {
      CountFunctionReferences(scope.graph.node(), library, work.functions, references_);
    }
  }

  void InlineInto(Scope& scope, const std::unordered_set<std::string>& keep_names) {
    GraphIndex(scope.graph, scope.Subject()).TopologicalOrder();
    ScopeInliner inliner(scope, work_.ops, keep_names);
    for (int i = 0; i < scope.graph.node_size(); ++i) {
      tf::NodeDef& node = *scope.graph.mutable_node(i);
      const std::optional<tf::NameAttrList> called = CalledFunction(node, library_, work_.functions);
      if (called) inliner.Splice(node, TakeBody(*called, node));
    }
    inliner.Finish();
  }

  void MoveBodies() {
    MoveBodiesOf(work_.main);
    while (!new_bodies_.empty()) {
      const std::string name = std::move(new_bodies_.back());
      new_bodies_.pop_back();
      Scope& scope = work_.functions.at(name);
      InlineInto(scope, {});
      MoveBodiesOf(scope);
    }
  }

 private:
  Scope TakeBody(const tf::NameAttrList& called, const tf::NodeDef& user) {
    const std::string& name = called.name();
    const bool last = --references_[name] == 0;
    if (const auto body = work_.functions.find(name); body != work_.functions.end()) {
      if (!last) return Copied(body->second);
      Scope scope = std::move(body->second);
      work_.functions.erase(body);
      return scope;
    }
    const auto function = library_.find(name);
    if (function == library_.end()) {
      Throw(ErrorCode::kModel,
            "node '{}' ({}): expected the function '{}' in the graph's library, found none", user.name(),
            user.op(), name);
    }
    if (!last) return Copied(FlattenFunction(function->second, called.attr(), work_.ops));
    tf::FunctionDef taken;
    taken.Swap(&function->second);
    library_.erase(function);
    return FlattenFunction(std::move(taken), called.attr(), work_.ops);
  }

  Scope Copied(Scope scope) {
    CountFunctionReferences(scope.graph.node(), library_, work_.functions, references_);
    return scope;
  }

  // Bodies that take attributes get a name of their own for each set of values.
  void MoveBodiesOf(Scope& scope) {
    for (tf::NodeDef& node : *scope.graph.mutable_node()) {
      ForEachFunction(node, [&](tf::NameAttrList& function) {
        if (work_.functions.contains(function.name())) return;
        const auto found = library_.find(function.name());
        if (found == library_.end()) {
          Throw(ErrorCode::kModel,
                "node '{}' ({}): expected the function '{}' in the graph's library, found none", node.name(),
                node.op(), function.name());
        }
        const bool generic = found->second.signature().attr_size() > 0;
        Scope body = TakeBody(function, node);
        ++references_[function.name()];
        std::string name = function.name();
        if (generic) {
          for (int i = 1; work_.functions.contains(name) || library_.contains(name) || i == 1; ++i) {
            name = function.name() + "_" + std::to_string(i);
          }
          body.function.mutable_signature()->set_name(name);
          function.set_name(name);
          function.clear_attr();
        }
        work_.functions.emplace(name, std::move(body));
        new_bodies_.push_back(name);
      });
    }
  }

  WorkGraph& work_;
  FunctionMap& library_;
  std::map<std::string, int> references_;
  std::vector<std::string> new_bodies_;
};

}  // namespace

void InlineCalls(WorkGraph& work, FunctionMap& library, const std::unordered_set<std::string>& keep_names) {
  Inliner inliner(work, library);
  inliner.InlineInto(work.main, keep_names);
  inliner.MoveBodies();
}

}  // namespace floe
