// Filters of convolutions in the order the loops read them.
#ifndef FLOE_BACKENDS_REFERENCE_FILTER_H_
#define FLOE_BACKENDS_REFERENCE_FILTER_H_

#include <vector>

#include "backends/reference/value_io.h"
#include "backends/reference/window.h"

namespace floe::reference {

// The filter as [tap, inner, outer]: `inner` is its channel dimension, `outer` its first dimension.
template <typename T>
std::vector<T> ArrangeFilter(const Tensor& filter, const Images& view) {
  const std::vector<T> values = LoadAll<T>(filter);
  std::vector<T> out(values.size());
  size_t i = 0;
  for (int64_t a = 0; a < view.size[0]; ++a) {
    for (int64_t b = 0; b < view.size[1]; ++b) {
      for (int64_t c = 0; c < view.size[2]; ++c) {
        for (int64_t inner = 0; inner < view.c; ++inner) {
          for (int64_t outer = 0; outer < view.n; ++outer) {
            out[i++] =
                values[static_cast<size_t>(PlaceOffset(view, outer, {a, b, c}) + inner * view.c_stride)];
          }
        }
      }
    }
  }
  return out;
}

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_FILTER_H_
