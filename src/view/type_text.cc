#include "view/type_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "formats/tensorflow/data_type.h"

namespace floe::view {
namespace {

constexpr size_t kLongest = 200;
constexpr int kMostElements = 24;

std::string Shortened(std::string text) {
  if (text.size() <= kLongest) return text;
  size_t end = kLongest;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return text.substr(0, end) + "…";
}

std::string Quoted(const std::string& text) {
  return Shortened("\"" + text + "\"");
}

template <typename List, typename Write>
void AddElements(const List& list, std::vector<std::string>& out, Write write) {
  for (int i = 0; i < std::min<int>(list.size(), kMostElements); ++i) out.push_back(write(list[i]));
  if (list.size() > kMostElements) out.push_back("…");
}

std::string ListText(const tf::AttrValue::ListValue& list) {
  std::vector<std::string> parts;
  AddElements(list.s(), parts, Quoted);
  AddElements(list.i(), parts, [](int64_t v) { return std::to_string(v); });
  AddElements(list.f(), parts, [](float v) { return fmt::format("{:.6g}", v); });
  AddElements(list.b(), parts, [](bool v) { return std::string(v ? "true" : "false"); });
  AddElements(list.type(), parts, [](int v) { return TypeText(static_cast<tf::DataType>(v)); });
  AddElements(list.shape(), parts, ShapeText);
  AddElements(list.func(), parts, [](const tf::NameAttrList& f) { return f.name(); });
  if (list.tensor_size() > 0) parts.push_back(fmt::format("{} tensors", list.tensor_size()));
  return Shortened(fmt::format("[{}]", fmt::join(parts, ", ")));
}

}  // namespace

std::string TypeText(tf::DataType type) {
  if (type == tf::DT_INVALID) return "";
  const std::optional<DType> known = DTypeFromTf(type);
  std::string text = known ? std::string(DTypeName(*known)) : DataTypeName(RemoveRef(type));
  if (!known) {
    if (text.starts_with("DT_")) text = text.substr(3);
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  }
  return text;
}

std::string ShapeText(const tf::TensorShapeProto& shape) {
  if (shape.unknown_rank()) return "[...]";
  std::vector<std::string> dims;
  for (const auto& d : shape.dim()) dims.push_back(d.size() < 0 ? "?" : std::to_string(d.size()));
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

std::string AttributeText(const tf::AttrValue& value) {
  switch (value.value_case()) {
    case tf::AttrValue::kS:
      return Quoted(value.s());
    case tf::AttrValue::kI:
      return std::to_string(value.i());
    case tf::AttrValue::kF:
      return fmt::format("{:.6g}", value.f());
    case tf::AttrValue::kB:
      return value.b() ? "true" : "false";
    case tf::AttrValue::kType:
      return TypeText(value.type());
    case tf::AttrValue::kShape:
      return ShapeText(value.shape());
    case tf::AttrValue::kTensor:
      return TypeText(value.tensor().dtype()) + ShapeText(value.tensor().tensor_shape());
    case tf::AttrValue::kList:
      return ListText(value.list());
    case tf::AttrValue::kFunc:
      return Shortened(value.func().name());
    case tf::AttrValue::kPlaceholder:
      return "$" + value.placeholder();
    case tf::AttrValue::VALUE_NOT_SET:
      return "";
  }
  return "";
}

}  // namespace floe::view
