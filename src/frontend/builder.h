// Adds nodes to a graph for one node of the model after the other, folding what is constant on the spot, so
// that shapes computed by the model become known while it is imported.
#ifndef FLOE_FRONTEND_BUILDER_H_
#define FLOE_FRONTEND_BUILDER_H_

#include <initializer_list>
#include <string>
#include <vector>

#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

using Ints = std::vector<int64_t>;

class Builder {
 public:
  Builder(Graph& graph, const Evaluator* evaluator) : graph_(graph), evaluator_(evaluator) {}

  Graph& graph() { return graph_; }
  const Evaluator* evaluator() const { return evaluator_; }
  // The node of the model that the next nodes come from.
  void SetSource(std::string name) { source_ = std::move(name); }
  const std::string& source() const { return source_; }

  // One node; its outputs, constants where they could be folded. `name`: "" for a helper's.
  std::vector<ValueId> AddNode(Op op, std::vector<ValueId> inputs, int outputs = -1, std::string name = "",
                               std::vector<std::unique_ptr<Graph>> bodies = {});
  ValueId Add(Op op, std::vector<ValueId> inputs) { return AddNode(std::move(op), std::move(inputs))[0]; }

  ValueId Constant(Tensor tensor, std::string name = "");
  ValueId Int64s(Ints values);   // rank 1
  ValueId Int64(int64_t value);  // scalar
  ValueId Scalar(DType dtype, double value);

  const TensorType& type(ValueId value) const { return graph_.value(value).type; }
  const Shape& shape(ValueId value) const { return type(value).shape; }
  DType dtype(ValueId value) const { return type(value).dtype; }
  const Tensor* constant(ValueId value) const { return ConstantOf(graph_, value); }

  // Shape arithmetic: int64 tensors of rank 1, constants where known.
  ValueId ShapeTensor(ValueId x);
  ValueId DimTensor(ValueId x, int64_t axis);  // [1]; negative axes need a known rank
  ValueId ToInt64(ValueId x);
  ValueId ToVector(ValueId scalar);  // reshaped to [1]
  ValueId ToScalar(ValueId vector);  // reshaped to []
  ValueId ConcatVectors(std::vector<ValueId> parts);
  // [begin, end) of a vector; `end` may be beyond it.
  ValueId SliceVector(ValueId x, int64_t begin, int64_t end);

  ValueId CastTo(ValueId x, DType dtype);  // x itself if it has that type
  ValueId Reshape(ValueId x, Ints shape);
  ValueId Transpose(ValueId x, Ints perm);  // a constant is permuted here, whatever its size
  ValueId Slice(ValueId x, Ints begins, Ints ends, Ints axes, Ints steps = {});
  ValueId Unary(UnaryKind kind, ValueId x);
  ValueId Binary(BinaryKind kind, ValueId a, ValueId b);
  ValueId Reduce(ReduceKind kind, ValueId x, Ints axes, bool keep_dims);
  ValueId Zeros(DType dtype, ValueId shape);  // of an int64 shape tensor
  ValueId ZerosLike(ValueId x);

 private:
  // The outputs of the node, or constants in its stead.
  std::vector<ValueId> Fold(NodeId node);
  bool Evaluate(NodeId node, std::vector<Tensor>* results) const;

  Graph& graph_;
  const Evaluator* evaluator_;
  std::string source_;
};

// The elements of an integer tensor of any integer type, or bools as 0 and 1. Throws Error(kModel) for
// others.
Ints TensorToInts(const Tensor& tensor);
// A tensor of one type from numbers, converted; string is not possible.
Tensor TensorOfNumbers(DType dtype, std::vector<int64_t> dims, const std::vector<double>& values);
Tensor PermuteTensor(const Tensor& tensor, const Ints& perm);

}  // namespace floe

#endif  // FLOE_FRONTEND_BUILDER_H_
