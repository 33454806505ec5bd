#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

void Rewiring::Redirect(TensorRef from, std::string to_input) {
  tensors_[std::move(from)] = std::move(to_input);
}

void Rewiring::RedirectControl(std::string from_node, std::vector<std::string> to_nodes) {
  controls_[std::move(from_node)] = std::move(to_nodes);
}

std::string Rewiring::Follow(const std::string& input) const {
  std::string at = input;
  for (size_t steps = 0;; ++steps) {
    const auto next = tensors_.find(MustParseTensorRef(at).Own());
    if (next == tensors_.end()) return at;
    // A ring of redirections can only come from a cycle of the model, which is refused before.
    CHECK(steps <= tensors_.size(), "redirections of " + input + " go round");
    at = next->second;
  }
}

void Rewiring::FollowControl(const std::string& node, std::vector<std::string>& out) const {
  std::vector<std::string> pending = {node};
  std::unordered_set<std::string> seen;
  while (!pending.empty()) {
    std::string at = std::move(pending.back());
    pending.pop_back();
    if (!seen.insert(at).second) continue;
    const auto next = controls_.find(at);
    if (next == controls_.end()) {
      out.push_back(std::move(at));
      continue;
    }
    pending.insert(pending.end(), next->second.rbegin(), next->second.rend());
  }
}

void Rewiring::Apply(tf::GraphDef& graph) const {
  if (empty()) return;
  for (tf::NodeDef& node : *graph.mutable_node()) {
    std::vector<std::string> inputs;
    std::vector<std::string> controls;
    for (std::string& input : *node.mutable_input()) {
      if (input.starts_with('^')) {
        FollowControl(input.substr(1), controls);
      } else {
        inputs.push_back(Follow(input));
      }
    }
    std::unordered_set<std::string> seen;
    for (const std::string& control : controls) {
      if (control != node.name() && seen.insert(control).second) inputs.push_back("^" + control);
    }
    node.mutable_input()->Assign(inputs.begin(), inputs.end());
  }
}

}  // namespace floe
