// Any bytes as a sorted table, and as a checkpoint V1 in one; checksums are set right first.
#include <vector>

#include "base/file.h"
#include "formats/sorted_table.h"
#include "formats/tensorflow/checkpoint_v1.h"
#include "fuzz.h"
#include "repair_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const floe::fuzz::Folder folder;
  std::vector<uint8_t> table(data, data + size);
  floe::fuzz::RepairTable(table, nullptr);
  const std::string path = folder.Write("model.ckpt", table);
  floe::fuzz::Accepts([&] {
    const floe::SortedTable read(floe::MappedFile::Open(path));
    std::string last;
    read.VisitAll([&](std::string_view key, floe::Bytes) { last = key; });
    floe::fuzz::Require(last.empty() || read.Find(last).has_value());
  });
  floe::fuzz::Accepts([&] {
    const auto checkpoint = floe::OpenCheckpointV1(path);
    for (const std::string& name : checkpoint->names()) {
      floe::fuzz::Accepts([&] { checkpoint->Read(name); });
    }
  });
  return 0;
}
