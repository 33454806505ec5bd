#define FLOE_CPU_ISA generic
#include "backends/cpu/gemm/gemm_impl.h"
