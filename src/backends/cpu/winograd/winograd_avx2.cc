#define FLOE_CPU_ISA avx2
#include "backends/cpu/winograd/winograd_impl.h"
