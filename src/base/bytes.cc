#include "base/bytes.h"

namespace floe {

void ByteWriter::Varint(uint64_t v) {
  while (v >= 0x80) {
    out_.push_back(static_cast<uint8_t>(v) | 0x80u);
    v >>= 7;
  }
  out_.push_back(static_cast<uint8_t>(v));
}

void ByteWriter::String(std::string_view s) {
  Varint(s.size());
  Raw(AsBytes(s));
}

uint64_t ByteReader::Varint() {
  uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = U8();
    v |= static_cast<uint64_t>(byte & 0x7fu) << shift;
    if (byte < 0x80) return v;
  }
  Fail("a number of more than 64 bits");
}

std::string_view ByteReader::String() {
  return AsText(Raw(Varint()));
}

Bytes ByteReader::Raw(uint64_t count) {
  if (count > remaining()) Fail("it ends early (truncated?)");
  const Bytes b = bytes_.subspan(position_, count);
  position_ += count;
  return b;
}

size_t ByteReader::Count(size_t min_item_bytes) {
  const uint64_t count = Varint();
  if (min_item_bytes > 0 && count > remaining() / min_item_bytes) Fail("a count is larger than the data");
  return count;
}

void ByteReader::Fail(std::string_view what) const {
  Throw(code_, "{}: damaged at byte {}: {}", subject_, position_, what);
}

}  // namespace floe
