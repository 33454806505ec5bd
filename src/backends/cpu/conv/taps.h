// Tables that say where the taps of an output pixel lie in the input (see GemmShape).
#ifndef FLOE_BACKENDS_CPU_CONV_TAPS_H_
#define FLOE_BACKENDS_CPU_CONV_TAPS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "backends/cpu/gemm/gemm.h"

namespace floe::cpu {

// Owns what a GemmShape points at.
struct TapTables {
  std::array<std::vector<int64_t>, 3> tables;
  std::vector<float> zeros;

  // Sets shape's tables and zeros to these.
  void Bind(GemmShape* shape) const;
};

// One dimension of a convolution: `outputs` places, `taps` each; `pitch` floats from input place to place.
std::vector<int64_t> ForwardTaps(int64_t outputs, int64_t taps, int64_t stride, int64_t dilation, int64_t pad,
                                 int64_t input, int64_t pitch);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_CONV_TAPS_H_
