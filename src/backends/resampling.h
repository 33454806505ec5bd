// Which pixels of one dimension an output pixel is made of, and how much of each: every way of resizing is
// separable, a weighted sum along each dimension in turn.
#ifndef FLOE_BACKENDS_RESAMPLING_H_
#define FLOE_BACKENDS_RESAMPLING_H_

#include <cstdint>
#include <vector>

#include "graph/ops/neural.h"

namespace floe {

struct ResampleTap {
  int64_t place;  // in [0, in)
  double weight;
};
using ResampleTaps = std::vector<ResampleTap>;  // of one output pixel

struct ResizedAxis {
  int64_t in = 1;  // at least 1
  int64_t out = 0;
  float scale = 1;  // input pixels an output pixel

  // Of an output whose size was given, not its scale.
  static ResizedAxis OfSizes(const Resize& op, int64_t in, int64_t out);
};

// Coordinates are computed in float32, as TensorFlow does: they decide which pixels take part.
std::vector<ResampleTaps> TapsOf(const Resize& op, const ResizedAxis& axis);
// `scale` and `translation` are the op's inputs for this dimension. A pixel that lies outside has no taps.
std::vector<ResampleTaps> TapsOf(const ScaleAndTranslate& op, int64_t in, int64_t out, float scale,
                                 float translation);

}  // namespace floe

#endif  // FLOE_BACKENDS_RESAMPLING_H_
