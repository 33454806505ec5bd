// Walks the fields of a protobuf message without parsing what is inside: to see what a file is, and to parse
// large messages part by part.
#ifndef FLOE_FORMATS_TENSORFLOW_WIRE_H_
#define FLOE_FORMATS_TENSORFLOW_WIRE_H_

#include <cstdint>

#include "base/bytes.h"

namespace floe {

enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5
};

struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t varint = 0;  // kVarint
  Bytes payload;        // kBytes
  Bytes whole;          // tag and value
};

// Never throws: Next() is false at the end and at the first damage; damaged() and reason() tell them apart.
class WireWalker {
 public:
  explicit WireWalker(Bytes bytes) : bytes_(bytes) {}

  bool Next(WireField* field);
  size_t position() const { return position_; }  // of the next field, or of the damaged one
  bool damaged() const { return reason_ != nullptr; }
  // "cut off": a field claims more bytes than there are; else "no protobuf field".
  const char* reason() const { return reason_; }
  bool cut_off() const { return cut_off_; }

 private:
  bool Varint(size_t* position, uint64_t* value);
  bool Fail(const char* reason, bool cut_off);

  Bytes bytes_;
  size_t position_ = 0;
  const char* reason_ = nullptr;
  bool cut_off_ = false;
};

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_WIRE_H_
