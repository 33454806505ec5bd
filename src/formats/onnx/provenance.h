// A node's doc_string: the nodes of the model that it came from, in few bytes.
//
//   (none)                       it is the model's node of the same name
//   from a/b, ./c, ../d/e        these nodes; ./ and ../ are relative to the scope of the node's own name
//   added                        of none: the exporter put it there
//
// Of a relative and a full name the shorter one is written.
#ifndef FLOE_FORMATS_ONNX_PROVENANCE_H_
#define FLOE_FORMATS_ONNX_PROVENANCE_H_

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

namespace floe {

// Writes the node's doc_string; its name has to be set.
void SetSources(onnx::NodeProto* node, const std::vector<std::string>& sources);
// The sources that SetSources wrote, for nodes of files that Floe made. `name`: the node's name.
std::vector<std::string> SourcesOf(const onnx::NodeProto& node, const std::string& name);

}  // namespace floe

#endif  // FLOE_FORMATS_ONNX_PROVENANCE_H_
