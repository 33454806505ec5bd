// The multiply-add peak of one core, measured once with values that never leave the registers.
#ifndef FLOE_BENCH_KERNELS_PEAK_H_
#define FLOE_BENCH_KERNELS_PEAK_H_

namespace floe {

// GFLOP/s with the widest instruction set here; a multiply-add counts two.
double PeakGflops();
// The same of products in bf16; 0 where there are none.
double PeakBf16Gflops();

// What threads that wait for each other lose to the machine: how much longer all that there are take for the
// same loop each, some 40 us, than one alone takes for one, waiting after each. Nothing leaves the registers,
// so that what is above 1 is neither memory's nor a kernel's; medians of rounds in turn.
double TimeTogether();

}  // namespace floe

#endif  // FLOE_BENCH_KERNELS_PEAK_H_
