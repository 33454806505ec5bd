// A side as TensorBoard sees graphs: a GraphDef, and the times and bytes of its nodes as run metadata.
#ifndef FLOE_VIEW_TENSORBOARD_H_
#define FLOE_VIEW_TENSORBOARD_H_

#include <string>

#include "formats/tensorflow/graph.pb.h"
#include "view/data.h"
#include "view/events.pb.h"

namespace floe::view {

// A fused kernel is one node, called by its ops; what lies in it is left out.
tf::GraphDef ToGraphDef(const Side& side);
// Steps follow each other in the order of the side. Nodes without a time and bytes are left out.
tf::RunMetadata ToRunMetadata(const Side& side);

// Writes FOLDER/events.out.tfevents.0.floe, which `tensorboard --logdir FOLDER` shows; the folder is made if
// it is not there. Throws Error(kResource) if the disk refuses, Error(kModel) if the graph is too large for a
// protocol buffer.
void WriteEvents(const Side& side, const std::string& folder);

}  // namespace floe::view

#endif  // FLOE_VIEW_TENSORBOARD_H_
