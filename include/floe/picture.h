// Networks that take or give encoded pictures. The runtime links no picture library: a program whose engines
// decode or encode pictures says once who does it, before it runs them:
//
//   #include <floe/image.h>
//   floe::SetPictureCodec(floe::ImageCodec());  // of floe::image; or one of the device's
#ifndef FLOE_PICTURE_H_
#define FLOE_PICTURE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "floe/tensor.h"

namespace floe {

// What TensorFlow's decoding operations can ask for.
struct PictureRequest {
  // 1: gray; 3: red, green, blue; 4: and opacity (PNG and BMP only); 0: as the file has, 1 to 4.
  int channels = 0;
  // uint8; uint16 (a PNG's 16 bits, of others levels times 256); float32 (0 to 1).
  DType dtype = DType::kUInt8;
  // The others are for JPEG alone. So many times smaller: 1, 2, 4 or 8.
  int ratio = 1;
  bool accurate_dct = false;  // else libjpeg's fast one
  bool smooth_chroma = true;
  bool recover = false;                          // a file that ends early is no error
  std::optional<std::array<int64_t, 4>> window;  // top, left, height, width in pixels: only these
};

struct PictureEncoding {
  bool png = true;  // else JPEG, for which the others are
  int quality = 95;
  bool progressive = false;
  bool optimize_size = false;
  bool halve_chroma = true;
  int density_unit = 1;  // of the next two: 0 none, 1 a inch, 2 a centimetre
  int x_density = 300;
  int y_density = 300;
};

// Called from any thread, also from several at once. Both throw Error with `subject` first where it can't be
// done. A null function: that is not offered.
struct PictureCodec {
  // To [height, width, channels] of the type asked for.
  Tensor (*decode)(std::string_view bytes, const PictureRequest& request,
                   const std::string& subject) = nullptr;
  // From uint8, or for PNG also uint16, [height, width, channels], 1 to 4 of them (JPEG: 1 or 3).
  std::string (*encode)(const Tensor& picture, const PictureEncoding& how,
                        const std::string& subject) = nullptr;
};

// Before any session of the process runs, or between runs. Without a codec a run that needs one throws
// Error(kUsage).
void SetPictureCodec(const PictureCodec& codec);
const PictureCodec& GetPictureCodec();

}  // namespace floe

#endif  // FLOE_PICTURE_H_
