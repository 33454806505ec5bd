#define FLOE_CPU_ISA avx512
#include "backends/cpu/gemm/gemm_impl.h"
