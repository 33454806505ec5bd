#include "frontend/node_report.h"

#include "base/error.h"
#include "base/text.h"

namespace floe {

std::string_view NodeStatusName(NodeStatus status) {
  switch (status) {
    case NodeStatus::kOk:
      return "ok";
    case NodeStatus::kFolded:
      return "folded";
    case NodeStatus::kRemoved:
      return "removed";
    case NodeStatus::kUnsupported:
      return "unsupported";
    case NodeStatus::kNotReached:
      return "not reached";
  }
  return "?";
}

void FailOnUnsupported(const std::vector<NodeReport>& reports) {
  const NodeReport* first = nullptr;
  int others = -1;
  for (const NodeReport& report : reports) {
    if (report.status != NodeStatus::kUnsupported) continue;
    if (first == nullptr) first = &report;
    ++others;
  }
  if (first == nullptr) Throw(ErrorCode::kModel, "graph: an output cannot be computed");
  std::string text = fmt::format("node '{}' ({}): {}", first->name, first->op, first->reason);
  if (!first->remedy.empty()) text += "; " + first->remedy;
  if (others > 0) text += fmt::format(" (and {})", Counted(others, "more unsupported node"));
  Throw(ErrorCode::kModel, "{}", text);
}

}  // namespace floe
