#define FLOE_CPU_ISA generic
#include "backends/cpu/packed/packed_impl.h"
