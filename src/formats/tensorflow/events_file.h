// The graph that a TensorBoard events file holds.
#ifndef FLOE_FORMATS_TENSORFLOW_EVENTS_FILE_H_
#define FLOE_FORMATS_TENSORFLOW_EVENTS_FILE_H_

#include <optional>
#include <string>

#include "base/bytes.h"

namespace floe {

struct EventGraph {
  Bytes bytes;  // within the file: a serialized GraphDef or MetaGraphDef
  bool meta_graph = false;
};

// The last graph or MetaGraph of the records; nullopt if there is none. A last record that was never finished
// is as good as the end, since events files are read while a training still writes them. Throws Error(kModel)
// naming `path` for a wrong checksum of a length or of the graph's record.
std::optional<EventGraph> FindLastGraph(Bytes file, const std::string& path);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_EVENTS_FILE_H_
