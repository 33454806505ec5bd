// Static hash tables: no fetch reaches the operations that fill them, so they have to be found and kept.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_TABLES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_TABLES_H_

#include <map>
#include <string>
#include <vector>

#include "formats/tensorflow/model_file.h"
#include "frontend/tensorflow/rewrite/inline.h"
#include "frontend/tensorflow/rewrite/strip.h"
#include "frontend/tensorflow/rewrite/variable_values.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

bool IsTableInitializer(const tf::NodeDef& node);

// Nodes of the graph that fill a table, or call a function that does.
std::vector<std::string> FindTableInitializers(const tf::GraphDef& graph, const FunctionMap& library);

// Of the operations that fill tables, those whose table the outputs use: the same handle node, or one of the
// same shared_name, also inside bodies.
std::vector<std::string> UsedTableInitializers(const WorkGraph& work, const std::vector<TensorRef>& outputs);

// Files of a SavedModel by the node that holds their path.
std::map<std::string, std::string> AssetFiles(const TensorFlowModel& model);

// Makes the initializers self-contained: keys and values that come from a text file (of `folder`, or of its
// assets) or from the checkpoint become constants. Throws Error(kModel) for a missing file, one outside the
// folder, and lines that do not have what the initializer asks for.
void EmbedTableContents(WorkGraph& work, const std::vector<std::string>& initializers,
                        const std::string& folder, const std::map<std::string, std::string>& assets,
                        VariableValues& values);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_TABLES_H_
