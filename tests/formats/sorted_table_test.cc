#include "formats/sorted_table.h"

#include <leveldb/env.h>
#include <leveldb/table_builder.h>

#include <map>

#include "files.h"

namespace floe {
namespace {

using testing::HasSubstr;
using Contents = std::map<std::string, std::string>;

std::string WriteTable(const TemporaryFolder& folder, const Contents& contents,
                       leveldb::CompressionType compression, size_t block_size) {
  const std::string path = folder / "table";
  leveldb::WritableFile* file = nullptr;
  EXPECT_TRUE(leveldb::Env::Default()->NewWritableFile(path, &file).ok());
  const std::unique_ptr<leveldb::WritableFile> owned(file);
  leveldb::Options options;
  options.compression = compression;
  options.block_size = block_size;
  leveldb::TableBuilder builder(options, file);
  for (const auto& [key, value] : contents) builder.Add(key, value);
  EXPECT_TRUE(builder.Finish().ok());
  EXPECT_TRUE(file->Close().ok());
  return path;
}

Contents ManyEntries() {
  Contents contents = {{"", "header"}};
  for (int i = 0; i < 2000; ++i) {
    contents["layer/" + std::to_string(i) + "/kernel"] =
        std::string(static_cast<size_t>(i % 90), 'v') + std::to_string(i);
  }
  contents[std::string("\0binary\xff", 8)] = std::string("\0\1\2", 3);
  return contents;
}

Contents ReadTable(const std::string& path) {
  Contents contents;
  SortedTable(MappedFile::Open(path)).VisitAll([&](std::string_view key, Bytes value) {
    contents[std::string(key)] = AsText(value);
  });
  return contents;
}

TEST(SortedTable, ReadsWhatLevelDbWrites) {
  const TemporaryFolder folder;
  const Contents contents = ManyEntries();
  for (const auto compression : {leveldb::kNoCompression, leveldb::kSnappyCompression}) {
    for (const size_t block_size : {100, 4096, 1 << 20}) {
      const std::string path = WriteTable(folder, contents, compression, block_size);
      EXPECT_EQ(ReadTable(path), contents);
      const SortedTable table(MappedFile::Open(path));
      for (const auto& [key, value] : contents) ASSERT_EQ(table.Find(key), value) << key;
      EXPECT_FALSE(table.Find("layer/1").has_value());
      EXPECT_FALSE(table.Find("zzz").has_value());
    }
  }
}

TEST(SortedTable, ReadsAnEmptyTable) {
  const TemporaryFolder folder;
  const std::string path = WriteTable(folder, {}, leveldb::kNoCompression, 4096);
  EXPECT_TRUE(ReadTable(path).empty());
  EXPECT_FALSE(SortedTable(MappedFile::Open(path)).Find("").has_value());
}

TEST(SortedTable, EveryFlippedByteIsFoundOrHarmless) {
  const TemporaryFolder folder;
  Contents contents;
  for (int i = 0; i < 40; ++i) contents["key" + std::to_string(i)] = "value" + std::to_string(i);
  const std::string whole = ReadAll(WriteTable(folder, contents, leveldb::kSnappyCompression, 200));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x41);
    const std::string path = folder.Write("flipped", bytes);
    Contents read;
    // Bytes that nothing depends on: the metaindex block and the padding of the footer.
    if (ErrorOf([&] { read = ReadTable(path); }).empty()) {
      EXPECT_EQ(read, contents) << i;
    }
  }
}

TEST(SortedTable, RefusesTruncation) {
  const TemporaryFolder folder;
  const std::string whole = ReadAll(WriteTable(folder, ManyEntries(), leveldb::kNoCompression, 4096));
  for (const size_t size : {size_t{1}, size_t{47}, whole.size() / 2, whole.size() - 1}) {
    EXPECT_THAT(ErrorOf([&] { ReadTable(folder.Write("short", whole.substr(0, size))); }),
                HasSubstr("short: expected a checkpoint table"));
  }
  EXPECT_THAT(ErrorOf([&] { ReadTable(folder.Write("empty", "")); }), HasSubstr("found an empty file"));
}

// A footer alone whose handles claim what a hostile file would.
TEST(SortedTable, RefusesHandlesOutsideTheFile) {
  const TemporaryFolder folder;
  ByteWriter footer;
  footer.Varint(0);
  footer.Varint(0);
  footer.Varint(uint64_t{1} << 62);
  footer.Varint(uint64_t{1} << 63);
  footer.AlignTo(40);
  std::string bytes(AsText(footer.bytes()));
  bytes = std::string(64, '\0') + bytes + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
  EXPECT_THAT(ErrorOf([&] { ReadTable(folder.Write("hostile", bytes)); }),
              HasSubstr("lies outside the table"));
}

}  // namespace
}  // namespace floe
