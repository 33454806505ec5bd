#include "formats/tensorflow/wire.h"

#include <gtest/gtest.h>

#include <string>

namespace floe {
namespace {

TEST(WireWalker, WalksEachKindOfField) {
  const std::string bytes(
      "\x08\x96\x01\x12\x03"
      "abc\x1d"
      "1234\x21"
      "12345678",
      22);
  WireWalker walker(AsBytes(bytes));
  WireField field;
  ASSERT_TRUE(walker.Next(&field));
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(field.varint, 150u);
  ASSERT_TRUE(walker.Next(&field));
  EXPECT_EQ(AsText(field.payload), "abc");
  EXPECT_EQ(field.whole.size(), 5u);
  ASSERT_TRUE(walker.Next(&field));
  EXPECT_EQ(field.type, WireType::kFixed32);
  ASSERT_TRUE(walker.Next(&field));
  EXPECT_EQ(field.type, WireType::kFixed64);
  EXPECT_FALSE(walker.Next(&field));
  EXPECT_FALSE(walker.damaged());
}

TEST(WireWalker, TellsCutOffFromNonsense) {
  WireField field;
  WireWalker cut(
      AsBytes("\x12\x05"
              "abc"));
  EXPECT_FALSE(cut.Next(&field));
  EXPECT_TRUE(cut.cut_off());
  WireWalker nonsense(AsBytes("\x0f"));
  EXPECT_FALSE(nonsense.Next(&field));
  EXPECT_TRUE(nonsense.damaged());
  EXPECT_FALSE(nonsense.cut_off());
  WireWalker endless(AsBytes("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(endless.Next(&field));
  EXPECT_FALSE(endless.cut_off());
}

}  // namespace
}  // namespace floe
