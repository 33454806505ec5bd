#define FLOE_CPU_ISA avx512
#include "backends/cpu/packed/packed_impl.h"
