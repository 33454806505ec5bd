// A variable's handle became its value: what takes the handle has to take the value.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_HANDLE_FLOW_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_HANDLE_FLOW_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// The type of the value that now stands where a handle stood; DT_INVALID elsewhere.
using ValueTypes = std::vector<tf::DataType>;

class HandleFlow {
 public:
  explicit HandleFlow(WorkGraph& work) : work_(work) {}

  // Rewrites the scope's nodes, given which nodes became constants (by name) and which arguments are values
  // now. Returns the types of those results that were handles. Throws Error(kModel) naming a node that needs
  // the variable itself.
  ValueTypes Rewrite(Scope& scope, const std::map<std::string, tf::DataType>& constants,
                     const ValueTypes& arguments);

  // Puts the bodies in place that were made for bodies with values as arguments.
  void Finish();

 private:
  friend class ScopeHandles;
  struct Body {
    std::string name;
    ValueTypes results;
  };
  // The variant of a body whose arguments are values where `arguments` says so.
  const Body& Specialize(const std::string& function, const ValueTypes& arguments);

  WorkGraph& work_;
  std::map<std::string, std::map<ValueTypes, Body>> variants_;
  std::map<std::string, Scope> made_;
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_HANDLE_FLOW_H_
