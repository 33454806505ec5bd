#include "frontend/tensorflow/rewrite/nodes.h"

#include <algorithm>
#include <utility>

#include "formats/tensorflow/tensor_proto.h"

namespace floe {
namespace {

// A protobuf map has no order of its own, and what we write must not depend on it.
std::vector<std::string> SortedAttrNames(const tf::NodeDef& node) {
  std::vector<std::string> names;
  for (const auto& [name, attr] : node.attr()) {
    const bool function = attr.value_case() == tf::AttrValue::kFunc;
    if (function || (attr.value_case() == tf::AttrValue::kList && attr.list().func_size() > 0))
      names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

const tf::AttrValue* FindAttr(const tf::NodeDef& node, const std::string& name) {
  const auto found = node.attr().find(name);
  return found == node.attr().end() ? nullptr : &found->second;
}

tf::DataType TypeAttr(const tf::NodeDef& node, const std::string& name, tf::DataType fallback) {
  const tf::AttrValue* attr = FindAttr(node, name);
  return attr != nullptr && attr->value_case() == tf::AttrValue::kType ? attr->type() : fallback;
}

std::string StringAttr(const tf::NodeDef& node, const std::string& name) {
  const tf::AttrValue* attr = FindAttr(node, name);
  return attr != nullptr && attr->value_case() == tf::AttrValue::kS ? attr->s() : std::string();
}

bool BoolAttr(const tf::NodeDef& node, const std::string& name, bool fallback) {
  const tf::AttrValue* attr = FindAttr(node, name);
  return attr != nullptr && attr->value_case() == tf::AttrValue::kB ? attr->b() : fallback;
}

int64_t IntAttr(const tf::NodeDef& node, const std::string& name, int64_t fallback) {
  const tf::AttrValue* attr = FindAttr(node, name);
  return attr != nullptr && attr->value_case() == tf::AttrValue::kI ? attr->i() : fallback;
}

std::string FunctionAttr(const tf::NodeDef& node, const std::string& name) {
  const tf::AttrValue* attr = FindAttr(node, name);
  return attr != nullptr && attr->value_case() == tf::AttrValue::kFunc ? attr->func().name() : std::string();
}

void SetTypeAttr(tf::NodeDef& node, const std::string& name, tf::DataType type) {
  (*node.mutable_attr())[name].set_type(type);
}

void SetIntAttr(tf::NodeDef& node, const std::string& name, int64_t value) {
  (*node.mutable_attr())[name].set_i(value);
}

int DataInputCount(const tf::NodeDef& node) {
  int count = 0;
  for (const std::string& input : node.input()) count += input.starts_with('^') ? 0 : 1;
  return count;
}

tf::NodeDef MakeConst(std::string name, const Tensor& value) {
  return MakeConst(std::move(name), value, DTypeToTf(value.dtype()));
}

tf::NodeDef MakeConst(std::string name, const Tensor& value, tf::DataType type) {
  tf::NodeDef node;
  node.set_name(std::move(name));
  node.set_op("Const");
  SetTypeAttr(node, "dtype", type);
  tf::TensorProto& proto = *(*node.mutable_attr())["value"].mutable_tensor();
  proto = TensorToProto(value);
  proto.set_dtype(type);
  return node;
}

tf::NodeDef MakeEmptyConst(std::string name, tf::DataType type) {
  tf::NodeDef node;
  node.set_name(std::move(name));
  node.set_op("Const");
  SetTypeAttr(node, "dtype", type);
  tf::TensorProto& proto = *(*node.mutable_attr())["value"].mutable_tensor();
  proto.set_dtype(type);
  proto.mutable_tensor_shape()->add_dim()->set_size(0);
  return node;
}

tf::NodeDef MakeIdentity(std::string name, std::string input, tf::DataType type) {
  tf::NodeDef node;
  node.set_name(std::move(name));
  node.set_op("Identity");
  node.add_input(std::move(input));
  SetTypeAttr(node, "T", type);
  return node;
}

tf::NodeDef MakePlaceholder(std::string name, tf::DataType type, const PartialDims& dims) {
  tf::NodeDef node;
  node.set_name(std::move(name));
  node.set_op("Placeholder");
  SetTypeAttr(node, "dtype", type);
  tf::TensorShapeProto& shape = *(*node.mutable_attr())["shape"].mutable_shape();
  if (dims) {
    DimsToShapeProto(*dims, &shape);
  } else {
    shape.set_unknown_rank(true);
  }
  return node;
}

Tensor ConstValue(const tf::NodeDef& node) {
  const tf::AttrValue* value = FindAttr(node, "value");
  return TensorFromProto(value == nullptr ? tf::TensorProto::default_instance() : value->tensor(),
                         "node '" + node.name() + "' (Const)");
}

void ForEachFunction(tf::NodeDef& node, const std::function<void(tf::NameAttrList&)>& visit) {
  for (const std::string& name : SortedAttrNames(node)) {
    tf::AttrValue& attr = (*node.mutable_attr())[name];
    if (attr.value_case() == tf::AttrValue::kFunc) visit(*attr.mutable_func());
    if (attr.value_case() != tf::AttrValue::kList) continue;
    for (tf::NameAttrList& function : *attr.mutable_list()->mutable_func()) visit(function);
  }
}

void ForEachFunction(const tf::NodeDef& node, const std::function<void(const tf::NameAttrList&)>& visit) {
  for (const std::string& name : SortedAttrNames(node)) {
    const tf::AttrValue& attr = node.attr().at(name);
    if (attr.value_case() == tf::AttrValue::kFunc) visit(attr.func());
    if (attr.value_case() != tf::AttrValue::kList) continue;
    for (const tf::NameAttrList& function : attr.list().func()) visit(function);
  }
}

void KeepNodes(tf::GraphDef& graph, const std::vector<bool>& keep) {
  int kept = 0;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (!keep[static_cast<size_t>(i)]) continue;
    if (kept != i) graph.mutable_node()->SwapElements(kept, i);
    ++kept;
  }
  graph.mutable_node()->DeleteSubrange(kept, graph.node_size() - kept);
}

tf::NodeDef* AddNode(tf::GraphDef& graph, tf::NodeDef&& node) {
  tf::NodeDef* added = graph.add_node();
  added->Swap(&node);
  return added;
}

NameSet::NameSet(const tf::GraphDef& graph) {
  for (const tf::NodeDef& node : graph.node()) used_.emplace(node.name(), 0);
}

std::string NameSet::Take(const std::string& wanted) {
  if (used_.emplace(wanted, 0).second) return wanted;
  while (true) {
    std::string name = wanted + "_" + std::to_string(++used_[wanted]);
    if (used_.emplace(name, 0).second) return name;
  }
}

}  // namespace floe
