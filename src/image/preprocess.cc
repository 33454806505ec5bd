#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/element_type.h"
#include "base/error.h"
#include "base/text.h"
#include "floe/image.h"
#include "image/resize.h"

namespace floe {
namespace {

struct Preset {
  std::string_view name;
  Preprocess preprocess;
};

// TF-Slim's inception_preprocessing without its central crop, and vgg_preprocessing.
constexpr Preset kPresets[] = {
    {"inception", {.divide_by = 127.5f, .mean = {1, 1, 1}}},
    {"vgg", {.resize = Preprocess::Resize::kShorterSide, .mean = {123.68f, 116.78f, 103.94f}}},
    {"none", {}},
};

// The part of the picture that is resized, the size it is resized to, and the part of the result that is
// kept.
struct Geometry {
  Rectangle source;
  int64_t full_height;
  int64_t full_width;
  Rectangle kept;
};

// As vgg_preprocessing's _aspect_preserving_resize and _central_crop, in float32.
Geometry ShorterSide(const Image& image, const Preprocess& preprocess, int height, int width) {
  const int side =
      preprocess.shorter_side > 0
          ? preprocess.shorter_side
          : static_cast<int>(std::nearbyint(std::max(height, width) * preprocess.shorter_side_ratio));
  const float scale = static_cast<float>(side) / static_cast<float>(std::min(image.height, image.width));
  const auto full_height = static_cast<int64_t>(std::nearbyint(static_cast<float>(image.height) * scale));
  const auto full_width = static_cast<int64_t>(std::nearbyint(static_cast<float>(image.width) * scale));
  if (full_height < height || full_width < width) {
    Throw(ErrorCode::kUsage,
          "preprocessing: a picture whose shorter side is resized to {} pixels is {} x {}, too small for a "
          "crop of "
          "{} x {}; raise \"shorter_side\"",
          side, full_height, full_width, height, width);
  }
  return {{0, 0, image.height, image.width},
          full_height,
          full_width,
          {(full_height - height) / 2, (full_width - width) / 2, height, width}};
}

// As tf.image.central_crop.
Geometry CentralFraction(const Image& image, const Preprocess& preprocess, int height, int width) {
  const double fraction = preprocess.central_fraction;
  const int top = static_cast<int>((image.height - image.height * fraction) / 2);
  const int left = static_cast<int>((image.width - image.width * fraction) / 2);
  return {{top, left, image.height - 2 * top, image.width - 2 * left}, height, width, {0, 0, height, width}};
}

Geometry GeometryOf(const Image& image, const Preprocess& preprocess, int height, int width) {
  switch (preprocess.resize) {
    case Preprocess::Resize::kShorterSide:
      return ShorterSide(image, preprocess, height, width);
    case Preprocess::Resize::kCentralFraction:
      return CentralFraction(image, preprocess, height, width);
    case Preprocess::Resize::kWhole:
      break;
  }
  return {{0, 0, image.height, image.width}, height, width, {0, 0, height, width}};
}

Image GrayOf(const Image& image) {
  Image gray{image.height, image.width, 1, {}};
  gray.pixels.resize(image.pixels.size() / 3);
  for (size_t i = 0; i < gray.pixels.size(); ++i) {
    const uint8_t* p = &image.pixels[3 * i];
    // ITU-R BT.601 luma in 16-bit fixed point, as libjpeg.
    gray.pixels[i] = static_cast<uint8_t>((19595u * p[0] + 38470u * p[1] + 7471u * p[2] + 32768u) >> 16);
  }
  return gray;
}

template <typename T>
T Convert(float value) {
  if constexpr (std::is_integral_v<T>) {
    if (std::isnan(value)) return 0;
    const double rounded = std::nearbyint(static_cast<double>(value));
    if (rounded <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (rounded >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(rounded);
  } else {
    return static_cast<T>(value);
  }
}

// `in` is [height, width, channels of the picture]; a gray picture serves every channel of a colour network.
template <typename T>
void Normalise(const float* in, int in_channels, const Preprocess& preprocess, int64_t pixels, T* out) {
  const int channels = preprocess.channels();
  const bool planar = preprocess.layout == Preprocess::Layout::kNchw;
  for (int c = 0; c < channels; ++c) {
    const int from = preprocess.color == Preprocess::Color::kBgr ? 2 - c : c;
    const float* source = in + std::min(from, in_channels - 1);
    const float mean = preprocess.mean[static_cast<size_t>(c)];
    const float std = preprocess.std[static_cast<size_t>(c)];
    T* target = planar ? out + c * pixels : out + c;
    const int64_t step = planar ? 1 : channels;
    for (int64_t i = 0; i < pixels; ++i) {
      target[i * step] = Convert<T>((source[i * in_channels] / preprocess.divide_by - mean) / std);
    }
  }
}

Tensor Normalised(std::vector<int64_t> dims, const std::vector<float>& levels, int in_channels,
                  const Preprocess& preprocess) {
  if (!IsFloat(preprocess.dtype) && !IsInteger(preprocess.dtype)) {
    Throw(ErrorCode::kUsage, "preprocessing: expected a numeric type for the network's input, found {}",
          DTypeName(preprocess.dtype));
  }
  Tensor out(preprocess.dtype, std::move(dims));
  const int64_t pixels = static_cast<int64_t>(levels.size()) / in_channels;
  VisitRealType(preprocess.dtype, [&]<typename T>(std::type_identity<T>) {
    Normalise(levels.data(), in_channels, preprocess, pixels, out.data<T>());
  });
  return out;
}

void CheckRequest(const Preprocess& preprocess, int height, int width, int channels) {
  if (height <= 0 || width <= 0) {
    Throw(ErrorCode::kUsage, "preprocessing: expected a positive size for the network's input, found {} x {}",
          height, width);
  }
  if (channels != preprocess.channels()) {
    Throw(ErrorCode::kUsage, "preprocessing: the network takes {}, the description gives {}; {}",
          Counted(channels, "channel"), preprocess.channels(),
          channels == 1 ? "set \"color\" to \"gray\""
                        : "\"color\" is \"rgb\" or \"bgr\" for 3 and \"gray\" for 1");
  }
}

}  // namespace

Preprocess PreprocessPreset(std::string_view name) {
  for (const Preset& preset : kPresets) {
    if (preset.name == name) return preset.preprocess;
  }
  Throw(ErrorCode::kUsage, "preprocessing '{}': expected {} or a JSON file", name,
        JoinText(PreprocessPresetNames(), ", "));
}

std::vector<std::string> PreprocessPresetNames() {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) names.emplace_back(preset.name);
  return names;
}

Tensor PreprocessImage(const Image& image, const Preprocess& preprocess, int height, int width,
                       int channels) {
  CHECK(image.channels == 1 || image.channels == 3);
  CheckRequest(preprocess, height, width, channels);
  if (preprocess.color == Preprocess::Color::kGray && image.channels == 3) {
    return PreprocessImage(GrayOf(image), preprocess, height, width, channels);
  }

  const Geometry geometry = GeometryOf(image, preprocess, height, width);
  const std::vector<int64_t> dims = preprocess.layout == Preprocess::Layout::kNhwc
                                        ? std::vector<int64_t>{1, height, width, channels}
                                        : std::vector<int64_t>{1, channels, height, width};
  std::vector<float> levels(static_cast<size_t>(ElementCount(dims)) / static_cast<size_t>(channels) *
                            static_cast<size_t>(image.channels));
  ResizePart(Crop(ViewOf(image), geometry.source), geometry.full_height, geometry.full_width,
             preprocess.sampling, geometry.kept, levels.data());
  return Normalised(dims, levels, image.channels, preprocess);
}

}  // namespace floe
