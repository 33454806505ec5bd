#define FLOE_CPU_ISA avx512_bf16
#include "backends/cpu/depthwise/depthwise_bf16_impl.h"
