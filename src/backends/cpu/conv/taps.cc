#include "backends/cpu/conv/taps.h"

#include <cstddef>

namespace floe::cpu {

void TapTables::Bind(GemmShape* shape) const {
  for (std::size_t d = 0; d < 3; ++d) shape->tables[d] = tables[d].data();
  shape->zeros = zeros.data();
}

std::vector<int64_t> ForwardTaps(int64_t outputs, int64_t taps, int64_t stride, int64_t dilation, int64_t pad,
                                 int64_t input, int64_t pitch) {
  std::vector<int64_t> table;
  table.reserve(static_cast<std::size_t>(outputs * taps));
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t t = 0; t < taps; ++t) {
      const int64_t at = o * stride - pad + t * dilation;
      table.push_back(at >= 0 && at < input ? at * pitch : kOutside);
    }
  }
  return table;
}

}  // namespace floe::cpu
