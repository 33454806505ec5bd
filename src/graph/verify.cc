#include "graph/verify.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/error.h"
#include "graph/infer.h"

namespace floe {
namespace {

std::string Subject(const Node& node) {
  return fmt::format("{} '{}'", OpName(node.op), node.name);
}

bool Agree(const TensorType& a, const TensorType& b) {
  const bool dtypes = a.dtype == b.dtype || a.dtype == DType::kInvalid || b.dtype == DType::kInvalid;
  return dtypes && MergeShapes(a.shape, b.shape).has_value();
}

std::vector<InferredValue> InputsOf(const Graph& graph, const Node& node) {
  std::vector<InferredValue> inputs;
  for (const ValueId in : node.inputs) {
    if (in == kNoValue) {
      inputs.push_back({{}, nullptr, {}, false});
    } else {
      const Value& v = graph.value(in);
      inputs.push_back({v.type, v.is_constant() ? &v.constant : nullptr, v.elements, true});
    }
  }
  return inputs;
}

// Inputs of bodies that take a node's inputs one to one. Loop-carried ones are wider: left out.
void CheckBodyTypes(const Graph& graph, const Node& node, ErrorCode code) {
  const size_t skipped = IsOp<If>(node.op) ? 1 : 0;
  const Loop* loop = OpCast<Loop>(node.op);
  for (const auto& body : node.bodies) {
    for (size_t i = loop != nullptr ? 2 : 0; i < body->inputs().size(); ++i) {
      const ValueId outer = node.inputs[i + skipped];
      if (outer == kNoValue) continue;
      const bool carried = loop != nullptr && i < 2 + static_cast<size_t>(loop->carried);
      TensorType inner = body->value(body->inputs()[i]).type;
      if (carried) inner.shape = {};
      if (!Agree(graph.value(outer).type, inner)) {
        Throw(code, "{}: input '{}' of its body is {}, outside it is {}", Subject(node),
              body->value(body->inputs()[i]).name, inner.ToString(), graph.value(outer).type.ToString());
      }
    }
    CheckTypes(*body, code);
  }
}

void VerifyValue(const Graph& graph, ValueId id) {
  const Value& v = graph.value(id);
  CHECK(!v.name.empty() && graph.FindValue(v.name) == id, "name '" + v.name + "'");
  if (v.producer != kNoNode) {
    const Node& from = graph.node(v.producer);
    CHECK(!from.removed, "'" + v.name + "' comes from a removed node");
    const auto at = static_cast<size_t>(v.output_index);
    CHECK(at < from.outputs.size() && from.outputs[at] == id,
          "'" + v.name + "' is not its producer's output");
    CHECK(!v.is_constant() && !graph.IsInput(id), "'" + v.name + "' has two origins");
  } else {
    CHECK(v.is_constant() != graph.IsInput(id), "'" + v.name + "' has no origin, or two");
  }
  if (v.is_constant()) {
    CHECK(v.type.dtype == v.constant.dtype() && v.type.shape == Shape::Of(v.constant.dims()),
          "constant '" + v.name + "' is not of its type");
  }
  if (v.elements) {
    CHECK(v.type.shape.rank() <= 1 && v.type.shape.ElementCount() == static_cast<int64_t>(v.elements->size()),
          "contents of '" + v.name + "' do not fit its type");
  }
}

void VerifyLinks(const Graph& graph) {
  std::map<std::pair<ValueId, NodeId>, int> uses;
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Value& v = graph.value(node.outputs[i]);
      CHECK(!v.removed && v.producer == id && v.output_index == static_cast<int>(i),
            Subject(node) + " and its output '" + v.name + "' disagree");
    }
    for (const ValueId in : node.inputs) {
      if (in == kNoValue) continue;
      CHECK(!graph.value(in).removed, Subject(node) + " uses a removed value");
      ++uses[{in, id}];
    }
    for (const auto& body : node.bodies) {
      CHECK(body != nullptr, Subject(node));
      VerifyGraph(*body);
    }
  }
  for (const ValueId id : graph.Values()) {
    VerifyValue(graph, id);
    for (const NodeId user : graph.value(id).users) --uses[{id, user}];
  }
  for (const auto& [use, count] : uses) {
    CHECK(count == 0, "the users of '" + graph.value(use.first).name + "' are listed wrong");
  }
}

}  // namespace

void CheckTypes(const Graph& graph, ErrorCode code) {
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    std::vector<InferredValue> outputs;
    try {
      outputs = InferOutputs(node.op, InputsOf(graph, node), node.bodies, node.outputs.size(), Subject(node));
    } catch (const Error& e) {
      throw Error(code, e.what());
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Value& v = graph.value(node.outputs[i]);
      if (Agree(v.type, outputs[i].type)) continue;
      Throw(code, "{}: output '{}' is stored as {}, its inputs give {}", Subject(node), v.name,
            v.type.ToString(), outputs[i].type.ToString());
    }
    CheckBodyTypes(graph, node, code);
  }
}

void VerifyGraph(const Graph& graph) {
  for (const ValueId id : graph.inputs()) CHECK(!graph.value(id).removed, "a removed input");
  for (const ValueId id : graph.outputs()) CHECK(!graph.value(id).removed, "a removed output");
  std::vector<ValueId> inputs = graph.inputs();
  std::ranges::sort(inputs);
  CHECK(std::ranges::adjacent_find(inputs) == inputs.end(), "an input is listed twice");
  try {
    VerifyLinks(graph);
    CheckTypes(graph, ErrorCode::kModel);
  } catch (const Error& e) {
    CHECK(false, e.what());
  }
}

}  // namespace floe
