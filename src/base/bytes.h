// Little-endian byte coding with bounds: nothing is read past the end, and integers are encoded, not copied.
#ifndef FLOE_BASE_BYTES_H_
#define FLOE_BASE_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace floe {

using Bytes = std::span<const uint8_t>;

inline Bytes AsBytes(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}
inline std::string_view AsText(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

class ByteWriter {
 public:
  void U8(uint8_t v) { out_.push_back(v); }
  void U32(uint32_t v) { Little(v, 4); }
  void U64(uint64_t v) { Little(v, 8); }
  void I64(int64_t v) { U64(static_cast<uint64_t>(v)); }
  void F32(float v) { U32(std::bit_cast<uint32_t>(v)); }
  void F64(double v) { U64(std::bit_cast<uint64_t>(v)); }
  void Varint(uint64_t v);
  void String(std::string_view s);  // varint length, bytes
  void Raw(Bytes b) { out_.insert(out_.end(), b.begin(), b.end()); }
  void AlignTo(size_t alignment) { out_.resize((out_.size() + alignment - 1) / alignment * alignment); }

  size_t size() const { return out_.size(); }
  const std::vector<uint8_t>& bytes() const { return out_; }
  std::vector<uint8_t> Take() { return std::move(out_); }

 private:
  void Little(uint64_t v, int count) {
    for (int i = 0; i < count; ++i) out_.push_back(static_cast<uint8_t>(v >> (8 * i)));
  }
  std::vector<uint8_t> out_;
};

// Throws Error(code) naming `subject` when the bytes end early or a length is impossible.
class ByteReader {
 public:
  ByteReader(Bytes bytes, std::string subject, ErrorCode code = ErrorCode::kModel)
      : bytes_(bytes), subject_(std::move(subject)), code_(code) {}

  uint8_t U8() { return Raw(1)[0]; }
  uint32_t U32() { return static_cast<uint32_t>(Little(4)); }
  uint64_t U64() { return Little(8); }
  int64_t I64() { return static_cast<int64_t>(U64()); }
  float F32() { return std::bit_cast<float>(U32()); }
  double F64() { return std::bit_cast<double>(U64()); }
  uint64_t Varint();
  std::string_view String();
  Bytes Raw(uint64_t count);
  // A varint count of items of at least `min_item_bytes` each: refuses one that the rest cannot hold, so that
  // a hostile count allocates nothing.
  size_t Count(size_t min_item_bytes);

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  bool done() const { return remaining() == 0; }
  const std::string& subject() const { return subject_; }
  [[noreturn]] void Fail(std::string_view what) const;

 private:
  uint64_t Little(int count) {
    const Bytes b = Raw(static_cast<uint64_t>(count));
    uint64_t v = 0;
    for (int i = 0; i < count; ++i) v |= static_cast<uint64_t>(b[static_cast<size_t>(i)]) << (8 * i);
    return v;
  }

  Bytes bytes_;
  size_t position_ = 0;
  std::string subject_;
  ErrorCode code_;
};

}  // namespace floe

#endif  // FLOE_BASE_BYTES_H_
