// Fake quantisation, which float arithmetic imitates, as pairs of QuantizeLinear and DequantizeLinear.
#ifndef FLOE_EXPORT_REWRITE_QUANTISE_H_
#define FLOE_EXPORT_REWRITE_QUANTISE_H_

#include <string>
#include <vector>

#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

// Every FakeQuant of 8 bits or fewer whose range is constant. int8 with a zero point of 0 where the steps lie
// so that they fit, uint8 otherwise. Steps are the same but for ties: ONNX rounds them to even, TensorFlow
// upward. Those that stay get a note each.
void QuantiseFakes(Graph& graph, const Evaluator* evaluator, std::vector<std::string>* notes);

// transpose(dequantise(quantise(constant))) = dequantise(quantise(transposed constant)), and reshapes where
// all has one scale: what the layout asks of a filter is done to its numbers.
void MoveIntoQuantised(Graph& graph, const Evaluator* evaluator);

}  // namespace floe

#endif  // FLOE_EXPORT_REWRITE_QUANTISE_H_
