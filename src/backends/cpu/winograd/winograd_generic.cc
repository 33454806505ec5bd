#define FLOE_CPU_ISA generic
#include "backends/cpu/winograd/winograd_impl.h"
