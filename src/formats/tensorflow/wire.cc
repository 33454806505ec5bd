#include "formats/tensorflow/wire.h"

namespace floe {

bool WireWalker::Fail(const char* reason, bool cut_off) {
  reason_ = reason;
  cut_off_ = cut_off;
  return false;
}

bool WireWalker::Varint(size_t* position, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (*position >= bytes_.size()) return Fail("cut off inside a field", true);
    const uint8_t byte = bytes_[(*position)++];
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return Fail("a number of more than 64 bits", false);
}

bool WireWalker::Next(WireField* field) {
  if (damaged() || position_ == bytes_.size()) return false;
  size_t at = position_;
  uint64_t tag = 0;
  if (!Varint(&at, &tag)) return false;
  if (tag >> 32 != 0 || tag >> 3 == 0) return Fail("no protobuf field", false);
  *field = {};
  field->number = static_cast<uint32_t>(tag >> 3);
  field->type = static_cast<WireType>(tag & 7);
  uint64_t length = 0;
  switch (field->type) {
    case WireType::kVarint:
      if (!Varint(&at, &field->varint)) return false;
      break;
    case WireType::kFixed64:
      length = 8;
      break;
    case WireType::kFixed32:
      length = 4;
      break;
    case WireType::kBytes:
      if (!Varint(&at, &length)) return false;
      break;
    default:  // groups do not occur in any of TensorFlow's messages
      return Fail("no protobuf field", false);
  }
  if (length > bytes_.size() - at) return Fail("cut off inside a field", true);
  if (field->type == WireType::kBytes) field->payload = bytes_.subspan(at, length);
  at += length;
  field->whole = bytes_.subspan(position_, at - position_);
  position_ = at;
  return true;
}

}  // namespace floe
