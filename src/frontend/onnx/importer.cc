#include "frontend/onnx/importer.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "formats/onnx/provenance.h"
#include "formats/onnx/tensor_proto.h"
#include "formats/utf.h"
#include "frontend/onnx/node_context.h"

namespace floe {
namespace {

constexpr int kMaxDepth = 48;
constexpr int64_t kMaxImportedNodes = 20'000'000;  // bodies imported again count again
constexpr int kFunctionAttributeDefaults = 11;     // FunctionProto.attribute_proto, younger than the header

class DepthGuard {
 public:
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  int& depth_;
};

template <typename Imports>
std::map<std::string, int64_t> OpsetsOf(const Imports& imports) {
  std::map<std::string, int64_t> opsets;
  for (const onnx::OperatorSetIdProto& opset : imports)
    opsets.insert_or_assign(OnnxDomain(opset.domain()), opset.version());
  return opsets;
}

std::string Qualified(const onnx::NodeProto& node) {
  const std::string domain = OnnxDomain(node.domain());
  return Printable(domain.empty() ? node.op_type() : domain + "." + node.op_type());
}

}  // namespace

std::string OnnxDomain(const std::string& domain) {
  return domain == "ai.onnx" ? "" : domain;
}

OnnxImporter::OnnxImporter(const OnnxFile& model)
    : model_(model), external_(model.folder, model.path), opsets_(OpsetsOf(model.proto.opset_import())) {
  ReadFunctions();
}

void OnnxImporter::ReadFunctions() {
  for (const onnx::FunctionProto& proto : model_.proto.functions()) {
    Function function{&proto, OpsetsOf(proto.opset_import()), {}};
    for (const auto& [domain, version] : opsets_) function.opsets.emplace(domain, version);
    const google::protobuf::UnknownFieldSet& unknown = proto.GetReflection()->GetUnknownFields(proto);
    for (int i = 0; i < unknown.field_count(); ++i) {
      const google::protobuf::UnknownField& field = unknown.field(i);
      if (field.number() != kFunctionAttributeDefaults ||
          field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
        continue;
      onnx::AttributeProto attribute;
      if (attribute.ParseFromString(field.length_delimited()))
        function.defaults.emplace(attribute.name(), attribute);
    }
    functions_.emplace(FunctionKey(OnnxDomain(proto.domain()), proto.name()), std::move(function));
  }
}

const OnnxImporter::Function* OnnxImporter::FindFunction(const onnx::NodeProto& node) const {
  const auto found = functions_.find(FunctionKey(OnnxDomain(node.domain()), node.op_type()));
  return found == functions_.end() ? nullptr : &found->second;
}

void OnnxImporter::Report(const std::string& name, const onnx::NodeProto& node, NodeStatus status,
                          std::string reason, std::string remedy) {
  NodeReport report{name, Qualified(node), status, std::move(reason), std::move(remedy)};
  const auto [found, fresh] = report_index_.emplace(name, reports_.size());
  if (fresh)
    reports_.push_back(std::move(report));
  else if (status == NodeStatus::kUnsupported || reports_[found->second].status != NodeStatus::kUnsupported)
    reports_[found->second] = std::move(report);
}

void OnnxImporter::ReportRest(const OnnxNodes& nodes) {
  for (const onnx::NodeProto& node : nodes) {
    const std::string name = OnnxNodeName(node);
    if (!report_index_.contains(name)) Report(name, node, NodeStatus::kRemoved, "no output needs it");
  }
}

void OnnxImporter::DefineInitializers(const onnx::GraphProto& graph, const std::vector<Bytes>* raw,
                                      const std::vector<int>& order, const std::vector<std::string>& results,
                                      OnnxScope& scope) {
  std::unordered_set<std::string> wanted(results.begin(), results.end());
  for (const int index : order) {
    for (std::string& name : NamesReadBy(graph.node(index))) wanted.insert(std::move(name));
  }
  std::unordered_set<std::string> seen;
  const auto claim = [&](const std::string& name) {
    if (!seen.insert(name).second)
      Throw(ErrorCode::kModel, "graph: two initializers are called '{}'", Printable(name));
    return wanted.contains(name) && !scope.HasHere(name);
  };
  Builder& builder = scope.builder();
  const auto define = [&](const std::string& name, Tensor tensor) {
    const ValueId value = builder.Constant(std::move(tensor), builder.graph().UniqueName(name));
    builder.graph().value(value).sources.push_back(scope.prefix() + name);
    scope.Define(name, {value, ""});
  };
  for (int i = 0; i < graph.initializer_size(); ++i) {
    const onnx::TensorProto& proto = graph.initializer(i);
    if (!claim(proto.name())) continue;
    const Bytes* bytes = raw == nullptr || (*raw)[static_cast<size_t>(i)].data() == nullptr
                             ? nullptr
                             : &(*raw)[static_cast<size_t>(i)];
    define(proto.name(), TensorFromOnnx(proto, bytes, external_));
  }
  for (const onnx::SparseTensorProto& sparse : graph.sparse_initializer()) {
    if (claim(sparse.values().name())) define(sparse.values().name(), DenseFromOnnx(sparse, external_));
  }
}

std::vector<OnnxEntry> OnnxImporter::ImportMain(const std::vector<std::string>& results, OnnxScope& scope) {
  const onnx::GraphProto& graph = model_.proto.graph();
  const std::vector<int> order =
      OnnxOrder(graph.node(), results, [&](const std::string& name) { return scope.HasHere(name); });
  DefineInitializers(graph, &model_.raw, order, results, scope);
  return ImportNodes(graph.node(), results, scope);
}

std::vector<ValueId> OnnxImporter::ImportBody(const onnx::GraphProto& body, OnnxScope& scope) {
  std::vector<std::string> results;
  for (const onnx::ValueInfoProto& output : body.output()) results.push_back(output.name());
  const std::vector<int> order =
      OnnxOrder(body.node(), results, [&](const std::string& name) { return scope.HasHere(name); });
  DefineInitializers(body, nullptr, order, results, scope);
  std::vector<ValueId> values;
  for (const OnnxEntry& entry : ImportNodes(body.node(), results, scope)) {
    if (entry.poison()) throw NotReached{entry.blame};
    values.push_back(entry.value);
  }
  return values;
}

std::vector<OnnxEntry> OnnxImporter::ImportNodes(const OnnxNodes& nodes,
                                                 const std::vector<std::string>& results, OnnxScope& scope) {
  const DepthGuard guard(depth_);
  if (depth_ > kMaxDepth)
    throw ImportFailure{fmt::format("control flow or functions nest deeper than {} levels", kMaxDepth), ""};
  const std::string outer_source = scope.builder().source();
  const std::vector<int> order =
      OnnxOrder(nodes, results, [&](const std::string& name) { return scope.HasHere(name); });
  for (const int index : order) {
    if (++imported_ > kMaxImportedNodes)
      Throw(ErrorCode::kModel, "graph: its functions unfold to more than {} nodes", kMaxImportedNodes);
    ImportNode(nodes[index], scope);
  }
  scope.builder().SetSource(outer_source);
  std::vector<OnnxEntry> entries;
  for (const std::string& result : results) {
    const OnnxEntry* entry = scope.Find(result);
    if (entry == nullptr)
      Throw(ErrorCode::kModel, "graph: nothing defines its output '{}'", Printable(result));
    entries.push_back(*entry);
  }
  return entries;
}

void OnnxImporter::Poison(const onnx::NodeProto& node, const std::string& blame, OnnxScope& scope) const {
  for (const std::string& output : node.output())
    if (!output.empty()) scope.Define(output, {kNoValue, blame});
}

void OnnxImporter::Define(const onnx::NodeProto& node, const std::vector<ValueId>& outputs,
                          OnnxScope& scope) {
  for (int i = 0; i < node.output_size(); ++i) {
    const std::string& name = node.output(i);
    if (name.empty()) continue;
    const auto place = static_cast<size_t>(i);
    if (place >= outputs.size() || outputs[place] == kNoValue)
      throw ImportFailure{fmt::format("its output {}, '{}', is not supported", i, Printable(name)), ""};
    scope.Define(name, {outputs[place], ""});
    std::vector<std::string>& sources = scope.builder().graph().value(outputs[place]).sources;
    // Floe's own files have a value's full name on its node.
    const bool is_short = IsOurs() && i == 0 && !node.name().empty();
    const std::string source = scope.prefix() + (is_short ? OnnxNodeName(node) : name);
    if (std::find(sources.begin(), sources.end(), source) == sources.end() && sources.size() < 64)
      sources.push_back(source);
  }
}

void OnnxImporter::ImportNode(const onnx::NodeProto& node, OnnxScope& scope) {
  const std::string name = scope.prefix() + OnnxNodeName(node);
  std::vector<ValueId> inputs;
  const std::string* blame = nullptr;
  for (const std::string& input : node.input()) {
    const OnnxEntry* entry = input.empty() ? nullptr : scope.Find(input);
    if (entry == nullptr && !input.empty())
      Throw(ErrorCode::kModel, "node '{}' ({}): nothing defines its input '{}'", name, Qualified(node),
            Printable(input));
    if (entry != nullptr && entry->poison()) blame = &entry->blame;
    inputs.push_back(entry == nullptr ? kNoValue : entry->value);
  }
  if (blame != nullptr) {
    const std::string why = *blame;
    if (FindFunction(node) != nullptr || IsSupportedOnnxOp(node))
      Report(name, node, NodeStatus::kNotReached, "not reached because of '" + why + "'");
    else
      Report(name, node, NodeStatus::kUnsupported, "the operation is not supported", OnnxRemedyFor(node));
    return Poison(node, why, scope);
  }
  const std::vector<std::string> sources = IsOurs() ? SourcesOf(node, OnnxNodeName(node)) : std::vector{name};
  scope.builder().SetSource(name, sources);
  try {
    const std::vector<ValueId> outputs = ImportOp(node, std::move(inputs), scope);
    scope.builder().SetSource(name, sources);
    Define(node, outputs, scope);
    const Graph& graph = scope.builder().graph();
    const bool folded = !outputs.empty() && node.op_type() != "Constant" &&
                        std::all_of(outputs.begin(), outputs.end(),
                                    [&](ValueId v) { return v == kNoValue || graph.value(v).is_constant(); });
    if (node.op_type() == "Identity") return Report(name, node, NodeStatus::kRemoved, "passes its input on");
    return Report(name, node, folded ? NodeStatus::kFolded : NodeStatus::kOk);
  } catch (const NotReached& why) {
    Report(name, node, NodeStatus::kNotReached, "not reached because of '" + why.blame + "'");
    return Poison(node, why.blame, scope);
  } catch (const ImportFailure& failure) {
    Report(name, node, NodeStatus::kUnsupported, failure.reason, failure.remedy);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel) throw;
    Report(name, node, NodeStatus::kUnsupported, error.what());
  }
  Poison(node, name, scope);
}

std::vector<ValueId> OnnxImporter::ImportOp(const onnx::NodeProto& node, std::vector<ValueId> inputs,
                                            OnnxScope& scope) {
  if (const Function* function = FindFunction(node)) return ImportCall(*function, node, inputs, scope);
  const std::string domain = OnnxDomain(node.domain());
  const auto opset = scope.opsets().find(domain);
  if (opset == scope.opsets().end()) {
    throw ImportFailure{fmt::format("the model names no version of the operator set '{}'",
                                    domain.empty() ? "ai.onnx" : Printable(domain)),
                        OnnxRemedyFor(node)};
  }
  const OnnxOpImporter& row = FindOnnxOp(node, opset->second);  // throws ImportFailure
  OnnxContext context(node, opset->second, *this, scope, std::move(inputs));
  row.import(context);
  return context.TakeOutputs();
}

std::vector<ValueId> OnnxImporter::ImportCall(const Function& function, const onnx::NodeProto& node,
                                              const std::vector<ValueId>& inputs, OnnxScope& scope) {
  const onnx::FunctionProto& proto = *function.proto;
  if (std::find(active_.begin(), active_.end(), &proto) != active_.end())
    throw ImportFailure{"function '" + Printable(proto.name()) + "' calls itself", ""};
  if (inputs.size() > static_cast<size_t>(proto.input_size()))
    throw ImportFailure{
        fmt::format("the function takes {} inputs, found {}", proto.input_size(), inputs.size()), ""};
  OnnxAttributes attributes = function.defaults;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.ref_attr_name().empty()) {
      attributes.insert_or_assign(attribute.name(), attribute);
    } else if (scope.call_attributes() != nullptr) {
      const auto found = scope.call_attributes()->find(attribute.ref_attr_name());
      if (found != scope.call_attributes()->end())
        attributes.insert_or_assign(attribute.name(), found->second);
    }
  }
  OnnxScope body(scope.builder());
  body.set_prefix(scope.prefix() + OnnxNodeName(node) + "/");
  body.set_call_attributes(&attributes);
  body.set_opsets(&function.opsets);
  for (int i = 0; i < proto.input_size(); ++i) {
    const auto place = static_cast<size_t>(i);
    body.Define(proto.input(i), {place < inputs.size() ? inputs[place] : kNoValue, ""});
  }
  active_.push_back(&proto);
  struct Pop {
    std::vector<const onnx::FunctionProto*>& stack;
    ~Pop() { stack.pop_back(); }
  } pop{active_};
  const std::vector<std::string> results(proto.output().begin(), proto.output().end());
  std::vector<ValueId> values;
  for (const OnnxEntry& entry : ImportNodes(proto.node(), results, body)) {
    if (entry.poison()) throw NotReached{entry.blame};
    values.push_back(entry.value);
  }
  return values;
}

}  // namespace floe
