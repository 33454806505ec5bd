#include "view/op_text.h"

#include <fmt/format.h>

#include <type_traits>

namespace floe::view {
namespace {

std::string FieldText(const FieldRef& field) {
  return std::visit(
      [](const auto& ref) -> std::string {
        using T = std::decay_t<decltype(ref)>;
        if constexpr (std::is_same_v<T, EnumRef>) {
          return *ref.value < ref.names.size() ? std::string(ref.names[*ref.value])
                                               : std::to_string(*ref.value);
        } else if constexpr (std::is_same_v<T, DType*>) {
          return std::string(DTypeName(*ref));
        } else if constexpr (std::is_same_v<T, bool*>) {
          return *ref ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::string*>) {
          return *ref;
        } else if constexpr (std::is_same_v<T, int64_t*> || std::is_same_v<T, double*>) {
          return fmt::format("{}", *ref);
        } else {
          return fmt::format("[{}]", fmt::join(*ref, ", "));
        }
      },
      field);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> OpAttributes(const Op& op) {
  std::vector<std::pair<std::string, std::string>> out;
  Op copy = op;
  const OpInfo& info = InfoOf(op);
  for (size_t i = 0; i < info.field_count; ++i) {
    if (info.field_name(i) == "kind") continue;
    std::string text = FieldText(info.field(copy, i));
    if (text.size() > 200) text = text.substr(0, 200) + "…";
    if (!text.empty()) out.emplace_back(info.field_name(i), std::move(text));
  }
  return out;
}

std::string OpsText(const Graph& graph) {
  constexpr size_t kMost = 6;
  std::string out;
  size_t count = 0;
  for (const NodeId id : graph.Order()) {
    if (++count <= kMost) out += (out.empty() ? "" : "+") + std::string(OpName(graph.node(id).op));
  }
  return count > kMost ? out + fmt::format("+{} more", count - kMost) : out;
}

}  // namespace floe::view
