// Resizing any part of a picture, computing any part of the result.
#ifndef FLOE_IMAGE_RESIZE_H_
#define FLOE_IMAGE_RESIZE_H_

#include <cstdint>

#include "floe/image.h"

namespace floe {

// Pixels of a rectangle inside an image; does not own them.
struct ImageView {
  const uint8_t* pixels;
  int64_t stride;  // levels from one row to the next
  int height;
  int width;
  int channels;
};

struct Rectangle {
  int64_t top = 0;
  int64_t left = 0;
  int height = 0;
  int width = 0;
};

ImageView ViewOf(const Image& image);
ImageView Crop(const ImageView& view, const Rectangle& part);

// Resizes `in` to full_height x full_width and writes the rectangle `part` of the result, [part.height,
// part.width, channels]. Sizes must be positive, and `part` must lie inside.
void ResizePart(const ImageView& in, int64_t full_height, int64_t full_width, const Sampling& sampling,
                const Rectangle& part, float* out);

}  // namespace floe

#endif  // FLOE_IMAGE_RESIZE_H_
