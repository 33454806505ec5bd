#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "floe/error.h"
#include "image/golden.h"

namespace floe {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<uint8_t> FileBytes(const std::string& name) {
  const auto file = MappedFile::Open(DataPath(name));
  return {file->bytes().begin(), file->bytes().end()};
}

// What decoding says; "" if it succeeds. Fails the test for anything but Error(kModel).
std::string Refusal(const std::vector<uint8_t>& bytes, int channels = 3) {
  try {
    DecodeImage(bytes, "photo", channels);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
    return error.what();
  }
}

void PutBigEndian(std::vector<uint8_t>& bytes, size_t offset, uint64_t value, int count) {
  for (int i = 0; i < count; ++i)
    bytes[offset + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> (8 * (count - 1 - i)));
}

TEST(DecodeImage, EveryKindOfPictureEqualsTensorFlowToTheBit) {
  const std::vector<Row> rows = ReadTable(DataPath("decoded.tsv"));
  ASSERT_GT(rows.size(), 80u);
  for (const Row& row : rows) {
    if (row[2] == "refused") {
      EXPECT_NE(Refusal(FileBytes(row[0]), std::stoi(row[1])), "") << row[0];
      continue;
    }
    const Image image = ReadImage(DataPath(row[0]), std::stoi(row[1]));
    EXPECT_EQ(Digest(image), row[2] + " " + row[3]) << row[0] << " with " << row[1] << " channels";
  }
}

TEST(DecodeImage, PhotosEqualTensorFlowToTheBit) {
  if (!FileExists(PhotoPath("cat.jpg"))) GTEST_SKIP() << "no photos at " << PhotoPath("");
  for (const Row& row : ReadTable(DataPath("photos.tsv"))) {
    if (row[1] != "decode") continue;
    EXPECT_EQ(Digest(ReadImage(PhotoPath(row[0]), ParseDims(row[2])[2])), row[2] + " " + row[3]) << row[0];
  }
}

TEST(DecodeImage, SaysWhatAFileIsThatIsNoPictureItReads) {
  EXPECT_EQ(Refusal({}), "photo: expected a JPEG or PNG picture, found an empty file");
  EXPECT_EQ(Refusal({'G', 'I', 'F', '8', '9', 'a'}), "photo: expected a JPEG or PNG picture, found a GIF");
  EXPECT_EQ(Refusal({'h', 'e', 'l', 'l', 'o'}),
            "photo: expected a JPEG or PNG picture, found something else");
}

TEST(DecodeImage, AMissingFileIsNamed) {
  EXPECT_THAT([] { ReadImage("no/such/photo.jpg"); },
              testing::ThrowsMessage<Error>(StartsWith("no/such/photo.jpg: ")));
}

TEST(DecodeImage, EveryTruncationIsRefused) {
  for (const char* name :
       {"rgb_420.jpg", "progressive.jpg", "cmyk.jpg", "rgb_8.png", "palette_4_interlaced.png"}) {
    const std::vector<uint8_t> whole = FileBytes(name);
    for (size_t size = 0; size < whole.size(); size += 1 + size / 97) {
      const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_THAT(Refusal(part), StartsWith("photo: ")) << name << " cut to " << size << " bytes";
    }
  }
  std::vector<uint8_t> half = FileBytes("rgb_420.jpg");
  half.resize(half.size() / 2);
  EXPECT_EQ(Refusal(half), "photo: cannot decode JPEG picture: the file ends early");
}

TEST(DecodeImage, FlippedBytesNeverDoMoreThanFail) {
  SetLogLevel(LogLevel::kError);
  for (const char* name :
       {"rgb_420_restarts.jpg", "progressive.jpg", "rgba_16_interlaced.png", "palette_8.png"}) {
    const std::vector<uint8_t> whole = FileBytes(name);
    for (size_t i = 0; i < whole.size(); i += 3) {
      std::vector<uint8_t> damaged = whole;
      damaged[i] ^= static_cast<uint8_t>(1u << (i % 8));
      damaged[whole.size() - 1 - i] ^= 0x55;
      Refusal(damaged);
    }
  }
  SetLogLevel(LogLevel::kWarning);
}

TEST(DecodeImage, AHeaderThatPromisesMoreThanTheFileCanHoldAllocatesNothing) {
  std::vector<uint8_t> jpeg = FileBytes("progressive.jpg");
  const uint8_t kSof2[] = {0xff, 0xc2};
  const auto at = std::search(jpeg.begin(), jpeg.end(), std::begin(kSof2), std::end(kSof2));
  ASSERT_NE(at, jpeg.end());
  const size_t size_offset = static_cast<size_t>(at - jpeg.begin()) + 5;
  PutBigEndian(jpeg, size_offset, 10000, 2);
  PutBigEndian(jpeg, size_offset + 2, 10000, 2);
  EXPECT_THAT(Refusal(jpeg), HasSubstr("the header promises 10000 x 10000 pixels, too many for "));
  PutBigEndian(jpeg, size_offset, 65500, 2);
  PutBigEndian(jpeg, size_offset + 2, 65500, 2);
  EXPECT_THAT(Refusal(jpeg), HasSubstr("the header promises 65500 x 65500 pixels, too many for "));

  std::vector<uint8_t> png = FileBytes("rgb_8.png");
  PutBigEndian(png, 16, 9000, 4);
  PutBigEndian(png, 20, 9000, 4);
  const std::string crc = Crc32(png.data() + 12, 17);
  PutBigEndian(png, 29, std::stoul(crc, nullptr, 16), 4);
  EXPECT_THAT(Refusal(png), HasSubstr("the header promises 9000 x 9000 pixels, too many for "));
}

TEST(WritePng, WhatIsWrittenReadsBackEqual) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("floe_written_" + std::to_string(getpid()) + ".png");
  for (const char* name : {"rgb_444.jpg", "gray.jpg"}) {
    const Image image = ReadImage(DataPath(name), name[0] == 'g' ? 1 : 3);
    WritePng(path, image);
    EXPECT_EQ(ReadImage(path, image.channels).pixels, image.pixels) << name;
  }
  std::filesystem::remove(path);
}

TEST(WritePng, AFolderThatDoesNotExistIsAnError) {
  const Image image{1, 1, 1, {7}};
  try {
    WritePng("no/such/folder/out.png", image);
    ADD_FAILURE() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kResource);
    EXPECT_THAT(error.what(), HasSubstr("no/such/folder/out.png"));
  }
}

}  // namespace
}  // namespace floe
