#define FLOE_CPU_ISA neon
#include "backends/cpu/elementwise/float_impl.h"
