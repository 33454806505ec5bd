// Any text as the file `checkpoint` that names the newest one of a folder.
#include "formats/tensorflow/checkpoint_prefix.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const floe::fuzz::Folder folder;
  folder.Write("model.ckpt-1.index", {});
  const std::string state = folder.Write("checkpoint", {data, size});
  floe::fuzz::Accepts([&] { floe::FindCheckpointPrefix(state); });
  floe::fuzz::Accepts([&] { floe::FindCheckpointPrefix(state, 1); });
  return 0;
}
