// What TensorFlow knows of its operations: arguments, attributes, defaults. SavedModels leave out attributes
// that have their default value, function bodies name outputs as `node:arg:i`, and types of outputs follow
// from the definition.
#ifndef FLOE_FORMATS_TENSORFLOW_OP_DEFS_H_
#define FLOE_FORMATS_TENSORFLOW_OP_DEFS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensorflow/graph.pb.h"

namespace floe {

struct TfOpDef {
  // One argument is one tensor, or as many as an attribute says: `number_attr` of one type, or one of each
  // type in `type_list_attr`.
  struct Arg {
    std::string name;
    tf::DataType type = tf::DT_INVALID;  // DT_INVALID: the value of `type_attr`
    std::string type_attr;
    std::string number_attr;
    std::string type_list_attr;
    bool is_ref = false;
  };
  struct Attr {
    std::string name;
    std::string type;  // "int", "list(type)", "func"...
    std::optional<tf::AttrValue> default_value;
  };
  std::string name;
  std::vector<Arg> inputs;
  std::vector<Arg> outputs;
  std::vector<Attr> attrs;
  bool is_stateful = false;

  const Attr* FindAttr(std::string_view attr) const;  // null if there is none
};

// The definition of one of TensorFlow's own operations (2.21); null if it has none of that name. The table is
// read at the first call; thread-safe.
const TfOpDef* FindOpDef(std::string_view op);
TfOpDef OpDefFromProto(const tf::OpDef& proto);

// TensorFlow's operations, the functions of a graph's library, and operations that a MetaGraph brings along.
class OpTable {
 public:
  OpTable() = default;
  explicit OpTable(const tf::FunctionDefLibrary& library);
  void Add(const tf::OpDef& proto);  // does not replace one of TensorFlow's own

  const TfOpDef* Find(std::string_view op) const;  // null if unknown
  // Throws Error(kModel) naming node and op, with near names, if unknown.
  const TfOpDef& Require(const tf::NodeDef& node) const;

 private:
  std::map<std::string, TfOpDef, std::less<>> own_;
};

// Sets what the node leaves out and has a default.
void AddDefaultAttrs(const TfOpDef& def, tf::NodeDef* node);

// Tensors [first, first + count) of a node's inputs or outputs.
struct PortRange {
  int first = 0;
  int count = 0;
};
// Where an argument lies; nullopt if the definition has none of that name. These functions throw
// Error(kModel) naming the node if an attribute that they need is missing, of another type, or claims more
// than a million tensors.
std::optional<PortRange> OutputRange(const TfOpDef& def, const tf::NodeDef& node, std::string_view arg);
std::optional<PortRange> InputRange(const TfOpDef& def, const tf::NodeDef& node, std::string_view arg);

// Tensors that the node takes, control inputs aside.
int InputCount(const TfOpDef& def, const tf::NodeDef& node);

// One type for each output (input) tensor; reference types keep their _REF.
std::vector<tf::DataType> OutputTypes(const TfOpDef& def, const tf::NodeDef& node);
std::vector<tf::DataType> InputTypes(const TfOpDef& def, const tf::NodeDef& node);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_OP_DEFS_H_
