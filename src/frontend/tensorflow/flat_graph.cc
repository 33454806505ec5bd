#include "frontend/tensorflow/flat_graph.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "formats/tensorflow/op_defs.h"

namespace floe {
namespace {

const std::string& EmptyText() {
  static const std::string empty;
  return empty;
}

using NameIndex = std::unordered_map<std::string_view, int>;

struct PortText {
  std::string_view node;
  std::string_view output;  // of "node:output:0"
  int port = 0;
};

PortText SplitInput(std::string_view text, std::string_view reader) {
  PortText result;
  const size_t colon = text.find(':');
  result.node = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    std::string_view rest = text.substr(colon + 1);
    const size_t second = rest.find(':');
    if (second != std::string_view::npos) {
      result.output = rest.substr(0, second);
      rest = rest.substr(second + 1);
    }
    const std::optional<int64_t> port = ParseInt(rest);
    if (!port && second == std::string_view::npos && !rest.empty()) {
      result.output = rest;
    } else if (!port || *port < 0 || *port > 1000000) {
      Throw(ErrorCode::kModel, "node '{}': input '{}' is not the name of a tensor", reader, text);
    } else {
      result.port = static_cast<int>(*port);
    }
  }
  return result;
}

int FindNode(const NameIndex& names, std::string_view wanted, std::string_view reader) {
  const auto found = names.find(wanted);
  if (found == names.end())
    Throw(ErrorCode::kModel, "node '{}': its input '{}' is not in the graph", reader, wanted);
  return found->second;
}

void AddName(NameIndex& names, std::string_view name, int index) {
  if (name.empty()) Throw(ErrorCode::kModel, "graph: node {} has no name", index);
  if (!names.emplace(name, index).second)
    Throw(ErrorCode::kModel, "node '{}': another node has the same name", name);
}

FlatRef FunctionRef(const FlatGraph& graph, const NameIndex& names, std::string_view text,
                    std::string_view reader) {
  const PortText input = SplitInput(text, reader);
  FlatRef ref{FindNode(names, input.node, reader), input.port};
  const tf::NodeDef* producer = graph.nodes[ref.node].def;
  if (producer == nullptr || input.output.empty()) return ref;
  const TfOpDef* def = FindOpDef(producer->op());
  if (def == nullptr) return ref;
  const std::optional<PortRange> range = OutputRange(*def, *producer, input.output);
  if (!range)
    Throw(ErrorCode::kModel, "node '{}': {} '{}' has no output '{}'", reader, producer->op(),
          producer->name(), input.output);
  ref.port += range->first;
  return ref;
}

}  // namespace

const std::string& FlatNode::op() const {
  return def == nullptr ? EmptyText() : def->op();
}
const std::string& FlatNode::name() const {
  return def == nullptr ? EmptyText() : def->name();
}

FlatGraph FlattenGraph(const tf::GraphDef& graph) {
  FlatGraph flat;
  flat.nodes.resize(graph.node_size());
  NameIndex names;
  names.reserve(graph.node_size());
  for (int i = 0; i < graph.node_size(); ++i) AddName(names, graph.node(i).name(), i);
  for (int i = 0; i < graph.node_size(); ++i) {
    const tf::NodeDef& def = graph.node(i);
    FlatNode& node = flat.nodes[i];
    node.def = &def;
    for (const std::string& text : def.input()) {
      if (!text.empty() && text[0] == '^') {
        node.controls.push_back(FindNode(names, std::string_view(text).substr(1), def.name()));
        continue;
      }
      const PortText input = SplitInput(text, def.name());
      node.inputs.push_back({FindNode(names, input.node, def.name()), input.port});
    }
  }
  return flat;
}

FlatGraph FlattenFunctionBody(const tf::FunctionDef& function) {
  FlatGraph flat;
  flat.prefix = function.signature().name() + "/";
  NameIndex names;
  for (const tf::OpDef::ArgDef& arg : function.signature().input_arg()) {
    AddName(names, arg.name(), static_cast<int>(flat.nodes.size()));
    flat.nodes.push_back({.kind = FlatNode::Kind::kArg, .arg = flat.args++});
  }
  for (const tf::NodeDef& def : function.node_def()) {
    AddName(names, def.name(), static_cast<int>(flat.nodes.size()));
    flat.nodes.push_back({.def = &def});
  }
  for (FlatNode& node : flat.nodes) {
    if (node.def == nullptr) continue;
    for (const std::string& text : node.def->input()) {
      if (!text.empty() && text[0] == '^')
        node.controls.push_back(FindNode(names, std::string_view(text).substr(1), node.name()));
      else
        node.inputs.push_back(FunctionRef(flat, names, text, node.name()));
    }
  }
  for (const tf::OpDef::ArgDef& result : function.signature().output_arg()) {
    const auto found = function.ret().find(result.name());
    if (found == function.ret().end())
      Throw(ErrorCode::kModel, "function '{}': nothing gives its result '{}'", function.signature().name(),
            result.name());
    flat.results.push_back(FunctionRef(flat, names, found->second, function.signature().name()));
  }
  for (const auto& [name, node] : function.control_ret())
    flat.last.push_back(FindNode(names, node, function.signature().name()));
  return flat;
}

FlatRef FindTensor(const FlatGraph& graph, std::string_view name) {
  const PortText wanted = SplitInput(name, name);
  std::vector<std::string> candidates;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].name() == wanted.node) return {static_cast<int>(i), wanted.port};
    candidates.push_back(graph.nodes[i].name());
  }
  Throw(ErrorCode::kModel, "tensor '{}' is not in the graph{}", name, DidYouMean(wanted.node, candidates));
}

std::vector<int> FlatGraph::Order(const std::vector<FlatRef>& roots, bool with_controls) const {
  enum : char { kNew, kOpen, kDone };
  std::vector<char> state(nodes.size(), kNew);
  std::vector<int> order;
  struct Frame {
    int node;
    size_t next;
  };
  std::vector<Frame> stack;
  for (const FlatRef& root : roots) {
    if (root.node < 0 || state[root.node] != kNew) continue;
    stack.push_back({root.node, 0});
    state[root.node] = kOpen;
    while (!stack.empty()) {
      Frame& frame = stack.back();
      const FlatNode& node = nodes[frame.node];
      const size_t edges = node.inputs.size() + (with_controls ? node.controls.size() : 0);
      if (frame.next == edges) {
        state[frame.node] = kDone;
        order.push_back(frame.node);
        stack.pop_back();
        continue;
      }
      const size_t edge = frame.next++;
      const int input =
          edge < node.inputs.size() ? node.inputs[edge].node : node.controls[edge - node.inputs.size()];
      if (state[input] == kOpen)
        Throw(ErrorCode::kModel, "{} '{}': the node depends on itself, through '{}'", nodes[input].op(),
              nodes[input].name(), node.name());
      if (state[input] == kNew) {
        state[input] = kOpen;
        stack.push_back({input, 0});
      }
    }
  }
  return order;
}

std::shared_ptr<FlatGraph> SliceGraph(const FlatGraph& graph, const std::vector<FlatRef>& roots,
                                      const std::function<int(FlatRef)>& resolve) {
  auto slice = std::make_shared<FlatGraph>();
  slice->prefix = graph.prefix;
  std::unordered_map<int, int> copies;     // node of the graph to node of the slice
  std::unordered_map<int, int> arguments;  // argument to node of the slice
  std::vector<int> pending;
  const auto copy_of = [&](int node) {
    const auto [found, fresh] = copies.emplace(node, static_cast<int>(slice->nodes.size()));
    if (fresh) {
      slice->nodes.push_back(graph.nodes[static_cast<size_t>(node)]);
      pending.push_back(node);
    }
    return found->second;
  };
  const auto map = [&](FlatRef ref) -> FlatRef {
    const int arg = resolve(ref);
    if (arg < 0) return {copy_of(ref.node), ref.port};
    const auto [found, fresh] = arguments.emplace(arg, static_cast<int>(slice->nodes.size()));
    if (fresh) slice->nodes.push_back({.kind = FlatNode::Kind::kArg, .arg = arg});
    slice->args = std::max(slice->args, arg + 1);
    return {found->second, 0};
  };
  for (const FlatRef& root : roots) slice->results.push_back(map(root));
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    const size_t copy = static_cast<size_t>(copies.at(node));
    for (size_t i = 0; i < slice->nodes[copy].inputs.size(); ++i) {
      const FlatRef mapped = map(graph.nodes[static_cast<size_t>(node)].inputs[i]);
      slice->nodes[copy].inputs[i] = mapped;
    }
    for (size_t i = 0; i < slice->nodes[copy].controls.size(); ++i) {
      const int mapped = copy_of(graph.nodes[static_cast<size_t>(node)].controls[i]);
      slice->nodes[copy].controls[i] = mapped;
    }
  }
  return slice;
}

}  // namespace floe
