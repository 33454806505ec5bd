#define FLOE_CPU_ISA avx512_bf16
#include "backends/cpu/packed/packed_impl.h"
