#define FLOE_CPU_ISA neon
#include "backends/cpu/winograd/winograd_impl.h"
