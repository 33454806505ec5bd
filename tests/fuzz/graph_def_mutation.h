// TensorFlow graphs changed so that they stay nearly well formed.
#ifndef FLOE_TESTS_FUZZ_GRAPH_DEF_MUTATION_H_
#define FLOE_TESTS_FUZZ_GRAPH_DEF_MUTATION_H_

#include "formats/tensorflow/graph.pb.h"

namespace floe::fuzz {

// One to four changes to nodes, their inputs and attributes, in the graph or one of its functions.
void MutateGraphDef(tf::GraphDef* graph, unsigned seed);

}  // namespace floe::fuzz

#endif  // FLOE_TESTS_FUZZ_GRAPH_DEF_MUTATION_H_
