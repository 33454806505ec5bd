// The two picture formats, behind one shape: `channels` is 1 or 3, and errors are as DecodeImage's.
#ifndef FLOE_IMAGE_CODECS_H_
#define FLOE_IMAGE_CODECS_H_

#include <string>
#include <vector>

#include "base/bytes.h"
#include "floe/image.h"

namespace floe {

// TensorFlow's own limit on height * width * channels.
constexpr uint64_t kMostLevels = uint64_t{1} << 29;

bool IsJpeg(Bytes bytes);
bool IsPng(Bytes bytes);

Image DecodeJpeg(Bytes bytes, const std::string& subject, int channels);
Image DecodePng(Bytes bytes, const std::string& subject, int channels);

std::vector<uint8_t> EncodePng(const Image& image);

}  // namespace floe

#endif  // FLOE_IMAGE_CODECS_H_
