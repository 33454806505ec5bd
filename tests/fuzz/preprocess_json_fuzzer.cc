// Any text as a description of preprocessing; one that is accepted must work and come back equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "floe/error.h"
#include "floe/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const floe::Preprocess read =
        floe::PreprocessFromJson({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (floe::PreprocessFromJson(floe::PreprocessToJson(read), "again") != read) std::abort();
    floe::PreprocessImage({2, 3, 1, {1, 2, 3, 4, 5, 6}}, read, 4, 5, read.channels());
  } catch (const floe::Error&) {
  }
  return 0;
}
