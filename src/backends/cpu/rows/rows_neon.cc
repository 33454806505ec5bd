#define FLOE_CPU_ISA neon
#include "backends/cpu/rows/rows_impl.h"
