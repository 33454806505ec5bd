// Any text as a graph; what is read comes back equal, as text and as bytes.
#include "fuzz.h"
#include "graph/serialize.h"
#include "graph/text.h"
#include "graph/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::fuzz::Accepts([&] {
    const auto graph = floe::ParseGraph({reinterpret_cast<const char*>(data), size});
    floe::VerifyGraph(*graph);
    const auto copy = floe::ParseGraph(floe::PrintGraph(*graph, {.all_constants = true}));
    floe::fuzz::Require(floe::HashGraph(*copy) == floe::HashGraph(*graph));
  });
  return 0;
}
