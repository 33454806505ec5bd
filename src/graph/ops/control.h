// Control flow and groups. A body is a Graph on the node; it sees nothing but its inputs and its own
// constants: what ONNX lets a body capture from outside is passed in explicitly.
#ifndef FLOE_GRAPH_OPS_CONTROL_H_
#define FLOE_GRAPH_OPS_CONTROL_H_

#include <tuple>
#include <vector>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

// Ops that one kernel may compute: body 0 takes the node's inputs and gives its outputs. It means its body,
// nothing else.
struct Group {
  static constexpr std::string_view kName = "Group";
  static constexpr OpTraits kTraits{
      .min_inputs = 0, .max_inputs = kVariadic, .min_outputs = 1, .max_outputs = kVariadic, .bodies = 1};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (condition, captured...): body 0 when true, body 1 when false; both take the captured values and give the
// outputs.
struct If {
  static constexpr std::string_view kName = "If";
  static constexpr OpTraits kTraits{
      .min_inputs = 1, .max_inputs = kVariadic, .min_outputs = 0, .max_outputs = kVariadic, .bodies = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (trip count int64 scalar or absent, condition bool or absent, carried..., captured...) -> (carried...,
// scanned...). The body takes (iteration int64, condition bool, carried..., captured...) and gives
// (condition, carried..., scanned...); scanned outputs are stacked along a new first dimension. ONNX's Loop
// with its captures made explicit.
struct Loop {
  static constexpr std::string_view kName = "Loop";
  static constexpr OpTraits kTraits{
      .min_inputs = 2, .max_inputs = kVariadic, .min_outputs = 0, .max_outputs = kVariadic, .bodies = 1};
  int64_t carried = 0;
  template <typename Self = Loop>
  static constexpr auto Fields() {
    return std::tuple{Field{"carried", &Self::carried}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_CONTROL_H_
