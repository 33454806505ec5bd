// A checkpoint V2 with one shard: the index, and behind the magic number that ends it the bytes of the shard.
// Checksums are set right first.
#include <algorithm>
#include <iterator>
#include <vector>

#include "formats/tensorflow/checkpoint.h"
#include "fuzz.h"
#include "repair_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const floe::fuzz::Folder folder;
  constexpr uint8_t kMagic[] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
  const uint8_t* const end = std::search(data, data + size, std::begin(kMagic), std::end(kMagic));
  const size_t index_size = end == data + size ? size : static_cast<size_t>(end - data) + std::size(kMagic);
  std::vector<uint8_t> index(data, data + index_size);
  const floe::Bytes shard(data + index_size, size - index_size);
  floe::fuzz::RepairTable(index, &shard);
  folder.Write("model.ckpt.index", index);
  folder.Write("model.ckpt.data-00000-of-00001", shard);
  floe::fuzz::Accepts([&] {
    const auto checkpoint = floe::Checkpoint::Open(folder / "model.ckpt");
    for (const floe::CheckpointEntry& entry : checkpoint->entries()) {
      floe::fuzz::Accepts([&] { checkpoint->Read(entry.name); });
      const floe::TensorSlice first(entry.dims.size(), {0, 1});
      floe::fuzz::Accepts([&] { checkpoint->ReadSlice(entry.name, first); });
    }
  });
  return 0;
}
