// Drops what no output of the model depends on, and puts the rest in order.
#ifndef FLOE_EXPORT_EMIT_PRUNE_H_
#define FLOE_EXPORT_EMIT_PRUNE_H_

#include "formats/onnx/write.h"

namespace floe {

// Initializers and weights come in the order in which the nodes read them. What goes are nodes, initializers
// and weights that nothing reads, in bodies too, and the types of their values. Names are unique in the whole
// model. A body's unused value may have kept a node of the graph around it.
void PruneUnused(OnnxModel* model);

}  // namespace floe

#endif  // FLOE_EXPORT_EMIT_PRUNE_H_
