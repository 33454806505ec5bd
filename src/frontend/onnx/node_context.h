// What an importer of one ONNX operation sees: the node's inputs and attributes, and where its outputs go.
#ifndef FLOE_FRONTEND_ONNX_NODE_CONTEXT_H_
#define FLOE_FRONTEND_ONNX_NODE_CONTEXT_H_

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/node_report.h"
#include "graph/builder.h"

namespace floe {

class OnnxImporter;
class OnnxScope;

class OnnxContext {
 public:
  OnnxContext(const onnx::NodeProto& node, int64_t opset, OnnxImporter& importer, OnnxScope& scope,
              std::vector<ValueId> inputs);

  const onnx::NodeProto& node() const { return node_; }
  const std::string& op() const { return node_.op_type(); }
  int64_t opset() const { return opset_; }  // version of the node's operator set
  Builder& build() { return builder_; }
  OnnxImporter& importer() { return importer_; }
  OnnxScope& scope() { return scope_; }

  size_t input_count() const { return inputs_.size(); }
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i] != kNoValue; }
  ValueId in(size_t i) const;  // fails if it is absent
  ValueId in_or_none(size_t i) const { return has(i) ? inputs_[i] : kNoValue; }
  DType dtype(size_t i) const { return builder_.dtype(in(i)); }
  const Shape& shape(size_t i) const { return builder_.shape(in(i)); }
  int64_t Rank(size_t i) const { return RankOf(in(i), i); }  // fails if it is not known
  int64_t RankOf(ValueId value, size_t i = 0) const;
  // Counted from the front; fails outside [-rank, rank).
  int64_t Axis(int64_t axis, int64_t rank) const;
  Ints Axes(const Ints& axes, int64_t rank) const;

  const Tensor* Constant(size_t i) const { return has(i) ? builder_.constant(in(i)) : nullptr; }
  std::optional<Ints> KnownInts(size_t i) const;
  // These fail, naming the remedy --set, unless the input is constant.
  Ints NeedInts(size_t i, std::string_view what) const;
  double NeedNumber(size_t i, std::string_view what) const;

  bool HasAttr(std::string_view name) const { return FindAttr(name) != nullptr; }
  int64_t Int(std::string_view name, int64_t fallback) const;
  int64_t NeedInt(std::string_view name) const;
  bool Flag(std::string_view name, bool fallback = false) const { return Int(name, fallback ? 1 : 0) != 0; }
  double Float(std::string_view name, double fallback) const;
  std::string String(std::string_view name, std::string fallback) const;
  Ints IntList(std::string_view name) const;  // empty if absent
  std::vector<double> FloatList(std::string_view name) const;
  std::vector<std::string> StringList(std::string_view name) const;
  std::optional<Tensor> TensorAttr(std::string_view name) const;
  const onnx::GraphProto& GraphAttr(std::string_view name) const;
  DType Type(std::string_view name, DType fallback) const;
  // The attribute itself; that of the call where a function's body refers to one. Null if absent.
  const onnx::AttributeProto* FindAttr(std::string_view name) const;

  size_t output_count() const { return static_cast<size_t>(node_.output_size()); }
  bool wants(size_t i) const { return i < output_count() && !node_.output(static_cast<int>(i)).empty(); }
  ValueId Add(Op op, std::vector<ValueId> inputs) { return builder_.Add(std::move(op), std::move(inputs)); }
  // Adds the node that gives all outputs (`outputs` of them) and carries the ONNX node's name.
  void Return(Op op, std::vector<ValueId> inputs, int outputs = 1);
  void Set(size_t output, ValueId value);

  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw ImportFailure{fmt::format(format, std::forward<Args>(args)...), ""};
  }
  [[noreturn]] void FailWith(std::string reason, std::string remedy) const {
    throw ImportFailure{std::move(reason), std::move(remedy)};
  }

  std::vector<ValueId> TakeOutputs() { return std::move(outputs_); }

 private:
  const onnx::AttributeProto* TypedAttr(std::string_view name, onnx::AttributeProto::AttributeType type,
                                        std::string_view what) const;

  const onnx::NodeProto& node_;
  int64_t opset_;
  OnnxImporter& importer_;
  OnnxScope& scope_;
  Builder& builder_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
};

// One row: how one operation is imported, for versions `since` to `until` of its operator set.
struct OnnxOpImporter {
  std::string_view op;
  int64_t since;
  int64_t until;
  void (*import)(OnnxContext&);
  std::string_view domain = "";
};
constexpr int64_t kNewestOnnxOpset = 22;

// The row for the node. Throws ImportFailure if there is none for the operation or its version.
const OnnxOpImporter& FindOnnxOp(const onnx::NodeProto& node, int64_t opset);
bool IsSupportedOnnxOp(const onnx::NodeProto& node);
// What to do about an operation that is not supported.
std::string OnnxRemedyFor(const onnx::NodeProto& node);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_NODE_CONTEXT_H_
