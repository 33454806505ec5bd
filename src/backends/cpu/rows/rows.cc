#include "backends/cpu/rows/rows.h"

namespace floe::cpu {

// Each is asked only where it may run: the function that fills the table is compiled for its set, too.
const RowCode& RowCodeFor(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) {
    static const RowCode code = avx512::GetRowCode();
    return code;
  }
  if (isa == Isa::kAvx2) {
    static const RowCode code = avx2::GetRowCode();
    return code;
  }
#else
  static_cast<void>(isa);
#endif
  static const RowCode code = generic::GetRowCode();
  return code;
}

}  // namespace floe::cpu
