#ifndef FLOE_BACKENDS_CPU_CPU_H_
#define FLOE_BACKENDS_CPU_CPU_H_

#include "backends/backend.h"

namespace floe {

const Backend& CpuBackend();

}  // namespace floe

#endif  // FLOE_BACKENDS_CPU_CPU_H_
