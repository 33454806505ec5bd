#include "repair_table.h"

#include <snappy.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "formats/crc32c.h"
#include "formats/tensorflow/checkpoint.pb.h"
#include "formats/tensorflow/wire.h"
#include "fuzz.h"

namespace floe::fuzz {
namespace {

constexpr size_t kFooterSize = 48;
constexpr size_t kTrailerSize = 5;

void Put32(uint8_t* at, uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

// The block that a handle (offset, size) names, with its trailer; empty if it lies outside.
std::span<uint8_t> BlockAt(std::span<uint8_t> table, ByteReader* handle) {
  const uint64_t offset = handle->Varint();
  const uint64_t size = handle->Varint();
  if (offset > table.size() || size > table.size() - offset || table.size() - offset - size < kTrailerSize) {
    return {};
  }
  return table.subspan(offset, size + kTrailerSize);
}

void VisitValues(Bytes contents, const std::function<void(Bytes value)>& visit) {
  if (contents.size() < 4) return;
  const uint64_t restarts = ByteReader(contents.last(4), "").U32();
  if (restarts > (contents.size() - 4) / 4) return;
  ByteReader reader(contents.first(contents.size() - 4 - 4 * restarts), "");
  while (!reader.done()) {
    reader.Varint();
    const uint64_t unshared = reader.Varint();
    const uint64_t size = reader.Varint();
    reader.Raw(unshared);
    visit(reader.Raw(size));
  }
}

// The contents of a block; those of a compressed one lie in `plain`.
Bytes Contents(std::span<const uint8_t> block, std::string* plain) {
  const Bytes stored = block.first(block.size() - kTrailerSize);
  if (block[stored.size()] != 1) return stored;
  const auto* compressed = reinterpret_cast<const char*>(stored.data());
  size_t size = 0;
  if (!snappy::GetUncompressedLength(compressed, stored.size(), &size) || size > 64 * stored.size() ||
      !snappy::Uncompress(compressed, stored.size(), plain)) {
    return {};
  }
  return AsBytes(*plain);
}

// The checksum is a fixed-size field, so it can be set where it stands.
void RepairEntry(Bytes value, Bytes shard) {
  tf::BundleEntryProto entry;
  if (!entry.ParseFromArray(value.data(), static_cast<int>(value.size()))) return;
  const auto room = static_cast<int64_t>(shard.size());
  if (entry.offset() < 0 || entry.size() < 0 || entry.offset() > room || entry.size() > room - entry.offset())
    return;
  const uint32_t crc =
      Crc32c(shard.subspan(static_cast<size_t>(entry.offset()), static_cast<size_t>(entry.size())));
  WireWalker walker(value);
  WireField field;
  while (walker.Next(&field)) {
    if (field.number != tf::BundleEntryProto::kCrc32CFieldNumber || field.type != WireType::kFixed32)
      continue;
    Put32(const_cast<uint8_t*>(field.whole.data()) + field.whole.size() - 4, MaskCrc32c(crc));
  }
}

void SetChecksum(std::span<uint8_t> block) {
  Put32(block.data() + block.size() - 4, MaskCrc32c(Crc32c(block.first(block.size() - 4))));
}

}  // namespace

void RepairTable(std::span<uint8_t> table, const Bytes* shard) {
  if (table.size() < kFooterSize) return;
  Accepts([&] {
    const std::span<uint8_t> body = table.first(table.size() - kFooterSize);
    ByteReader footer(table.last(kFooterSize), "");
    BlockAt(body, &footer);  // of the metaindex, which is not read
    const std::span<uint8_t> index = BlockAt(body, &footer);
    if (index.empty()) return;
    std::string plain_index;
    Accepts([&] {
      VisitValues(Contents(index, &plain_index), [&](Bytes value) {
        ByteReader handle(value, "");
        const std::span<uint8_t> block = BlockAt(body, &handle);
        if (block.empty()) return;
        if (shard != nullptr && block[block.size() - kTrailerSize] == 0) {
          Accepts([&] {
            VisitValues(block.first(block.size() - kTrailerSize),
                        [&](Bytes entry) { RepairEntry(entry, *shard); });
          });
        }
        SetChecksum(block);
      });
    });
    SetChecksum(index);
  });
}

}  // namespace floe::fuzz
