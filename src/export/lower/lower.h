// Ops that ONNX lacks at the opset become ops that it has, with the same numbers.
#ifndef FLOE_EXPORT_LOWER_LOWER_H_
#define FLOE_EXPORT_LOWER_LOWER_H_

#include <string>
#include <vector>

#include "export/onnx.h"
#include "graph/builder.h"
#include "graph/graph.h"

namespace floe {

// What a rule sees of the node it may replace.
class Lowering {
 public:
  Lowering(Graph& graph, NodeId node, int opset, const Evaluator* evaluator);

  Builder& b() { return builder_; }
  const Graph& graph() const { return graph_; }
  const Node& node() const { return graph_.node(id_); }
  int opset() const { return opset_; }
  const Evaluator* evaluator() const { return evaluator_; }
  bool has(size_t i) const { return i < node().inputs.size() && node().inputs[i] != kNoValue; }
  ValueId in(size_t i) const { return has(i) ? node().inputs[i] : kNoValue; }
  const Shape& shape(size_t i) const { return graph_.value(node().inputs[i]).type.shape; }
  DType dtype(size_t i) const { return graph_.value(node().inputs[i]).type.dtype; }
  const Shape& out_shape(size_t i = 0) const { return graph_.value(node().outputs[i]).type.shape; }
  DType out_dtype(size_t i = 0) const { return graph_.value(node().outputs[i]).type.dtype; }
  bool is_used(size_t output) const;
  const Tensor* constant(size_t i) const { return has(i) ? ConstantOf(graph_, in(i)) : nullptr; }
  // Rank of input i; refuses and gives -1 when it is unknown.
  int64_t Rank(size_t i);

  // Shorthand.
  ValueId Add(Op op, std::vector<ValueId> inputs) { return builder_.Add(std::move(op), std::move(inputs)); }
  ValueId Un(UnaryKind kind, ValueId x) { return builder_.Unary(kind, x); }
  ValueId Bin(BinaryKind kind, ValueId x, ValueId y) { return builder_.Binary(kind, x, y); }
  ValueId Num(double value, ValueId like) { return builder_.Scalar(builder_.dtype(like), value); }
  ValueId If(ValueId condition, ValueId x, ValueId y) { return Add(Where{}, {condition, x, y}); }
  ValueId Unsqueezed(ValueId x, Ints axes) { return Add(Unsqueeze{std::move(axes)}, {x}); }
  // 0, 1 … of the tensor's size along the axis, int64 [n].
  ValueId Iota(ValueId x, int64_t axis);
  ValueId IotaOf(ValueId count_vector);  // of an int64 [1]
  // Slices along one axis; begin and end as in Slice.
  ValueId Cut(ValueId x, int64_t axis, int64_t begin, int64_t end, int64_t step = 1);

  // The rule's answers: nothing to do, cannot, or the values of the outputs in order (kNoValue for one not in
  // use).
  using Result = std::vector<ValueId>;
  Result Keep() { return {}; }
  Result Refuse(std::string reason, std::string remedy = "");
  bool refused() const { return !reason_.empty(); }
  const std::string& reason() const { return reason_; }
  const std::string& remedy() const { return remedy_; }
  void Note(std::string note) { notes_.push_back(std::move(note)); }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Graph& graph_;
  NodeId id_;
  int opset_;
  const Evaluator* evaluator_;
  Builder builder_;
  std::string reason_, remedy_;
  std::vector<std::string> notes_;
};

// `result` now comes from where `made` comes; both keep to their ids, the old node goes when nothing needs
// it.
void TakePlace(Graph& graph, ValueId result, ValueId made);

// Rewrites the graph and its bodies until no rule fires. What cannot be expressed is added to the problems
// and left. `evaluator` may be null.
void LowerGraph(Graph& graph, int opset, const Evaluator* evaluator, std::vector<ExportProblem>* problems,
                std::vector<std::string>* notes);

}  // namespace floe

#endif  // FLOE_EXPORT_LOWER_LOWER_H_
