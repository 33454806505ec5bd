// The intermediate representation: values and nodes of a directed acyclic graph in single assignment.
//
// Ids are small integers that stay valid until Compact(); removed nodes and values keep their slots until
// then. Nodes have no fixed position: Order() gives a topological order that follows creation as far as the
// edges allow, and is the same for the same graph. Constants are values without a producer. Not synchronised.
#ifndef FLOE_GRAPH_GRAPH_H_
#define FLOE_GRAPH_GRAPH_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "floe/tensor.h"
#include "graph/op.h"
#include "graph/shape.h"

namespace floe {

class Graph;

using ValueId = int32_t;
using NodeId = int32_t;
constexpr ValueId kNoValue = -1;  // an absent optional input
constexpr NodeId kNoNode = -1;

struct Value {
  std::string name;           // unique in the graph, never empty
  TensorType type;            // as far as known
  NodeId producer = kNoNode;  // kNoNode: graph input or constant
  int output_index = 0;       // which output of the producer
  Tensor constant;            // set for constants; its dtype and dims equal type's
  // What is known of the elements of a small integer tensor of rank 0 or 1 (a shape on its way through the
  // graph) whose contents are not constant; empty optional: nothing.
  std::optional<std::vector<Dim>> elements;
  std::vector<std::string> sources;  // the model's tensors ("scope/node:0") that are this, in any layout
  std::vector<NodeId> users;         // one entry a use as input; graph outputs are not listed
  bool removed = false;

  bool is_constant() const { return !constant.empty(); }
};

struct Node {
  Op op;
  std::string name;             // for people: messages, profiles
  std::vector<ValueId> inputs;  // kNoValue where an optional input is absent
  std::vector<ValueId> outputs;
  std::vector<std::unique_ptr<Graph>> bodies;  // InfoOf(op).traits.bodies of them
  std::vector<std::string> sources;            // names of the TensorFlow nodes this came from
  bool removed = false;
};

// What a new node is made of, beside op and inputs.
struct NodeOptions {
  std::string name;                       // default: the op's name
  std::vector<std::string> output_names;  // default: the node's name (":1" ... for further outputs)
  std::vector<std::string> sources;
  std::vector<std::unique_ptr<Graph>> bodies;
  int outputs = -1;  // default: as many as the op has at least
};

class Graph {
 public:
  Graph() = default;
  explicit Graph(std::string name) : name_(std::move(name)) {}
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  ValueId AddInput(std::string name, TensorType type);
  ValueId AddConstant(std::string name, Tensor tensor);
  // Adds a node and its outputs, and infers their types (infer.h). Names are made unique by a suffix.
  // Throws Error(kModel) naming the node if the inputs do not fit the op.
  NodeId AddNode(Op op, std::vector<ValueId> inputs, NodeOptions options = {});
  // AddNode for a node of one output: that output.
  ValueId Add(Op op, std::vector<ValueId> inputs, NodeOptions options = {});

  void SetInput(NodeId node, size_t index, ValueId value);
  void SetInputs(NodeId node, std::vector<ValueId> inputs);
  // All uses of `from`, as input or as graph output, use `to`. Sources of `from` move to `to`.
  void ReplaceUses(ValueId from, ValueId to);
  // The node's outputs must have no uses left; CHECKed.
  void RemoveNode(NodeId node);
  // Makes a value that has a producer, or is an input, a constant; its node is removed when nothing else uses
  // it.
  void MakeConstant(ValueId value, Tensor tensor);
  // Infers the outputs of the node, or of all nodes in order, again after a change of inputs or their types.
  void Reinfer(NodeId node);
  void ReinferAll();
  // Removes nodes and constants that no output depends on (inputs stay) and renumbers: all ids become
  // invalid.
  void Compact();
  int RemoveDeadNodes();  // without renumbering; the number of nodes removed

  const Value& value(ValueId id) const { return values_[Index(id, values_.size())]; }
  Value& value(ValueId id) { return values_[Index(id, values_.size())]; }
  const Node& node(NodeId id) const { return nodes_[Index(id, nodes_.size())]; }
  Node& node(NodeId id) { return nodes_[Index(id, nodes_.size())]; }

  const std::vector<ValueId>& inputs() const { return inputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }
  void SetOutputs(std::vector<ValueId> outputs) { outputs_ = std::move(outputs); }
  void AddOutput(ValueId value) { outputs_.push_back(value); }
  bool IsOutput(ValueId value) const;
  bool IsInput(ValueId value) const;
  // The value has exactly one use: as input of one node, or as one graph output.
  bool HasOneUse(ValueId value) const;

  std::vector<NodeId> Order()
      const;  // every node that is not removed, producers first; throws Error(kModel) on a cycle
  std::vector<ValueId> Values() const;  // every value that is not removed
  size_t node_count() const;

  ValueId FindValue(std::string_view name) const;  // kNoValue if there is none
  std::string UniqueName(std::string_view wanted) const;

  std::unique_ptr<Graph> Clone() const;  // same ids; constants are shared

 private:
  friend class GraphReader;  // serialize.cc: fills the tables without inferring types

  template <typename Id>
  static size_t Index(Id id, size_t size);
  ValueId NewValue(std::string name, TensorType type);
  void AddUse(ValueId value, NodeId node);
  void DropUse(ValueId value, NodeId node);

  std::string name_ = "graph";
  // Stable in memory: a reference to a value or node stays valid while others are added.
  std::deque<Value> values_;
  std::deque<Node> nodes_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  std::unordered_map<std::string, ValueId> names_;
};

// The constant tensor of a value, or null.
const Tensor* ConstantOf(const Graph& graph, ValueId value);
// A constant of integers (int32, int64), of rank 0 or 1, as int64; nullopt if it is not one.
std::optional<std::vector<int64_t>> ConstantInts(const Graph& graph, ValueId value);
// A float or integer constant of exactly one element.
std::optional<double> ConstantScalar(const Graph& graph, ValueId value);

// The type of every value is known with all its dimensions.
bool HasStaticTypes(const Graph& graph);

// Adds those sources that the node does not have yet.
void AddSources(Graph& graph, NodeId to, const std::vector<std::string>& sources);

// A graph of this one node: inputs are the node's inputs that are not constant (absent ones stay absent; a
// value used twice is one input), constants are carried in, outputs are the node's. For a Group: its body,
// with constant inputs made constants of the graph. `inputs` receives the outer values in the order of the
// new graph's inputs.
std::unique_ptr<Graph> ExtractProblem(const Graph& graph, NodeId node, std::vector<ValueId>* inputs);

}  // namespace floe

#endif  // FLOE_GRAPH_GRAPH_H_
