#include "backends/cpu/rows/rows.h"

namespace floe::cpu {

const RowCode& RowCodeFor(Isa isa) {
  return CodeFor<generic::GetRowCode, avx2::GetRowCode, avx512::GetRowCode>(isa);
}

}  // namespace floe::cpu
