#include "backends/cpu/rows/rows.h"

#include <array>

namespace floe::cpu {

const RowCode& RowCodeFor(Isa isa) {
#if defined(__x86_64__)
  static const std::array<RowCode, 3> codes = {generic::GetRowCode(), avx2::GetRowCode(),
                                               avx512::GetRowCode()};
#else
  static const std::array<RowCode, 3> codes = {generic::GetRowCode(), generic::GetRowCode(),
                                               generic::GetRowCode()};
#endif
  return codes[static_cast<size_t>(isa)];
}

}  // namespace floe::cpu
