// Graphs as bytes inside an engine, and their identity as a hash. The layout stands in serialize.cc.
#ifndef FLOE_GRAPH_SERIALIZE_H_
#define FLOE_GRAPH_SERIALIZE_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "graph/graph.h"

namespace floe {

// Bodies within bodies that a reader follows.
constexpr int kMaxBodyDepth = 32;

// Where the contents of a constant go: inline (WriteTensorInline) or to a section of their own. The id is the
// value's in the graph being written, a body's own where it is in a body.
using ConstantWriter = std::function<void(ByteWriter&, ValueId, const Tensor&)>;
// The contents again; the result's dtype and dims must be the type's. Memory must not be allocated before the
// reader is known to hold the contents.
using ConstantReader = std::function<Tensor(ByteReader&, const TensorType&)>;

// Removed nodes and values are left out.
void WriteGraph(ByteWriter& writer, const Graph& graph, const ConstantWriter& write_constant);
// Throws Error of the reader's code for anything that WriteGraph does not write: unknown ops and fields,
// indices out of range, impossible counts. Types are taken as stored: ask CheckTypes (verify.h) to compare
// them with what the ops say.
std::unique_ptr<Graph> ReadGraph(ByteReader& reader, const ConstantReader& read_constant);

void WriteType(ByteWriter& writer, const TensorType& type);
TensorType ReadType(ByteReader& reader);

// Contents alone, little-endian; strings with their lengths.
void WriteTensorInline(ByteWriter& writer, const Tensor& tensor);
Tensor ReadTensorInline(ByteReader& reader, const TensorType& type);

// Equal for graphs that compute the same in the same way: ops, fields, types, wiring and the contents of
// constants count; names, sources and the order of creation do not. Stable from run to run.
uint64_t HashGraph(const Graph& graph);
uint64_t HashTensor(const Tensor& tensor);

}  // namespace floe

#endif  // FLOE_GRAPH_SERIALIZE_H_
