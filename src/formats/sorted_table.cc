#include "formats/sorted_table.h"

#include <snappy.h>

#include <algorithm>

#include "base/error.h"
#include "formats/crc32c.h"

namespace floe {
namespace {

constexpr size_t kFooterSize = 48;
constexpr size_t kHandlesSize = 40;
constexpr size_t kTrailerSize = 5;  // type and checksum behind a block
constexpr uint64_t kMagic = 0xdb4775248b80fb57u;
constexpr size_t kMaxKeySize = size_t{1} << 16;
// A snappy copy of 64 bytes takes 3: anything beyond this is no honest block.
constexpr uint64_t kMaxSnappyRatio = 32;
// Keys share prefixes, so all keys together may be larger than the file, but not without measure.
constexpr uint64_t kMaxKeyRatio = 256;

uint64_t MagicOf(Bytes file) {
  return ByteReader(file.last(8), "").U64();
}

}  // namespace

bool SortedTable::Recognise(Bytes file) {
  return file.size() >= kFooterSize && MagicOf(file) == kMagic;
}

SortedTable::SortedTable(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {
  const Bytes bytes = file_->bytes();
  if (bytes.empty()) Fail("expected a checkpoint table, found an empty file");
  if (!Recognise(bytes))
    Fail("expected a checkpoint table; its end is cut off or it is another kind of file");
  ByteReader footer(bytes.last(kFooterSize).first(kHandlesSize), file_->path() + ": footer");
  ReadHandle(&footer);  // of the metaindex, which TensorFlow leaves empty
  const std::vector<uint8_t> contents = ReadBlock(ReadHandle(&footer));
  std::string last;
  bool first = true;
  uint64_t end = 0;
  VisitBlock(contents, &last, &first, [&](std::string_view key, Bytes value) {
    ByteReader reader(value, file_->path() + ": index");
    const Handle block = ReadHandle(&reader);
    // Blocks that overlap would let a small file stand for a large one.
    if (block.offset < end) Fail("blocks of the table overlap");
    end = block.offset + block.size + kTrailerSize;
    index_.push_back({std::string(key), block});
  });
}

void SortedTable::Fail(std::string_view what) const {
  Throw(ErrorCode::kModel, "{}: {}", file_->path(), what);
}

SortedTable::Handle SortedTable::ReadHandle(ByteReader* reader) const {
  Handle handle;
  handle.offset = reader->Varint();
  handle.size = reader->Varint();
  const uint64_t room = file_->bytes().size() - kFooterSize;
  if (handle.offset > room || handle.size > room - handle.offset ||
      room - handle.offset - handle.size < kTrailerSize) {
    Fail(fmt::format("a block of {} bytes at {} lies outside the table", handle.size, handle.offset));
  }
  return handle;
}

std::vector<uint8_t> SortedTable::ReadBlock(Handle handle) const {
  const Bytes stored = file_->bytes().subspan(handle.offset, handle.size + kTrailerSize);
  const Bytes contents = stored.first(handle.size);
  const uint8_t type = stored[handle.size];
  const uint32_t checksum = ByteReader(stored.last(4), "").U32();
  if (MaskCrc32c(Crc32c(stored.first(handle.size + 1))) != checksum) {
    Fail(fmt::format("wrong checksum of the block at byte {}: the file is damaged", handle.offset));
  }
  if (type == 0) return {contents.begin(), contents.end()};
  if (type != 1)
    Fail(fmt::format("the block at byte {} has the unknown compression {}", handle.offset, type));
  const auto* compressed = reinterpret_cast<const char*>(contents.data());
  size_t size = 0;
  if (!snappy::GetUncompressedLength(compressed, contents.size(), &size) ||
      size > kMaxSnappyRatio * contents.size() + 64) {
    Fail(fmt::format("the block at byte {} claims an impossible size", handle.offset));
  }
  std::vector<uint8_t> plain(size);
  if (!snappy::RawUncompress(compressed, contents.size(), reinterpret_cast<char*>(plain.data()))) {
    Fail(fmt::format("the block at byte {} cannot be decompressed", handle.offset));
  }
  return plain;
}

void SortedTable::VisitBlock(Bytes contents, std::string* previous, bool* first, const Visitor& visit) const {
  const std::string subject = file_->path() + ": block";
  if (contents.size() < 4) Fail("a block without restart points");
  const uint64_t restarts = ByteReader(contents.last(4), subject).U32();
  if (restarts > (contents.size() - 4) / 4) Fail("a block with impossible restart points");
  ByteReader reader(contents.first(contents.size() - 4 - 4 * restarts), subject);
  std::string key = *previous;
  bool in_block = false;
  while (!reader.done()) {
    const uint64_t shared = reader.Varint();
    const uint64_t unshared = reader.Varint();
    const uint64_t value_size = reader.Varint();
    if (shared > (in_block ? key.size() : 0)) Fail("a key that shares more than the key before it has");
    if (unshared > reader.remaining() || shared + unshared > kMaxKeySize) Fail("a key of impossible size");
    const std::string_view rest = AsText(reader.Raw(unshared));
    // In order: what is shared stays, so the remainders decide.
    const std::string_view before = std::string_view(key).substr(in_block ? shared : 0);
    if (!*first && rest <= before) Fail("keys are out of order");
    key.resize(in_block ? shared : 0);
    key += rest;
    visit(key, reader.Raw(value_size));
    in_block = true;
    *first = false;
  }
  *previous = std::move(key);
}

void SortedTable::VisitAll(const Visitor& visit) const {
  std::string last;
  bool first = true;
  uint64_t key_bytes = 0;
  const uint64_t most = kMaxKeyRatio * file_->bytes().size();
  for (const IndexEntry& entry : index_) {
    VisitBlock(ReadBlock(entry.block), &last, &first, [&](std::string_view key, Bytes value) {
      key_bytes += key.size();
      if (key_bytes > most) Fail("the keys are out of proportion to the file");
      visit(key, value);
    });
    if (last > entry.last_key) Fail("a block holds keys beyond its place in the index");
  }
}

std::optional<std::string> SortedTable::Find(std::string_view wanted) const {
  const auto entry =
      std::lower_bound(index_.begin(), index_.end(), wanted,
                       [](const IndexEntry& e, std::string_view key) { return e.last_key < key; });
  if (entry == index_.end()) return std::nullopt;
  std::optional<std::string> found;
  std::string last;
  bool first = true;
  VisitBlock(ReadBlock(entry->block), &last, &first, [&](std::string_view key, Bytes value) {
    if (key == wanted) found = AsText(value);
  });
  return found;
}

}  // namespace floe
