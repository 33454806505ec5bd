#ifndef FLOE_BACKENDS_REFERENCE_FARM_HASH_H_
#define FLOE_BACKENDS_REFERENCE_FARM_HASH_H_

#include <cstdint>
#include <string_view>

namespace floe::reference {

// FarmHash's Fingerprint64 (Geoff Pike, github.com/google/farmhash): the same on every machine and for ever.
uint64_t Fingerprint64(std::string_view text);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_FARM_HASH_H_
