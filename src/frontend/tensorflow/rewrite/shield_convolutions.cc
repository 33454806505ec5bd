#include "frontend/tensorflow/rewrite/shield_convolutions.h"

#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"

namespace floe {
namespace {

constexpr char kMustCompile[] = "_XlaMustCompile";

bool MustCompile(const tf::NodeDef& call, const Scope& body) {
  if (BoolAttr(call, kMustCompile, false)) return true;
  const auto attr = body.function.attr().find(kMustCompile);
  return attr != body.function.attr().end() && attr->second.b();
}

tf::NodeDef AnyImages(std::string name, std::string input, tf::DataType type) {
  tf::NodeDef node = MakeIdentity(std::move(name), std::move(input), type);
  node.set_op("EnsureShape");
  tf::TensorShapeProto* shape = (*node.mutable_attr())["shape"].mutable_shape();
  for (int i = 0; i < 4; ++i) shape->add_dim()->set_size(-1);
  return node;
}

}  // namespace

void ShieldConvolutions(const tf::NodeDef& call, Scope& body) {
  if (!MustCompile(call, body)) return;
  NameSet names(body.graph);
  Rewiring rewiring;
  std::vector<tf::NodeDef> shields;
  for (tf::NodeDef& node : *body.graph.mutable_node()) {
    if (node.op() == "PartitionedCall" || node.op() == "StatefulPartitionedCall")
      (*node.mutable_attr())[kMustCompile].set_b(true);
    if (node.op() != "Conv2D") continue;
    shields.push_back(AnyImages(names.Take(node.name() + "/shield"), node.name(), TypeAttr(node, "T")));
    rewiring.Redirect({node.name(), 0}, shields.back().name());
  }
  rewiring.Apply(body.graph);
  for (tf::NodeDef& shield : shields) AddNode(body.graph, std::move(shield));
}

}  // namespace floe
