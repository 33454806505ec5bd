// A Selection against a model: which tensors are meant. Names inside of functions can only be found after
// inlining.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_CHOICES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_CHOICES_H_

#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "frontend/tensorflow/rewrite/cut.h"
#include "frontend/tensorflow/rewrite/prepare.h"
#include "frontend/tensorflow/rewrite/resolve.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

class Choices {
 public:
  // Chooses signature and default outputs, resolves what names nodes of the graph. Throws Error(kUsage): an
  // unknown name that cannot be inside of a call either, no output chosen where there are several (listing
  // them).
  Choices(const TensorFlowModel& model, const Selection& selection);

  // Nodes that have to run for the outputs, and calls in which inner names may be.
  std::vector<std::string> Roots(const tf::GraphDef& graph) const;
  // Every node that a name resolved to so far: it has to keep its name.
  std::unordered_set<std::string> named_nodes() const;

  // After inlining: the names that are left, and that every output port exists. Throws Error(kUsage).
  void ResolveRest(const WorkGraph& work);

  std::vector<TensorRef> output_refs() const;
  const std::vector<ResolvedTensor>& outputs() const { return outputs_; }
  std::vector<std::pair<TensorRef, SetChoice>> sets() const;
  // Given inputs, then the signature's that are left: not set, and in the graph still.
  std::vector<Cut> Cuts(const tf::GraphDef& graph) const;
  std::string WhyInput(const std::string& name) const;  // "given" or "signature"

 private:
  struct Named {
    std::string name;
    std::optional<TensorRef> tensor;
  };
  void ChooseOutputs(const TensorFlowModel& model, const Selection& selection);
  void ResolveIn(const tf::GraphDef& graph, bool last);
  void CheckPorts(const WorkGraph& work) const;

  Selection selection_;
  std::vector<SignatureTensor> signature_inputs_;
  std::vector<SignatureTensor> signature_outputs_;
  std::vector<ResolvedTensor> outputs_;  // tensor.node is empty until resolved
  std::vector<Named> inputs_;
  std::vector<Named> sets_;
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_CHOICES_H_
