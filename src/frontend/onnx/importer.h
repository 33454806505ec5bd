// The import of one ONNX model: graphs, bodies and functions into graphs and sub-graphs.
#ifndef FLOE_FRONTEND_ONNX_IMPORTER_H_
#define FLOE_FRONTEND_ONNX_IMPORTER_H_

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/onnx/external_data.h"
#include "formats/onnx/model_file.h"
#include "frontend/node_report.h"
#include "frontend/onnx/order.h"
#include "frontend/onnx/scope.h"

namespace floe {

// Thrown when what a body needs comes from a node that could not be imported.
struct NotReached {
  std::string blame;
};

class OnnxImporter {
 public:
  explicit OnnxImporter(const OnnxFile& model);

  const std::map<std::string, int64_t>& opsets() const { return opsets_; }

  // What `results` are in the main graph. Inputs, and what a user set, are defined in `scope` already.
  std::vector<OnnxEntry> ImportMain(const std::vector<std::string>& results, OnnxScope& scope);
  // The outputs of a body whose inputs are defined in `scope`. Throws NotReached.
  std::vector<ValueId> ImportBody(const onnx::GraphProto& body, OnnxScope& scope);

  void ReportRest(const OnnxNodes& nodes);  // nodes of the main graph that no output needs
  std::vector<NodeReport> TakeReports() { return std::move(reports_); }
  ExternalData& external() { return external_; }

 private:
  using FunctionKey = std::pair<std::string, std::string>;  // domain, name
  struct Function {
    const onnx::FunctionProto* proto = nullptr;
    std::map<std::string, int64_t> opsets;
    OnnxAttributes defaults;
  };

  std::vector<OnnxEntry> ImportNodes(const OnnxNodes& nodes, const std::vector<std::string>& results,
                                     OnnxScope& scope);
  void DefineInitializers(const onnx::GraphProto& graph, const std::vector<Bytes>* raw,
                          const std::vector<int>& order, const std::vector<std::string>& results,
                          OnnxScope& scope);
  void ImportNode(const onnx::NodeProto& node, OnnxScope& scope);
  std::vector<ValueId> ImportOp(const onnx::NodeProto& node, std::vector<ValueId> inputs, OnnxScope& scope);
  std::vector<ValueId> ImportCall(const Function& function, const onnx::NodeProto& node,
                                  const std::vector<ValueId>& inputs, OnnxScope& scope);
  void Define(const onnx::NodeProto& node, const std::vector<ValueId>& outputs, OnnxScope& scope);
  void Poison(const onnx::NodeProto& node, const std::string& blame, OnnxScope& scope) const;
  void Report(const std::string& name, const onnx::NodeProto& node, NodeStatus status,
              std::string reason = "", std::string remedy = "");
  void ReadFunctions();
  bool IsOurs() const { return model_.proto.producer_name() == "floe"; }
  const Function* FindFunction(const onnx::NodeProto& node) const;

  const OnnxFile& model_;
  ExternalData external_;
  std::map<std::string, int64_t> opsets_;
  std::map<FunctionKey, Function> functions_;
  std::vector<const onnx::FunctionProto*> active_;
  int depth_ = 0;
  int64_t imported_ = 0;
  std::vector<NodeReport> reports_;
  std::unordered_map<std::string, size_t> report_index_;
};

// "" for the standard's domain, which has two spellings.
std::string OnnxDomain(const std::string& domain);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_IMPORTER_H_
