#define FLOE_CPU_ISA neon
#include "backends/cpu/packed/packed_impl.h"
