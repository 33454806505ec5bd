#include "frontend/tensorflow/rewrite/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "frontend/rewrite/graph_text.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> kLookup = {
    "words: Placeholder dtype=string shape=[?]",
    "table: HashTableV2 key_dtype=string value_dtype=int64 shared_name=\"t\"",
    "default: Const dtype=int64 value=-1",
    "y: LookupTableFindV2(table, words, default) Tin=string Tout=int64"};

FreezeResult Prepare(std::vector<std::string> more, const std::string& folder = "") {
  std::vector<std::string> lines = kLookup;
  lines.insert(lines.end(), more.begin(), more.end());
  TensorFlowModel model = ModelOf(GraphOf(lines));
  model.folder = folder;
  Selection selection;
  selection.outputs = {"y"};
  return PrepareGraph(std::move(model), selection);
}

TEST(Tables, TheInitializerOfAUsedTableStays) {
  const FreezeResult result =
      Prepare({"keys: Const dtype=string value=(a;b)", "values: Const dtype=int64 value=(1;2)",
               "init: LookupTableImportV2(again, keys, values) Tin=string Tout=int64",
               "again: HashTableV2 key_dtype=string value_dtype=int64 shared_name=\"t\""});
  EXPECT_THAT(result.initializers, ElementsAre("init"));
  EXPECT_NE(LineOf(result.graph, "init"), "");
}

TEST(Tables, TheInitializerOfAnotherTableGoes) {
  const FreezeResult result =
      Prepare({"keys: Const dtype=string value=(a;b)", "values: Const dtype=int64 value=(1;2)",
               "init: LookupTableImportV2(other, keys, values) Tin=string Tout=int64",
               "other: HashTableV2 key_dtype=string value_dtype=int64 shared_name=\"other\""});
  EXPECT_THAT(result.initializers, IsEmpty());
  EXPECT_EQ(LineOf(result.graph, "init"), "");
}

class TextFileTables : public testing::Test {
 protected:
  TextFileTables() {
    // A folder of its own: tests run side by side.
    std::string name = testing::TempDir() + "floe_tables_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream(folder_ / "vocab.txt") << "apple\t7\nbanana\t8\r\ncherry\t9";
  }
  ~TextFileTables() override { std::filesystem::remove_all(folder_); }
  std::vector<std::string> Init(const std::string& file, const std::string& attrs) {
    return {"file: Const dtype=string value=" + file,
            "init: InitializeTableFromTextFileV2(table, file) " + attrs};
  }
  std::filesystem::path folder_;
};

TEST_F(TextFileTables, KeysAndValuesBecomeConstants) {
  const FreezeResult result = Prepare(Init("vocab.txt", "key_index=0 value_index=1"), folder_.string());
  EXPECT_EQ(LineOf(result.graph, "init"), "init: InitializeTableV2(table, init/keys, init/values)");
  EXPECT_TRUE(SameContents(ConstValue(NodeIn(result.graph, "init/keys")),
                           Tensor::FromVector<std::string>({"apple", "banana", "cherry"})));
  EXPECT_TRUE(
      SameContents(ConstValue(NodeIn(result.graph, "init/values")), Tensor::FromVector<int64_t>({7, 8, 9})));
}

TEST_F(TextFileTables, LinesAndTheirNumbersServeToo) {
  const FreezeResult result =
      Prepare(Init("vocab.txt", "key_index=-2 value_index=-1 vocab_size=2"), folder_.string());
  EXPECT_TRUE(SameContents(ConstValue(NodeIn(result.graph, "init/keys")),
                           Tensor::FromVector<std::string>({"apple\t7", "banana\t8"})));
  EXPECT_TRUE(
      SameContents(ConstValue(NodeIn(result.graph, "init/values")), Tensor::FromVector<int64_t>({0, 1})));
}

TEST_F(TextFileTables, AFileOutsideTheModelsFolderIsRefused) {
  for (const char* file : {"../vocab.txt", "/etc/hostname"}) {
    EXPECT_THAT(MessageOf([&] { Prepare(Init(file, "key_index=-2 value_index=-1"), folder_.string()); }),
                HasSubstr("expected a file in the model's folder"));
  }
}

TEST_F(TextFileTables, ALineWithoutTheColumnIsNamed) {
  EXPECT_THAT(MessageOf([&] { Prepare(Init("vocab.txt", "key_index=2 value_index=-1"), folder_.string()); }),
              HasSubstr("expected a column 2 in line 1 of its file, found 'apple\t7'"));
}

}  // namespace
}  // namespace floe
