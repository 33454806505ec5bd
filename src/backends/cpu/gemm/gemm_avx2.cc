#define FLOE_CPU_ISA avx2
#include "backends/cpu/gemm/gemm_impl.h"
