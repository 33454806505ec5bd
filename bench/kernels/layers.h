// Convolution shapes of networks that everybody measures, batch 1.
#ifndef FLOE_BENCH_KERNELS_LAYERS_H_
#define FLOE_BENCH_KERNELS_LAYERS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace floe {

struct ConvLayer {
  int64_t size;  // of the square input
  int64_t channels;
  int64_t filters;
  int64_t kernel;
  int64_t stride;
  bool depthwise;
  int64_t times;  // the network has so many of them
};

struct LayerList {
  std::string_view network;
  std::span<const ConvLayer> layers;
};

// Of ResNet-50 v1 (strides in the 1x1 convolutions), MobileNetV1, MobileNetV2, Inception-v3, VGG-16 and
// DenseNet-121, at the sizes of pictures that those were made for; of the last three those with 3x3 windows
// and a few others.
std::span<const LayerList> AllLayers();

}  // namespace floe

#endif  // FLOE_BENCH_KERNELS_LAYERS_H_
