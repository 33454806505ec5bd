// Matchers on graphs in their text form.
#ifndef FLOE_TESTS_SUPPORT_GRAPH_MATCHERS_H_
#define FLOE_TESTS_SUPPORT_GRAPH_MATCHERS_H_

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "graph/graph.h"
#include "graph/serialize.h"
#include "graph/text.h"

namespace floe {

// The graph computes what the text says, in the same way: names, sources and the order of nodes do not count.
MATCHER_P(SameGraphAs, text, "is the graph\n" + PrintGraph(*ParseGraph(text))) {
  *result_listener << "\n" << PrintGraph(arg);
  return HashGraph(arg) == HashGraph(*ParseGraph(text));
}

// The type of a value, as text.
inline std::string TypeOf(const Graph& graph, std::string_view value) {
  const ValueId id = graph.FindValue(value);
  return id == kNoValue ? "no such value" : graph.value(id).type.ToString();
}

}  // namespace floe

#endif  // FLOE_TESTS_SUPPORT_GRAPH_MATCHERS_H_
