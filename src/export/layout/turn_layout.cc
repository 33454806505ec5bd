#include "export/layout/turn_layout.h"

#include <algorithm>
#include <map>
#include <set>

#include "export/layout/image_roles.h"
#include "export/layout/min_cut.h"

namespace floe {
namespace {

// A transpose counts more than any size; of equally many the smaller ones win; one that is a reshape hardly
// counts.
constexpr int64_t kTranspose = int64_t{1} << 24;

int64_t TurnCost(const Shape& shape) {
  const size_t rank = shape.rank();
  const auto is_one = [](const Dim& d) { return d.known() && d.value() == 1; };
  const bool no_pixels = std::all_of(shape.dims().begin() + 1, shape.dims().end() - 1, is_one);
  if (no_pixels || is_one(shape[rank - 1])) return 1;
  return kTranspose + std::min<int64_t>(shape.ElementCount().value_or(0) / 64, kTranspose / 4);
}

Shape Permuted(const Shape& shape, const Ints& perm) {
  std::vector<Dim> dims;
  for (const int64_t p : perm) dims.push_back(shape[static_cast<size_t>(p)]);
  return Shape(std::move(dims));
}

class Turner {
 public:
  Turner(Graph& graph, bool first_inputs, bool first_outputs, const Evaluator* evaluator)
      : graph_(graph),
        first_inputs_(first_inputs),
        first_outputs_(first_outputs),
        builder_(graph, evaluator) {}

  void Run() {
    order_ = graph_.Order();
    bool any = first_inputs_ || first_outputs_;
    for (const NodeId id : order_) {
      roles_[id] = RoleOf(graph_, id);
      any |= roles_[id].order == Order::kFirst;
    }
    if (!any) return;
    Decide();
    for (const ValueId input : graph_.inputs()) TurnInput(input);
    for (const NodeId id : order_) Apply(id);
    std::vector<ValueId> outputs = graph_.outputs();
    for (ValueId& out : outputs) out = InOrder(out, first_outputs_ && IsImage(graph_.value(out).type.shape));
    graph_.SetOutputs(std::move(outputs));
  }

 private:
  // Fills first_nodes_ by a minimum cut: what is with the source has channels last.
  void Decide() {
    MinCut cut;
    std::map<NodeId, int> variable;
    for (const NodeId id : order_) {
      const Order order = roles_[id].order;
      variable[id] = order == Order::kLast    ? MinCut::kSource
                     : order == Order::kFirst ? MinCut::kSink
                                              : cut.AddNode();
    }
    for (const ValueId value : graph_.Values()) {
      const Value& v = graph_.value(value);
      if (v.is_constant() || !IsImage(v.type.shape)) continue;
      std::vector<int> members;
      if (v.producer != kNoNode) {
        members.push_back(Follows(roles_[v.producer].outputs, static_cast<size_t>(v.output_index))
                              ? variable[v.producer]
                              : MinCut::kSource);
      } else {
        members.push_back(first_inputs_ ? MinCut::kSink : MinCut::kSource);
      }
      for (const NodeId user : v.users) AddUser(value, user, variable[user], &members);
      if (graph_.IsOutput(value)) members.push_back(first_outputs_ ? MinCut::kSink : MinCut::kSource);
      std::ranges::sort(members);
      members.erase(std::unique(members.begin(), members.end()), members.end());
      if (members.size() > 1) cut.AddHyperedge(members, TurnCost(v.type.shape));
    }
    const std::vector<bool> first = cut.Solve();
    for (const auto& [id, at] : variable) {
      if (roles_[id].order != Order::kLast && first[static_cast<size_t>(at)]) first_nodes_.insert(id);
    }
  }

  static bool Follows(const std::vector<size_t>& list, size_t i) {
    return std::ranges::find(list, i) != list.end();
  }

  void AddUser(ValueId value, NodeId user, int variable, std::vector<int>* members) {
    if (IsShapeQuery(user)) return;
    const Node& node = graph_.node(user);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == value)
        members->push_back(Follows(roles_[user].inputs, i) ? variable : MinCut::kSource);
    }
  }

  // Asks for the size of an image in whatever order it has.
  bool IsShapeQuery(NodeId id) const {
    return IsOp<ShapeOf>(graph_.node(id).op) || IsOp<SizeOf>(graph_.node(id).op);
  }

  void TurnInput(ValueId input) {
    Value& value = graph_.value(input);
    if (!first_inputs_ || !IsImage(value.type.shape)) return;
    value.type.shape = Permuted(value.type.shape, ToFirst(value.type.shape.rank()));
    first_values_.insert(input);
  }

  // The value with its channels first or last: itself, or a transpose made once.
  ValueId InOrder(ValueId value, bool first) {
    if (value == kNoValue || first_values_.contains(value) == first) return value;
    if (!IsImage(graph_.value(value).type.shape)) return value;
    const auto [at, is_new] = turned_.try_emplace(value, kNoValue);
    if (is_new) {
      const size_t rank = graph_.value(value).type.shape.rank();
      if (const Tensor* constant = ConstantOf(graph_, value)) {
        at->second = graph_.AddConstant(graph_.value(value).name, PermuteTensor(*constant, ToFirst(rank)));
        first_values_.insert(at->second);
        return at->second;
      }
      at->second = graph_.Add(Transpose{first ? ToFirst(rank) : ToLast(rank)}, {value},
                              {.name = graph_.value(value).name + (first ? "/nchw" : "/nhwc")});
    }
    return at->second;
  }

  void Apply(NodeId id) {
    const bool first = first_nodes_.contains(id);
    const ImageRole& role = roles_[id];
    if (IsShapeQuery(id)) return ApplyShape(id);
    for (size_t i = 0; i < graph_.node(id).inputs.size(); ++i) {
      const ValueId in = graph_.node(id).inputs[i];
      const ValueId wanted = InOrder(in, first && Follows(role.inputs, i));
      if (wanted != in) graph_.SetInput(id, i, wanted);
    }
    if (!first) return;
    TurnNode(graph_, id, role, builder_);
    std::vector<TensorType> types;
    for (const ValueId out : graph_.node(id).outputs) types.push_back(graph_.value(out).type);
    graph_.Reinfer(id);
    for (size_t i = 0; i < types.size(); ++i) {
      // What was known of the type from elsewhere stays known.
      Value& out = graph_.value(graph_.node(id).outputs[i]);
      const bool turned = Follows(role.outputs, i);
      const Shape before = turned ? Permuted(types[i].shape, ToFirst(types[i].shape.rank())) : types[i].shape;
      if (const auto both = MergeShapes(before, out.type.shape)) out.type.shape = *both;
      if (turned) first_values_.insert(graph_.node(id).outputs[i]);
    }
  }

  // shape(x) = the shape of x with channels first, its dimensions put back in order.
  void ApplyShape(NodeId id) {
    const ValueId x = graph_.node(id).inputs[0];
    if (!first_values_.contains(x) || IsOp<SizeOf>(graph_.node(id).op)) return;
    builder_.SetSource(graph_.node(id).name, graph_.node(id).sources);
    const ValueId old = graph_.node(id).outputs[0];
    const ValueId shape = builder_.Add(graph_.node(id).op, {x});
    graph_.ReplaceUses(
        old, builder_.Add(Gather{}, {shape, builder_.Int64s(ToLast(graph_.value(x).type.shape.rank()))}));
  }

  Graph& graph_;
  const bool first_inputs_, first_outputs_;
  Builder builder_;
  std::vector<NodeId> order_;
  std::map<NodeId, ImageRole> roles_;
  std::set<NodeId> first_nodes_;
  std::set<ValueId> first_values_;
  std::map<ValueId, ValueId> turned_;
};

}  // namespace

void TurnLayout(Graph& graph, bool nchw_inputs, bool nchw_outputs, const Evaluator* evaluator) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) TurnLayout(*body, false, false, evaluator);
  }
  Turner(graph, nchw_inputs, nchw_outputs, evaluator).Run();
  graph.RemoveDeadNodes();
}

}  // namespace floe
