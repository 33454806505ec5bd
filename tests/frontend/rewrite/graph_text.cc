#include "frontend/rewrite/graph_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/text.h"
#include "floe/error.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/selection.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

tf::DataType TypeOf(const std::string& name) {
  static const std::map<std::string, tf::DataType> kTypes = {
      {"float", tf::DT_FLOAT},    {"int32", tf::DT_INT32},   {"int64", tf::DT_INT64},
      {"bool", tf::DT_BOOL},      {"string", tf::DT_STRING}, {"resource", tf::DT_RESOURCE},
      {"double", tf::DT_DOUBLE},  {"uint8", tf::DT_UINT8},   {"half", tf::DT_HALF},
      {"variant", tf::DT_VARIANT}};
  const auto type = kTypes.find(name);
  return type == kTypes.end() ? tf::DT_INVALID : type->second;
}

tf::AttrValue AttrOf(const std::string& text) {
  tf::AttrValue attr;
  if (TypeOf(text) != tf::DT_INVALID) {
    attr.set_type(TypeOf(text));
  } else if (text == "true" || text == "false") {
    attr.set_b(text == "true");
  } else if (text[0] == '[') {
    DimsToShapeProto(*ParseDims(text), attr.mutable_shape());
  } else if (text[0] == '"') {
    attr.set_s(text.substr(1, text.size() - 2));
  } else if (text[0] == '@') {
    attr.mutable_func()->set_name(text.substr(1));
  } else if (text[0] == '$') {
    attr.set_placeholder(text.substr(1));
  } else if (text[0] == '{') {
    attr.mutable_list();
    const std::string inside = text.substr(1, text.size() - 2);
    for (const std::string_view part : SplitText(inside, ',')) {
      if (part.empty()) continue;
      if (part[0] == '@') {
        attr.mutable_list()->add_func()->set_name(std::string(part.substr(1)));
      } else {
        attr.mutable_list()->add_type(TypeOf(std::string(part)));
      }
    }
  } else if (const auto number = ParseInt(text)) {
    attr.set_i(*number);
  } else {
    attr.set_f(static_cast<float>(ParseDouble(text).value()));
  }
  return attr;
}

tf::AttrValue ConstOf(std::string text, tf::DataType type) {
  if (text[0] == '(') {
    std::ranges::replace(text, '(', '[');
    std::ranges::replace(text, ')', ']');
    std::ranges::replace(text, ';', ',');
  }
  tf::AttrValue attr;
  *attr.mutable_tensor() = TensorToProto(ParseTensorText(text, *DTypeFromTf(type), "test"));
  return attr;
}

}  // namespace

tf::NodeDef NodeOf(const std::string& line) {
  tf::NodeDef node;
  const size_t colon = line.find(": ");
  node.set_name(line.substr(0, colon));
  std::string rest = line.substr(colon + 2);
  const size_t space = rest.find(' ');
  const size_t open = rest.find('(');
  std::string attrs;
  if (open != std::string::npos && open < space) {
    const size_t close = rest.find(')');
    node.set_op(rest.substr(0, open));
    const std::string inputs = rest.substr(open + 1, close - open - 1);
    for (const std::string_view input : SplitText(inputs, ',')) {
      if (!TrimText(input).empty()) node.add_input(std::string(TrimText(input)));
    }
    attrs = rest.substr(close + 1);
  } else {
    node.set_op(rest.substr(0, space));
    if (space != std::string::npos) attrs = rest.substr(space);
  }
  std::istringstream words(attrs);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    const bool constant = node.op() == "Const" && name == "value";
    (*node.mutable_attr())[name] = constant ? ConstOf(value, node.attr().at("dtype").type()) : AttrOf(value);
  }
  return node;
}

tf::GraphDef GraphOf(const std::vector<std::string>& lines) {
  tf::GraphDef graph;
  graph.mutable_versions()->set_producer(1000);
  for (const std::string& line : lines) *graph.add_node() = NodeOf(line);
  return graph;
}

tf::FunctionDef FunctionOf(const std::string& signature, const std::vector<std::string>& lines) {
  tf::FunctionDef function;
  const size_t open = signature.find('(');
  const size_t close = signature.find(')');
  tf::OpDef& op = *function.mutable_signature();
  op.set_name(signature.substr(0, open));
  const auto add = [&](std::string_view text, tf::OpDef::ArgDef* arg) {
    const size_t colon = text.find(':');
    arg->set_name(std::string(TrimText(text.substr(0, colon))));
    const std::string type(TrimText(text.substr(colon + 1)));
    if (type[0] == '$') {
      arg->set_type_attr(type.substr(1));
    } else {
      arg->set_type(TypeOf(type));
    }
  };
  const std::string arguments = signature.substr(open + 1, close - open - 1);
  for (const std::string_view argument : SplitText(arguments, ',')) {
    if (!TrimText(argument).empty()) add(argument, op.add_input_arg());
  }
  const size_t results_open = signature.find('(', close);
  const std::string results = signature.substr(results_open + 1, signature.rfind(')') - results_open - 1);
  for (const std::string_view result : SplitText(results, ',')) {
    if (TrimText(result).empty()) continue;
    const size_t equals = result.find('=');
    tf::OpDef::ArgDef* arg = op.add_output_arg();
    add(result.substr(0, equals), arg);
    (*function.mutable_ret())[arg->name()] = std::string(TrimText(result.substr(equals + 1)));
  }
  for (const std::string& line : lines) *function.add_node_def() = NodeOf(line);
  return function;
}

TensorFlowModel ModelOf(tf::GraphDef graph) {
  TensorFlowModel model;
  model.path = "model.pb";
  model.graph = std::move(graph);
  return model;
}

std::string LineOf(const tf::GraphDef& graph, const std::string& name) {
  for (const tf::NodeDef& node : graph.node()) {
    if (node.name() != name) continue;
    const std::vector<std::string> inputs(node.input().begin(), node.input().end());
    return node.name() + ": " + node.op() + "(" + JoinText(inputs, ", ") + ")";
  }
  return "";
}

const tf::NodeDef& NodeIn(const tf::GraphDef& graph, const std::string& name) {
  for (const tf::NodeDef& node : graph.node()) {
    if (node.name() == name) return node;
  }
  throw std::out_of_range("no node " + name);
}

std::vector<std::string> NamesOf(const tf::GraphDef& graph) {
  std::vector<std::string> names;
  for (const tf::NodeDef& node : graph.node()) names.push_back(node.name());
  std::ranges::sort(names);
  return names;
}

std::string MessageOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected an Error, nothing was thrown";
  return "";
}

}  // namespace floe
