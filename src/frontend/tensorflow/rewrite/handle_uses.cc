#include "frontend/tensorflow/rewrite/handle_uses.h"

#include <utility>

namespace floe {
namespace {

void BecomeGather(tf::NodeDef& node, tf::DataType type, bool in_v1_flow, NameSet& names,
                  std::vector<tf::NodeDef>& added) {
  const tf::DataType indices = TypeAttr(node, "Tindices");
  const int64_t batch_dims = IntAttr(node, "batch_dims", 0);
  if (in_v1_flow && batch_dims == 0) {
    Become(node, "Gather", {{"Tparams", type}, {"Tindices", indices}});
    return;
  }
  const std::string axis = names.Take(node.name() + "/axis");
  added.push_back(MakeConst(axis, Tensor::Scalar<int32_t>(static_cast<int32_t>(batch_dims))));
  std::vector<std::string> inputs(node.input().begin(), node.input().end());
  inputs.insert(inputs.begin() + 2, axis);
  Become(node, "GatherV2", {{"Tparams", type}, {"Tindices", indices}, {"Taxis", tf::DT_INT32}});
  SetIntAttr(node, "batch_dims", batch_dims);
  node.mutable_input()->Assign(inputs.begin(), inputs.end());
}

}  // namespace

void Become(tf::NodeDef& node, const char* op, const std::map<std::string, tf::DataType>& types) {
  node.set_op(op);
  node.clear_attr();
  node.clear_experimental_type();
  for (const auto& [attr, type] : types) SetTypeAttr(node, attr, type);
}

bool ReadValue(tf::NodeDef& node, tf::DataType type, bool in_v1_flow, NameSet& names,
               std::vector<tf::NodeDef>& added) {
  const std::string op = node.op();
  if (op == "ReadVariableOp") {
    Become(node, "Identity", {{"T", type}});
  } else if (op == "ResourceGather") {
    BecomeGather(node, type, in_v1_flow, names, added);
  } else if (op == "ResourceGatherNd") {
    Become(node, "GatherNd", {{"Tparams", type}, {"Tindices", TypeAttr(node, "Tindices")}});
  } else if (op == "VariableShape") {
    Become(node, "Shape", {{"T", type}, {"out_type", TypeAttr(node, "out_type", tf::DT_INT32)}});
  } else if (op == "VarIsInitializedOp") {
    tf::NodeDef constant = MakeConst(node.name(), Tensor::Scalar<bool>(true));
    for (const std::string& input : node.input()) {
      if (input.starts_with('^')) constant.add_input(input);
    }
    node.Swap(&constant);
  } else {
    return false;
  }
  return true;
}

void MakeArgumentValue(Scope& scope, tf::NodeDef& node, tf::DataType type) {
  SetTypeAttr(node, "T", type);
  const auto attrs =
      scope.function.mutable_arg_attr()->find(static_cast<uint32_t>(IntAttr(node, "index", 0)));
  if (attrs == scope.function.mutable_arg_attr()->end()) return;
  for (const char* stale : {"_output_shapes", "_handle_dtypes", "_handle_shapes"})
    attrs->second.mutable_attr()->erase(stale);
}

void PatchTypeList(tf::NodeDef& node, const char* attr, int index, tf::DataType type) {
  tf::AttrValue::ListValue& list = *(*node.mutable_attr())[attr].mutable_list();
  if (index < list.type_size()) list.set_type(index, type);
}

void ForgetShape(tf::NodeDef& node, int index) {
  node.mutable_attr()->erase("_output_shapes");
  const auto shapes = node.mutable_attr()->find("output_shapes");
  if (shapes == node.mutable_attr()->end() || index >= shapes->second.list().shape_size()) return;
  tf::TensorShapeProto unknown;
  unknown.set_unknown_rank(true);
  *shapes->second.mutable_list()->mutable_shape(index) = unknown;
}

}  // namespace floe
