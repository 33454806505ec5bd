// Graphs for tests, a node a line: "y: MatMul(x, w:0, ^check) T=float transpose_a=true".
//
// Values of attributes: a type (float, int32, bool, string, resource...), true or false, a number (5, 0.5), a
// shape
// ([2,?]), "text", @function, {float,int32} (types), {@f,@g} (functions), $T (a function's attribute). Const
// takes value=NUMBER(S) after its dtype: "c: Const dtype=int32 value=3", "value=(1;2;3)".
#ifndef FLOE_TESTS_FRONTEND_REWRITE_GRAPH_TEXT_H_
#define FLOE_TESTS_FRONTEND_REWRITE_GRAPH_TEXT_H_

#include <functional>
#include <string>
#include <vector>

#include "formats/tensorflow/graph.pb.h"
#include "formats/tensorflow/model_file.h"
#include "frontend/tensorflow/rewrite/prepare.h"

namespace floe {

tf::NodeDef NodeOf(const std::string& line);
tf::GraphDef GraphOf(const std::vector<std::string>& lines);
// "f(a: float, b: resource) -> (y: float = node:out:0)"
tf::FunctionDef FunctionOf(const std::string& signature, const std::vector<std::string>& lines);
TensorFlowModel ModelOf(tf::GraphDef graph);

// The node, back in that form ("y: MatMul(x, w)"), without attributes; "" if it is not in the graph.
std::string LineOf(const tf::GraphDef& graph, const std::string& node);
const tf::NodeDef& NodeIn(const tf::GraphDef& graph, const std::string& node);
std::vector<std::string> NamesOf(const tf::GraphDef& graph);  // sorted
// The message of the Error that `call` throws; "" and a failure if it throws none.
std::string MessageOf(const std::function<void()>& call);

}  // namespace floe

#endif  // FLOE_TESTS_FRONTEND_REWRITE_GRAPH_TEXT_H_
