// libjpeg reports errors by longjmp: see jpeg.cc for the rule that follows from it.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include "base/error.h"
#include "image/codecs.h"

namespace floe {
namespace {

struct Encoder {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  std::jmp_buf jump = {};
  char error[JMSG_LENGTH_MAX] = "";
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  ~Encoder() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }
};

[[noreturn]] void OnError(j_common_ptr info) {
  Encoder& encoder = *static_cast<Encoder*>(info->client_data);
  info->err->format_message(info, encoder.error);
  std::longjmp(encoder.jump, 1);
}

void Configure(jpeg_compress_struct& info, const Levels& levels, const PictureEncoding& how) {
  info.image_width = static_cast<JDIMENSION>(levels.width);
  info.image_height = static_cast<JDIMENSION>(levels.height);
  info.input_components = levels.channels;
  info.in_color_space = levels.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  if (how.optimize_size) info.optimize_coding = TRUE;
  info.density_unit = static_cast<UINT8>(how.density_unit);
  info.X_density = static_cast<UINT16>(how.x_density);
  info.Y_density = static_cast<UINT16>(how.y_density);
  jpeg_set_quality(&info, how.quality, TRUE);
  if (how.progressive) jpeg_simple_progression(&info);
  if (how.halve_chroma) return;
  for (int i = 0; i < info.num_components; ++i)
    info.comp_info[i].h_samp_factor = info.comp_info[i].v_samp_factor = 1;
}

bool Write(Encoder& encoder, const Levels& levels, const PictureEncoding& how) {
  jpeg_compress_struct& info = encoder.info;
  info.err = jpeg_std_error(&encoder.errors);
  encoder.errors.error_exit = OnError;
  info.client_data = &encoder;
  if (setjmp(encoder.jump) != 0) return false;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &encoder.bytes, &encoder.size);
  Configure(info, levels, how);
  jpeg_start_compress(&info, TRUE);
  const size_t stride = static_cast<size_t>(levels.width) * static_cast<size_t>(levels.channels);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(levels.data + info.next_scanline * stride);  // it is read only
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return true;
}

}  // namespace

std::vector<uint8_t> EncodeJpeg(const Levels& levels, const PictureEncoding& how,
                                const std::string& subject) {
  Encoder encoder;
  if (!Write(encoder, levels, how))
    Throw(ErrorCode::kModel, "{}: cannot encode a JPEG picture: {}", subject, encoder.error);
  return {encoder.bytes, encoder.bytes + encoder.size};
}

}  // namespace floe
