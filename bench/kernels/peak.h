// The multiply-add peak of one core, measured once with values that never leave the registers.
#ifndef FLOE_BENCH_KERNELS_PEAK_H_
#define FLOE_BENCH_KERNELS_PEAK_H_

namespace floe {

// GFLOP/s with the widest instruction set here; a multiply-add counts two.
double PeakGflops();
// The same of products in bf16; 0 where there are none.
double PeakBf16Gflops();

}  // namespace floe

#endif  // FLOE_BENCH_KERNELS_PEAK_H_
