#include "graph/captures.h"

namespace floe {

ValueId Captures::Take(const Graph& around, ValueId outer, Graph& body) {
  const auto found = inner_.find(outer);
  if (found != inner_.end()) return found->second;
  const Value& value = around.value(outer);
  ValueId inner = kNoValue;
  if (value.is_constant()) {
    inner = body.AddConstant(body.UniqueName(value.name), value.constant);
  } else {
    inner = body.AddInput(body.UniqueName(value.name), value.type);
    body.value(inner).elements = value.elements;
    outers_.push_back(outer);
  }
  inner_.emplace(outer, inner);
  return inner;
}

}  // namespace floe
