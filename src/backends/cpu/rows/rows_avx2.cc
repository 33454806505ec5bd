#define FLOE_CPU_ISA avx2
#include "backends/cpu/rows/rows_impl.h"
