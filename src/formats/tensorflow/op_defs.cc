#include "formats/tensorflow/op_defs.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/op_defs_parser.h"
#include "formats/tensorflow/op_defs_text.h"

namespace floe {
namespace {

constexpr int64_t kMaxTensors = 1000000;

using Table = std::unordered_map<std::string_view, TfOpDef>;

Table ParseTable(std::string_view text) {
  Table table;
  for (const std::string_view line : SplitText(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    table.emplace(line.substr(0, line.find(' ')), ParseOpDefLine(line));
  }
  return table;
}

const Table& TensorFlowsOwn() {
  static const Table table = ParseTable(OpDefsText());
  return table;
}

TfOpDef::Arg ArgFromProto(const tf::OpDef::ArgDef& proto) {
  return {proto.name(),        proto.type(),           proto.type_attr(),
          proto.number_attr(), proto.type_list_attr(), proto.is_ref()};
}

// The attribute's value on the node, or its default; throws unless it is of the kind wanted.
const tf::AttrValue& AttrOf(const TfOpDef& def, const tf::NodeDef& node, const std::string& name,
                            tf::AttrValue::ValueCase wanted) {
  const tf::AttrValue* value = nullptr;
  if (const auto found = node.attr().find(name); found != node.attr().end()) {
    value = &found->second;
  } else if (const TfOpDef::Attr* attr = def.FindAttr(name); attr != nullptr && attr->default_value) {
    value = &*attr->default_value;
  }
  if (value == nullptr) {
    Throw(ErrorCode::kModel, "{} '{}': attribute '{}' is missing", node.op(), node.name(), name);
  }
  if (value->value_case() != wanted) {
    Throw(ErrorCode::kModel, "{} '{}': attribute '{}' has a value of the wrong kind", node.op(), node.name(),
          name);
  }
  return *value;
}

int CountOf(const TfOpDef& def, const tf::NodeDef& node, const TfOpDef::Arg& arg) {
  int64_t count = 1;
  if (!arg.number_attr.empty()) {
    count = AttrOf(def, node, arg.number_attr, tf::AttrValue::kI).i();
  } else if (!arg.type_list_attr.empty()) {
    count = AttrOf(def, node, arg.type_list_attr, tf::AttrValue::kList).list().type_size();
  }
  if (count < 0 || count > kMaxTensors) {
    Throw(ErrorCode::kModel, "{} '{}': argument '{}' claims {} tensors", node.op(), node.name(), arg.name,
          count);
  }
  return static_cast<int>(count);
}

std::optional<PortRange> RangeOf(const TfOpDef& def, const tf::NodeDef& node,
                                 const std::vector<TfOpDef::Arg>& args, std::string_view name) {
  int64_t first = 0;
  for (const TfOpDef::Arg& arg : args) {
    const int count = CountOf(def, node, arg);
    if (arg.name == name) return PortRange{static_cast<int>(first), count};
    first += count;
    if (first > kMaxTensors)
      Throw(ErrorCode::kModel, "{} '{}': claims {} tensors", node.op(), node.name(), first);
  }
  return std::nullopt;
}

std::vector<tf::DataType> TypesOf(const TfOpDef& def, const tf::NodeDef& node,
                                  const std::vector<TfOpDef::Arg>& args) {
  std::vector<tf::DataType> types;
  const auto add = [&](tf::DataType type, const TfOpDef::Arg& arg, int count) {
    if (types.size() + static_cast<size_t>(count) > static_cast<size_t>(kMaxTensors)) {
      Throw(ErrorCode::kModel, "{} '{}': claims more than {} tensors", node.op(), node.name(), kMaxTensors);
    }
    const bool make_ref = arg.is_ref && !IsRefType(type);
    types.insert(types.end(), static_cast<size_t>(count),
                 make_ref ? static_cast<tf::DataType>(type + 100) : type);
  };
  for (const TfOpDef::Arg& arg : args) {
    if (!arg.type_list_attr.empty()) {
      for (const int type : AttrOf(def, node, arg.type_list_attr, tf::AttrValue::kList).list().type()) {
        add(static_cast<tf::DataType>(type), arg, 1);
      }
    } else {
      const tf::DataType type =
          arg.type_attr.empty() ? arg.type : AttrOf(def, node, arg.type_attr, tf::AttrValue::kType).type();
      add(type, arg, CountOf(def, node, arg));
    }
  }
  return types;
}

}  // namespace

const TfOpDef::Attr* TfOpDef::FindAttr(std::string_view attr) const {
  const auto found = std::find_if(attrs.begin(), attrs.end(), [&](const Attr& a) { return a.name == attr; });
  return found == attrs.end() ? nullptr : &*found;
}

const TfOpDef* FindOpDef(std::string_view op) {
  const Table& table = TensorFlowsOwn();
  const auto found = table.find(op);
  return found == table.end() ? nullptr : &found->second;
}

TfOpDef OpDefFromProto(const tf::OpDef& proto) {
  TfOpDef def;
  def.name = proto.name();
  for (const auto& arg : proto.input_arg()) def.inputs.push_back(ArgFromProto(arg));
  for (const auto& arg : proto.output_arg()) def.outputs.push_back(ArgFromProto(arg));
  for (const auto& attr : proto.attr()) {
    TfOpDef::Attr& added = def.attrs.emplace_back();
    added.name = attr.name();
    added.type = attr.type();
    if (attr.has_default_value()) added.default_value = attr.default_value();
  }
  def.is_stateful = proto.is_stateful();
  return def;
}

OpTable::OpTable(const tf::FunctionDefLibrary& library) {
  for (const auto& function : library.function()) Add(function.signature());
}

void OpTable::Add(const tf::OpDef& proto) {
  if (FindOpDef(proto.name()) == nullptr) own_.insert_or_assign(proto.name(), OpDefFromProto(proto));
}

const TfOpDef* OpTable::Find(std::string_view op) const {
  if (const TfOpDef* def = FindOpDef(op)) return def;
  const auto found = own_.find(op);
  return found == own_.end() ? nullptr : &found->second;
}

const TfOpDef& OpTable::Require(const tf::NodeDef& node) const {
  if (const TfOpDef* def = Find(node.op())) return *def;
  std::vector<std::string> known;
  for (const auto& [name, def] : own_) known.push_back(name);
  for (const auto& [name, def] : TensorFlowsOwn()) known.emplace_back(name);
  std::sort(known.begin(), known.end());
  Throw(ErrorCode::kModel,
        "node '{}': TensorFlow has no operation '{}', nor has the file a function of that name{}",
        node.name(), node.op(), DidYouMean(node.op(), known));
}

void AddDefaultAttrs(const TfOpDef& def, tf::NodeDef* node) {
  for (const TfOpDef::Attr& attr : def.attrs) {
    if (attr.default_value && !node->attr().contains(attr.name)) {
      (*node->mutable_attr())[attr.name] = *attr.default_value;
    }
  }
}

std::optional<PortRange> OutputRange(const TfOpDef& def, const tf::NodeDef& node, std::string_view arg) {
  return RangeOf(def, node, def.outputs, arg);
}

std::optional<PortRange> InputRange(const TfOpDef& def, const tf::NodeDef& node, std::string_view arg) {
  return RangeOf(def, node, def.inputs, arg);
}

int InputCount(const TfOpDef& def, const tf::NodeDef& node) {
  int64_t count = 0;
  for (const TfOpDef::Arg& arg : def.inputs)
    count = std::min(count + CountOf(def, node, arg), kMaxTensors + 1);
  return static_cast<int>(count);
}

std::vector<tf::DataType> OutputTypes(const TfOpDef& def, const tf::NodeDef& node) {
  return TypesOf(def, node, def.outputs);
}

std::vector<tf::DataType> InputTypes(const TfOpDef& def, const tf::NodeDef& node) {
  return TypesOf(def, node, def.inputs);
}

}  // namespace floe
