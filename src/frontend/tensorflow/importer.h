// The import of one GraphDef: scopes (the graph, bodies of functions, loops and branches) into graphs and
// sub-graphs.
#ifndef FLOE_FRONTEND_TENSORFLOW_IMPORTER_H_
#define FLOE_FRONTEND_TENSORFLOW_IMPORTER_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontend/tensorflow/flat_graph.h"
#include "frontend/tensorflow/import.h"
#include "frontend/tensorflow/node_context.h"
#include "frontend/tensorflow/tables.h"
#include "graph/captures.h"

namespace floe {

// Contents that moved out of Const nodes, by node.
using TakenConstants = std::unordered_map<const tf::NodeDef*, Tensor>;

class Importer {
 public:
  using Slots = std::vector<Slot>;
  // Imports one branch into a builder.
  using Branch = std::function<Slots(Builder&, const Slots& args)>;

  // `constants`: what was taken out of Const nodes; outlives the importer. `ragged_lists`: the nodes whose
  // lists are ragged from the start.
  Importer(const tf::FunctionDefLibrary& library, const Evaluator* evaluator, const TakenConstants& constants,
           std::set<std::string> ragged_lists = {}, std::map<std::string, std::string> unchecked = {});

  // What `scope.results` are for these arguments, imported into the builder's graph.
  Slots ImportScope(const FlatGraph& scope, Builder& builder, const Slots& args);

  // The lists that should have been ragged from the start: how a list is used shows behind where it is
  // filled, so if there are more than the importer was given, the graph is to be imported again with these.
  std::set<std::string> RaggedLists() const;

  // Checks that can't be made, by name, and why: what they need is not to be imported, so the graph is to be
  // imported again without them.
  const std::map<std::string, std::string>& unchecked() const { return unchecked_; }

  void SetTables(TableContents tables) { tables_ = std::move(tables); }
  std::vector<NodeReport> TakeReports() { return std::move(reports_); }
  void Report(const FlatGraph& scope, const FlatNode& node, NodeStatus status, std::string reason = "",
              std::string remedy = "");
  bool Reported(const std::string& name) const { return report_index_.contains(name); }

 private:
  struct LoopVar;
  using Env = std::vector<Slots>;

  Slots ImportNode(const FlatGraph& scope, const FlatNode& node, Builder& builder, const Slots& args,
                   Env& env);
  Slots Inputs(const FlatGraph& scope, const FlatNode& node, const Env& env) const;
  Slots PassAfter(const FlatGraph& scope, const FlatNode& node, const Env& env);
  Slots ImportOp(const FlatNode& node, Builder& builder, Slots inputs);
  Slots ImportTable(const FlatNode& node) const;
  Slots ImportCallable(const FlatNode& node, Builder& builder, Slots& inputs);  // calls and control flow
  void ReportImported(const FlatGraph& scope, const FlatNode& node, const Builder& builder,
                      const Slots& outputs);

  const FlatGraph& Function(const std::string& name);
  Slots ImportFunction(const std::string& name, Builder& builder, const Slots& args);

  // import_behind.cc
  Slots ImportBehind(const FlatGraph& scope, const FlatNode& node, Builder& builder, const Slots& inputs,
                     const std::string& blame);
  Slots ImportFromStandIns(const FlatNode& node, Builder& builder, const Slots& inputs);
  void VisitBodies(const FlatNode& node, const Slots& inputs);
  Slots StandInsFor(const FlatNode& node, Builder& builder, const std::string& blame);
  std::shared_ptr<const StandIn> MakeStandIn(Builder& builder, TensorType type,
                                             const std::string& name) const;

  // import_control_flow.cc
  Slots ImportIf(Builder& builder, const Slot& condition, const Branch& then_branch,
                 const Branch& else_branch, const Slots& args);
  Slots ImportCase(Builder& builder, const Slot& index, std::span<const Branch> branches, size_t first,
                   const Slots& args);
  // import_loop.cc
  Slots ImportWhile(Builder& builder, const Branch& condition, const FlatGraph& body_scope,
                    const Branch& body, const Slots& init);
  // Ragged lists go from iteration to iteration as two tensors.
  Slots ImportRaggedWhile(Builder& builder, const Branch& condition, const FlatGraph& body_scope,
                          const Branch& body, const Slots& init);
  std::unique_ptr<Graph> ImportLoopBody(Builder& outer, const Branch& condition, const Branch& body,
                                        std::vector<LoopVar>& vars, std::vector<ValueId>* captures,
                                        Slots* results);
  std::unique_ptr<Graph> SettleLoopBody(Builder& builder, const Branch& condition, const Branch& body,
                                        std::vector<LoopVar>& vars, std::vector<ValueId>* captures,
                                        Slots* results);
  static Slots AddLoop(Builder& builder, ValueId enter, std::unique_ptr<Graph> graph,
                       const std::vector<LoopVar>& vars, const std::vector<ValueId>& captures,
                       const Slots& results);

  const Evaluator* evaluator_;
  const TakenConstants& constants_;
  ListNotes lists_;
  std::map<std::string, std::string> unchecked_;
  std::set<std::string> asserting_;  // functions
  const Graph* main_ = nullptr;      // the graph of the first scope
  std::unordered_map<std::string, const tf::FunctionDef*> library_;
  std::map<std::string, std::unique_ptr<FlatGraph>> functions_;
  TableContents tables_;
  std::vector<std::string> active_;  // functions being imported, outermost first
  int depth_ = 0;
  int64_t imported_ = 0;  // nodes so far
  std::vector<NodeReport> reports_;
  std::unordered_map<std::string, size_t> report_index_;
};

// Calls and control flow: what has functions of the library as attributes.
bool IsCallable(std::string_view op);

// The condition of If or While as a scalar bool: numbers are true unless zero, as in TensorFlow. Throws
// ImportFailure for what is no tensor.
ValueId BoolOf(Builder& builder, const Slot& slot);

// The body of an If or Loop: outer values come in as inputs, outer constants as its own constants.
class BodyScope {
 public:
  BodyScope(Builder& outer, std::string name);

  Graph& graph() { return *graph_; }
  Builder& builder() { return builder_; }
  // The outer slot as the body sees it; a value seen for the first time becomes an input.
  Slot Capture(const Slot& outer);
  const std::vector<ValueId>& captures() const { return captures_.outers(); }
  std::unique_ptr<Graph> Take() { return std::move(graph_); }

 private:
  ValueId CaptureValue(ValueId outer);

  Builder& outer_;
  std::unique_ptr<Graph> graph_;
  Builder builder_;
  Captures captures_;
};

// A list with a buffer, whatever is known of its elements: unknown dimensions are 1 and stretch. Throws
// ImportFailure if not even their rank is known.
ListState MaterialiseList(Builder& builder, const ListState& list);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_IMPORTER_H_
