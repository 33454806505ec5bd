#include "formats/tf_record.h"

#include "formats/crc32c.h"

namespace floe {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kChecksumBytes = 4;
constexpr size_t kHeaderBytes = kLengthBytes + kChecksumBytes;

uint32_t ChecksumAt(const uint8_t* at) {
  return ByteReader({at, kChecksumBytes}, "").U32();
}

bool HeaderIntact(Bytes header) {
  return MaskCrc32c(Crc32c(header.first(kLengthBytes))) == ChecksumAt(header.data() + kLengthBytes);
}

}  // namespace

bool RecordReader::Recognise(Bytes file) {
  return file.size() >= kHeaderBytes && HeaderIntact(file);
}

bool RecordReader::Fail(const char* reason, bool cut_off) {
  reason_ = reason;
  cut_off_ = cut_off;
  return false;
}

bool RecordReader::Next(Bytes* data) {
  if (damaged() || position_ == file_.size()) return false;
  const Bytes rest = file_.subspan(position_);
  if (rest.size() < kHeaderBytes) return Fail("a record is cut off", true);
  if (!HeaderIntact(rest)) return Fail("wrong checksum of a record's length", false);
  const uint64_t length = ByteReader(rest.first(kLengthBytes), "").U64();
  const size_t room = rest.size() - kHeaderBytes;
  if (room < kChecksumBytes || length > room - kChecksumBytes) return Fail("a record is cut off", true);
  last_ = *data = rest.subspan(kHeaderBytes, length);
  position_ += kHeaderBytes + length + kChecksumBytes;
  return true;
}

bool RecordReader::DataIntact() const {
  return MaskCrc32c(Crc32c(last_)) == ChecksumAt(last_.data() + last_.size());
}

}  // namespace floe
