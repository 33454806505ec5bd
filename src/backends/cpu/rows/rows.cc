#include "backends/cpu/rows/rows.h"

namespace floe::cpu {

const RowCode& RowCodeFor(Isa isa) {
  return CodeFor<generic::kRowCode, avx2::kRowCode, avx512::kRowCode, neon::kRowCode>(isa);
}

}  // namespace floe::cpu
