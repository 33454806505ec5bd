// What lies behind a node that cannot be imported is imported all the same, from stand-ins of the right
// types, so that one run finds everything that is wrong with a model.
#include <algorithm>

#include "base/error.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/op_defs.h"
#include "frontend/tensorflow/importer.h"

namespace floe {
namespace {

// The functions that an attribute of the node names.
std::vector<std::string> FunctionsOf(const tf::NodeDef& def) {
  std::vector<std::string> names;
  for (const char* attr : {"f", "then_branch", "else_branch", "cond", "body", "branches"}) {
    const auto found = def.attr().find(attr);
    if (found == def.attr().end()) continue;
    if (found->second.has_func()) names.push_back(found->second.func().name());
    for (const tf::NameAttrList& function : found->second.list().func()) names.push_back(function.name());
  }
  return names;
}

std::vector<tf::DataType> OutputTypesOf(const FlatNode& node) {
  // Loops and branches of TensorFlow 1 carry one of the nodes that they were made from.
  const TfOpDef* op_def = node.kind == FlatNode::Kind::kOp ? FindOpDef(node.op()) : nullptr;
  if (op_def == nullptr) return {};
  try {
    return OutputTypes(*op_def, *node.def);
  } catch (const Error&) {
    return {};  // an attribute is wrong, which is reported where the node is
  }
}

}  // namespace

std::shared_ptr<const StandIn> Importer::MakeStandIn(Builder& builder, TensorType type,
                                                     const std::string& name) const {
  auto out = std::make_shared<StandIn>(StandIn{std::move(type), kNoValue});
  if (&builder.graph() == main_)
    out->value = builder.graph().AddInput(builder.graph().UniqueName(name), out->type);
  return out;
}

Importer::Slots Importer::StandInsFor(const FlatNode& node, Builder& builder, const std::string& blame) {
  Slots out;
  for (const tf::DataType type : OutputTypesOf(node)) {
    const std::optional<DType> dtype = DTypeFromTf(RemoveRef(type));
    out.push_back(
        Slot::Poison(blame, dtype ? MakeStandIn(builder, {*dtype, Shape()}, node.name()) : nullptr));
  }
  if (out.empty()) out.push_back(Slot::Poison(blame));
  return out;
}

Importer::Slots Importer::ImportBehind(const FlatGraph& scope, const FlatNode& node, Builder& builder,
                                       const Slots& inputs, const std::string& blame) {
  const std::string because = "not reached because of '" + blame + "'";
  const bool calls =
      node.kind != FlatNode::Kind::kOp || IsCallable(node.op()) || library_.contains(node.op());
  if (calls || IsTableOp(node.op())) {
    Report(scope, node, NodeStatus::kNotReached, because);
    if (calls) VisitBodies(node, inputs);
    return StandInsFor(node, builder, blame);
  }
  if (FindOpImporter(node.op()) == nullptr) {
    Report(scope, node, NodeStatus::kUnsupported, "the operation is not supported", RemedyFor(node.op()));
    return StandInsFor(node, builder, blame);
  }
  const bool typed = std::all_of(inputs.begin(), inputs.end(),
                                 [](const Slot& s) { return !s.is_poison() || s.stand_in != nullptr; });
  builder.SetSource(scope.prefix + node.name());
  try {
    Slots outputs = typed ? ImportFromStandIns(node, builder, inputs) : Slots();
    Report(scope, node, NodeStatus::kNotReached, because);
    if (outputs.empty()) return StandInsFor(node, builder, blame);
    for (size_t port = 0; port < outputs.size(); ++port) {
      outputs[port].blame = blame;
      const StandIn* stand_in = outputs[port].stand_in.get();
      if (stand_in == nullptr || stand_in->value == kNoValue) continue;
      builder.graph().value(stand_in->value).sources.push_back(builder.source() + ":" + std::to_string(port));
    }
    return outputs;
  } catch (const ImportFailure& failure) {
    if (failure.unknown)
      Report(scope, node, NodeStatus::kNotReached, because);
    else
      Report(scope, node, NodeStatus::kUnsupported, failure.reason, failure.remedy);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel) throw;
    Report(scope, node, NodeStatus::kUnsupported, error.what());
  }
  return StandInsFor(node, builder, blame);
}

Importer::Slots Importer::ImportFromStandIns(const FlatNode& node, Builder& builder, const Slots& inputs) {
  Slots real = inputs;
  for (Slot& slot : real) {
    if (!slot.is_poison()) continue;
    const bool here = &builder.graph() == main_ && slot.stand_in->value != kNoValue;
    slot = Slot::Of(
        here ? slot.stand_in->value
             : builder.graph().AddInput(builder.graph().UniqueName("stand_in"), slot.stand_in->type));
  }
  Slots outputs = ImportOp(node, builder, std::move(real));
  for (Slot& slot : outputs) {
    if (!slot.is_tensor()) {
      slot = Slot::Poison("");
      continue;
    }
    auto stand_in = std::make_shared<StandIn>(StandIn{builder.type(slot.value), kNoValue});
    if (&builder.graph() == main_) stand_in->value = slot.value;
    slot = Slot::Poison("", std::move(stand_in));
  }
  return outputs;
}

// Reports what is in branches and loops whose arguments are not there.
void Importer::VisitBodies(const FlatNode& node, const Slots& inputs) {
  std::vector<const FlatGraph*> bodies;
  for (const std::shared_ptr<FlatGraph>& body : node.bodies) bodies.push_back(body.get());
  std::vector<std::string> functions;
  if (node.kind == FlatNode::Kind::kOp)
    functions = library_.contains(node.op()) ? std::vector{node.op()} : FunctionsOf(*node.def);
  const std::string blame =
      std::find_if(inputs.begin(), inputs.end(), [](const Slot& s) { return s.is_poison(); })->blame;
  const auto visit = [&](const FlatGraph& body) {
    Graph scratch;
    Builder builder(scratch, evaluator_);
    builder.SetSurvey(true);
    try {
      ImportScope(body, builder, Slots(static_cast<size_t>(body.args), Slot::Poison(blame)));
    } catch (const ImportFailure&) {
      // Depth and missing functions are the business of the run that reaches them.
    }
  };
  for (const FlatGraph* body : bodies) visit(*body);
  for (const std::string& name : functions) {
    if (!library_.contains(name) || std::find(active_.begin(), active_.end(), name) != active_.end())
      continue;
    active_.push_back(name);
    visit(Function(name));
    active_.pop_back();
  }
}

}  // namespace floe
