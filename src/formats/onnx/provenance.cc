#include "formats/onnx/provenance.h"

#include <algorithm>
#include <string_view>

namespace floe {
namespace {

constexpr std::string_view kFrom = "from ";
constexpr std::string_view kAdded = "added";
constexpr std::string_view kSeparator = ", ";
constexpr std::string_view kHere = "./";
constexpr std::string_view kUp = "../";

// "a/b/" of "a/b/c".
std::string_view ScopeOf(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash + 1);
}

bool LooksRelative(std::string_view name) {
  return name.starts_with(kHere) || name.starts_with(kUp);
}

std::string Relative(std::string_view name, std::string_view scope) {
  size_t same = 0;  // the scopes that both stand in, slash included
  for (size_t i = 0; i < std::min(name.size(), scope.size()) && name[i] == scope[i]; ++i) {
    if (name[i] == '/') same = i + 1;
  }
  const std::string_view rest = name.substr(same);
  const auto up = std::count(scope.begin() + static_cast<long>(same), scope.end(), '/');
  std::string text;
  for (long i = 0; i < up; ++i) text += kUp;
  if (up == 0 || LooksRelative(rest)) text += kHere;
  return text.append(rest);
}

std::string Written(const std::string& source, std::string_view scope) {
  std::string relative = Relative(source, scope);
  return LooksRelative(source) || relative.size() < source.size() ? relative : source;
}

std::string Read(std::string_view text, std::string_view scope) {
  if (!LooksRelative(text)) return std::string(text);
  for (; text.starts_with(kUp); text.remove_prefix(kUp.size())) {
    if (!scope.empty()) scope = ScopeOf(scope.substr(0, scope.size() - 1));
  }
  if (text.starts_with(kHere)) text.remove_prefix(kHere.size());
  return std::string(scope).append(text);
}

}  // namespace

void SetSources(onnx::NodeProto* node, const std::vector<std::string>& sources) {
  if (sources.size() == 1 && sources[0] == node->name()) return;
  const std::string_view scope = ScopeOf(node->name());
  std::string text(sources.empty() ? kAdded : kFrom);
  for (size_t i = 0; i < sources.size(); ++i) {
    if (i > 0) text += kSeparator;
    text += Written(sources[i], scope);
  }
  node->set_doc_string(std::move(text));
}

std::vector<std::string> SourcesOf(const onnx::NodeProto& node, const std::string& name) {
  std::string_view rest = node.doc_string();
  if (rest.empty()) return {name};
  if (!rest.starts_with(kFrom)) return {};
  rest.remove_prefix(kFrom.size());
  std::vector<std::string> sources;
  while (true) {
    const size_t end = rest.find(kSeparator);
    sources.push_back(Read(rest.substr(0, end), ScopeOf(name)));
    if (end == std::string_view::npos) return sources;
    rest.remove_prefix(end + kSeparator.size());
  }
}

}  // namespace floe
