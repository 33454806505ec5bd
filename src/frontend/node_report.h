// What became of a model's node on import, the same for every kind of model.
#ifndef FLOE_FRONTEND_NODE_REPORT_H_
#define FLOE_FRONTEND_NODE_REPORT_H_

#include <string>
#include <string_view>
#include <vector>

namespace floe {

enum class NodeStatus {
  kOk,
  kFolded,       // its outputs are constants
  kRemoved,      // passes a value on, or nothing needs it
  kUnsupported,  // `reason` says what, `remedy` what to do
  kNotReached,   // supported as far as one can tell from the types, but an input comes from an unsupported
                 // node
};
std::string_view NodeStatusName(
    NodeStatus status);  // "ok", "folded", "removed", "unsupported", "not reached"

struct NodeReport {
  std::string name;  // of the model's node; one in a function that was not inlined is "function/node"
  std::string op;
  NodeStatus status = NodeStatus::kOk;
  std::string reason;
  std::string remedy;
};

// Why a node cannot be imported. Caught for each node, so that one run names all of them.
struct ImportFailure {
  std::string reason;
  std::string remedy;
  bool unknown = false;  // something about an input is not known, which may be the fault of a node before
};

// Error(kModel) naming the first unsupported node and counting the others.
[[noreturn]] void FailOnUnsupported(const std::vector<NodeReport>& reports);

}  // namespace floe

#endif  // FLOE_FRONTEND_NODE_REPORT_H_
