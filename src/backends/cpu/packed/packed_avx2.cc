#define FLOE_CPU_ISA avx2
#include "backends/cpu/packed/packed_impl.h"
