#define FLOE_CPU_ISA generic
#include "backends/cpu/rows/rows_impl.h"
