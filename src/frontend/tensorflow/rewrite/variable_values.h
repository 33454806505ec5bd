// Where a variable's value lies in a checkpoint.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_VARIABLE_VALUES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_VARIABLE_VALUES_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/tensorflow/checkpoint.h"
#include "formats/tensorflow/model_file.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {

// A node that holds a variable: Variable, VariableV2, AutoReloadVariable (references) or VarHandleOp (a
// resource).
struct VariableNode {
  std::string node;
  std::string resource;  // shared_name, else the node's name: nodes with one resource are one variable
  tf::DataType type = tf::DT_INVALID;
  PartialDims dims;
  bool is_resource = false;
};
std::optional<VariableNode> AsVariable(const tf::NodeDef& node);

// What a restore operation says about a variable.
struct RestoreSource {
  std::string key;    // of the checkpoint
  std::string slice;  // "10 20 0,4:0,20" for a part of a partitioned variable; "" for the whole tensor
};
// By node and by resource name. Those that the saver's restore operation reaches come first. Functions that
// restore (SavedModels of TensorFlow 2 call one) are followed.
using RestoreSources = std::map<std::string, std::vector<RestoreSource>>;
RestoreSources FindRestoreSources(const tf::GraphDef& graph, const std::string& restore_op);

class VariableValues {
 public:
  // Reads the restore operations of the graph as it was saved; the checkpoint is opened at the first Read().
  explicit VariableValues(const TensorFlowModel& model);

  // From now on the variable has this value.
  void Override(const VariableNode& variable, Tensor value) {
    overrides_[variable.resource] = std::move(value);
  }
  // The value, in the type and shape that the variable has; nullopt if the checkpoint holds none. Looks by
  // restore operation, then in the object graph, then by name. Throws Error(kModel) if type or shape differ
  // or the checkpoint is damaged.
  std::optional<Tensor> Read(const VariableNode& variable);
  // The tensor restored under a key of the checkpoint; nullopt if there is none.
  std::optional<Tensor> ReadKey(const std::string& key);

  const std::string& checkpoint_prefix() const { return prefix_; }  // "" if there is none
  // Near names in the checkpoint, for messages: "; did you mean ...?".
  std::string Suggest(const VariableNode& variable);

 private:
  bool Open();
  std::optional<RestoreSource> Locate(const VariableNode& variable);
  std::optional<RestoreSource> LocatePart(const VariableNode& variable) const;

  std::string prefix_;
  std::shared_ptr<const Checkpoint> checkpoint_;
  std::map<std::string, Tensor> overrides_;
  RestoreSources restores_;
  std::map<std::string, RestoreSource> slices_;        // by the collections' VariableDefs
  std::vector<std::string> object_names_;              // of the SavedModel's objects, by object
  std::map<std::string, std::string> object_keys_;     // variable name to checkpoint key
  std::map<std::string, std::vector<int64_t>> parts_;  // dims of nodes called .../part_N
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_VARIABLE_VALUES_H_
