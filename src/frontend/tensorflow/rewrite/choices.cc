#include "frontend/tensorflow/rewrite/choices.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "frontend/tensorflow/rewrite/candidates.h"

namespace floe {
namespace {

// True if `name` may be a node of the body that `call` stands for.
bool Inside(const std::string& name, const tf::NodeDef& call) {
  return name.size() > call.name().size() + 1 && name.starts_with(call.name()) &&
         name[call.name().size()] == '/';
}

ResolvedTensor ByDefault(const std::string& name, tf::DataType type, const PartialDims& dims,
                         const char* why) {
  ResolvedTensor output;
  output.name = name;
  output.type = type;
  output.dims = dims;
  output.why = why;
  return output;
}

std::string ListOf(const std::vector<Candidate>& candidates) {
  std::string text;
  for (size_t i = 0; i < candidates.size() && i < 8; ++i) {
    text += (i > 0 ? ", '" : "'") + candidates[i].name + "' (" + candidates[i].why + ")";
  }
  if (candidates.size() > 8) text += " and " + std::to_string(candidates.size() - 8) + " more";
  return text;
}

}  // namespace

Choices::Choices(const TensorFlowModel& model, const Selection& selection) : selection_(selection) {
  if (const tf::SignatureDef* signature = ChooseSignature(model, selection.signature)) {
    signature_inputs_ = SignatureInputs(*signature);
    signature_outputs_ = SignatureOutputs(*signature);
  }
  ChooseOutputs(model, selection);
  for (const InputChoice& input : selection.inputs) inputs_.push_back({input.name, std::nullopt});
  for (const SetChoice& set : selection.sets) sets_.push_back({set.name, std::nullopt});
  ResolveIn(model.graph, /*last=*/false);
}

void Choices::ChooseOutputs(const TensorFlowModel& model, const Selection& selection) {
  for (const std::string& name : selection.outputs) {
    ResolvedTensor output{.name = name, .why = "given"};
    for (const SignatureTensor& tensor : signature_outputs_) {
      if (tensor.key == name) output.dims = tensor.dims;
    }
    outputs_.push_back(std::move(output));
  }
  if (!outputs_.empty()) return;
  for (const SignatureTensor& tensor : signature_outputs_) {
    outputs_.push_back(ByDefault(tensor.key, tensor.type, tensor.dims, "signature"));
  }
  if (!outputs_.empty()) return;
  if (const std::vector<std::string> names = SignatureNames(model);
      names.size() > 1 && selection.signature.empty()) {
    Throw(ErrorCode::kUsage, "{}: expected one signature to be chosen by --signature, found '{}'", model.path,
          JoinText(names, "', '"));
  }
  const std::vector<Candidate> sinks = OutputsByStructure(model.graph);
  if (sinks.empty()) {
    Throw(ErrorCode::kUsage,
          "{}: expected an output, found none that is computed from an input; choose one by --output NAME",
          model.path);
  }
  const auto is_sink = [](const Candidate& candidate) { return candidate.sink; };
  if (sinks.size() > 1 && std::ranges::count_if(sinks, is_sink) != 1) {
    Throw(ErrorCode::kUsage, "{}: expected one output, found {}; choose by --output NAME among {}",
          model.path, sinks.size(), ListOf(sinks));
  }
  const Candidate& single = sinks.size() == 1 ? sinks[0] : *std::ranges::find_if(sinks, is_sink);
  outputs_.push_back(ByDefault(single.name, single.type, single.dims, "the single sink"));
}

void Choices::ResolveIn(const tf::GraphDef& graph, bool last) {
  const auto resolve = [&](const char* role, const std::string& name,
                           const std::vector<SignatureTensor>& keys) {
    std::optional<TensorRef> tensor = ResolveName(name, keys, graph);
    if (tensor) return tensor;
    const bool maybe_inside = !last && std::ranges::any_of(graph.node(), [&](const tf::NodeDef& node) {
      return Inside(name, node);
    });
    if (!maybe_inside) FailOnName(role, name, keys, graph);
    return tensor;
  };
  for (ResolvedTensor& output : outputs_) {
    if (!output.tensor.node.empty()) continue;
    output.tensor = resolve("output", output.name, signature_outputs_).value_or(TensorRef());
  }
  for (Named& input : inputs_) {
    if (!input.tensor) input.tensor = resolve("input", input.name, signature_inputs_);
  }
  for (Named& set : sets_) {
    if (!set.tensor) set.tensor = resolve("set", set.name, signature_inputs_);
  }
}

std::vector<std::string> Choices::Roots(const tf::GraphDef& graph) const {
  std::set<std::string> roots;
  std::vector<std::string> inner;
  for (const ResolvedTensor& output : outputs_) {
    if (output.tensor.node.empty()) {
      inner.push_back(output.name);
    } else {
      roots.insert(output.tensor.node);
    }
  }
  for (const std::vector<Named>* list : {&inputs_, &sets_}) {
    for (const Named& named : *list) {
      if (named.tensor) {
        roots.insert(named.tensor->node);
      } else {
        inner.push_back(named.name);
      }
    }
  }
  for (const SignatureTensor& input : signature_inputs_) roots.insert(input.tensor.node);
  for (const tf::NodeDef& node : graph.node()) {
    if (std::ranges::any_of(inner, [&](const std::string& name) { return Inside(name, node); }))
      roots.insert(node.name());
  }
  return {roots.begin(), roots.end()};
}

std::unordered_set<std::string> Choices::named_nodes() const {
  std::unordered_set<std::string> nodes;
  for (const ResolvedTensor& output : outputs_) nodes.insert(output.tensor.node);
  for (const std::vector<Named>* list : {&inputs_, &sets_}) {
    for (const Named& named : *list) {
      if (named.tensor) nodes.insert(named.tensor->node);
    }
  }
  nodes.erase("");
  return nodes;
}

void Choices::ResolveRest(const WorkGraph& work) {
  ResolveIn(work.main.graph, /*last=*/true);
  CheckPorts(work);
  std::set<TensorRef> seen;
  for (const Named& input : inputs_) {
    if (!seen.insert(*input.tensor).second) {
      Throw(ErrorCode::kUsage, "input '{}': the tensor '{}' is given twice", input.name,
            input.tensor->Tensor());
    }
  }
  for (const Named& set : sets_) {
    if (!seen.insert(*set.tensor).second) {
      Throw(ErrorCode::kUsage, "set '{}': the tensor '{}' is an input or set already", set.name,
            set.tensor->Tensor());
    }
  }
}

void Choices::CheckPorts(const WorkGraph& work) const {
  const auto check = [&](const char* role, const std::string& name, const TensorRef& ref) {
    const auto& nodes = work.main.graph.node();
    const auto node = std::ranges::find(
        nodes, ref.node, [](const tf::NodeDef& each) -> const std::string& { return each.name(); });
    const int count = work.ops.OutputCount(*node);
    if (count >= 0 && ref.port >= count) {
      Throw(ErrorCode::kUsage, "{} '{}': expected a tensor, but node '{}' ({}) has {} outputs", role, name,
            ref.node, node->op(), count);
    }
  };
  for (const ResolvedTensor& output : outputs_) check("output", output.name, output.tensor);
  for (const Named& input : inputs_) check("input", input.name, *input.tensor);
  for (const Named& set : sets_) check("set", set.name, *set.tensor);
}

std::vector<TensorRef> Choices::output_refs() const {
  std::vector<TensorRef> refs;
  for (const ResolvedTensor& output : outputs_) refs.push_back(output.tensor);
  return refs;
}

std::vector<std::pair<TensorRef, SetChoice>> Choices::sets() const {
  std::vector<std::pair<TensorRef, SetChoice>> out;
  for (size_t i = 0; i < sets_.size(); ++i) out.emplace_back(*sets_[i].tensor, selection_.sets[i]);
  return out;
}

std::vector<Cut> Choices::Cuts(const tf::GraphDef& graph) const {
  std::unordered_set<std::string> nodes;
  for (const tf::NodeDef& node : graph.node()) nodes.insert(node.name());
  std::vector<Cut> cuts;
  std::set<TensorRef> taken;
  for (const Named& set : sets_) taken.insert(*set.tensor);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    taken.insert(*inputs_[i].tensor);
    cuts.push_back(
        {.given = inputs_[i].name, .tensor = *inputs_[i].tensor, .dims = selection_.inputs[i].dims});
    for (const SignatureTensor& tensor : signature_inputs_) {
      if (tensor.tensor == cuts.back().tensor) cuts.back().known_dims = tensor.dims;
    }
  }
  for (const SignatureTensor& tensor : signature_inputs_) {
    if (!nodes.contains(tensor.tensor.node) || !taken.insert(tensor.tensor).second) continue;
    cuts.push_back({.given = tensor.key, .tensor = tensor.tensor, .known_dims = tensor.dims});
  }
  return cuts;
}

std::string Choices::WhyInput(const std::string& name) const {
  for (const Named& input : inputs_) {
    if (input.name == name) return "given";
  }
  return "signature";
}

}  // namespace floe
