// The picture formats, behind one shape; errors are as DecodeImage's. An Image of theirs may have 2 or 4
// channels: the last is then opacity.
#ifndef FLOE_IMAGE_CODECS_H_
#define FLOE_IMAGE_CODECS_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "floe/image.h"

namespace floe {

// TensorFlow's own limit on height * width * channels.
constexpr uint64_t kMostLevels = uint64_t{1} << 29;

bool IsJpeg(Bytes bytes);
bool IsPng(Bytes bytes);
bool IsBmp(Bytes bytes);
std::string_view WhatItIs(Bytes bytes);  // of what is none of these: "a GIF"

struct JpegOptions {
  int channels = 0;  // 1 or 3; 0: as the file has, four inks as 3
  int ratio = 1;     // 1, 2, 4 or 8: so many times smaller
  bool accurate = false;
  bool smooth_chroma = true;
  bool recover = false;                          // a file that ends early is no error
  std::optional<std::array<int64_t, 4>> window;  // top, left, height, width
};
struct PngOptions {
  int channels = 0;  // 1 to 4; 0: as the file has
  int bits = 8;      // or 16: two bytes a level in the processor's order
};

Image DecodeJpeg(Bytes bytes, const std::string& subject, const JpegOptions& options);
Image DecodePng(Bytes bytes, const std::string& subject, const PngOptions& options);
// 8, 24 or 32 bits a pixel, not compressed, no palette: what TensorFlow takes. `channels` 0: as the file has.
Image DecodeBmp(Bytes bytes, const std::string& subject, int channels);

// A picture somewhere in memory, its levels one behind the other.
struct Levels {
  int height, width, channels;
  int bits;  // 8, or 16 in the processor's order
  const uint8_t* data;
};

std::vector<uint8_t> EncodePng(const Levels& levels);
std::vector<uint8_t> EncodeJpeg(const Levels& levels, const PictureEncoding& how, const std::string& subject);

}  // namespace floe

#endif  // FLOE_IMAGE_CODECS_H_
