#include "frontend/tensorflow/rewrite/graph_index.h"

#include <string>

#include "base/error.h"
#include "base/text.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"

namespace floe {
namespace {

bool ClosesLoop(const tf::NodeDef& node) {
  return node.op() == "NextIteration" || node.op() == "RefNextIteration";
}

std::string SuggestNode(const tf::GraphDef& graph, std::string_view name) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(graph.node_size()));
  for (const tf::NodeDef& node : graph.node()) names.push_back(node.name());
  return DidYouMean(name, names);
}

}  // namespace

GraphIndex::GraphIndex(const tf::GraphDef& graph, std::string_view subject)
    : graph_(&graph), subject_(subject) {
  IndexNames();
  IndexInputs();
  IndexConsumers();
}

int GraphIndex::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? -1 : found->second;
}

std::span<const GraphIndex::Input> GraphIndex::inputs(int node) const {
  const size_t i = static_cast<size_t>(node);
  return std::span(inputs_).subspan(static_cast<size_t>(input_begin_[i]),
                                    static_cast<size_t>(input_begin_[i + 1] - input_begin_[i]));
}

std::span<const GraphIndex::Consumer> GraphIndex::consumers(int node) const {
  const size_t i = static_cast<size_t>(node);
  return std::span(consumers_)
      .subspan(static_cast<size_t>(consumer_begin_[i]),
               static_cast<size_t>(consumer_begin_[i + 1] - consumer_begin_[i]));
}

void GraphIndex::IndexNames() {
  by_name_.reserve(static_cast<size_t>(size()));
  for (int i = 0; i < size(); ++i) {
    const std::string& name = node(i).name();
    if (name.empty())
      Throw(ErrorCode::kModel, "{}: expected named nodes, found a nameless {}", subject_, node(i).op());
    if (!by_name_.emplace(name, i).second) {
      Throw(ErrorCode::kModel, "{}: expected unique node names, found '{}' twice", subject_, name);
    }
  }
}

void GraphIndex::IndexInputs() {
  input_begin_.reserve(static_cast<size_t>(size()) + 1);
  for (int i = 0; i < size(); ++i) {
    input_begin_.push_back(static_cast<int>(inputs_.size()));
    for (const std::string& text : node(i).input()) {
      const std::optional<TensorRefView> ref = ParseTensorRef(text);
      if (!ref) {
        Throw(ErrorCode::kModel, "{}: node '{}' ({}): expected an input like 'node:0', found '{}'", subject_,
              node(i).name(), node(i).op(), text);
      }
      const int source = Find(ref->node);
      if (source < 0) {
        Throw(ErrorCode::kModel, "{}: node '{}' ({}) has the input '{}', but there is no such node{}",
              subject_, node(i).name(), node(i).op(), text, SuggestNode(*graph_, ref->node));
      }
      inputs_.push_back({source, ref->port});
    }
  }
  input_begin_.push_back(static_cast<int>(inputs_.size()));
}

void GraphIndex::IndexConsumers() {
  consumer_begin_.assign(static_cast<size_t>(size()) + 1, 0);
  for (const Input& input : inputs_) ++consumer_begin_[static_cast<size_t>(input.node) + 1];
  for (size_t i = 1; i < consumer_begin_.size(); ++i) consumer_begin_[i] += consumer_begin_[i - 1];
  consumers_.resize(inputs_.size());
  std::vector<int> next(consumer_begin_.begin(), consumer_begin_.end() - 1);
  for (int i = 0; i < size(); ++i) {
    int slot = 0;
    for (const Input& input : inputs(i)) {
      consumers_[static_cast<size_t>(next[static_cast<size_t>(input.node)]++)] = {i, slot++};
    }
  }
}

std::vector<int> GraphIndex::TopologicalOrder() const {
  std::vector<int> pending(static_cast<size_t>(size()), 0);
  for (int i = 0; i < size(); ++i) {
    for (const Input& input : inputs(i))
      pending[static_cast<size_t>(i)] += ClosesLoop(node(input.node)) ? 0 : 1;
  }
  std::vector<int> order;
  order.reserve(pending.size());
  for (int i = 0; i < size(); ++i) {
    if (pending[static_cast<size_t>(i)] == 0) order.push_back(i);
  }
  for (size_t next = 0; next < order.size(); ++next) {
    if (ClosesLoop(node(order[next]))) continue;
    for (const Consumer& consumer : consumers(order[next])) {
      if (--pending[static_cast<size_t>(consumer.node)] == 0) order.push_back(consumer.node);
    }
  }
  if (order.size() != pending.size()) FailOnCycle(pending);
  return order;
}

// Every pending node has a pending input, so walking backwards must come round.
void GraphIndex::FailOnCycle(const std::vector<int>& pending) const {
  int at = 0;
  while (pending[static_cast<size_t>(at)] == 0) ++at;
  std::vector<int> walk;
  std::vector<bool> seen(pending.size(), false);
  while (!seen[static_cast<size_t>(at)]) {
    seen[static_cast<size_t>(at)] = true;
    walk.push_back(at);
    for (const Input& input : inputs(at)) {
      if (pending[static_cast<size_t>(input.node)] > 0 && !ClosesLoop(node(input.node))) {
        at = input.node;
        break;
      }
    }
  }
  std::string names = "'" + node(at).name() + "'";
  size_t shown = 0;
  for (auto it = walk.rbegin(); it != walk.rend(); ++it) {
    if (++shown <= 8) names += " -> '" + node(*it).name() + "'";
    if (*it == at) break;
  }
  if (shown > 8) names += " ...";
  Throw(ErrorCode::kModel, "{}: expected loops only through NextIteration, found the cycle {}", subject_,
        names);
}

}  // namespace floe
