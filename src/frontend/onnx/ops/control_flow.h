// Loops made by importers of several families.
#ifndef FLOE_FRONTEND_ONNX_OPS_CONTROL_FLOW_H_
#define FLOE_FRONTEND_ONNX_OPS_CONTROL_FLOW_H_

#include <functional>
#include <vector>

#include "frontend/onnx/node_context.h"
#include "frontend/onnx/scope.h"

namespace floe {

// What one turn gives: the condition to go on (kNoValue: as it was), carried values, scanned values.
struct OnnxTurn {
  ValueId condition = kNoValue;
  std::vector<ValueId> carried, scanned;
};
// Imports the body into the scope's own graph.
using OnnxBody = std::function<OnnxTurn(OnnxScope& scope, ValueId iteration, ValueId condition,
                                        const std::vector<ValueId>& carried)>;

// Adds the Loop and returns its carried, then its scanned outputs. The body is imported with the types of the
// first turn, and again with wider ones until what comes out of a turn fits what goes into the next.
std::vector<ValueId> AddOnnxLoop(OnnxContext& c, ValueId trip_count, ValueId condition,
                                 const std::vector<ValueId>& initial, const OnnxBody& body);

// An outer value as seen in the body of `scope`.
ValueId SeenIn(OnnxScope& scope, ValueId outer);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_OPS_CONTROL_FLOW_H_
