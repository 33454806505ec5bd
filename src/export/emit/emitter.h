// From a Graph whose ops ONNX has to the nodes of a GraphProto: names, types, initializers, casts where a
// type is not in an operator's list. emit_*.cc say which node each op becomes.
#ifndef FLOE_EXPORT_EMIT_EMITTER_H_
#define FLOE_EXPORT_EMIT_EMITTER_H_

#include <onnx/onnx_pb.h>

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "export/onnx.h"
#include "formats/onnx/write.h"
#include "graph/graph.h"

namespace floe {

// One input or output of an ONNX node.
struct Operand {
  std::string name;  // "": absent
  TensorType type;
  const Tensor* constant = nullptr;  // its contents, where the graph knows them
  bool present() const { return !name.empty(); }
};

// What all graphs of one model share.
struct ModelState {
  int opset = 17;
  OnnxModel* model = nullptr;
  const Evaluator* evaluator = nullptr;
  std::unordered_set<std::string> names;  // of values: unique in the model, bodies included
  std::unordered_set<std::string> node_names;
  std::unordered_set<std::string> made_constants;  // initializers that the model has under no name
  std::vector<ExportProblem> problems;

  std::string UniqueName(const std::string& wanted);
};

class Emitter {
 public:
  // `outer_names`: names of the values of a body's inputs in the graph around it; empty for the model's
  // graph.
  Emitter(ModelState& state, const Graph& graph, onnx::GraphProto* to)
      : state_(state), graph_(graph), to_(to) {}

  void Bind(ValueId value, const std::string& name) { names_[value] = name; }
  // A graph input by a name of its own.
  void DeclareInput(ValueId value, const std::string& name);
  // All nodes, then the graph's outputs under the given names (kept unique by the caller), each made by a
  // node of this graph.
  void EmitAll(const std::vector<std::string>& output_names);

  // What the functions in emit_*.cc use.
  int opset() const { return state_.opset; }
  const Graph& graph() const { return graph_; }
  const Node& node() const { return graph_.node(current_); }
  bool has(size_t input) const { return input < node().inputs.size() && node().inputs[input] != kNoValue; }
  Operand In(size_t input);
  Operand Out(size_t output);
  const Shape& InShape(size_t input) const { return graph_.value(node().inputs[input]).type.shape; }
  DType InType(size_t input) const { return graph_.value(node().inputs[input]).type.dtype; }

  // Names a constant input that is not in the model by a name of its own after its role in the layer:
  // "scope/of/conv/weights".
  void NameConstant(size_t input, std::string_view role);
  Operand Ints(const std::vector<int64_t>& values);  // an initializer of rank 1
  Operand Int(int64_t value);                        // a scalar
  Operand Constant(const Tensor& tensor, std::string_view name);
  Operand Temporary(TensorType type, std::string_view suffix);
  // The operand in another type: a new value by the suffix, computed here where the operand is constant. The
  // operand itself where it is so already.
  Operand Cast(const Operand& from, DType to, std::string_view suffix);
  // Input of one number as a list of one; the suffix is for its cast.
  Operand InAsVector(size_t input, DType type, std::string_view suffix);
  // Adds the node, with casts before and after it where the operator does not take a type. Attributes may be
  // added to what it returns.
  onnx::NodeProto& Add(std::string_view op_type, std::vector<Operand> inputs, std::vector<Operand> outputs,
                       std::string_view domain = "");
  // The node's shape, in the type that it has in the graph. A shape that there is already is not taken again.
  void AddShape();
  // All inputs to all outputs.
  onnx::NodeProto& AddSame(std::string_view op_type);
  void Refuse(std::string reason, std::string remedy);
  // The body as an attribute; its inputs are `bound` names (outer values) or, where "", inputs of their own.
  void AddBody(onnx::NodeProto& to, const std::string& attribute, const Graph& body,
               const std::vector<std::string>& bound);

 private:
  bool IsModelGraph() const { return to_ == &state_.model->proto.graph(); }
  const std::string& NameOf(ValueId value);
  Operand OperandOf(ValueId value);
  Operand Vector(const Operand& from, std::string_view suffix);
  // What is made for the node is named after its first output, by which a reader of the file knows it.
  std::string OwnName();
  void EmitNode(NodeId id);
  void EmitOutput(ValueId value, const std::string& name, bool is_made_here);
  // An initializer of these contents: one that is there already, or a new one by the wanted name.
  std::string Initializer(const std::string& wanted, const Tensor& tensor);
  void AddInitializer(const std::string& name, const Tensor& tensor);
  void DescribeValue(const Operand& operand, onnx::ValueInfoProto* info);
  // Of one operand to one type there is one, under the name that was wanted first.
  Operand CastTo(const Operand& from, DType to, const std::string& name);
  Operand Known(const std::string& wanted, const Tensor& tensor);

  ModelState& state_;
  const Graph& graph_;
  onnx::GraphProto* to_;
  NodeId current_ = kNoNode;
  std::unordered_map<ValueId, std::string> names_;
  std::unordered_set<std::string> produced_;                   // by nodes of this graph
  std::unordered_map<std::string, std::string> initializers_;  // small ones, by type, shape and bytes
  std::unordered_map<std::string, Operand> shapes_;  // made by AddShape, by the name of what they are of
  std::map<std::pair<std::string, DType>, Operand> casts_;  // made by CastTo
  std::deque<Tensor> constants_;                            // what their operands point to
};

void SetInt(onnx::NodeProto& node, const std::string& name, int64_t value);
void SetInts(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values);
void SetFloat(onnx::NodeProto& node, const std::string& name, double value);
void SetString(onnx::NodeProto& node, const std::string& name, std::string_view value);
void SetStrings(onnx::NodeProto& node, const std::string& name, const std::vector<std::string>& values);

// The node's op as ONNX nodes, or Refuse.
void EmitOp(Emitter& e);

}  // namespace floe

#endif  // FLOE_EXPORT_EMIT_EMITTER_H_
