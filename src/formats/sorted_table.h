// LevelDB's sorted table, as checkpoints use it; read with bounds, so that a hostile file costs no more than
// a few hundred times its size.
//
//   file   = block* footer
//   block  = contents, type (1 byte: 0 plain, 1 snappy), masked CRC-32C of both (4 bytes)
//   contents = entry*, restart offsets (4 bytes each), their number (4 bytes)
//   entry  = varints shared, unshared, value size; unshared bytes of the key; value. The key begins with the
//   first
//            `shared` bytes of the key before it.
//   footer = handles (varints offset, size) of the metaindex and the index block, padded to 40 bytes; magic
//   (8 bytes)
//
// The index block maps a key, no less than any key in a data block, to the handle of that block.
#ifndef FLOE_FORMATS_SORTED_TABLE_H_
#define FLOE_FORMATS_SORTED_TABLE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace floe {

// Immutable; safe to read from several threads.
class SortedTable {
 public:
  // Reads footer and index. This and all reads throw Error(kModel) naming the file on damage.
  explicit SortedTable(std::shared_ptr<const MappedFile> file);

  // All entries in the order of their keys; `value` lives during the call only.
  using Visitor = std::function<void(std::string_view key, Bytes value)>;
  void VisitAll(const Visitor& visit) const;
  std::optional<std::string> Find(std::string_view key) const;

  // The file ends in a table's magic number.
  static bool Recognise(Bytes file);

 private:
  struct Handle {
    uint64_t offset = 0;
    uint64_t size = 0;
  };
  struct IndexEntry {
    std::string last_key;
    Handle block;
  };

  [[noreturn]] void Fail(std::string_view what) const;
  Handle ReadHandle(ByteReader* reader) const;
  std::vector<uint8_t> ReadBlock(Handle handle) const;
  // Visits the entries of a block; `previous` is the key before the block's first and becomes its last.
  void VisitBlock(Bytes contents, std::string* previous, bool* first, const Visitor& visit) const;

  std::shared_ptr<const MappedFile> file_;
  std::vector<IndexEntry> index_;
};

}  // namespace floe

#endif  // FLOE_FORMATS_SORTED_TABLE_H_
