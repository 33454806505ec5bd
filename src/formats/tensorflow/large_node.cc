#include "formats/tensorflow/large_node.h"

#include <span>

#include "formats/tensorflow/graph.pb.h"
#include "formats/tensorflow/wire.h"

namespace floe {
namespace {

constexpr uint32_t kMapKey = 1, kMapValue = 2;
// NodeDef -> entry of the attribute map -> AttrValue -> TensorProto -> bytes
constexpr uint32_t kPath[] = {tf::NodeDef::kAttrFieldNumber, kMapValue, tf::AttrValue::kTensorFieldNumber,
                              tf::TensorProto::kTensorContentFieldNumber};

class Taker {
 public:
  explicit Taker(size_t least) : least_(least) {}

  // Writes the message to `rest` without the content at the end of `path`. False on damage or a second
  // content.
  bool Take(Bytes message, std::span<const uint32_t> path, ByteWriter* rest) {
    std::string key;
    const bool found_before = node_.content.data() != nullptr;
    WireWalker walker(message);
    WireField field;
    while (walker.Next(&field)) {
      if (path.size() == 3 && field.number == kMapKey) key = AsText(field.payload);
      if (field.number != path[0] || field.payload.size() < least_) {
        rest->Raw(field.whole);
      } else if (path.size() == 1) {
        if (node_.content.data() != nullptr) return false;
        node_.content = field.payload;
      } else {
        ByteWriter inner;
        if (!Take(field.payload, path.subspan(1), &inner)) return false;
        rest->Varint(field.number << 3 | static_cast<uint32_t>(WireType::kBytes));
        rest->Varint(inner.size());
        rest->Raw(inner.bytes());
      }
    }
    if (path.size() == 3 && !found_before && node_.content.data() != nullptr) node_.attr = key;
    return !walker.damaged();
  }

  LargeNode& node() { return node_; }

 private:
  size_t least_;
  LargeNode node_;
};

}  // namespace

std::optional<LargeNode> TakeApart(Bytes node, size_t least) {
  Taker taker(least);
  ByteWriter rest;
  if (!taker.Take(node, kPath, &rest) || taker.node().content.data() == nullptr) return std::nullopt;
  taker.node().rest = rest.Take();
  return std::move(taker.node());
}

}  // namespace floe
