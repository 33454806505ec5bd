// Pictures: JPEG and PNG files to the tensors that image networks take.
//
// Everything here is stateless: any function may be called from several threads at once.
// What cannot be decoded or described throws Error(kModel) naming the file; see each function.
#ifndef FLOE_IMAGE_H_
#define FLOE_IMAGE_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "floe/picture.h"
#include "floe/tensor.h"

namespace floe {

// Rows from top to bottom, pixels interleaved: pixels[(y * width + x) * channels + c], levels 0 to 255.
struct Image {
  int height = 0;    // pixels
  int width = 0;     // pixels
  int channels = 0;  // 1: gray; 3: red, green, blue
  std::vector<uint8_t> pixels;
};

// The same levels as TensorFlow's tf.io.decode_image(bytes, channels): fast integer DCT and smooth chroma for
// JPEG; alpha dropped, palettes expanded, 16 bits cut to 8 for PNG; orientation tags ignored. `channels` is 1
// or 3. Throws Error(kModel) if the bytes are neither JPEG nor PNG, end early, are damaged beyond decoding,
// or promise more than 2^29 levels; the message begins with `subject`. Damage that leaves a picture is a
// warning in the log.
Image DecodeImage(std::span<const uint8_t> bytes, const std::string& subject, int channels = 3);
Image ReadImage(const std::string& path, int channels = 3);

// What TensorFlow's decode_jpeg, decode_png, decode_bmp, decode_image, encode_jpeg and encode_png do, to the
// level: for SetPictureCodec. Takes JPEG, PNG, and BMP without palette and compression; what it cannot do
// throws Error(kModel).
PictureCodec ImageCodec();

// 8 bits a level, gray or RGB by image.channels. The file appears whole or not at all; Error(kResource)
// otherwise.
void WritePng(const std::string& path, const Image& image);

// How an output pixel finds its place in the input. Both false is TensorFlow 1's convention;
// half_pixel_centers is that of TensorFlow 2 and of most other programs. At most one may be true.
struct Sampling {
  enum class Method : uint8_t { kBilinear, kNearest };
  Method method = Method::kBilinear;
  bool align_corners = false;
  bool half_pixel_centers = false;
  bool operator==(const Sampling&) const = default;
};

// float32 [height, width, channels], levels 0 to 255, equal to tf.compat.v1.image.resize_bilinear and
// resize_nearest_neighbor with the same flags (no antialiasing). Throws Error(kUsage) if a size is not
// positive.
Tensor ResizeImage(const Image& image, int height, int width, const Sampling& sampling = {});

// What happens to a picture before a network sees it; docs/preprocess.md describes the JSON form.
struct Preprocess {
  enum class Color : uint8_t { kRgb, kBgr, kGray };
  enum class Resize : uint8_t {
    kWhole,            // the whole picture to the network's size, its proportions changed
    kShorterSide,      // proportions kept; shorter side to `shorter_side` pixels, then the centre of the
                       // network's size
    kCentralFraction,  // the centre `central_fraction` of each side, resized to the network's size
  };
  enum class Layout : uint8_t { kNhwc, kNchw };

  Color color = Color::kRgb;
  Resize resize = Resize::kWhole;
  int shorter_side = 0;  // pixels; 0: the longer side of the network's input times shorter_side_ratio
  double shorter_side_ratio = 256.0 / 224.0;
  double central_fraction = 0.875;  // in (0, 1]
  Sampling sampling;

  // value = (level / divide_by - mean[c]) / std[c] in float32, c in the order of `color` (gray: the first).
  float divide_by = 1;
  std::array<float, 3> mean = {0, 0, 0};
  std::array<float, 3> std = {1, 1, 1};

  DType dtype = DType::kFloat32;  // a float type, or an integer type: rounded half to even and saturated
  Layout layout = Layout::kNhwc;

  int channels() const { return color == Color::kGray ? 1 : 3; }
  bool operator==(const Preprocess&) const = default;
};

// "inception": whole picture, level / 127.5 - 1. "vgg": shorter side to 256/224 of the network's, centre
// crop, means 123.68, 116.78, 103.94 subtracted. "none": whole picture, levels as they are. Throws
// Error(kUsage) for other names.
Preprocess PreprocessPreset(std::string_view name);
std::vector<std::string> PreprocessPresetNames();

// Throws Error(kUsage), with `subject` first, for a syntax error, an unknown key, or a value out of its
// range.
Preprocess PreprocessFromJson(std::string_view json, const std::string& subject);
std::string PreprocessToJson(const Preprocess& preprocess);  // one line; parses back to an equal value

// [1, height, width, channels] or [1, channels, height, width], as the layout says, from a gray or colour
// picture. `channels` is what the network takes; Error(kUsage) if the description gives another number, a
// size is not positive, or the crop does not fit into the resized picture.
Tensor PreprocessImage(const Image& image, const Preprocess& preprocess, int height, int width, int channels);

}  // namespace floe

#endif  // FLOE_IMAGE_H_
