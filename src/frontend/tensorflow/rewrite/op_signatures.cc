#include "frontend/tensorflow/rewrite/op_signatures.h"

#include <algorithm>

#include "base/error.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

[[noreturn]] void FailOnPort(const tf::NodeDef& node, int port, int count) {
  Throw(ErrorCode::kModel, "node '{}' ({}): expected one of its {} outputs, found '{}:{}'", node.name(),
        node.op(), count, node.name(), port);
}

}  // namespace

tf::DataType OpSignatures::OutputType(const tf::NodeDef& node, int port) const {
  if (node.op() == "_Arg") return TypeAttr(node, "T");
  const TfOpDef* def = Find(node.op());
  if (def == nullptr) return tf::DT_INVALID;
  const std::vector<tf::DataType> types = OutputTypes(*def, node);
  if (port < 0 || port >= static_cast<int>(types.size()))
    FailOnPort(node, port, static_cast<int>(types.size()));
  return types[static_cast<size_t>(port)];
}

void OpSignatures::CheckInputCount(const tf::NodeDef& node) const {
  const TfOpDef* def = Find(node.op());
  if (def == nullptr) return;
  const int wanted = InputCount(*def, node);
  const int found = DataInputCount(node);
  if (found != wanted) {
    Throw(ErrorCode::kModel, "node '{}' ({}): expected {} {}, found {}", node.name(), node.op(), wanted,
          wanted == 1 ? "input" : "inputs", found);
  }
  for (int i = 0; i < found; ++i) {
    if (!node.input(i).starts_with('^')) continue;
    Throw(ErrorCode::kModel,
          "node '{}' ({}): expected control inputs behind the others, found '{}' before them", node.name(),
          node.op(), node.input(i));
  }
}

int OpSignatures::OutputCount(const tf::NodeDef& node) const {
  if (node.op() == "_Arg") return 1;
  const TfOpDef* def = Find(node.op());
  return def == nullptr ? -1 : static_cast<int>(OutputTypes(*def, node).size());
}

int OpSignatures::PortOf(const tf::NodeDef& node, std::string_view output, int index) {
  if (const TfOpDef* def = Find(node.op())) {
    const std::optional<PortRange> range = OutputRange(*def, node, output);
    if (!range || index < 0 || index >= range->count) {
      Throw(ErrorCode::kModel, "node '{}' ({}) has no output '{}:{}'", node.name(), node.op(), output, index);
    }
    return range->first + index;
  }
  std::vector<std::string>& names = guessed_outputs_[node.op()];
  auto found = std::ranges::find(names, output);
  if (found == names.end()) found = names.insert(names.end(), std::string(output));
  return static_cast<int>(found - names.begin()) + index;
}

std::pair<std::string, int> OpSignatures::OutputOf(const tf::NodeDef& node, int port) const {
  if (const TfOpDef* def = Find(node.op())) {
    for (const TfOpDef::Arg& output : def->outputs) {
      const PortRange range = OutputRange(*def, node, output.name).value_or(PortRange{});
      if (port >= range.first && port < range.first + range.count) return {output.name, port - range.first};
    }
    FailOnPort(node, port, OutputCount(node));
  }
  const auto guessed = guessed_outputs_.find(node.op());
  if (guessed == guessed_outputs_.end() || guessed->second.empty()) return {"output", port};
  const int at = std::min(port, static_cast<int>(guessed->second.size()) - 1);
  return {guessed->second[static_cast<size_t>(at)], port - at};
}

}  // namespace floe
