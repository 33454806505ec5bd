#include "base/hash.h"

#include <xxhash.h>

namespace floe {

uint64_t Hash64(Bytes bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string Hash128::Hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

Hash128 HashBytes128(Bytes bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}

}  // namespace floe
