// The text form of a graph: what --print-after shows and what tests of passes are written in.
//
//   graph main(%x: float32[1, 224, 224, 3]) -> (%y) {
//     %w: float32[32, 3, 3, 3] = const seeded(7)
//     %c: float32[1, 112, 112, 32] @"conv:0" = Conv(%x, %w) {strides=[2, 2], auto_pad=SAME_UPPER}
//       from "conv/Conv2D"
//     %y = Relu(%c)
//   }
//
// Values carry a percent sign; a name of other characters than letters, digits, _ . / - is quoted. The type
// of a node's output may be left out and is checked where it stands. `@` lists the TensorFlow tensors that a
// value is, `from` the TensorFlow nodes that a node came from, `name` a node's name where it is not its first
// output's. `_` is an absent input. Bodies follow their node as graphs of their own. Contents of a constant
// are one number for all elements, a list, 0x and the bytes in hexadecimal, or seeded(n): random numbers,
// small integers, bools that depend on n alone. `//` starts a comment.
#ifndef FLOE_GRAPH_TEXT_H_
#define FLOE_GRAPH_TEXT_H_

#include <memory>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace floe {

struct PrintOptions {
  // Contents of every constant to the bit. Otherwise a large one is printed as hash(...), which does not
  // parse back.
  bool all_constants = false;
};

std::string PrintGraph(const Graph& graph, const PrintOptions& options = {});

// Throws Error(kModel) with line and column.
std::unique_ptr<Graph> ParseGraph(std::string_view text);

// What seeded(n) means: floats in [-1, 1), integers in [-4, 4) or, unsigned, [0, 8).
Tensor SeededTensor(DType dtype, std::vector<int64_t> dims, uint64_t seed);

}  // namespace floe

#endif  // FLOE_GRAPH_TEXT_H_
