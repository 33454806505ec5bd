// A snapshot of a GraphDef's wiring: nodes by name, inputs as numbers, consumers, an order to walk in.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_GRAPH_INDEX_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_GRAPH_INDEX_H_

#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/tensorflow/graph.pb.h"

namespace floe {

// Refers to the graph: renaming, adding or removing nodes, or changing inputs, makes it stale.
class GraphIndex {
 public:
  struct Input {
    int node;
    int port;  // kControlPort for a control input
  };
  struct Consumer {
    int node;
    int slot;  // position in its NodeDef.input
  };

  // `subject` names the graph in messages ("graph", "function 'f'"). Throws Error(kModel) for an empty or
  // repeated node name, an input that is no tensor name, and an input whose node does not exist.
  explicit GraphIndex(const tf::GraphDef& graph, std::string_view subject = "graph");

  int size() const { return graph_->node_size(); }
  const tf::NodeDef& node(int index) const { return graph_->node(index); }
  int Find(std::string_view name) const;  // -1 if there is none

  std::span<const Input> inputs(int node) const;
  std::span<const Consumer> consumers(int node) const;

  // Every node after its inputs. Edges that leave a NextIteration are left out, since loops of TensorFlow 1
  // close through them; any other cycle throws Error(kModel) naming its nodes.
  std::vector<int> TopologicalOrder() const;

 private:
  void IndexNames();
  void IndexInputs();
  void IndexConsumers();
  [[noreturn]] void FailOnCycle(const std::vector<int>& pending) const;

  const tf::GraphDef* graph_;
  std::string subject_;
  std::unordered_map<std::string_view, int> by_name_;
  std::vector<Input> inputs_;  // of all nodes, one after the other
  std::vector<int> input_begin_;
  std::vector<Consumer> consumers_;
  std::vector<int> consumer_begin_;
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_GRAPH_INDEX_H_
