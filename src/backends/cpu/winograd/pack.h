// The filter's side of Winograd convolution.
#ifndef FLOE_BACKENDS_CPU_WINOGRAD_PACK_H_
#define FLOE_BACKENDS_CPU_WINOGRAD_PACK_H_

#include <cstdint>

#include "backends/cpu/winograd/winograd.h"

namespace floe::cpu {

// Words of the packed weights.
int64_t WinogradFloats(const WinogradTile& tile, const WinogradShape& shape, const WinogradCode& code);

// Transforms filters [column][tap y][tap x][channel], in double precision, and packs them.
void PackWinograd(const WinogradTile& tile, const WinogradShape& shape, const WinogradCode& code,
                  const float* filters, float* packed);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_WINOGRAD_PACK_H_
