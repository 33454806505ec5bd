// Any bytes as one numpy array; what is read comes back equal.
#include "formats/npy.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::fuzz::Accepts([&] {
    const floe::Tensor read = floe::ParseNpy({data, size}, "fuzz");
    const floe::Tensor copy = floe::ParseNpy(floe::AsBytes(floe::FormatNpy(read)), "again");
    floe::fuzz::Require(SameContents(copy, read));
  });
  return 0;
}
