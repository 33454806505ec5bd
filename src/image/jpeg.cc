// libjpeg reports errors by longjmp. Functions between setjmp and a call into libjpeg therefore hold nothing
// with a destructor; memory is owned by the caller, which also turns the outcome into an exception.
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>
// jpeglib.h needs <cstdio> before it, and jerror.h needs jpeglib.h.
#include <jerror.h>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "image/codecs.h"

namespace floe {
namespace {

// Real progressive files have about ten; each scan walks the whole picture, so a small file with many could
// run long.
constexpr int kMostScans = 500;

struct Decoder {
  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_source_mgr source = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf jump = {};
  char error[JMSG_LENGTH_MAX] = "";
  char warning[JMSG_LENGTH_MAX] = "";

  ~Decoder() { jpeg_destroy_decompress(&info); }
};

Decoder& DecoderOf(j_common_ptr info) {
  return *static_cast<Decoder*>(info->client_data);
}

[[noreturn]] void OnError(j_common_ptr info) {
  Decoder& decoder = DecoderOf(info);
  info->err->format_message(info, decoder.error);
  std::longjmp(decoder.jump, 1);
}

[[noreturn]] void Fail(j_common_ptr info, const char* message) {
  Decoder& decoder = DecoderOf(info);
  std::snprintf(decoder.error, sizeof decoder.error, "%s", message);
  std::longjmp(decoder.jump, 1);
}

void OnMessage(j_common_ptr info, int level) {
  if (level >= 0) return;  // traces
  Decoder& decoder = DecoderOf(info);
  if (info->err->num_warnings++ == 0) info->err->format_message(info, decoder.warning);
}

void OnProgress(j_common_ptr info) {
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
  if (decompress->input_scan_number > kMostScans) Fail(info, "more than 500 scans");
}

void IgnoreSource(j_decompress_ptr) {}

// All bytes are there from the start, so a request for more means that the file ends early.
boolean OnEndOfBytes(j_decompress_ptr info) {
  Fail(reinterpret_cast<j_common_ptr>(info), "the file ends early");
}

void SkipBytes(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  jpeg_source_mgr& source = *info->src;
  if (static_cast<size_t>(count) > source.bytes_in_buffer) OnEndOfBytes(info);
  source.next_input_byte += count;
  source.bytes_in_buffer -= static_cast<size_t>(count);
}

bool IsFourChannel(const jpeg_decompress_struct& info) {
  return info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
}

// Each 8x8 block of each component costs at least one bit of a Huffman-coded file, so that a header which
// promises more blocks than the file has bits is refused before memory is set aside for them.
bool PromisesTooMuch(const jpeg_decompress_struct& info, size_t file_bytes) {
  const uint64_t largest =
      uint64_t{info.image_width} * info.image_height * static_cast<uint64_t>(info.num_components);
  if (largest >= kMostLevels) return true;
  if (info.arith_code) return false;
  uint64_t blocks = 0;
  for (int i = 0; i < info.num_components; ++i) {
    blocks += uint64_t{info.comp_info[i].width_in_blocks} * info.comp_info[i].height_in_blocks;
  }
  return blocks > uint64_t{file_bytes} * 8;
}

// After it, decoder.info has the output's size and number of components; false: decoder.error says why.
bool Start(Decoder& decoder, Bytes bytes, int channels) {
  jpeg_decompress_struct& info = decoder.info;
  info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = OnError;
  decoder.errors.emit_message = OnMessage;
  info.client_data = &decoder;
  if (setjmp(decoder.jump) != 0) return false;

  jpeg_create_decompress(&info);
  decoder.source.next_input_byte = bytes.data();
  decoder.source.bytes_in_buffer = bytes.size();
  decoder.source.init_source = IgnoreSource;
  decoder.source.fill_input_buffer = OnEndOfBytes;
  decoder.source.skip_input_data = SkipBytes;
  decoder.source.resync_to_restart = jpeg_resync_to_restart;
  decoder.source.term_source = IgnoreSource;
  info.src = &decoder.source;
  decoder.progress.progress_monitor = OnProgress;
  info.progress = &decoder.progress;

  jpeg_read_header(&info, TRUE);
  if (channels == 1) {
    info.out_color_space = JCS_GRAYSCALE;
  } else {
    info.out_color_space = IsFourChannel(info) ? JCS_CMYK : JCS_RGB;
  }
  info.do_fancy_upsampling = TRUE;
  info.dct_method = JDCT_IFAST;
  if (PromisesTooMuch(info, bytes.size())) {
    std::snprintf(decoder.error, sizeof decoder.error,
                  "the header promises %u x %u pixels, too many for %zu bytes", info.image_width,
                  info.image_height, bytes.size());
    return false;
  }
  jpeg_start_decompress(&info);
  return true;
}

// Adobe's files hold inverted inks.
void CmykToRgb(const uint8_t* cmyk, int count, bool inverted, uint8_t* rgb) {
  for (int i = 0; i < count; ++i) {
    const int k = inverted ? cmyk[4 * i + 3] : 255 - cmyk[4 * i + 3];
    for (int c = 0; c < 3; ++c) {
      const int ink = cmyk[4 * i + c];
      rgb[3 * i + c] = static_cast<uint8_t>(k * (inverted ? ink : 255 - ink) / 255);
    }
  }
}

// `row` holds one line of four components if the file has four, and is not used otherwise.
bool ReadRows(Decoder& decoder, uint8_t* pixels, size_t stride, uint8_t* row) {
  jpeg_decompress_struct& info = decoder.info;
  if (setjmp(decoder.jump) != 0) return false;
  const bool cmyk = info.out_color_space == JCS_CMYK;
  while (info.output_scanline < info.output_height) {
    uint8_t* out = pixels + info.output_scanline * stride;
    JSAMPROW line = cmyk ? row : out;
    jpeg_read_scanlines(&info, &line, 1);
    if (cmyk) CmykToRgb(row, static_cast<int>(info.output_width), info.saw_Adobe_marker, out);
  }
  jpeg_finish_decompress(&info);
  return true;
}

[[noreturn]] void ThrowDecoding(const std::string& subject, const Decoder& decoder) {
  Throw(ErrorCode::kModel, "{}: cannot decode JPEG picture: {}", subject, decoder.error);
}

}  // namespace

bool IsJpeg(Bytes bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

Image DecodeJpeg(Bytes bytes, const std::string& subject, int channels) {
  Decoder decoder;
  if (!Start(decoder, bytes, channels)) ThrowDecoding(subject, decoder);
  const jpeg_decompress_struct& info = decoder.info;
  const bool cmyk = info.out_color_space == JCS_CMYK;
  CHECK(info.output_components == (cmyk ? 4 : channels));

  Image image{static_cast<int>(info.output_height), static_cast<int>(info.output_width), channels, {}};
  const size_t stride = size_t{info.output_width} * static_cast<size_t>(channels);
  image.pixels.resize(stride * info.output_height);
  std::vector<uint8_t> row(cmyk ? size_t{info.output_width} * 4 : 0);
  if (!ReadRows(decoder, image.pixels.data(), stride, row.data())) ThrowDecoding(subject, decoder);
  if (decoder.warning[0] != '\0') LogWarning("{}: damaged JPEG picture: {}", subject, decoder.warning);
  return image;
}

}  // namespace floe
