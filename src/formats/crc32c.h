// CRC-32C (Castagnoli), the checksum of LevelDB's tables, checkpoints and TFRecords.
#ifndef FLOE_FORMATS_CRC32C_H_
#define FLOE_FORMATS_CRC32C_H_

#include <cstdint>

#include "base/bytes.h"

namespace floe {

// The checksum of what `crc` stands for followed by `bytes`; start with 0.
uint32_t ExtendCrc32c(uint32_t crc, Bytes bytes);
inline uint32_t Crc32c(Bytes bytes) {
  return ExtendCrc32c(0, bytes);
}

// Stored checksums are masked, so that a checksum over bytes that hold checksums stays a good one.
inline uint32_t MaskCrc32c(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

}  // namespace floe

#endif  // FLOE_FORMATS_CRC32C_H_
