// What comes out of a node, and how function bodies name it.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_OP_SIGNATURES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_OP_SIGNATURES_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/tensorflow/op_defs.h"

namespace floe {

// The op definitions of a model, and a guess for operations that have none: their outputs are numbered in the
// order in which function bodies first name them.
class OpSignatures {
 public:
  OpSignatures() = default;
  explicit OpSignatures(OpTable table) : table_(std::move(table)) {}

  const TfOpDef* Find(std::string_view op) const { return table_.Find(op); }
  // Of the output `port`; DT_INVALID if the operation is unknown. Throws Error(kModel) if it has no such
  // output.
  tf::DataType OutputType(const tf::NodeDef& node, int port) const;
  // Throws Error(kModel) naming the node unless it has as many inputs as its operation takes; one of an
  // unknown operation may have any.
  void CheckInputCount(const tf::NodeDef& node) const;
  // -1 if the operation is unknown.
  int OutputCount(const tf::NodeDef& node) const;

  // "node:sums:1" of a function body is "node:3" of a graph, and back.
  int PortOf(const tf::NodeDef& node, std::string_view output, int index);
  std::pair<std::string, int> OutputOf(const tf::NodeDef& node, int port) const;

 private:
  OpTable table_;
  std::map<std::string, std::vector<std::string>> guessed_outputs_;
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_OP_SIGNATURES_H_
