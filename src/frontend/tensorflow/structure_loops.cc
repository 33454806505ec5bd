// TensorFlow 1's loops. A loop is a frame: values come in through Enter; each loop variable has a Merge of
// Enter and NextIteration, a Switch on LoopCond that leads out (0, to Exit) or into the body (1, to
// NextIteration).
#include <algorithm>
#include <map>

#include "base/error.h"
#include "frontend/tensorflow/flat_graph.h"

namespace floe {
namespace {

bool IsOp(const FlatNode& node, std::string_view op) {
  if (node.kind != FlatNode::Kind::kOp) return false;
  const std::string_view name = node.op();
  return name == op || (name.starts_with("Ref") && name.substr(3) == op);
}

struct LoopVar {
  int enter = -1;
  int merge = -1;
  int next = -1;
  int exit = -1;
  int loop_switch = -1;
};

struct Frame {
  std::string name;
  int depth = 1;
  std::vector<int> enters;
};

class LoopStructurer {
 public:
  explicit LoopStructurer(FlatGraph& graph) : graph_(graph) {}

  void Run() {
    const bool any = std::any_of(graph_.nodes.begin(), graph_.nodes.end(),
                                 [](const FlatNode& node) { return IsOp(node, "Enter"); });
    if (any) {
      FindConsumers();
      FindFrames();
    }
    KeepPivotControls();
    std::vector<const Frame*> order;
    for (const auto& [name, frame] : frames_) order.push_back(&frame);
    std::stable_sort(order.begin(), order.end(),
                     [](const Frame* a, const Frame* b) { return a->depth > b->depth; });
    for (const Frame* frame : order) StructureFrame(*frame);
  }

 private:
  const FlatNode& node(int i) const { return graph_.nodes[static_cast<size_t>(i)]; }

  // A constant in a branch says so by a control input alone; no other control input means anything for
  // values.
  void KeepPivotControls() {
    for (FlatNode& n : graph_.nodes) {
      if (!n.inputs.empty()) n.controls.clear();
      std::erase_if(n.controls, [&](int control) { return !IsPivot(control); });
    }
  }

  bool IsPivot(int control) const {
    for (int steps = 0; steps < 64; ++steps) {
      const FlatNode& n = node(control);
      if (IsOp(n, "NoOp") && n.controls.size() == 1) {  // a lowered function's
        control = n.controls[0];
        continue;
      }
      if (n.inputs.empty()) return false;
      if (IsOp(n, "Switch")) return n.inputs.size() == 2 && !IsOp(node(n.inputs[1].node), "LoopCond");
      if (!IsOp(n, "Identity")) return false;
      control = n.inputs[0].node;
    }
    return false;
  }

  void FindConsumers() {
    consumers_.resize(graph_.nodes.size());
    for (size_t i = 0; i < graph_.nodes.size(); ++i)
      for (const FlatRef& ref : graph_.nodes[i].inputs)
        consumers_[static_cast<size_t>(ref.node)].push_back({static_cast<int>(i), ref.port});
  }

  static std::string FrameName(const FlatNode& enter) {
    const auto found = enter.def->attr().find("frame_name");
    if (found == enter.def->attr().end())
      Throw(ErrorCode::kModel, "node '{}' (Enter): attribute 'frame_name' is missing", enter.name());
    return found->second.s();
  }

  // Depths spread along the edges, the way back into a loop left out. A constant in a loop says where it is
  // by a control input alone, and a loop in it may start from constants only.
  void FindFrames() {
    std::vector<int> depth(graph_.nodes.size(), 0), waiting(graph_.nodes.size(), 0), ready;
    std::vector<std::vector<int>> after(graph_.nodes.size());
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const auto follows = [&](int source) {
        if (IsOp(node(source), "NextIteration")) return;
        after[static_cast<size_t>(source)].push_back(static_cast<int>(i));
        ++waiting[i];
      };
      for (const FlatRef& ref : graph_.nodes[i].inputs) follows(ref.node);
      for (const int control : graph_.nodes[i].controls) follows(control);
      if (waiting[i] == 0) ready.push_back(static_cast<int>(i));
    }
    while (!ready.empty()) {
      const int at = ready.back();
      ready.pop_back();
      const size_t i = static_cast<size_t>(at);
      if (IsOp(node(at), "Enter")) {
        Frame& frame = frames_[FrameName(node(at))];
        frame.depth = std::max(frame.depth, depth[i] + 1);
        frame.enters.push_back(at);
        ++depth[i];
      } else if (IsOp(node(at), "Exit")) {
        depth[i] = std::max(0, depth[i] - 1);
      }
      for (const int next : after[i]) {
        const size_t n = static_cast<size_t>(next);
        depth[n] = std::max(depth[n], depth[i]);
        if (--waiting[n] == 0) ready.push_back(next);
      }
    }
    for (auto& [name, frame] : frames_) {
      std::sort(frame.enters.begin(), frame.enters.end());
      frame.name = name;
    }
  }

  int FindConsumer(int from, int port, std::string_view op) const {
    for (const FlatRef& consumer : consumers_[static_cast<size_t>(from)])
      if (consumer.port == port && IsOp(node(consumer.node), op)) return consumer.node;
    return -1;
  }

  bool FindVar(int enter, LoopVar* var) const {
    var->enter = enter;
    var->merge = FindConsumer(enter, 0, "Merge");
    if (var->merge < 0) return false;
    for (const FlatRef& input : node(var->merge).inputs)
      if (IsOp(node(input.node), "NextIteration")) var->next = input.node;
    if (var->next < 0 || node(var->next).inputs.empty()) return false;
    for (const FlatRef& consumer : consumers_[static_cast<size_t>(var->merge)]) {
      const FlatNode& n = node(consumer.node);
      if (consumer.port == 0 && IsOp(n, "Switch") && n.inputs.size() == 2 &&
          IsOp(node(n.inputs[1].node), "LoopCond"))
        var->loop_switch = consumer.node;
    }
    if (var->loop_switch >= 0) var->exit = FindConsumer(var->loop_switch, 0, "Exit");
    return true;
  }

  void StructureFrame(const Frame& frame) {
    std::vector<LoopVar> vars;
    std::vector<int> constants;
    int loop_cond = -1;
    for (const int enter : frame.enters) {
      if (node(enter).inputs.empty()) continue;  // no result needs what comes in here
      if (node(enter).inputs.size() != 1)
        Throw(ErrorCode::kModel, "node '{}' (Enter): expected one input, found {}", node(enter).name(),
              node(enter).inputs.size());
      LoopVar var;
      if (FindVar(enter, &var)) {
        if (var.loop_switch >= 0) loop_cond = node(var.loop_switch).inputs[1].node;
        vars.push_back(var);
      } else {
        constants.push_back(enter);
      }
    }
    // A frame that nothing leaves is not part of any result.
    if (loop_cond < 0 || node(loop_cond).inputs.empty()) return;

    FlatNode loop{.kind = FlatNode::Kind::kWhile, .def = node(loop_cond).def};
    std::map<FlatRef, int> condition_args, body_args;
    for (size_t i = 0; i < vars.size(); ++i) {
      const int arg = static_cast<int>(i);
      loop.inputs.push_back(node(vars[i].enter).inputs[0]);
      condition_args[{vars[i].merge, 0}] = arg;
      body_args[{vars[i].merge, 0}] = arg;
      if (vars[i].loop_switch >= 0) body_args[{vars[i].loop_switch, 1}] = arg;
    }
    for (size_t i = 0; i < constants.size(); ++i) {
      const int arg = static_cast<int>(vars.size() + i);
      loop.inputs.push_back(node(constants[i]).inputs[0]);
      condition_args[{constants[i], 0}] = arg;
      body_args[{constants[i], 0}] = arg;
    }
    const auto resolver = [&](std::map<FlatRef, int>& args, std::map<FlatRef, int>& other) {
      return [this, &args, &other, &loop](FlatRef ref) {
        const auto found = args.find(ref);
        if (found != args.end()) return found->second;
        if (node(ref.node).kind != FlatNode::Kind::kArg) return -1;
        const int arg = static_cast<int>(loop.inputs.size());
        loop.inputs.push_back(ref);
        args[ref] = other[ref] = arg;
        return arg;
      };
    };
    const auto condition =
        SliceGraph(graph_, {node(loop_cond).inputs[0]}, resolver(condition_args, body_args));
    std::vector<FlatRef> results;
    for (const LoopVar& var : vars) results.push_back(node(var.next).inputs[0]);
    for (const int constant : constants) results.push_back({constant, 0});
    const auto body = SliceGraph(graph_, results, resolver(body_args, condition_args));
    const int total = static_cast<int>(loop.inputs.size());
    for (int arg = static_cast<int>(results.size()); arg < total; ++arg) {
      body->results.push_back({static_cast<int>(body->nodes.size()), 0});
      body->nodes.push_back({.kind = FlatNode::Kind::kArg, .arg = arg});
    }
    condition->args = body->args = total;
    loop.bodies = {condition, body};

    const int index = static_cast<int>(graph_.nodes.size());
    for (const FlatRef& input : loop.inputs)
      consumers_[static_cast<size_t>(input.node)].push_back({index, input.port});
    consumers_.emplace_back();
    graph_.nodes.push_back(std::move(loop));
    for (size_t i = 0; i < vars.size(); ++i) {
      if (vars[i].exit < 0) continue;
      FlatNode& exit = graph_.nodes[static_cast<size_t>(vars[i].exit)];
      exit.kind = FlatNode::Kind::kForward;
      exit.inputs = {{index, static_cast<int>(i)}};
    }
  }

  FlatGraph& graph_;
  std::vector<std::vector<FlatRef>> consumers_;  // of each node: consumer, and the port it reads
  std::map<std::string, Frame> frames_;
};

}  // namespace

void StructureLoops(FlatGraph& graph) {
  LoopStructurer(graph).Run();
}

}  // namespace floe
