#include <algorithm>
#include <map>

#include "frontend/tensorflow/import.h"
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

std::map<std::string_view, const OpImporter*> BuildTable() {
  std::map<std::string_view, const OpImporter*> table;
  const std::span<const OpImporter> families[] = {
      SourceImporters(),      ElementwiseImporters(),   MathImporters(),          ConvolutionImporters(),
      PoolingImporters(),     NormalizationImporters(), MovementImporters(),      SliceImporters(),
      ShapeImporters(),       DiagonalImporters(),      IndexingImporters(),      ReductionImporters(),
      SegmentImporters(),     SparseImporters(),        RaggedImporters(),        ImageImporters(),
      DetectionImporters(),   QuantizationImporters(),  SpectralImporters(),      RandomImporters(),
      RecurrentImporters(),   StringImporters(),        LookupImporters(),        TensorListImporters(),
      TensorArrayImporters(), DecodingImporters(),      LinearAlgebraImporters(), SparseMathImporters(),
      TextImporters(),        AudioImporters(),         GradientImporters(),      CrossingImporters(),
      ProjectionImporters(),  EinsumImporters(),        ExampleImporters(),       PictureImporters(),
      QuantizedImporters(),   CountImporters(),         SetImporters(),           CudnnImporters()};
  for (const std::span<const OpImporter> family : families)
    for (const OpImporter& row : family) table.emplace(row.op, &row);
  return table;
}

const std::map<std::string_view, const OpImporter*>& Table() {
  static const std::map<std::string_view, const OpImporter*> table = BuildTable();
  return table;
}

struct RemedyRow {
  std::string_view part;  // of the operation's name
  std::string_view remedy;
};
constexpr RemedyRow kRemedies[] = {
    {"Iterator", "feed what the iterator gives: --input NODE"},
    {"Queue", "feed what the queue gives: --input NODE"},
    {"Dataset", "feed what the data set gives: --input NODE"},
    {"Variable", "supply the variables' values: --checkpoint PREFIX"},
    {"VarHandleOp", "supply the variables' values: --checkpoint PREFIX"},
    {"Restore", "supply the variables' values: --checkpoint PREFIX"},
    {"Decode", "feed the decoded picture: --input NODE"},
    {"ReadFile", "feed what the file holds: --input NODE"},
    {"Grad", "choose outputs that are not part of the training: --output NODE"},
    {"Apply", "choose outputs that are not part of the training: --output NODE"},
    {"PyFunc", "replace the Python function, or feed its result: --input NODE"},
    {"Switch", "give its condition a value: --set NODE=VALUE"},
    {"Merge", "give the condition of its branches a value: --set NODE=VALUE"},
};

}  // namespace

const OpImporter* FindOpImporter(std::string_view op) {
  const auto found = Table().find(op);
  return found == Table().end() ? nullptr : found->second;
}

std::vector<std::string> SupportedTensorFlowOps() {
  std::vector<std::string> ops;
  for (const auto& [name, row] : Table()) ops.emplace_back(name);
  for (const char* op : {"Case",
                         "HashTable",
                         "HashTableV2",
                         "MutableHashTable",
                         "MutableHashTableV2",
                         "Enter",
                         "Exit",
                         "If",
                         "LoopCond",
                         "Merge",
                         "NextIteration",
                         "PartitionedCall",
                         "Placeholder",
                         "PlaceholderV2",
                         "StatefulPartitionedCall",
                         "StatelessCase",
                         "StatelessIf",
                         "StatelessWhile",
                         "Switch",
                         "While"})
    ops.emplace_back(op);
  std::sort(ops.begin(), ops.end());
  return ops;
}

std::string RemedyFor(const std::string& op) {
  for (const RemedyRow& row : kRemedies)
    if (op.find(row.part) != std::string::npos) return std::string(row.remedy);
  return "feed its result with --input NODE, or choose outputs before it with --output NODE";
}

}  // namespace floe
