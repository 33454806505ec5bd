#define FLOE_CPU_ISA avx512
#include "backends/cpu/depthwise/depthwise_impl.h"
