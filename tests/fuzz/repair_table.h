// Checksums of a checkpoint's table made right again, so that a fuzzer gets past them.
#ifndef FLOE_TESTS_FUZZ_REPAIR_TABLE_H_
#define FLOE_TESTS_FUZZ_REPAIR_TABLE_H_

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace floe::fuzz {

// Sets the checksum of each block that footer and index lead to, as far as they make sense. With `shard`, the
// entries are those of a tensor bundle, and each gets the checksum of its bytes in the shard first.
void RepairTable(std::span<uint8_t> table, const Bytes* shard);

}  // namespace floe::fuzz

#endif  // FLOE_TESTS_FUZZ_REPAIR_TABLE_H_
