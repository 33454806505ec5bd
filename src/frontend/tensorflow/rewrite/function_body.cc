// FunctionDef <-> Scope. A function's nodes name their inputs "argument", "node:output:index" or "^node".
#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {
namespace {

void SubstituteIn(AttrMap& attrs, const AttrMap& values, const std::string& function);

void Substitute(tf::AttrValue& attr, const AttrMap& values, const std::string& function) {
  if (attr.value_case() == tf::AttrValue::kPlaceholder) {
    const auto value = values.find(attr.placeholder());
    if (value == values.end()) {
      Throw(ErrorCode::kModel, "function '{}': expected its caller to give the attribute '{}', found none",
            function, attr.placeholder());
    }
    const tf::AttrValue copy = value->second;
    attr = copy;
  } else if (attr.value_case() == tf::AttrValue::kFunc) {
    SubstituteIn(*attr.mutable_func()->mutable_attr(), values, function);
  } else if (attr.value_case() == tf::AttrValue::kList) {
    for (tf::NameAttrList& f : *attr.mutable_list()->mutable_func())
      SubstituteIn(*f.mutable_attr(), values, function);
  }
}

void SubstituteIn(AttrMap& attrs, const AttrMap& values, const std::string& function) {
  for (auto& [name, attr] : attrs) Substitute(attr, values, function);
}

// Turns the names of a function's body into those of a graph.
class Flattener {
 public:
  Flattener(tf::FunctionDef function, const AttrMap& attrs, OpSignatures& ops)
      : ops_(ops), name_(function.signature().name()), attrs_(attrs) {
    scope_.function.Swap(&function);
    for (const tf::OpDef::AttrDef& attr : scope_.function.signature().attr()) {
      if (attr.has_default_value() && attrs_.find(attr.name()) == attrs_.end()) {
        attrs_[attr.name()] = attr.default_value();
      }
    }
  }

  Scope Run() {
    TakeNodes();
    AddArguments();
    for (tf::NodeDef& node : *scope_.graph.mutable_node()) {
      for (std::string& input : *node.mutable_input()) input = GraphInput(input, node);
    }
    AddResults();
    for (const auto& [name, node] : scope_.function.control_ret()) {
      if (!body_.contains(node))
        Fail("its control output '" + name + "' names the missing node '" + node + "'");
      scope_.control_returns.push_back(node);
    }
    std::ranges::sort(scope_.control_returns);
    scope_.function.clear_ret();
    scope_.function.clear_control_ret();
    scope_.function.mutable_signature()->clear_attr();
    scope_.function.mutable_signature()->clear_control_output();
    return std::move(scope_);
  }

 private:
  void TakeNodes() {
    scope_.graph.mutable_node()->Swap(scope_.function.mutable_node_def());
    for (tf::NodeDef& node : *scope_.graph.mutable_node()) {
      SubstituteIn(*node.mutable_attr(), attrs_, name_);
      if (!body_.emplace(node.name(), &node).second)
        Fail("the node name '" + node.name() + "' stands twice in it");
      if (node.op() == "_Arg" || node.op() == "_Retval") {
        Fail("node '" + node.name() + "' is an argument or result of another graph");
      }
      ops_.CheckInputCount(node);
    }
  }

  // The caller as far as its attributes go: list arguments take their length from them.
  tf::NodeDef Caller() const {
    tf::NodeDef caller;
    caller.set_name(name_);
    caller.set_op(name_);
    *caller.mutable_attr() = attrs_;
    return caller;
  }

  void AddArguments() {
    tf::OpDef& signature = *scope_.function.mutable_signature();
    const TfOpDef def = OpDefFromProto(signature);
    const std::vector<tf::DataType> types = InputTypes(def, Caller());
    tf::OpDef flat;
    int index = 0;
    for (const tf::OpDef::ArgDef& arg : signature.input_arg()) {
      const int count = InputRange(def, Caller(), arg.name()).value_or(PortRange{}).count;
      const bool list = !arg.number_attr().empty() || !arg.type_list_attr().empty();
      for (int i = 0; i < count; ++i, ++index) {
        const std::string name = list ? arg.name() + "_" + std::to_string(i) : arg.name();
        if (body_.contains(name)) Fail("the name '" + name + "' is an argument and a node");
        arguments_[list ? arg.name() + ":" + std::to_string(i) : name] = name;
        const tf::DataType type = types[static_cast<size_t>(index)];
        AddBoundary("_Arg", name, type, index);
        AddArgDef(flat.mutable_input_arg(), name, type);
      }
    }
    signature.mutable_input_arg()->Swap(flat.mutable_input_arg());
  }

  void AddResults() {
    NameSet names(scope_.graph);
    tf::OpDef& signature = *scope_.function.mutable_signature();
    const TfOpDef def = OpDefFromProto(signature);
    const std::vector<tf::DataType> types = OutputTypes(def, Caller());
    tf::OpDef flat;
    int index = 0;
    for (const tf::OpDef::ArgDef& arg : signature.output_arg()) {
      const auto ret = scope_.function.ret().find(arg.name());
      if (ret == scope_.function.ret().end()) Fail("nothing is returned for its output '" + arg.name() + "'");
      const int count = OutputRange(def, Caller(), arg.name()).value_or(PortRange{}).count;
      const bool list = !arg.number_attr().empty() || !arg.type_list_attr().empty();
      for (int i = 0; i < count; ++i, ++index) {
        const std::string suffix = list ? std::to_string(i) : "";
        const std::string input = GraphInput(list ? ret->second + ":" + suffix : ret->second, tf::NodeDef());
        const std::string name = list ? arg.name() + "_" + suffix : arg.name();
        const tf::DataType type = types[static_cast<size_t>(index)];
        AddBoundary("_Retval", names.Take(name), type, index)->add_input(input);
        AddArgDef(flat.mutable_output_arg(), name, type);
      }
    }
    signature.mutable_output_arg()->Swap(flat.mutable_output_arg());
  }

  static void AddArgDef(google::protobuf::RepeatedPtrField<tf::OpDef::ArgDef>* args, const std::string& name,
                        tf::DataType type) {
    tf::OpDef::ArgDef& arg = *args->Add();
    arg.set_name(name);
    arg.set_type(type);
  }

  tf::NodeDef* AddBoundary(const char* op, const std::string& name, tf::DataType type, int index) {
    tf::NodeDef node;
    node.set_name(name);
    node.set_op(op);
    SetTypeAttr(node, "T", type);
    SetIntAttr(node, "index", index);
    return AddNode(scope_.graph, std::move(node));
  }

  std::string GraphInput(const std::string& input, const tf::NodeDef& consumer) {
    if (const auto argument = arguments_.find(input); argument != arguments_.end()) return argument->second;
    if (input.starts_with('^')) {
      const std::string node = input.substr(1);
      if (const auto argument = arguments_.find(node); argument != arguments_.end())
        return "^" + argument->second;
      if (!body_.contains(node)) FailOnInput(input, consumer);
      return input;
    }
    const std::vector<std::string_view> parts = SplitText(input, ':');
    const auto source = body_.find(std::string(parts[0]));
    if (source == body_.end() || parts.size() > 3) FailOnInput(input, consumer);
    if (parts.size() == 1) return input;
    std::optional<int64_t> index = 0;
    if (parts.size() == 3) index = ParseInt(parts[2]);
    if (!index || *index < 0 || *index > (1 << 20)) FailOnInput(input, consumer);
    const int port = ops_.PortOf(*source->second, parts[1], static_cast<int>(*index));
    return TensorRef{source->first, port}.Input();
  }

  [[noreturn]] void FailOnInput(const std::string& input, const tf::NodeDef& consumer) const {
    const std::string reader = consumer.name().empty() ? "a result" : "node '" + consumer.name() + "'";
    Fail(reader + " reads '" + input + "', which is neither an argument nor a node's output");
  }
  [[noreturn]] void Fail(const std::string& what) const {
    Throw(ErrorCode::kModel, "function '{}': {}", name_, what);
  }

  OpSignatures& ops_;
  std::string name_;
  AttrMap attrs_;
  Scope scope_;
  std::unordered_map<std::string, tf::NodeDef*> body_;
  std::unordered_map<std::string, std::string> arguments_;  // as the body says it, to the name of its _Arg
};

int BoundaryIndex(const tf::NodeDef& node) {
  return static_cast<int>(IntAttr(node, "index", 0));
}

}  // namespace

Scope FlattenFunction(tf::FunctionDef function, const AttrMap& attrs, OpSignatures& ops) {
  return Flattener(std::move(function), attrs, ops).Run();
}

tf::FunctionDef UnflattenFunction(Scope scope, const OpSignatures& ops) {
  tf::FunctionDef out;
  out.Swap(&scope.function);
  tf::OpDef& signature = *out.mutable_signature();
  std::unordered_map<std::string, const tf::NodeDef*> nodes;
  for (const tf::NodeDef& node : scope.graph.node()) nodes.emplace(node.name(), &node);
  const auto function_input = [&](const std::string& input) {
    const TensorRefView ref = MustParseTensorRef(input);
    const auto source = nodes.find(std::string(ref.node));
    CHECK(source != nodes.end(), "function input " + input);
    if (ref.control()) return input;
    if (source->second->op() == "_Arg") return source->first;
    const auto [output, index] = ops.OutputOf(*source->second, ref.port);
    return source->first + ":" + output + ":" + std::to_string(index);
  };
  std::vector<bool> keep;
  for (tf::NodeDef& node : *scope.graph.mutable_node()) {
    const int index = BoundaryIndex(node);
    keep.push_back(node.op() != "_Arg" && node.op() != "_Retval");
    if (node.op() == "_Arg") signature.mutable_input_arg(index)->set_type(TypeAttr(node, "T"));
    if (node.op() == "_Retval") {
      signature.mutable_output_arg(index)->set_type(TypeAttr(node, "T"));
      (*out.mutable_ret())[signature.output_arg(index).name()] = function_input(node.input(0));
    } else {
      for (std::string& input : *node.mutable_input()) input = function_input(input);
    }
  }
  for (const std::string& node : scope.control_returns) {
    signature.add_control_output(node);
    (*out.mutable_control_ret())[node] = node;
  }
  KeepNodes(scope.graph, keep);
  out.mutable_node_def()->Swap(scope.graph.mutable_node());
  return out;
}

}  // namespace floe
