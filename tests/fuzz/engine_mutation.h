// Hostile engines with valid checksums.
#ifndef FLOE_TESTS_FUZZ_ENGINE_MUTATION_H_
#define FLOE_TESTS_FUZZ_ENGINE_MUTATION_H_

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace floe::fuzz {

// An engine for each backend that computes, of each graph of corpus/graph_text.
std::vector<std::vector<uint8_t>> SeedEngines();

// One change to an engine: to the bytes of a section, or to what the plan says. What is no engine becomes one
// of the seeds. At most `max_size` bytes.
std::vector<uint8_t> MutateEngine(Bytes engine, const std::vector<std::vector<uint8_t>>& seeds,
                                  size_t max_size, unsigned seed);

}  // namespace floe::fuzz

#endif  // FLOE_TESTS_FUZZ_ENGINE_MUTATION_H_
