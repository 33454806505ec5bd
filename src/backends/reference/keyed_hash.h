// Hashes of strings that TensorFlow's models hold the results of, beside FarmHash.
#ifndef FLOE_BACKENDS_REFERENCE_KEYED_HASH_H_
#define FLOE_BACKENDS_REFERENCE_KEYED_HASH_H_

#include <cstdint>
#include <string_view>

namespace floe::reference {

// SipHash-2-4 (Aumasson and Bernstein).
uint64_t SipHash64(std::string_view text, uint64_t key0, uint64_t key1);
// MurmurHash64A (Appleby) with the seed of TensorFlow's StringToHashBucket.
uint64_t MurmurHash64(std::string_view text);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_KEYED_HASH_H_
