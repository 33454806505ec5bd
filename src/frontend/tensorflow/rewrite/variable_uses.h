// How the nodes of one scope use a variable: which read it, which write it, which hand it to bodies.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_VARIABLE_USES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_VARIABLE_USES_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// A write whose value we can say: what the variable holds afterwards.
bool IsKnownWrite(std::string_view op);

// An If, Case or While that is given the handle.
struct BodyUse {
  int node = 0;
  int slot = 0;  // input of the node
  bool writes = false;
};

struct VariableUses {
  std::vector<int> reads;
  std::vector<int> shapes;  // nodes that ask for its shape, or whether it has a value
  std::vector<int> writes;
  std::vector<BodyUse> bodies;
  std::vector<int> aliases;  // Identity nodes of the handle
  std::vector<int> results;  // _Retval nodes that give the handle back
  bool understood = true;    // no other use
};

// Which argument of its functions a node's input is: those of a While all of them, of If and Case all but the
// first.
int ArgumentOf(const tf::NodeDef& node, int slot);

class VariableUseFinder {
 public:
  explicit VariableUseFinder(const WorkGraph& work) : work_(work) {}

  // Uses of the handles that these nodes give, by nodes that run.
  VariableUses Find(const GraphIndex& index, const std::vector<bool>& runs, const std::vector<int>& handles);

 private:
  enum class Effect { kNone, kWrites, kUnknown };
  Effect EffectOn(const std::string& function, int argument);
  Effect EffectOf(const tf::NodeDef& node, int argument);

  const WorkGraph& work_;
  std::map<std::pair<std::string, int>, Effect> known_;
};

// The nodes of a function that run whenever it is called.
std::vector<bool> RunIn(const GraphIndex& index, const Scope& body);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_VARIABLE_USES_H_
