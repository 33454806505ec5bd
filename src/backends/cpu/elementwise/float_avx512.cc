#define FLOE_CPU_ISA avx512
#include "backends/cpu/elementwise/float_impl.h"
