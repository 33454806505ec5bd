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
// Skipped weights leave constants without their larger contents: enough to look at a graph's structure.
enum class Weights { kTake, kSkip };
void MergeMappedGraphDef(Bytes bytes, const std::string& subject, Weights weights, tf::GraphDef* graph);
// As above; the graph goes to `graph`, everything else to `meta`.
void MergeMappedMetaGraph(Bytes bytes, const std::string& subject, Weights weights, tf::MetaGraphDef* meta,
                          tf::GraphDef* graph);

// Parses text form. Throws Error(kModel) "SUBJECT:LINE:COLUMN: ..." at the first mistake.
void ParseText(Bytes bytes, const std::string& subject, google::protobuf::Message* message);

// Whole or not at all, as AtomicFile, without a copy of the message in memory. Maps are written in the order
// of their keys, so that equal messages give equal bytes. CHECKs that the message is complete and below 2 GB.
void WriteMessage(const std::string& path, const google::protobuf::Message& message);
std::string MessageToText(const google::protobuf::Message& message);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_PROTO_FILE_H_
