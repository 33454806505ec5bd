// Hashes: XXH3 for checksums and keys inside Floe (not against an adversary).
#ifndef FLOE_BASE_HASH_H_
#define FLOE_BASE_HASH_H_

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace floe {

uint64_t Hash64(Bytes bytes, uint64_t seed = 0);

struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const Hash128&) const = default;
  std::string Hex() const;  // 32 digits
};
Hash128 HashBytes128(Bytes bytes);

}  // namespace floe

#endif  // FLOE_BASE_HASH_H_
