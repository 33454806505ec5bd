#define FLOE_CPU_ISA avx512_bf16
#include "backends/cpu/winograd/winograd_impl.h"
