#include "frontend/tensorflow/rewrite/lower_switch_n.h"

#include <map>

#include "base/error.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

class Lowering {
 public:
  explicit Lowering(Scope& scope) : scope_(scope), names_(scope.graph) {}

  void Run() {
    const int count = scope_.graph.node_size();
    std::vector<bool> keep(static_cast<size_t>(count), true);
    for (int i = 0; i < count; ++i) {
      const tf::NodeDef node = scope_.graph.node(i);
      if (node.op() == "_SwitchN") {
        LowerSwitch(node);
        keep[static_cast<size_t>(i)] = false;
      } else if (node.op() == "Merge" && DataInputCount(node) > 2) {
        LowerMerge(i);
      }
    }
    keep.resize(static_cast<size_t>(scope_.graph.node_size()), true);
    rewiring_.Apply(scope_.graph);
    KeepNodes(scope_.graph, keep);
  }

 private:
  // Whether the index is `branch`, a node made once.
  const std::string& Predicate(const std::string& index, int64_t branch) {
    std::string& name = predicates_[{index, branch}];
    if (!name.empty()) return name;
    const std::string base(MustParseTensorRef(index).node);
    const std::string number = names_.Take(base + "/branch");
    AddNode(scope_.graph, MakeConst(number, Tensor::FromValues<int32_t>({}, {static_cast<int32_t>(branch)})));
    tf::NodeDef equal;
    equal.set_name(name = names_.Take(base + "/is_branch"));
    equal.set_op("Equal");
    equal.add_input(index);
    equal.add_input(number);
    SetTypeAttr(equal, "T", tf::DT_INT32);
    AddNode(scope_.graph, std::move(equal));
    return name;
  }

  void LowerSwitch(const tf::NodeDef& node) {
    const int64_t outputs = IntAttr(node, "num_outs", 0);
    if (DataInputCount(node) != 2 || outputs < 1 || outputs > 4096)
      Throw(ErrorCode::kModel,
            "node '{}' (_SwitchN): expected 2 inputs and 1 to 4096 outputs, found {} and {}", node.name(),
            DataInputCount(node), outputs);
    const tf::DataType type = TypeAttr(node, "T");
    std::string rest = node.input(0);
    std::vector<std::string> made;
    for (int64_t k = 0; k + 1 < outputs; ++k) {
      tf::NodeDef part;
      part.set_name(names_.Take(node.name() + "/switch"));
      part.set_op("Switch");
      part.add_input(rest);
      part.add_input(Predicate(node.input(1), k));
      for (int i = 2; k == 0 && i < node.input_size(); ++i) part.add_input(node.input(i));
      SetTypeAttr(part, "T", type);
      made.push_back(part.name());
      rewiring_.Redirect({node.name(), static_cast<int>(k)}, part.name() + ":1");
      rest = part.name();
      AddNode(scope_.graph, std::move(part));
    }
    rewiring_.Redirect({node.name(), static_cast<int>(outputs) - 1}, rest);
    rewiring_.RedirectControl(node.name(), made);
  }

  void LowerMerge(int place) {
    const tf::NodeDef merge = scope_.graph.node(place);
    const int count = DataInputCount(merge);
    std::string rest = merge.input(count - 1);
    for (int i = count - 2; i > 0; --i) {
      tf::NodeDef part;
      part.set_name(names_.Take(merge.name() + "/merge"));
      part.set_op("Merge");
      part.add_input(merge.input(i));
      part.add_input(rest);
      SetTypeAttr(part, "T", TypeAttr(merge, "T"));
      SetIntAttr(part, "N", 2);
      rest = part.name();
      AddNode(scope_.graph, std::move(part));
    }
    tf::NodeDef& last = *scope_.graph.mutable_node(place);
    last.clear_input();
    last.add_input(merge.input(0));
    last.add_input(rest);
    for (int i = count; i < merge.input_size(); ++i) last.add_input(merge.input(i));
    SetIntAttr(last, "N", 2);
  }

  Scope& scope_;
  NameSet names_;
  Rewiring rewiring_;
  std::map<std::pair<std::string, int64_t>, std::string> predicates_;
};

}  // namespace

void LowerSwitchN(Scope& scope) {
  for (const tf::NodeDef& node : scope.graph.node()) {
    if (node.op() == "_SwitchN") return Lowering(scope).Run();
  }
}

}  // namespace floe
