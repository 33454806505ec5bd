// The CPU backend's table, a function each row. To add one: its file, that file's name in CMakeLists.txt, and
// its function here.
#ifndef FLOE_BACKENDS_CPU_KERNELS_H_
#define FLOE_BACKENDS_CPU_KERNELS_H_

#include "backends/backend.h"

namespace floe::cpu {

Kernel ConvGemmKernel();    // conv/conv_gemm.cc
Kernel ConvPackedKernel();  // packed/conv_packed.cc
Kernel ConvFewChannelsKernel();
Kernel ConvFewChannelsBf16Kernel();
Kernel ProductBf16Kernel();         // packed/product_bf16.cc
Kernel DepthwisePointwiseKernel();  // packed/depthwise_pointwise.cc
Kernel DepthwisePointwiseBf16Kernel();
Kernel ConvDepthwiseKernel();  // packed/conv_depthwise.cc
Kernel ConvDepthwiseBf16Kernel();
Kernel ConvTransposeKernel();  // conv/conv_transpose.cc
Kernel DepthwiseKernel();      // depthwise/depthwise.cc
Kernel DepthwiseBf16Kernel();  // depthwise/depthwise_bf16.cc
Kernel ElementwiseKernel();    // elementwise/elementwise.cc
Kernel ElementwiseHalfKernel();
Kernel FftKernel();            // fft/fft.cc
Kernel CropAndResizeKernel();  // image/crop_and_resize.cc
Kernel ResampleKernel();       // image/resample.cc
Kernel ResizeKernel();         // image/resize.cc
Kernel MatMulKernel();         // matmul/matmul.cc
Kernel GatherKernel();         // move/gather.cc
Kernel MoveKernel();           // move/move.cc
Kernel ScatterKernel();        // move/scatter.cc
Kernel PoolKernel();           // rows/pool.cc
Kernel PoolPlacesKernel();     // rows/pool_places.cc
Kernel ArgReduceKernel();      // rows/arg_reduce.cc
Kernel CumulativeKernel();     // rows/cumulative.cc
Kernel ReduceKernel();         // rows/reduce.cc
Kernel LayerNormKernel();      // rows/layer_norm.cc
Kernel SoftmaxKernel();        // rows/softmax.cc
Kernel LrnKernel();            // rows/softmax.cc
Kernel TopKKernel();           // rows/top_k.cc
Kernel Winograd3x3F2Kernel();  // winograd/winograd.cc
Kernel Winograd3x3F2Bf16Kernel();
Kernel Winograd3x3F2x4Bf16Kernel();
Kernel Winograd3x3F4Kernel();
Kernel Winograd3x3F6Kernel();
Kernel Winograd5x5Kernel();
Kernel Winograd5x5F4Kernel();
Kernel Winograd1x3Kernel();
Kernel Winograd1x7Kernel();
Kernel FewWinogradF4Kernel();  // winograd/few_winograd.cc
Kernel FewWinogradF6Kernel();
Kernel FewWinogradBf16Kernel();

// In the order in which `explain` shows them; of equal estimates the first wins.
inline constexpr Kernel (*kRows[])() = {
    ConvPackedKernel,
    ConvFewChannelsKernel,
    ProductBf16Kernel,
    ConvFewChannelsBf16Kernel,
    ConvGemmKernel,
    ConvTransposeKernel,
    DepthwiseKernel,
    DepthwiseBf16Kernel,
    ElementwiseKernel,
    ElementwiseHalfKernel,
    MatMulKernel,
    PoolKernel,
    PoolPlacesKernel,
    ReduceKernel,
    ArgReduceKernel,
    CumulativeKernel,
    SoftmaxKernel,
    LayerNormKernel,
    LrnKernel,
    TopKKernel,
    ResizeKernel,
    ResampleKernel,
    MoveKernel,
    GatherKernel,
    ScatterKernel,
    Winograd3x3F2Kernel,
    Winograd3x3F2Bf16Kernel,
    Winograd3x3F2x4Bf16Kernel,
    Winograd3x3F4Kernel,
    Winograd3x3F6Kernel,
    Winograd5x5Kernel,
    Winograd5x5F4Kernel,
    Winograd1x3Kernel,
    Winograd1x7Kernel,
    FewWinogradF4Kernel,
    FewWinogradF6Kernel,
    FewWinogradBf16Kernel,
    DepthwisePointwiseKernel,
    DepthwisePointwiseBf16Kernel,
    ConvDepthwiseKernel,
    ConvDepthwiseBf16Kernel,
    CropAndResizeKernel,
    FftKernel,
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_KERNELS_H_
