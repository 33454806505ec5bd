// Any bytes as an archive of numpy arrays; what is read comes back equal.
#include "formats/npy.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const floe::fuzz::Folder folder;
  const std::string path = folder.Write("a.npz", {data, size});
  const std::string again = folder / "b.npz";
  floe::fuzz::Accepts([&] {
    const std::vector<floe::NamedTensor> read = floe::ReadNpz(path);
    floe::WriteNpz(again, read);
    const std::vector<floe::NamedTensor> copy = floe::ReadNpz(again);
    floe::fuzz::Require(copy.size() == read.size());
    for (size_t i = 0; i < read.size(); ++i) {
      floe::fuzz::Require(copy[i].name == read[i].name && SameContents(copy[i].tensor, read[i].tensor));
    }
  });
  return 0;
}
