#define FLOE_CPU_ISA generic
#include "backends/cpu/depthwise/depthwise_impl.h"
