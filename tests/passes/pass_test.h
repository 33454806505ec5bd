// Tests of passes: a graph in text form in, one pass, the graph it should be out, and the same numbers.
#ifndef FLOE_TESTS_PASSES_PASS_TEST_H_
#define FLOE_TESTS_PASSES_PASS_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "graph/graph.h"
#include "passes/passes.h"
#include "support/graph_matchers.h"

namespace floe {

using PassFunction = int (*)(Graph& graph, const PassContext& context);

// The graph of the text after the pass and removal of what is dead. Checks that the graph is sound, that its
// outputs kept their names and types, and that random inputs give the same numbers as before.
std::unique_ptr<Graph> After(std::string_view text, PassFunction pass);

// The pass changes nothing.
void ExpectUntouched(std::string_view text, PassFunction pass);

// Both graphs give the same numbers, within `tolerance` of the largest, for random inputs. Unknown dimensions
// count as 2.
void ExpectSameNumbers(const Graph& before, const Graph& after, double tolerance);

}  // namespace floe

#endif  // FLOE_TESTS_PASSES_PASS_TEST_H_
