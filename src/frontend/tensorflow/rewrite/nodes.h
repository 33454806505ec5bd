// Reading attributes of a NodeDef, and making the nodes that rewrites put in.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_NODES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_NODES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "floe/tensor.h"
#include "formats/tensorflow/graph.pb.h"

namespace floe {

const tf::AttrValue* FindAttr(const tf::NodeDef& node, const std::string& name);  // null if there is none
// The attribute's value, or `fallback` if it is absent or of another kind.
tf::DataType TypeAttr(const tf::NodeDef& node, const std::string& name,
                      tf::DataType fallback = tf::DT_INVALID);
std::string StringAttr(const tf::NodeDef& node, const std::string& name);  // "" if absent
bool BoolAttr(const tf::NodeDef& node, const std::string& name, bool fallback);
int64_t IntAttr(const tf::NodeDef& node, const std::string& name, int64_t fallback);
// The function an attribute like "f" or "then_branch" names; "" if it names none.
std::string FunctionAttr(const tf::NodeDef& node, const std::string& name);

void SetTypeAttr(tf::NodeDef& node, const std::string& name, tf::DataType type);
void SetIntAttr(tf::NodeDef& node, const std::string& name, int64_t value);

// Absent if the rank is unknown; -1 is an unknown dimension.
using PartialDims = std::optional<std::vector<int64_t>>;

// The part of a node's inputs before its control inputs.
int DataInputCount(const tf::NodeDef& node);

tf::NodeDef MakeConst(std::string name, const Tensor& value);
// The type may be one that Tensor has a stand-in for only (quantized types).
tf::NodeDef MakeConst(std::string name, const Tensor& value, tf::DataType type);
// A tensor without elements, for a place that nothing reads.
tf::NodeDef MakeEmptyConst(std::string name, tf::DataType type);
tf::NodeDef MakeIdentity(std::string name, std::string input, tf::DataType type);
tf::NodeDef MakePlaceholder(std::string name, tf::DataType type, const PartialDims& dims);

// The value of a Const node; throws Error(kModel) naming it if it is damaged.
Tensor ConstValue(const tf::NodeDef& node);

// Calls visit for every function that the node's attributes name, lists included.
void ForEachFunction(tf::NodeDef& node, const std::function<void(tf::NameAttrList&)>& visit);
void ForEachFunction(const tf::NodeDef& node, const std::function<void(const tf::NameAttrList&)>& visit);

// Takes out the nodes with keep[i] false; the others move, uncopied, and stay in order.
void KeepNodes(tf::GraphDef& graph, const std::vector<bool>& keep);
// Appends without a copy.
tf::NodeDef* AddNode(tf::GraphDef& graph, tf::NodeDef&& node);

// Hands out node names that are not in use yet.
class NameSet {
 public:
  explicit NameSet(const tf::GraphDef& graph);
  // `wanted`, or `wanted_1`, `wanted_2`...; taken from then on.
  std::string Take(const std::string& wanted);

 private:
  std::unordered_map<std::string, int> used_;  // name to the last suffix tried
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_NODES_H_
