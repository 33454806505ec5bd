#define FLOE_CPU_ISA avx512
#include "backends/cpu/winograd/winograd_impl.h"
