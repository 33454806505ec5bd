#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace floe {
namespace {

TEST(Bytes, WhatIsWrittenIsReadBack) {
  ByteWriter out;
  out.U8(7);
  out.U32(0xdeadbeef);
  out.U64(std::numeric_limits<uint64_t>::max());
  out.I64(-5);
  out.F32(-0.5f);
  out.F64(1e300);
  for (const uint64_t v : {0ull, 127ull, 128ull, 300ull, ~0ull}) out.Varint(v);
  out.String("floe");
  ByteReader in(out.bytes(), "test");
  EXPECT_EQ(in.U8(), 7);
  EXPECT_EQ(in.U32(), 0xdeadbeef);
  EXPECT_EQ(in.U64(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(in.I64(), -5);
  EXPECT_EQ(in.F32(), -0.5f);
  EXPECT_EQ(in.F64(), 1e300);
  for (const uint64_t v : {0ull, 127ull, 128ull, 300ull, ~0ull}) EXPECT_EQ(in.Varint(), v);
  EXPECT_EQ(in.String(), "floe");
  EXPECT_TRUE(in.done());
}

TEST(Bytes, IntegersAreLittleEndian) {
  ByteWriter out;
  out.U32(0x01020304);
  EXPECT_EQ(out.bytes(), (std::vector<uint8_t>{4, 3, 2, 1}));
}

TEST(Bytes, ReadingPastTheEndNamesTheSubject) {
  const uint8_t bytes[] = {1, 2};
  ByteReader in(bytes, "model.floe");
  try {
    in.U32();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_STREQ(error.what(), "model.floe: damaged at byte 0: it ends early (truncated?)");
  }
}

TEST(Bytes, AHostileCountIsRefusedBeforeAnythingIsAllocated) {
  ByteWriter out;
  out.Varint(uint64_t{1} << 60);
  out.U64(0);
  ByteReader in(out.bytes(), "x");
  EXPECT_THROW(in.Count(4), Error);
}

TEST(Bytes, AVarintOfMoreThan64BitsIsRefused) {
  const std::vector<uint8_t> bytes(11, 0xff);
  ByteReader in(bytes, "x");
  EXPECT_THROW(in.Varint(), Error);
}

}  // namespace
}  // namespace floe
