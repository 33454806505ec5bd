#include "export/onnx.h"

#include <onnx/defs/schema.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "export/emit/emitter.h"
#include "export/emit/prune.h"
#include "export/emit/shorten_names.h"
#include "export/layout/transposes.h"
#include "export/layout/turn_layout.h"
#include "export/lower/lower.h"
#include "export/rewrite/index_from_end.h"
#include "export/rewrite/join_normalizations.h"
#include "export/rewrite/merge_concats.h"
#include "export/rewrite/narrow.h"
#include "export/rewrite/quantise.h"
#include "export/rewrite/split_complex.h"

namespace floe {
namespace {

constexpr size_t kMostRounds = 4;

// The first IR version that knows the opset.
int IrVersion(int opset) {
  return opset < 15 ? 7 : 8;
}

onnx::ModelProto NewModel(const ExportOptions& options) {
  onnx::ModelProto proto;
  proto.set_ir_version(IrVersion(options.opset));
  proto.set_producer_name("floe");
  proto.set_producer_version(options.producer_version);
  onnx::OperatorSetIdProto* opset = proto.add_opset_import();
  opset->set_domain("");
  opset->set_version(options.opset);
  for (const auto& [key, value] : options.metadata) {
    onnx::StringStringEntryProto* entry = proto.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
  return proto;
}

bool UsesMl(const onnx::GraphProto& graph) {
  return std::ranges::any_of(graph.node(), [](const onnx::NodeProto& node) {
    if (node.domain() == "ai.onnx.ml") return true;
    return std::ranges::any_of(node.attribute(),
                               [](const onnx::AttributeProto& a) { return a.has_g() && UsesMl(a.g()); });
  });
}

void EmitModel(const Graph& graph, const std::vector<IoSpec>& inputs, const std::vector<IoSpec>& outputs,
               const ExportOptions& options, ExportResult* result) {
  result->model.proto = NewModel(options);
  ModelState state;
  state.opset = options.opset;
  state.evaluator = options.evaluator;
  state.model = &result->model;
  onnx::GraphProto* proto = result->model.proto.mutable_graph();
  proto->set_name(graph.name().empty() ? "graph" : graph.name());
  Emitter emitter(state, graph, proto);
  // The names at the edges are the user's: they come first.
  // Those that nothing reads come last, as a reader of the file has them.
  for (const bool read : {true, false}) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const ValueId input = graph.inputs()[i];
      if (read != (!graph.value(input).users.empty() || graph.IsOutput(input))) continue;
      emitter.DeclareInput(input, state.UniqueName(inputs[i].name));
    }
  }
  std::vector<std::string> names;
  for (const IoSpec& output : outputs) names.push_back(state.UniqueName(output.name));
  emitter.EmitAll(names);
  PruneUnused(&result->model);
  ShortenNames(&result->model, state.made_constants);
  for (ExportProblem& problem : state.problems) result->problems.push_back(std::move(problem));
  if (UsesMl(*proto)) {
    onnx::OperatorSetIdProto* ml = result->model.proto.add_opset_import();
    ml->set_domain("ai.onnx.ml");
    ml->set_version(2);
  }
}

void Rewrite(Graph& graph, const ExportOptions& options, bool nchw_inputs, bool nchw_outputs,
             ExportResult* result) {
  if (options.simplify) options.simplify(graph);
  LowerGraph(graph, options.opset, options.evaluator, &result->problems, &result->notes);
  if (options.clean) options.clean(graph);
  // What the clean-up found, like an activation, may again be no op of ONNX.
  LowerGraph(graph, options.opset, options.evaluator, &result->problems, &result->notes);
  CountIndicesFromEnd(graph);
  MergeConcats(graph);
  TurnLayout(graph, nchw_inputs, nchw_outputs, options.evaluator);
  if (options.precision == DType::kInt8) MoveIntoQuantised(graph, options.evaluator);
  if (options.clean) options.clean(graph);
}

// ONNX wants the number of dimensions of what goes in and comes out.
void RequireRanks(const std::vector<IoSpec>& specs, std::string_view what,
                  std::vector<ExportProblem>* problems) {
  for (const IoSpec& spec : specs) {
    if (spec.type.shape.has_rank()) continue;
    problems->push_back({spec.name,
                         std::string(what),
                         {spec.tensor},
                         "its number of dimensions is not known",
                         "fix the inputs' shapes with --input NAME=SHAPE"});
  }
}

void RequireNoComplex(const std::vector<IoSpec>& specs, std::string_view what,
                      std::vector<ExportProblem>* problems) {
  for (const IoSpec& spec : specs) {
    if (!IsComplex(spec.type.dtype)) continue;
    problems->push_back({spec.name,
                         std::string(what),
                         {spec.tensor},
                         "ONNX's operators take no complex numbers",
                         "take its real and imaginary parts in the model"});
  }
}

}  // namespace

ExportResult ExportOnnx(std::unique_ptr<Graph> graph, std::vector<IoSpec>* inputs,
                        std::vector<IoSpec>* outputs, const ExportOptions& options) {
  if (options.opset < 13 || options.opset > 17) {
    Throw(ErrorCode::kUsage, "opset {}: expected 13 to 17", options.opset);
  }
  ExportResult result;
  if (options.precision == DType::kInt8) {
    if (options.simplify) options.simplify(*graph);
    QuantiseFakes(*graph, options.evaluator, &result.notes);
  }
  SplitComplex(*graph, options.evaluator, &result.problems);
  Rewrite(*graph, options, options.nchw_inputs, options.nchw_outputs, &result);
  // What one round left can give the next one more to simplify; a graph that a file was read into has been
  // through them all, so that it is written as it was.
  for (size_t round = 1, nodes = 0; round < kMostRounds && nodes != graph->node_count(); ++round) {
    nodes = graph->node_count();
    Rewrite(*graph, options, /*nchw_inputs=*/false, /*nchw_outputs=*/false, &result);
  }
  if (IsFloat(options.precision) && options.precision != DType::kFloat32)
    NarrowFloats(*graph, options.precision, options.opset);
  if (options.simplify) JoinNormalizations(*graph);
  for (size_t i = 0; i < inputs->size(); ++i) (*inputs)[i].type = graph->value(graph->inputs()[i]).type;
  for (size_t i = 0; i < outputs->size(); ++i) (*outputs)[i].type = graph->value(graph->outputs()[i]).type;
  RequireRanks(*inputs, "input", &result.problems);
  RequireRanks(*outputs, "output", &result.problems);
  RequireNoComplex(*inputs, "input", &result.problems);
  RequireNoComplex(*outputs, "output", &result.problems);
  EmitModel(*graph, *inputs, *outputs, options, &result);
  result.transposes = FindTransposes(result.model.proto.graph());
  std::set<std::string> seen;
  std::erase_if(result.problems, [&](const ExportProblem& p) { return !seen.insert(p.node).second; });
  std::ranges::sort(result.notes);
  result.notes.erase(std::unique(result.notes.begin(), result.notes.end()), result.notes.end());
  return result;
}

}  // namespace floe
