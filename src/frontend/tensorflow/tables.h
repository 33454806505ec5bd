// Hash tables that the graph fills from constants before it runs.
#ifndef FLOE_FRONTEND_TENSORFLOW_TABLES_H_
#define FLOE_FRONTEND_TENSORFLOW_TABLES_H_

#include <map>
#include <memory>
#include <string>

#include "formats/tensorflow/graph.pb.h"
#include "frontend/tensorflow/slot.h"
#include "graph/evaluator.h"

namespace floe {

// The contents of each table by the name of its node and, if it has one, by its shared_name.
using TableContents = std::map<std::string, std::shared_ptr<const TableState>>;

bool IsTableOp(std::string_view op);
// Initialisers whose keys or values are not constants are left out: their tables have no contents.
TableContents FindTableContents(const tf::GraphDef& graph, const Evaluator* evaluator);
std::string SharedName(const tf::NodeDef& table);  // "" if it has none

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_TABLES_H_
