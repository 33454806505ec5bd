// Windows bitmaps without palette and compression, whose pixels are what TensorFlow makes of them.
#include <cstdlib>

#include "base/error.h"
#include "image/codecs.h"

namespace floe {
namespace {

constexpr size_t kHeaderBytes = 32;  // up to the compression

int64_t NumberAt(Bytes bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= uint32_t{bytes[at + i]} << (8 * i);
  return static_cast<int32_t>(value);
}

// Blue, green, red[, opacity] or gray to as many channels as wanted.
void ConvertPixel(const uint8_t* in, int in_channels, uint8_t* out, int channels) {
  if (channels == 1) {
    out[0] = in[0];
    return;
  }
  for (int c = 0; c < 3; ++c) out[c] = in_channels == 1 ? in[0] : in[2 - c];
  if (channels == 4) out[3] = in_channels == 4 ? in[3] : 255;
}

}  // namespace

bool IsBmp(Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
}

Image DecodeBmp(Bytes bytes, const std::string& subject, int channels) {
  const auto fail = [&](const std::string& what) {
    Throw(ErrorCode::kModel, "{}: cannot decode BMP picture: {}", subject, what);
  };
  if (bytes.size() < kHeaderBytes) fail("the file ends early");
  const int64_t start = NumberAt(bytes, 10, 4), width = NumberAt(bytes, 18, 4),
                signed_height = NumberAt(bytes, 22, 4), bits = NumberAt(bytes, 28, 2);
  const int64_t height = std::abs(signed_height);  // negative: the first row is the top one
  if (bits != 8 && bits != 24 && bits != 32)
    fail(fmt::format("expected 8, 24 or 32 bits a pixel, found {}", bits));
  const int in_channels = static_cast<int>(bits / 8);
  if (channels == 0) channels = in_channels;
  if (channels == 1 && in_channels != 1) fail(fmt::format("{} channels do not become 1", in_channels));
  if (width < 1 || height < 1 ||
      static_cast<uint64_t>(width) * static_cast<uint64_t>(height) >= kMostLevels / 4)
    fail(fmt::format("{}x{} pixels", height, width));
  const int64_t stride = (in_channels * width + 3) / 4 * 4;
  // TensorFlow does not ask for the last row's padding.
  if (start < 0 || start + stride * (height - 1) + in_channels * width > static_cast<int64_t>(bytes.size()))
    fail("the file ends early");
  Image image{static_cast<int>(height), static_cast<int>(width), channels, {}};
  image.pixels.resize(static_cast<size_t>(height * width * channels));
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* row = bytes.data() + start + stride * (signed_height < 0 ? y : height - 1 - y);
    for (int64_t x = 0; x < width; ++x)
      ConvertPixel(row + x * in_channels, in_channels, image.pixels.data() + (y * width + x) * channels,
                   channels);
  }
  return image;
}

}  // namespace floe
