// What an importer of one TensorFlow operation sees: the node's inputs and attributes, and where its outputs
// go.
#ifndef FLOE_FRONTEND_TENSORFLOW_NODE_CONTEXT_H_
#define FLOE_FRONTEND_TENSORFLOW_NODE_CONTEXT_H_

#include <fmt/format.h>

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensorflow/graph.pb.h"
#include "frontend/node_report.h"
#include "frontend/tensorflow/slot.h"
#include "graph/builder.h"

namespace floe {

class NodeContext {
 public:
  NodeContext(const tf::NodeDef& def, Builder& builder, std::vector<Slot> inputs, ListNotes& lists)
      : def_(def), builder_(builder), inputs_(std::move(inputs)), lists_(lists) {}

  const tf::NodeDef& def() const { return def_; }
  const std::string& op() const { return def_.op(); }
  Builder& build() { return builder_; }
  ListNotes& lists() { return lists_; }

  size_t input_count() const { return inputs_.size(); }
  const Slot& slot(size_t i) const;
  ValueId in(size_t i) const;  // fails if it is a list, a table...
  std::vector<ValueId> ins(size_t begin, size_t end) const;
  DType dtype(size_t i) const { return builder_.dtype(in(i)); }
  const Shape& shape(size_t i) const { return builder_.shape(in(i)); }
  // Fails unless the rank of input i is known.
  int64_t Rank(size_t i) const;
  // An axis counted from the front; fails outside [-rank, rank).
  int64_t Axis(int64_t axis, int64_t rank) const;

  const Tensor* Constant(size_t i) const { return builder_.constant(in(i)); }
  // Fails, naming the remedy --set, unless the input is constant.
  const Tensor& NeedConstant(size_t i, std::string_view what) const;
  Ints NeedInts(size_t i, std::string_view what) const;
  int64_t NeedInt(size_t i, std::string_view what) const;
  double NeedNumber(size_t i, std::string_view what) const;
  std::optional<Ints> KnownInts(size_t i) const;

  // Attributes; a missing one has the default of TensorFlow's definition of the op, or `fallback` if given.
  // Fails on one that is missing without a default, or of another kind.
  bool HasAttr(const std::string& name) const;
  int64_t Int(const std::string& name) const;
  double Float(const std::string& name) const;
  bool Bool(const std::string& name) const;
  std::string String(const std::string& name) const;
  DType Type(const std::string& name) const;
  tf::DataType TfType(const std::string& name) const;
  Ints IntList(const std::string& name) const;
  std::vector<double> FloatList(const std::string& name) const;
  std::vector<DType> TypeList(const std::string& name) const;
  const tf::AttrValue& Attr(const std::string& name) const;

  ValueId Add(Op op, std::vector<ValueId> inputs) { return builder_.Add(std::move(op), std::move(inputs)); }
  // Adds the node that gives all outputs (`outputs` of them) and carries the TensorFlow node's name.
  void Return(Op op, std::vector<ValueId> inputs, int outputs = 1);
  void Set(size_t output, ValueId value) { SetSlot(output, Slot::Of(value)); }
  void SetSlot(size_t output, Slot slot);

  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw ImportFailure{fmt::format(format, std::forward<Args>(args)...), ""};
  }
  // Fail for want of a rank, a dimension or a constant.
  template <typename... Args>
  [[noreturn]] void FailUnknown(fmt::format_string<Args...> format, Args&&... args) const {
    throw ImportFailure{fmt::format(format, std::forward<Args>(args)...), "", true};
  }
  [[noreturn]] void FailWith(std::string reason, std::string remedy) const {
    throw ImportFailure{std::move(reason), std::move(remedy)};
  }

  std::vector<Slot> TakeOutputs() { return std::move(outputs_); }

 private:
  const tf::NodeDef& def_;
  Builder& builder_;
  std::vector<Slot> inputs_;
  ListNotes& lists_;
  std::vector<Slot> outputs_;
};

// One row: how one operation is imported.
struct OpImporter {
  std::string_view op;
  void (*import)(NodeContext&);
};

// Null if the operation is not supported.
const OpImporter* FindOpImporter(std::string_view op);
// What to do about an operation that is not supported; "" if nothing comes to mind.
std::string RemedyFor(const std::string& op);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_NODE_CONTEXT_H_
