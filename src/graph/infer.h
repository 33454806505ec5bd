// Shape functions: the types of a node's outputs from what is known of its inputs. The compiler calls them
// while it builds a graph; the runtime calls them for steps whose shapes only the run knows.
#ifndef FLOE_GRAPH_INFER_H_
#define FLOE_GRAPH_INFER_H_

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace floe {

// One input or output as the shape function sees it.
struct InferredValue {
  TensorType type;
  const Tensor* constant = nullptr;          // contents, where known
  std::optional<std::vector<Dim>> elements;  // partial contents of a shape-like tensor
  bool present = true;                       // false: an absent optional input
};

class InferContext {
 public:
  // `bodies` are the node's; `subject` ("Conv 'stem/conv'") starts every message.
  InferContext(std::span<const InferredValue> inputs, std::span<const std::unique_ptr<Graph>> bodies,
               size_t outputs, std::string subject);

  size_t input_count() const { return inputs_.size(); }
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i].present; }
  const TensorType& type(size_t i) const { return inputs_[i].type; }
  DType dtype(size_t i) const { return inputs_[i].type.dtype; }
  const Shape& shape(size_t i) const { return inputs_[i].type.shape; }
  // Null too for a constant whose contents the engine no longer holds since a kernel has packed them.
  const Tensor* constant(size_t i) const {
    const Tensor* t = has(i) ? inputs_[i].constant : nullptr;
    return t != nullptr && (t->raw() != nullptr || t->size() == 0) ? t : nullptr;
  }
  // The contents of a shape-like input (int32/int64, rank 0 or 1): numbers where known, symbols and unknowns
  // else; nullopt when not even the count is known.
  std::optional<std::vector<Dim>> elements(size_t i) const;
  // The same when every element is a number.
  std::optional<std::vector<int64_t>> ints(size_t i) const;
  const Graph& body(size_t i) const { return *bodies_[i]; }

  size_t output_count() const { return outputs_.size(); }
  void Set(size_t output, DType dtype, Shape shape);
  void SetElements(size_t output, std::vector<Dim> elements);
  std::vector<InferredValue> TakeOutputs() { return std::move(outputs_); }

  // `axis` counted from the front; throws when it is outside the rank.
  size_t Axis(int64_t axis, size_t rank) const;
  // Throws unless the rank of input i is unknown or `rank`.
  void RequireRank(size_t i, size_t rank) const;

  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) const {
    FailText(fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  [[noreturn]] void FailText(const std::string& text) const;  // Error(kModel): "<subject>: <text>"

  std::span<const InferredValue> inputs_;
  std::span<const std::unique_ptr<Graph>> bodies_;
  std::vector<InferredValue> outputs_;
  std::string subject_;
};

// Runs the op's shape function, one overload `void Infer(const OpStruct&, InferContext&)` an op, in
// infer_<family>.cc. Checks the number of inputs and outputs first.
std::vector<InferredValue> InferOutputs(const Op& op, std::span<const InferredValue> inputs,
                                        std::span<const std::unique_ptr<Graph>> bodies, size_t outputs,
                                        const std::string& subject);

// numpy's broadcast of two shapes; nullopt where they contradict.
std::optional<Shape> BroadcastShape(const Shape& a, const Shape& b);

// Output size and pads of one spatial dimension of a convolution or pooling window.
struct WindowDim {
  Dim output;
  int64_t pad_begin = 0;  // valid when the input size is known or the pads are explicit
  int64_t pad_end = 0;
};
WindowDim ConvolveDim(const Dim& input, int64_t kernel, int64_t stride, int64_t dilation, AutoPad auto_pad,
                      int64_t pad_begin, int64_t pad_end, bool ceil_mode);

}  // namespace floe

#endif  // FLOE_GRAPH_INFER_H_
