// libpng reports errors by longjmp: see jpeg.cc for the rule that follows from it.
#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "image/codecs.h"

namespace floe {
namespace {

// Deflate makes at most 1032 bytes out of one.
constexpr uint64_t kMostExpansion = 1032;

struct Messages {
  char error[160] = "";
  char warning[160] = "";
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  auto& messages = *static_cast<Messages*>(png_get_error_ptr(png));
  std::snprintf(messages.error, sizeof messages.error, "%s", message);
  png_longjmp(png, 1);
}

void OnWarning(png_structp png, png_const_charp message) {
  auto& messages = *static_cast<Messages*>(png_get_error_ptr(png));
  if (messages.warning[0] == '\0') std::snprintf(messages.warning, sizeof messages.warning, "%s", message);
}

struct Decoder {
  Messages messages;
  Bytes rest;
  png_structp png = nullptr;
  png_infop info = nullptr;
  int passes = 1;
  int channels = 0;
  bool deep = false;  // the rows have two bytes a level

  Decoder(Bytes bytes) : rest(bytes) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &messages, OnError, OnWarning);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

void ReadBytes(png_structp png, png_bytep out, size_t count) {
  Bytes& rest = static_cast<Decoder*>(png_get_io_ptr(png))->rest;
  if (count > rest.size()) png_error(png, "the file ends early");
  std::memcpy(out, rest.data(), count);
  rest = rest.subspan(count);
}

bool PromisesTooMuch(const Decoder& decoder, size_t file_bytes) {
  const uint64_t width = png_get_image_width(decoder.png, decoder.info);
  const uint64_t height = png_get_image_height(decoder.png, decoder.info);
  if (width * height * 3 >= kMostLevels) return true;
  return height * png_get_rowbytes(decoder.png, decoder.info) > uint64_t{file_bytes} * kMostExpansion;
}

// TensorFlow's own choice where none is asked for.
int ChannelsOf(const Decoder& decoder) {
  if (png_get_color_type(decoder.png, decoder.info) != PNG_COLOR_TYPE_PALETTE)
    return png_get_channels(decoder.png, decoder.info);
  return png_get_valid(decoder.png, decoder.info, PNG_INFO_tRNS) != 0 ? 4 : 3;
}

void AskForAlpha(Decoder& decoder, bool wanted) {
  png_structp png = decoder.png;
  const bool has_alpha = (png_get_color_type(png, decoder.info) & PNG_COLOR_MASK_ALPHA) != 0;
  const bool transparent = png_get_valid(png, decoder.info, PNG_INFO_tRNS) != 0;
  if (!wanted && (has_alpha || transparent)) png_set_strip_alpha(png);
  if (!wanted || has_alpha) return;
  // TensorFlow's fill is that of the file's depth, 1 in a picture of one bit: its very value is wanted.
  const auto opaque = (png_uint_32{1} << png_get_bit_depth(png, decoder.info)) - 1;
  if (transparent)
    png_set_tRNS_to_alpha(png);
  else
    png_set_add_alpha(png, opaque, PNG_FILLER_AFTER);
}

// The transformations that TensorFlow asks for when it wants levels in 1 to 4 channels.
void AskForLevels(Decoder& decoder, int channels, int bits) {
  png_structp png = decoder.png;
  const int color_type = png_get_color_type(png, decoder.info);
  const bool has_color = (color_type & PNG_COLOR_MASK_COLOR) != 0;
  AskForAlpha(decoder, channels % 2 == 0);
  if (png_get_bit_depth(png, decoder.info) > 8) {
    if (bits == 8)
      png_set_strip_16(png);
    else if (std::endian::native == std::endian::little)
      png_set_swap(png);
  }
  png_set_packing(png);
  decoder.passes = png_set_interlace_handling(png);
  if (color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (!has_color && png_get_bit_depth(png, decoder.info) < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (channels < 3 && has_color) png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
  if (channels >= 3 && !has_color) png_set_gray_to_rgb(png);
}

// After it, decoder.channels is what the rows will have.
bool Start(Decoder& decoder, const PngOptions& options) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  const size_t file_bytes = decoder.rest.size();
  png_set_read_fn(decoder.png, &decoder, ReadBytes);
  png_read_info(decoder.png, decoder.info);
  if (PromisesTooMuch(decoder, file_bytes)) {
    std::snprintf(decoder.messages.error, sizeof decoder.messages.error,
                  "the header promises %u x %u pixels, too many for %zu bytes",
                  png_get_image_width(decoder.png, decoder.info),
                  png_get_image_height(decoder.png, decoder.info), file_bytes);
    return false;
  }
  decoder.channels = options.channels != 0 ? options.channels : ChannelsOf(decoder);
  decoder.deep = options.bits == 16 && png_get_bit_depth(decoder.png, decoder.info) == 16;
  AskForLevels(decoder, decoder.channels, options.bits);
  png_read_update_info(decoder.png, decoder.info);
  return true;
}

bool ReadRows(Decoder& decoder, uint8_t* pixels, size_t stride, int height) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  for (int pass = 0; pass < decoder.passes; ++pass) {
    for (int y = 0; y < height; ++y)
      png_read_row(decoder.png, pixels + static_cast<size_t>(y) * stride, nullptr);
  }
  png_read_end(decoder.png, nullptr);
  return true;
}

[[noreturn]] void ThrowDecoding(const std::string& subject, const Decoder& decoder) {
  Throw(ErrorCode::kModel, "{}: cannot decode PNG picture: {}", subject, decoder.messages.error);
}

struct Encoder {
  Messages messages;
  png_structp png = nullptr;
  png_infop info = nullptr;

  Encoder() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &messages, OnError, OnWarning);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  ~Encoder() { png_destroy_write_struct(&png, &info); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
};

void AppendBytes(png_structp png, png_bytep data, size_t count) {
  auto& out = *static_cast<std::vector<uint8_t>*>(png_get_io_ptr(png));
  out.insert(out.end(), data, data + count);
}

bool WriteRows(Encoder& encoder, const Levels& image, std::vector<uint8_t>& out) {
  constexpr int kColorTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                 PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(encoder.png)) != 0) return false;
  png_set_write_fn(encoder.png, &out, AppendBytes, nullptr);
  png_set_IHDR(encoder.png, encoder.info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), image.bits, kColorTypes[image.channels - 1],
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(encoder.png, encoder.info);
  if (image.bits == 16 && std::endian::native == std::endian::little) png_set_swap(encoder.png);
  const size_t stride =
      static_cast<size_t>(image.width) * static_cast<size_t>(image.channels * image.bits / 8);
  for (int y = 0; y < image.height; ++y)
    png_write_row(encoder.png, image.data + static_cast<size_t>(y) * stride);
  png_write_end(encoder.png, nullptr);
  return true;
}

}  // namespace

bool IsPng(Bytes bytes) {
  return bytes.size() >= 8 && png_sig_cmp(bytes.data(), 0, 8) == 0;
}

Image DecodePng(Bytes bytes, const std::string& subject, const PngOptions& options) {
  Decoder decoder(bytes);
  if (decoder.info == nullptr) Throw(ErrorCode::kResource, "{}: no memory to decode the picture", subject);
  if (!Start(decoder, options)) ThrowDecoding(subject, decoder);
  Image image{static_cast<int>(png_get_image_height(decoder.png, decoder.info)),
              static_cast<int>(png_get_image_width(decoder.png, decoder.info)),
              decoder.channels,
              {}};
  const size_t stride = png_get_rowbytes(decoder.png, decoder.info);
  CHECK(stride ==
        static_cast<size_t>(image.width) * static_cast<size_t>(image.channels) * (decoder.deep ? 2 : 1));
  image.pixels.resize(stride * static_cast<size_t>(image.height));
  if (!ReadRows(decoder, image.pixels.data(), stride, image.height)) ThrowDecoding(subject, decoder);
  if (decoder.messages.warning[0] != '\0')
    LogWarning("{}: PNG picture: {}", subject, decoder.messages.warning);
  if (options.bits == 16 && !decoder.deep) {
    std::vector<uint8_t> twice;
    twice.reserve(2 * image.pixels.size());
    for (const uint8_t level : image.pixels) twice.insert(twice.end(), {level, level});
    image.pixels = std::move(twice);
  }
  return image;
}

std::vector<uint8_t> EncodePng(const Levels& image) {
  Encoder encoder;
  std::vector<uint8_t> out;
  if (encoder.info == nullptr) Throw(ErrorCode::kResource, "no memory to encode a PNG picture");
  CHECK(WriteRows(encoder, image, out), encoder.messages.error);
  return out;
}

}  // namespace floe
