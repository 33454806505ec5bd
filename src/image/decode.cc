#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "floe/image.h"
#include "image/codecs.h"

namespace floe {
namespace {

bool StartsWith(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && AsText(bytes.first(magic.size())) == magic;
}

}  // namespace

std::string_view WhatItIs(Bytes bytes) {
  if (bytes.empty()) return "an empty file";
  if (StartsWith(bytes, "GIF8")) return "a GIF";
  if (StartsWith(bytes, "BM")) return "a BMP";
  if (StartsWith(bytes, "RIFF")) return "a WebP or another RIFF file";
  if (StartsWith(bytes, std::string_view("II*\0", 4)) || StartsWith(bytes, std::string_view("MM\0*", 4)))
    return "a TIFF";
  return "something else";
}

Image DecodeImage(std::span<const uint8_t> bytes, const std::string& subject, int channels) {
  CHECK(channels == 1 || channels == 3);
  if (IsJpeg(bytes)) return DecodeJpeg(bytes, subject, {.channels = channels});
  if (IsPng(bytes)) return DecodePng(bytes, subject, {.channels = channels});
  Throw(ErrorCode::kModel, "{}: expected a JPEG or PNG picture, found {}", subject, WhatItIs(bytes));
}

Image ReadImage(const std::string& path, int channels) {
  return DecodeImage(MappedFile::Open(path)->bytes(), path, channels);
}

void WritePng(const std::string& path, const Image& image) {
  CHECK(image.height > 0 && image.width > 0 && (image.channels == 1 || image.channels == 3));
  CHECK(image.pixels.size() == static_cast<size_t>(image.height) * static_cast<size_t>(image.width) *
                                   static_cast<size_t>(image.channels));
  WriteFile(path, EncodePng({image.height, image.width, image.channels, 8, image.pixels.data()}));
}

}  // namespace floe
