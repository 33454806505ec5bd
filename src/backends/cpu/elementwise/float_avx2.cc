#define FLOE_CPU_ISA avx2
#include "backends/cpu/elementwise/float_impl.h"
