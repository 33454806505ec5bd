#include "frontend/selection.h"

#include "base/error.h"
#include "base/text.h"

namespace floe {
namespace {

// Splits at separators outside brackets.
std::vector<std::string_view> SplitOutsideBrackets(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    if (text[i] == separator && depth <= 0) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::vector<int64_t> RequireDims(std::string_view shape, std::string_view text) {
  const std::optional<std::vector<int64_t>> dims = ParseDims(shape);
  if (!dims) {
    Throw(ErrorCode::kUsage, "input '{}': expected a shape like 1x224x224x3 or 1,224,224,3, found '{}'", text,
          shape);
  }
  return *dims;
}

bool LooksLikeDims(std::string_view text) {
  return text.find('x') != std::string_view::npos && ParseDims(text);
}

}  // namespace

std::optional<std::vector<int64_t>> ParseDims(std::string_view text) {
  text = TrimText(text);
  if (text.starts_with('[') && text.ends_with(']')) {
    text = TrimText(text.substr(1, text.size() - 2));
    if (text.empty()) return std::vector<int64_t>();
  }
  if (text == "scalar") return std::vector<int64_t>();
  const char separator = text.find(',') != std::string_view::npos ? ',' : 'x';
  std::vector<int64_t> dims;
  for (std::string_view part : SplitText(text, separator)) {
    part = TrimText(part);
    if (part.empty() && separator == ',' && !dims.empty()) continue;  // "5,", Python's tuple of one
    const std::optional<int64_t> dim =
        part == "?" || part == "None" ? std::optional<int64_t>(-1) : ParseInt(part);
    if (!dim || *dim < -1) return std::nullopt;
    dims.push_back(*dim);
  }
  return dims;
}

InputChoice ParseInputChoice(std::string_view text) {
  text = TrimText(text);
  InputChoice choice;
  std::string_view name = text;
  if (const size_t equals = text.find('='); equals != std::string_view::npos) {
    name = text.substr(0, equals);
    choice.dims = RequireDims(text.substr(equals + 1), text);
  } else if (const size_t bracket = text.find('[');
             bracket != std::string_view::npos && text.ends_with(']')) {
    name = text.substr(0, bracket);
    choice.dims = RequireDims(text.substr(bracket), text);
  } else if (const size_t colon = text.rfind(':');
             colon != std::string_view::npos && LooksLikeDims(text.substr(colon + 1))) {
    name = text.substr(0, colon);
    choice.dims = ParseDims(text.substr(colon + 1));
  }
  choice.name = std::string(TrimText(name));
  if (choice.name.empty())
    Throw(ErrorCode::kUsage, "input '{}': expected NAME or NAME=SHAPE, found no name", text);
  return choice;
}

std::vector<InputChoice> ParseInputList(std::string_view text) {
  std::vector<InputChoice> choices;
  for (const std::string_view part : SplitOutsideBrackets(text, ','))
    choices.push_back(ParseInputChoice(part));
  return choices;
}

SetChoice ParseSetChoice(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || TrimText(text.substr(0, equals)).empty()) {
    Throw(ErrorCode::kUsage, "set '{}': expected NAME=VALUE", text);
  }
  return {std::string(TrimText(text.substr(0, equals))), std::string(text.substr(equals + 1))};
}

}  // namespace floe
