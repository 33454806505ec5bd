#include "frontend/tensorflow/rewrite/function_graph.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

constexpr double kMaxNodes = 4e6;
constexpr double kMaxBytes = 16e9;
constexpr int kMaxDepth = 200;  // rewrites of bodies in bodies recurse

using Nodes = google::protobuf::RepeatedPtrField<tf::NodeDef>;
using Counts = std::map<std::string, int>;

struct Size {
  double nodes = 0;
  double bytes = 0;
};

class FunctionWalk {
 public:
  FunctionWalk(const WorkGraph& work, const FunctionMap& library) : work_(work), library_(library) {}

  // Functions that are needed, each behind those that it needs.
  std::vector<std::string> Order() {
    Reach();
    std::map<std::string, size_t> pending;
    std::map<std::string, std::vector<std::string>> users;
    std::vector<std::string> order;
    for (const auto& [name, needs] : needs_) {
      pending[name] = needs.size();
      if (needs.empty()) order.push_back(name);
      for (const auto& [need, count] : needs) users[need].push_back(name);
    }
    for (size_t next = 0; next < order.size(); ++next) {
      const std::string name = order[next];
      for (const std::string& user : users[name]) {
        if (--pending[user] == 0) order.push_back(user);
      }
    }
    if (order.size() != needs_.size()) FailOnRecursion(pending);
    return order;
  }

  // Throws if functions in functions go too deep; `order` is Order().
  void CheckDepth(const std::vector<std::string>& order) const {
    std::map<std::string, int> depths;
    for (const std::string& name : order) {
      int depth = 1;
      for (const auto& [need, count] : needs_.at(name)) depth = std::max(depth, depths[need] + 1);
      depths[name] = depth;
      if (depth > kMaxDepth) {
        Throw(ErrorCode::kModel, "function '{}': expected functions nested at most {} deep, found more", name,
              kMaxDepth);
      }
    }
  }

  Size Unfolded(const Nodes& nodes, const std::map<std::string, Size>& sizes) const {
    Size total;
    for (const tf::NodeDef& node : nodes) {
      total.nodes += 1;
      total.bytes += static_cast<double>(node.ByteSizeLong());
      const std::optional<tf::NameAttrList> called = CalledFunction(node, library_, work_.functions);
      if (!called || !sizes.contains(called->name())) continue;
      const Size& body = sizes.at(called->name());
      total.nodes += body.nodes;
      total.bytes += body.bytes + body.nodes * static_cast<double>(node.name().size() + 1);
    }
    return total;
  }

  const Nodes& NodesOf(const std::string& name) const {
    const auto body = work_.functions.find(name);
    return body != work_.functions.end() ? body->second.graph.node() : library_.at(name).node_def();
  }

 private:
  void Reach() {
    Counts roots;
    CountFunctionReferences(work_.main.graph.node(), library_, work_.functions, roots);
    for (const auto& [name, scope] : work_.functions) roots[name] = 1;
    std::vector<std::string> pending;
    for (const auto& [name, count] : roots) pending.push_back(name);
    while (!pending.empty()) {
      const std::string name = std::move(pending.back());
      pending.pop_back();
      if (needs_.contains(name) || !Exists(name)) continue;
      Counts& needs = needs_[name];
      CountFunctionReferences(NodesOf(name), library_, work_.functions, needs);
      std::erase_if(needs, [&](const auto& need) { return !Exists(need.first); });
      for (const auto& [need, count] : needs) pending.push_back(need);
    }
  }

  bool Exists(const std::string& name) const {
    return work_.functions.contains(name) || library_.contains(name);
  }

  [[noreturn]] void FailOnRecursion(const std::map<std::string, size_t>& pending) const {
    const auto stuck = [&](const std::string& name) { return pending.at(name) > 0; };
    std::string at;
    for (const auto& [name, count] : pending) {
      if (count > 0) at = name;
    }
    std::vector<std::string> walk;
    std::set<std::string> seen;
    while (seen.insert(at).second) {
      walk.push_back(at);
      for (const auto& [need, count] : needs_.at(at)) {
        if (stuck(need)) {
          at = need;
          break;
        }
      }
    }
    walk.erase(walk.begin(), std::ranges::find(walk, at));
    walk.push_back(at);
    if (walk.size() > 8) walk.resize(8);
    Throw(ErrorCode::kModel, "function '{}': expected functions that do not call themselves, found {}", at,
          JoinText(walk, " -> "));
  }

  const WorkGraph& work_;
  const FunctionMap& library_;
  std::map<std::string, Counts> needs_;
};

}  // namespace

std::optional<tf::NameAttrList> CalledFunction(const tf::NodeDef& node, const FunctionMap& library,
                                               const std::map<std::string, Scope>& bodies) {
  static const std::set<std::string_view> kCalls = {"PartitionedCall", "StatefulPartitionedCall",
                                                    "BatchFunction"};
  if (kCalls.contains(node.op())) {
    const tf::AttrValue* f = FindAttr(node, "f");
    if (f == nullptr || f->value_case() != tf::AttrValue::kFunc) {
      Throw(ErrorCode::kModel,
            "node '{}' ({}): expected the function to call in the attribute 'f', found none", node.name(),
            node.op());
    }
    return f->func();
  }
  if (!library.contains(node.op()) && !bodies.contains(node.op())) return std::nullopt;
  tf::NameAttrList called;
  called.set_name(node.op());
  *called.mutable_attr() = node.attr();
  return called;
}

void CountFunctionReferences(const Nodes& nodes, const FunctionMap& library,
                             const std::map<std::string, Scope>& bodies, Counts& counts) {
  for (const tf::NodeDef& node : nodes) {
    if (library.contains(node.op()) || bodies.contains(node.op())) ++counts[node.op()];
    ForEachFunction(node, [&](const tf::NameAttrList& function) { ++counts[function.name()]; });
  }
}

void PruneAndCheckFunctions(const WorkGraph& work, FunctionMap& library) {
  FunctionWalk walk(work, library);
  const std::vector<std::string> order = walk.Order();
  walk.CheckDepth(order);
  std::map<std::string, Size> sizes;
  for (const std::string& name : order) sizes[name] = walk.Unfolded(walk.NodesOf(name), sizes);
  Size total = walk.Unfolded(work.main.graph.node(), sizes);
  for (const auto& [name, size] : sizes) {
    total.nodes = std::max(total.nodes, size.nodes);
    total.bytes = std::max(total.bytes, size.bytes);
  }
  if (total.nodes > kMaxNodes || total.bytes > kMaxBytes) {
    Throw(ErrorCode::kModel,
          "graph: expected calls that unfold to at most {:.0f} nodes, found {:.3g} of {:.3g} bytes",
          kMaxNodes, total.nodes, total.bytes);
  }
  const std::set<std::string> needed(order.begin(), order.end());
  std::erase_if(library, [&](const auto& entry) { return !needed.contains(entry.first); });
}

}  // namespace floe
