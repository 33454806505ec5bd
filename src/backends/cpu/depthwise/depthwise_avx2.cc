#define FLOE_CPU_ISA avx2
#include "backends/cpu/depthwise/depthwise_impl.h"
