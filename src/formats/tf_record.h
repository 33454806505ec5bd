// TFRecord framing: TensorBoard's events files and TensorFlow's data sets.
//
//   record = length (8 bytes), masked CRC-32C of these (4 bytes), data, masked CRC-32C of the data (4 bytes)
//
// Integers are little-endian; a file is nothing but records.
#ifndef FLOE_FORMATS_TF_RECORD_H_
#define FLOE_FORMATS_TF_RECORD_H_

#include "base/bytes.h"

namespace floe {

// Never throws and never reads outside: Next() is false at the end and at the first damage.
class RecordReader {
 public:
  explicit RecordReader(Bytes file) : file_(file) {}

  // The next record's data, whose checksum is not looked at: most records are skipped.
  bool Next(Bytes* data);
  bool DataIntact() const;  // the checksum of what Next() gave last

  bool damaged() const { return reason_ != nullptr; }
  const char* reason() const { return reason_; }
  bool cut_off() const { return cut_off_; }      // the last record was not written to its end
  size_t position() const { return position_; }  // of the next record, or of the damaged one

  // The checksum of the first length is right, which no other file's is.
  static bool Recognise(Bytes file);

 private:
  bool Fail(const char* reason, bool cut_off);

  Bytes file_;
  Bytes last_;
  size_t position_ = 0;
  const char* reason_ = nullptr;
  bool cut_off_ = false;
};

}  // namespace floe

#endif  // FLOE_FORMATS_TF_RECORD_H_
