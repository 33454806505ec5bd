#include <algorithm>
#include <map>
#include <vector>

#include "formats/utf.h"
#include "frontend/onnx/import.h"
#include "frontend/onnx/importer.h"
#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

using Key = std::pair<std::string_view, std::string_view>;  // domain, operation
using Rows = std::vector<const OnnxOpImporter*>;

std::map<Key, Rows> BuildTable() {
  std::map<Key, Rows> table;
  const std::span<const OnnxOpImporter> families[] = {
      OnnxElementwiseImporters(),  OnnxSourceImporters(),    OnnxConvolutionImporters(),
      OnnxPoolingImporters(),      OnnxLinearImporters(),    OnnxNormalizationImporters(),
      OnnxMovementImporters(),     OnnxSliceImporters(),     OnnxIndexingImporters(),
      OnnxReductionImporters(),    OnnxImageImporters(),     OnnxSamplingImporters(),
      OnnxQuantizationImporters(), OnnxRecurrentImporters(), OnnxControlFlowImporters(),
      OnnxLossImporters(),         OnnxSpectralImporters(),  OnnxRandomImporters(),
      OnnxUniqueImporters(),       OnnxTextImporters(),      OnnxTableImporters(),
      OnnxCol2ImImporters()};
  for (const std::span<const OnnxOpImporter> family : families)
    for (const OnnxOpImporter& row : family) table[{row.domain, row.op}].push_back(&row);
  return table;
}

const std::map<Key, Rows>& Table() {
  static const std::map<Key, Rows> table = BuildTable();
  return table;
}

const Rows* FindRows(const onnx::NodeProto& node) {
  const std::string domain = OnnxDomain(node.domain());
  const auto found = Table().find({domain, node.op_type()});
  return found == Table().end() ? nullptr : &found->second;
}

}  // namespace

bool IsSupportedOnnxOp(const onnx::NodeProto& node) {
  return FindRows(node) != nullptr;
}

const OnnxOpImporter& FindOnnxOp(const onnx::NodeProto& node, int64_t opset) {
  const Rows* rows = FindRows(node);
  if (rows == nullptr) throw ImportFailure{"the operation is not supported", OnnxRemedyFor(node)};
  int64_t first = INT64_MAX, last = 0;
  for (const OnnxOpImporter* row : *rows) {
    if (opset >= row->since && opset <= row->until) return *row;
    first = std::min(first, row->since);
    last = std::max(last, row->until);
  }
  throw ImportFailure{fmt::format("version {} of the operator set is not supported for it, expected {} to {}",
                                  opset, first, last),
                      "convert the model with onnx.version_converter"};
}

std::string OnnxRemedyFor(const onnx::NodeProto& node) {
  const std::string& op = node.op_type();
  if (op.find("Sequence") != std::string::npos || op.find("Optional") != std::string::npos)
    return "export the model without sequences and optionals, or feed its result with --input TENSOR";
  if (op == "Gradient" || op == "Adam" || op == "Adagrad" || op == "Momentum")
    return "export the model for inference, without its training";
  return "feed its result with --input TENSOR, or choose outputs before it with --output TENSOR";
}

std::vector<std::string> SupportedOnnxOps() {
  std::vector<std::string> ops;
  for (const auto& [key, rows] : Table())
    ops.push_back(std::string(key.first) + (key.first.empty() ? "" : ".") + std::string(key.second));
  std::sort(ops.begin(), ops.end());
  return ops;
}

}  // namespace floe
