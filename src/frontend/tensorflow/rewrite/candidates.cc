#include "frontend/tensorflow/rewrite/candidates.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

#include "base/text.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/op_defs.h"
#include "frontend/tensorflow/rewrite/cut.h"
#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/resolve.h"

namespace floe {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool IsPlaceholder(const tf::NodeDef& node) {
  return node.op() == "Placeholder" || node.op() == "PlaceholderV2" || node.op() == "PlaceholderWithDefault";
}

// Where data enters that no feed names: input pipelines and queues.
bool IsPipeline(const tf::NodeDef& node) {
  return node.op() == "IteratorGetNext" || node.op().starts_with("QueueDequeue") ||
         node.op().starts_with("ReaderRead");
}

// Training, saving and logging; what depends on them is no output either.
bool IsLeftoverOp(std::string_view op) {
  static const std::set<std::string_view> kOps = {"NoOp",
                                                  "Assert",
                                                  "Print",
                                                  "PrintV2",
                                                  "SaveV2",
                                                  "Save",
                                                  "SaveSlices",
                                                  "RestoreV2",
                                                  "Restore",
                                                  "RestoreSlice",
                                                  "MergeV2Checkpoints",
                                                  "ShardedFilename",
                                                  "L2Loss",
                                                  "SoftmaxCrossEntropyWithLogits",
                                                  "SparseSoftmaxCrossEntropyWithLogits",
                                                  "BroadcastGradientArgs",
                                                  "InTopK",
                                                  "InTopKV2",
                                                  "MergeSummary",
                                                  "ShapeN",
                                                  "InitializeTable",
                                                  "InitializeTableV2",
                                                  "InitializeTableFromTextFile",
                                                  "InitializeTableFromTextFileV2",
                                                  "LookupTableImport",
                                                  "LookupTableImportV2",
                                                  "_Retval"};
  static constexpr std::array<std::string_view, 5> kPrefixes = {"Assign", "Apply", "ResourceApply",
                                                                "SparseApply", "Queue"};
  static constexpr std::array<std::string_view, 5> kSuffixes = {"Grad", "GradV2", "Summary", "SummaryV2",
                                                                "Dataset"};
  if (kOps.contains(op) || op.find("Backprop") != std::string_view::npos)
    return op != "Conv2DBackpropInput" && op != "Conv3DBackpropInputV2";
  if (op.starts_with("QueueDequeue")) return false;
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return op.starts_with(prefix); }) ||
         std::ranges::any_of(kSuffixes, [&](std::string_view suffix) { return op.ends_with(suffix); });
}

// Leftovers that a graph for inference may have as well do not count.
bool IsTrainingOp(std::string_view op) {
  static const std::set<std::string_view> kHarmless = {"NoOp",    "Assert", "Print",
                                                       "PrintV2", "ShapeN", "_Retval"};
  return IsLeftoverOp(op) && !kHarmless.contains(op) && !op.starts_with("InitializeTable") &&
         !op.starts_with("LookupTableImport");
}

bool IsLeftoverName(const std::string& name) {
  static const std::set<std::string_view> kParts = {"gradients",
                                                    "save",
                                                    "train",
                                                    "optimizer",
                                                    "adam",
                                                    "momentum",
                                                    "rmsprop",
                                                    "loss",
                                                    "losses",
                                                    "accuracy",
                                                    "metrics",
                                                    "summaries",
                                                    "summary",
                                                    "init",
                                                    "initializer",
                                                    "cross_entropy",
                                                    "report_uninitialized_variables"};
  const std::string lower = Lower(name);
  for (std::string_view part : SplitText(lower, '/')) {
    // "loss_1" is the second "loss".
    const size_t suffix = part.rfind('_');
    if (suffix != std::string_view::npos && ParseInt(part.substr(suffix + 1))) part = part.substr(0, suffix);
    if (kParts.contains(part) || part.ends_with("_loss")) return true;
    if (part.find("cross_entropy") != std::string_view::npos) return true;
  }
  return false;
}

// Some call their last layer "loss".
bool GivesProbabilities(const tf::NodeDef& node) {
  return node.op() == "Softmax" || node.op() == "LogSoftmax" || node.op() == "Sigmoid";
}

bool IsLoss(const tf::NodeDef& node) {
  if (GivesProbabilities(node)) return false;
  const std::string name = Lower(node.op() + "/" + node.name());
  return name.find("loss") != std::string::npos || name.find("cross_entropy") != std::string::npos ||
         name.find("crossentropy") != std::string::npos;
}

double Arithmetic(std::string_view op) {
  static const std::set<std::string_view> kHeavy = {"Conv2D",
                                                    "Conv3D",
                                                    "DepthwiseConv2dNative",
                                                    "MatMul",
                                                    "BatchMatMul",
                                                    "BatchMatMulV2",
                                                    "BatchMatMulV3",
                                                    "Conv2DBackpropInput",
                                                    "Conv3DBackpropInputV2",
                                                    "Einsum",
                                                    "LSTMBlockCell",
                                                    "BlockLSTM",
                                                    "FusedConv2D",
                                                    "_FusedConv2D",
                                                    "_FusedMatMul",
                                                    "QuantizedConv2D",
                                                    "PartitionedCall",
                                                    "StatefulPartitionedCall"};
  if (kHeavy.contains(op)) return 1;
  return 0;
}

double NameBonus(const std::string& name) {
  static constexpr std::array<std::string_view, 9> kWords = {"softmax", "predictions", "prediction",
                                                             "logits",  "output",      "probabilities",
                                                             "scores",  "detection",   "final_result"};
  const std::string lower = Lower(name);
  for (const std::string_view word : kWords) {
    if (lower.find(word) != std::string::npos) return 1;
  }
  return 0;
}

class StructureGuess {
 public:
  explicit StructureGuess(const tf::GraphDef& graph) : graph_(graph), ops_(graph.library()), index_(graph) {
    const size_t size = static_cast<size_t>(index_.size());
    forward_.assign(size, false);
    work_.assign(size, 0);
    Walk();
  }

  std::vector<Candidate> Outputs() const {
    struct Ranked {
      double score;
      int node;
      bool sink;
    };
    std::vector<Ranked> sinks;
    for (int i = 0; i < index_.size(); ++i) {
      if (!forward_[static_cast<size_t>(i)] || IsPlaceholder(index_.node(i)) || IsPipeline(index_.node(i)))
        continue;
      const bool read = std::ranges::any_of(index_.consumers(i), [&](const GraphIndex::Consumer& consumer) {
        return forward_[static_cast<size_t>(consumer.node)] &&
               index_.inputs(consumer.node)[static_cast<size_t>(consumer.slot)].port >= 0;
      });
      if ((read && !FeedsLoss(i)) || IsPivot(i) || SaysBranchTaken(i) || OnlyChecked(i) ||
          OutputCount(index_.node(i)) == 0)
        continue;
      // What a loop leaves that nothing reads was its state.
      const double state = index_.node(i).op().ends_with("Exit") && !read ? 0.125 : 0;
      const double names = 0.5 * NameBonus(index_.node(i).name()) + (FeedsLoss(i) ? 0.25 : 0) - state;
      sinks.push_back({work_[static_cast<size_t>(i)] + names, i, !read});
    }
    std::ranges::stable_sort(sinks, std::ranges::greater(), &Ranked::score);
    std::vector<Candidate> out;
    const bool layers = !sinks.empty() && work_[static_cast<size_t>(sinks[0].node)] > 0;
    for (const Ranked& ranked : sinks) {
      out.push_back(Describe(ranked.node));
      out.back().sink = ranked.sink;
      out.back().best =
          out.size() == 1 || (!trained_ && (work_[static_cast<size_t>(ranked.node)] > 0 || !layers));
    }
    return out;
  }

 private:
  // Forward: computed from what is fed, and not for training. Work: heavy operations on the longest way
  // there.
  void Walk() {
    std::vector<int> pending;
    for (int i = 0; i < index_.size(); ++i) {
      if (IsPlaceholder(index_.node(i)) || IsPipeline(index_.node(i))) pending.push_back(i);
    }
    for (int i = 0; pending.empty() && i < index_.size(); ++i) pending.push_back(i);
    while (!pending.empty()) {
      const int i = pending.back();
      pending.pop_back();
      const tf::NodeDef& node = index_.node(i);
      const bool leftover = IsLeftover(node) && !GivesProbabilities(node);
      if (forward_[static_cast<size_t>(i)] || leftover || IsLogged(i)) continue;
      forward_[static_cast<size_t>(i)] = true;
      for (const GraphIndex::Consumer& consumer : index_.consumers(i)) {
        if (index_.inputs(consumer.node)[static_cast<size_t>(consumer.slot)].port >= 0)
          pending.push_back(consumer.node);
      }
    }
    const std::vector<int> order = index_.TopologicalOrder();
    for (const int i : order) trained_ = trained_ || IsTrainingOp(index_.node(i).op());
    // What a loop's body does counts behind the loop: once more for each loop that follows another.
    constexpr int kMostLoops = 16;
    bool changed = true;
    for (int n = 0; changed && n < kMostLoops; ++n) {
      changed = false;
      for (const int i : order) {
        const double work = WorkBefore(i) + Arithmetic(index_.node(i).op());
        changed = changed || work != work_[static_cast<size_t>(i)];
        work_[static_cast<size_t>(i)] = work;
      }
    }
  }

  double WorkBefore(int i) const {
    double work = 0;
    for (const GraphIndex::Input& input : index_.inputs(i)) {
      const bool next_round = index_.node(input.node).op().ends_with("NextIteration");
      if (input.port >= 0 && !next_round) work = std::max(work, work_[static_cast<size_t>(input.node)]);
    }
    if (!index_.node(i).op().ends_with("Exit")) return work;
    // Exit of Switch of Merge of what the next round begins with.
    int merge = i;
    for (int step = 0; step < 2 && !index_.inputs(merge).empty(); ++step)
      merge = index_.inputs(merge)[0].node;
    for (const GraphIndex::Input& input : index_.inputs(merge)) {
      if (index_.node(input.node).op().ends_with("NextIteration"))
        work = std::max(work, work_[static_cast<size_t>(input.node)]);
    }
    return work;
  }

  static bool IsLeftover(const tf::NodeDef& node) {
    return IsLeftoverOp(node.op()) || (IsLeftoverName(node.name()) && !IsPlaceholder(node));
  }

  // A loss or metric, whatever its name.
  bool IsLogged(int i) const {
    return std::ranges::any_of(index_.consumers(i), [&](const GraphIndex::Consumer& consumer) {
      return index_.node(consumer.node).op() == "ScalarSummary";
    });
  }

  // What a loss compares with the labels: the network's result, even if metrics read it, too.
  bool FeedsLoss(int i) const {
    return work_[static_cast<size_t>(i)] > 0 &&
           std::ranges::any_of(index_.consumers(i), [&](const GraphIndex::Consumer& consumer) {
             const tf::NodeDef& node = index_.node(consumer.node);
             return index_.inputs(consumer.node)[static_cast<size_t>(consumer.slot)].port >= 0 &&
                    IsLoss(node) && node.name().find("gradients") == std::string::npos &&
                    node.op() != "Shape";
           });
  }

  // The condition of an Assert.
  bool OnlyChecked(int i) const {
    return !index_.consumers(i).empty() &&
           std::ranges::all_of(index_.consumers(i), [&](const GraphIndex::Consumer& consumer) {
             return index_.node(consumer.node).op() == "Assert";
           });
  }

  // In a branch of TensorFlow 1, what only says that it is taken.
  bool IsPivot(int i) const {
    const tf::NodeDef& node = index_.node(i);
    return node.op() == "Identity" && !index_.inputs(i).empty() &&
           index_.node(index_.inputs(i)[0].node).op() == "Switch" && !index_.consumers(i).empty();
  }

  // The Merge that TensorFlow 2's lowering of If adds so that others can wait for the branch.
  bool SaysBranchTaken(int i) const {
    return index_.node(i).op() == "Merge" &&
           std::ranges::all_of(index_.inputs(i), [&](const GraphIndex::Input& input) {
             if (input.port < 0) return true;
             if (!IsPivot(input.node)) return false;
             const auto& condition = index_.inputs(index_.inputs(input.node)[0].node);
             return condition.size() > 1 && condition[0].node == condition[1].node;
           });
  }

  int OutputCount(const tf::NodeDef& node) const {
    const TfOpDef* def = ops_.Find(node.op());
    return def == nullptr ? 1 : static_cast<int>(OutputTypes(*def, node).size());
  }

  Candidate Describe(int i) const {
    const tf::NodeDef& node = index_.node(i);
    Candidate candidate;
    candidate.name = node.name();
    candidate.tensor = {node.name(), 0};
    if (const TfOpDef* def = ops_.Find(node.op())) candidate.type = RemoveRef(OutputTypes(*def, node)[0]);
    candidate.dims = KnownDims(node, 0, graph_.versions().producer());
    const int heavy = static_cast<int>(work_[static_cast<size_t>(i)]);
    candidate.why = heavy > 0 ? "sink behind " + std::to_string(heavy) + (heavy == 1 ? " layer" : " layers") +
                                    " with weights"
                              : "sink of the graph";
    if (FeedsLoss(i))
      candidate.why =
          "what the loss is computed from, behind " + std::to_string(heavy) + " layers with weights";
    if (NameBonus(node.name()) > 0) candidate.why += ", with a telling name";
    return candidate;
  }

  const tf::GraphDef& graph_;
  OpTable ops_;
  GraphIndex index_;
  std::vector<bool> forward_;
  std::vector<double> work_;
  bool trained_ = false;  // the graph has what training and saving need
};

std::vector<Candidate> FromSignature(const std::vector<SignatureTensor>& tensors, const std::string& why) {
  std::vector<Candidate> out;
  for (const SignatureTensor& tensor : tensors) {
    out.push_back({.name = tensor.key,
                   .tensor = tensor.tensor,
                   .type = tensor.type,
                   .dims = tensor.dims,
                   .best = true,
                   .why = why});
  }
  return out;
}

// Placeholders above the given outputs.
std::vector<Candidate> PlaceholdersOf(const tf::GraphDef& graph, const std::vector<Candidate>& outputs) {
  const GraphIndex index(graph);
  std::vector<bool> seen(static_cast<size_t>(index.size()), false);
  std::vector<int> pending;
  for (const Candidate& output : outputs) pending.push_back(index.Find(output.tensor.node));
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (node < 0 || seen[static_cast<size_t>(node)]) continue;
    seen[static_cast<size_t>(node)] = true;
    for (const GraphIndex::Input& input : index.inputs(node)) {
      if (input.port >= 0) pending.push_back(input.node);
    }
  }
  std::vector<Candidate> out;
  for (int i = 0; i < index.size(); ++i) {
    const tf::NodeDef& node = index.node(i);
    if (!seen[static_cast<size_t>(i)] || (!IsPlaceholder(node) && !IsPipeline(node))) continue;
    Candidate candidate;
    candidate.name = node.name();
    candidate.tensor = {node.name(), 0};
    candidate.type = TypeAttr(node, "dtype");
    candidate.dims = KnownDims(node, 0, graph.versions().producer());
    candidate.why = IsPipeline(node)                        ? "end of the input pipeline (" + node.op() + ")"
                    : node.op() == "PlaceholderWithDefault" ? "placeholder with a default"
                                                            : "placeholder";
    out.push_back(std::move(candidate));
  }
  return out;
}

}  // namespace

std::vector<Candidate> OutputsByStructure(const tf::GraphDef& graph) {
  return StructureGuess(graph).Outputs();
}

Candidates FindCandidates(const TensorFlowModel& model, const std::string& signature) {
  Candidates candidates;
  if (const tf::SignatureDef* chosen = ChooseSignature(model, signature)) {
    candidates.inputs = FromSignature(SignatureInputs(*chosen), "signature");
    candidates.outputs = FromSignature(SignatureOutputs(*chosen), "signature");
    candidates.from_signature = !candidates.outputs.empty();
    if (candidates.from_signature) return candidates;
  }
  candidates.outputs = OutputsByStructure(model.graph);
  std::vector<Candidate> first(candidates.outputs.begin(),
                               candidates.outputs.begin() + (candidates.outputs.empty() ? 0 : 1));
  std::vector<Candidate> placeholders =
      PlaceholdersOf(model.graph, first.empty() ? candidates.outputs : first);
  if (candidates.inputs.empty()) candidates.inputs = std::move(placeholders);
  return candidates;
}

}  // namespace floe
