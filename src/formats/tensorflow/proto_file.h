// Parses messages from mapped files, binary and text, with errors that say where.
#ifndef FLOE_FORMATS_TENSORFLOW_PROTO_FILE_H_
#define FLOE_FORMATS_TENSORFLOW_PROTO_FILE_H_

#include <google/protobuf/message.h>

#include <string>

#include "base/bytes.h"
#include "formats/tensorflow/graph.pb.h"
#include "formats/tensorflow/meta_graph.pb.h"

namespace floe {

// Merges the serialized `bytes` into `message`. Throws Error(kModel) "SUBJECT: WHAT is damaged" if that
// fails.
void MergeBinary(Bytes bytes, const std::string& subject, const std::string& what,
                 google::protobuf::Message* message);

// As MergeBinary, node by node; pages of the mapping that have been parsed are given back to the system, so
// that the peak is one copy of the weights. `bytes` must lie in a mapped file.
void MergeMappedGraphDef(Bytes bytes, const std::string& subject, tf::GraphDef* graph);
// As above; the graph goes to `graph`, everything else to `meta`.
void MergeMappedMetaGraph(Bytes bytes, const std::string& subject, tf::MetaGraphDef* meta,
                          tf::GraphDef* graph);

// Parses text form. Throws Error(kModel) "SUBJECT:LINE:COLUMN: ..." at the first mistake.
void ParseText(Bytes bytes, const std::string& subject, google::protobuf::Message* message);

// Maps are written in the order of their keys, so that equal messages give equal bytes. CHECKs that the
// message is complete and below 2 GB.
std::string SerializeDeterministic(const google::protobuf::Message& message);
std::string MessageToText(const google::protobuf::Message& message);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_PROTO_FILE_H_
