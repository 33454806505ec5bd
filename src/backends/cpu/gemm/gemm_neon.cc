#define FLOE_CPU_ISA neon
#include "backends/cpu/gemm/gemm_impl.h"
