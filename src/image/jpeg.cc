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
  bool recover = false;

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

// All bytes are there from the start, so a request for more means that the file ends early. Recovery ends the
// picture there: what is missing comes out gray.
boolean OnEndOfBytes(j_decompress_ptr info) {
  static constexpr JOCTET kEnd[] = {0xff, JPEG_EOI};
  if (DecoderOf(reinterpret_cast<j_common_ptr>(info)).recover) {
    info->src->next_input_byte = kEnd;
    info->src->bytes_in_buffer = sizeof kEnd;
    return TRUE;
  }
  Fail(reinterpret_cast<j_common_ptr>(info), "the file ends early");
}

void SkipBytes(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  jpeg_source_mgr& source = *info->src;
  if (static_cast<size_t>(count) > source.bytes_in_buffer) {
    OnEndOfBytes(info);
    return;
  }
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
bool Start(Decoder& decoder, Bytes bytes, const JpegOptions& options) {
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
  if (options.channels == 1 || (options.channels == 0 && info.num_components == 1)) {
    info.out_color_space = JCS_GRAYSCALE;
  } else {
    info.out_color_space = IsFourChannel(info) ? JCS_CMYK : JCS_RGB;
  }
  info.do_fancy_upsampling = options.smooth_chroma ? TRUE : FALSE;
  info.dct_method = options.accurate ? JDCT_ISLOW : JDCT_IFAST;
  info.scale_num = 1;
  info.scale_denom = static_cast<unsigned>(options.ratio);
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

// What of the picture is wanted, in pixels of the output.
struct Part {
  JDIMENSION top, left, height, width;
};

// Rows before the part are skipped, columns up to a block's edge: what then stands left of it is `margin`.
bool Skip(Decoder& decoder, const Part& part, JDIMENSION* margin) {
  jpeg_decompress_struct& info = decoder.info;
  if (setjmp(decoder.jump) != 0) return false;
  JDIMENSION left = part.left, width = part.width;
  if (part.width < info.output_width) jpeg_crop_scanline(&info, &left, &width);
  *margin = part.left - (part.width < info.output_width || part.left > 0 ? left : 0);
  if (part.top > 0) jpeg_skip_scanlines(&info, part.top);
  return true;
}

// `row` holds one line as libjpeg gives it, if that is not the output's.
bool ReadRows(Decoder& decoder, const Part& part, JDIMENSION margin, uint8_t* pixels, uint8_t* row) {
  jpeg_decompress_struct& info = decoder.info;
  if (setjmp(decoder.jump) != 0) return false;
  const bool cmyk = info.out_color_space == JCS_CMYK;
  const size_t channels = cmyk ? 3 : static_cast<size_t>(info.output_components);
  while (info.output_scanline < part.top + part.height) {
    uint8_t* out = pixels + size_t{info.output_scanline - part.top} * part.width * channels;
    JSAMPROW line = row != nullptr ? row : out;
    jpeg_read_scanlines(&info, &line, 1);
    if (cmyk)
      CmykToRgb(row + size_t{margin} * 4, static_cast<int>(part.width), info.saw_Adobe_marker, out);
    else if (row != nullptr)
      std::memcpy(out, row + margin * channels, part.width * channels);
  }
  if (info.output_scanline == info.output_height) jpeg_finish_decompress(&info);
  return true;
}

Part PartOf(const jpeg_decompress_struct& info, const JpegOptions& options, const std::string& subject) {
  if (!options.window) return {0, 0, info.output_height, info.output_width};
  const auto [top, left, height, width] = *options.window;
  const auto fits = [](int64_t from, int64_t count, JDIMENSION size) {
    return from >= 0 && count > 0 && from < int64_t{size} && count <= int64_t{size} - from;
  };
  if (!fits(top, height, info.output_height) || !fits(left, width, info.output_width))
    Throw(ErrorCode::kModel, "{}: a window of {}x{} pixels at {}, {} of a picture of {}x{}", subject, height,
          width, top, left, info.output_height, info.output_width);
  return {static_cast<JDIMENSION>(top), static_cast<JDIMENSION>(left), static_cast<JDIMENSION>(height),
          static_cast<JDIMENSION>(width)};
}

[[noreturn]] void ThrowDecoding(const std::string& subject, const Decoder& decoder) {
  Throw(ErrorCode::kModel, "{}: cannot decode JPEG picture: {}", subject, decoder.error);
}

}  // namespace

bool IsJpeg(Bytes bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

Image DecodeJpeg(Bytes bytes, const std::string& subject, const JpegOptions& options) {
  Decoder decoder;
  decoder.recover = options.recover;
  if (!Start(decoder, bytes, options)) ThrowDecoding(subject, decoder);
  const jpeg_decompress_struct& info = decoder.info;
  const bool cmyk = info.out_color_space == JCS_CMYK;
  const size_t channels = cmyk ? 3 : static_cast<size_t>(info.output_components);
  CHECK(channels == (info.out_color_space == JCS_GRAYSCALE ? 1 : 3));

  const Part part = PartOf(info, options, subject);
  std::vector<uint8_t> row(cmyk || options.window ? size_t{info.output_width} * 4 : 0);
  JDIMENSION margin = 0;
  if (options.window && !Skip(decoder, part, &margin)) ThrowDecoding(subject, decoder);
  Image image{static_cast<int>(part.height), static_cast<int>(part.width), static_cast<int>(channels), {}};
  image.pixels.resize(size_t{part.height} * part.width * channels);
  uint8_t* line = row.empty() ? nullptr : row.data();
  if (!ReadRows(decoder, part, margin, image.pixels.data(), line)) ThrowDecoding(subject, decoder);
  if (decoder.warning[0] != '\0') LogWarning("{}: damaged JPEG picture: {}", subject, decoder.warning);
  return image;
}

}  // namespace floe
