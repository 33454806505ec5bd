#define FLOE_CPU_ISA avx512
#include "backends/cpu/rows/rows_impl.h"
