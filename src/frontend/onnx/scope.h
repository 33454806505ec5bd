// What names mean while a graph, a body or a function is imported.
#ifndef FLOE_FRONTEND_ONNX_SCOPE_H_
#define FLOE_FRONTEND_ONNX_SCOPE_H_

#include <onnx/onnx_pb.h>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/builder.h"
#include "graph/captures.h"

namespace floe {

// A tensor of the model: a value, or the node that could not be imported.
struct OnnxEntry {
  ValueId value = kNoValue;
  std::string blame;  // not empty: no value
  bool poison() const { return !blame.empty(); }
};

using OnnxAttributes = std::map<std::string, onnx::AttributeProto>;

class OnnxScope {
 public:
  // The main graph, or the body of a function: it sees nothing outside.
  explicit OnnxScope(Builder& builder) : builder_(&builder) {}
  // A body imported in place, into the graph around it.
  static OnnxScope Inline(OnnxScope& outer);
  // A body with a graph of its own: outer values come in as inputs, outer constants as its own constants.
  OnnxScope(OnnxScope& outer, std::string graph_name);
  OnnxScope(OnnxScope&&) = default;

  Builder& builder() { return *builder_; }
  // nullptr if there is no such tensor here or around.
  const OnnxEntry* Find(const std::string& name);
  bool Has(const std::string& name) { return Find(name) != nullptr; }
  bool HasHere(const std::string& name) const { return entries_.contains(name); }
  void Define(const std::string& name, OnnxEntry entry) { entries_.insert_or_assign(name, std::move(entry)); }

  // Of a body with a graph of its own.
  Graph& graph() { return *graph_; }
  // A value of the graph around it as the body sees it; the value itself where there is no graph of its own.
  ValueId CaptureValue(ValueId outer);
  const std::vector<ValueId>& captures() const { return captures_.outers(); }
  std::unique_ptr<Graph> Take() { return std::move(graph_); }

  const std::string& prefix() const { return prefix_; }  // of the names of nodes, "loop/" in a body
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }
  // Attributes of the call, in the body of a function; null elsewhere.
  const OnnxAttributes* call_attributes() const { return attributes_; }
  void set_call_attributes(const OnnxAttributes* attributes) { attributes_ = attributes; }
  // Version of each operator set; "" is the standard's.
  const std::map<std::string, int64_t>& opsets() const { return *opsets_; }
  void set_opsets(const std::map<std::string, int64_t>* opsets) { opsets_ = opsets; }

 private:
  OnnxScope* outer_ = nullptr;
  std::unique_ptr<Graph> graph_;
  std::unique_ptr<Builder> own_builder_;
  Builder* builder_ = nullptr;
  std::unordered_map<std::string, OnnxEntry> entries_;
  Captures captures_;
  std::string prefix_;
  const OnnxAttributes* attributes_ = nullptr;
  const std::map<std::string, int64_t>* opsets_ = nullptr;
};

// Names that `graph` reads and does not define, those of its bodies included, in order of appearance.
std::vector<std::string> FreeNames(const onnx::GraphProto& graph);
// Names that a node reads: its inputs, then what its bodies take from outside.
std::vector<std::string> NamesReadBy(const onnx::NodeProto& node);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_SCOPE_H_
