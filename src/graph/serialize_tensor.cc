// Contents of tensors as bytes, and hashes of tensors and graphs.
#include <bit>
#include <unordered_map>

#include "base/check.h"
#include "base/hash.h"
#include "graph/serialize.h"

namespace floe {

static_assert(std::endian::native == std::endian::little, "contents are copied as little-endian");

namespace {

Bytes RawBytes(const Tensor& tensor) {
  return {static_cast<const uint8_t*>(tensor.raw()), tensor.size_bytes()};
}

uint64_t HashOf(const ByteWriter& w) {
  return Hash64(w.bytes());
}

uint64_t HashNode(const Node& node, const std::unordered_map<ValueId, uint64_t>& hashes) {
  ByteWriter w;
  w.U64(HashOp(node.op, 0));
  w.Varint(node.outputs.size());
  w.Varint(node.inputs.size());
  for (const ValueId in : node.inputs) w.U64(in == kNoValue ? 0 : hashes.at(in));
  for (const auto& body : node.bodies) w.U64(HashGraph(*body));
  return HashOf(w);
}

}  // namespace

void WriteTensorInline(ByteWriter& w, const Tensor& tensor) {
  CHECK(!tensor.empty() && (tensor.raw() != nullptr || tensor.size() == 0));
  if (tensor.dtype() != DType::kString) {
    if (tensor.size() > 0) w.Raw(RawBytes(tensor));
    return;
  }
  for (int64_t i = 0; i < tensor.size(); ++i) w.String(tensor.data<std::string>()[i]);
}

Tensor ReadTensorInline(ByteReader& r, const TensorType& type) {
  if (!type.IsStatic()) r.Fail("a tensor has no full type");
  const std::vector<int64_t> dims = type.shape.Static();
  const uint64_t count = static_cast<uint64_t>(ElementCount(dims));
  if (type.dtype == DType::kString) {
    if (count > r.remaining()) r.Fail("it ends early (truncated?)");
    Tensor strings(type.dtype, dims);
    for (uint64_t i = 0; i < count; ++i) strings.data<std::string>()[i] = r.String();
    return strings;
  }
  if (count > r.remaining() / DTypeSize(type.dtype)) r.Fail("it ends early (truncated?)");
  const Bytes bytes = r.Raw(count * DTypeSize(type.dtype));
  if (type.dtype == DType::kBool) {
    for (const uint8_t b : bytes) {
      if (b > 1) r.Fail("a bool that is neither 0 nor 1");
    }
  }
  Tensor tensor(type.dtype, dims);
  if (!bytes.empty()) std::memcpy(tensor.raw(), bytes.data(), bytes.size());
  return tensor;
}

uint64_t HashTensor(const Tensor& tensor) {
  ByteWriter w;
  WriteType(w, {tensor.dtype(), Shape::Of(tensor.dims())});
  if (tensor.raw() != nullptr && tensor.size() > 0) {
    if (tensor.dtype() == DType::kString) {
      WriteTensorInline(w, tensor);
    } else {
      w.U64(Hash64(RawBytes(tensor)));
    }
  }
  return HashOf(w);
}

uint64_t HashGraph(const Graph& graph) {
  std::unordered_map<ValueId, uint64_t> hashes;
  ByteWriter all;
  all.Varint(graph.node_count());
  all.Varint(graph.inputs().size());
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    ByteWriter w;
    w.Varint(i);
    WriteType(w, graph.value(graph.inputs()[i]).type);
    hashes[graph.inputs()[i]] = HashOf(w);
    all.U64(hashes[graph.inputs()[i]]);
  }
  for (const ValueId id : graph.Values()) {
    if (graph.value(id).is_constant()) hashes[id] = HashTensor(graph.value(id).constant);
  }
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    const uint64_t made = HashNode(node, hashes);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      ByteWriter w;
      w.U64(made);
      w.Varint(i);
      WriteType(w, graph.value(node.outputs[i]).type);
      hashes[node.outputs[i]] = HashOf(w);
    }
  }
  for (const ValueId id : graph.outputs()) all.U64(hashes.at(id));
  return HashOf(all);
}

}  // namespace floe
