#define FLOE_CPU_ISA neon
#include "backends/cpu/depthwise/depthwise_impl.h"
