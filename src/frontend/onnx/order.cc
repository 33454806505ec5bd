#include "frontend/onnx/order.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "formats/utf.h"
#include "frontend/onnx/scope.h"

namespace floe {
namespace {

std::unordered_map<std::string, int> Producers(const OnnxNodes& nodes) {
  std::unordered_map<std::string, int> producers;
  for (int i = 0; i < nodes.size(); ++i) {
    for (const std::string& output : nodes[i].output()) {
      if (output.empty()) continue;
      const auto [other, fresh] = producers.emplace(output, i);
      if (!fresh) {
        Throw(ErrorCode::kModel, "graph: tensor '{}' is defined by node '{}' and again by node '{}'",
              Printable(output), OnnxNodeName(nodes[other->second]), OnnxNodeName(nodes[i]));
      }
    }
  }
  return producers;
}

struct Frame {
  int node;
  std::vector<std::string> names;
  size_t next = 0;
};

}  // namespace

std::string OnnxNodeName(const onnx::NodeProto& node) {
  if (!node.name().empty()) return Printable(node.name());
  for (const std::string& output : node.output())
    if (!output.empty()) return Printable(output);
  return node.op_type();
}

std::vector<int> OnnxOrder(const OnnxNodes& nodes, const std::vector<std::string>& results,
                           const std::function<bool(const std::string&)>& known) {
  const std::unordered_map<std::string, int> producers = Producers(nodes);
  enum State : char { kNew, kOpen, kDone };
  std::vector<State> states(static_cast<size_t>(nodes.size()), kNew);
  std::vector<int> order;
  std::vector<Frame> stack;
  const auto enter = [&](const std::string& name) {
    if (name.empty() || known(name)) return;
    const auto found = producers.find(name);
    if (found == producers.end()) return;
    State& state = states[static_cast<size_t>(found->second)];
    if (state == kOpen) {
      Throw(ErrorCode::kModel, "graph: node '{}' is part of a cycle: tensor '{}' depends on itself",
            OnnxNodeName(nodes[found->second]), Printable(name));
    }
    if (state == kDone) return;
    state = kOpen;
    stack.push_back({found->second, NamesReadBy(nodes[found->second])});
  };
  for (const std::string& result : results) {
    enter(result);
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next < frame.names.size()) {
        const std::string name = frame.names[frame.next++];
        enter(name);
        continue;
      }
      states[static_cast<size_t>(frame.node)] = kDone;
      order.push_back(frame.node);
      stack.pop_back();
    }
  }
  // Exporters write nodes in a valid order: keep it where it is one.
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (const int node : sorted) {
    for (const std::string& name : NamesReadBy(nodes[node])) {
      const auto found = producers.find(name);
      if (found != producers.end() && !known(name) && found->second >= node) return order;
    }
  }
  return sorted;
}

}  // namespace floe
