#define FLOE_CPU_ISA generic
#include "backends/cpu/elementwise/float_impl.h"
