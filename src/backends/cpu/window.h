// The geometry of convolutions and pooling, read from a problem and checked: three spatial dimensions
// (missing ones are of size 1, in front), channels last.
#ifndef FLOE_BACKENDS_CPU_WINDOW_H_
#define FLOE_BACKENDS_CPU_WINDOW_H_

#include <cstdint>
#include <vector>

#include "backends/backend.h"
#include "backends/cpu/match.h"
#include "graph/graph.h"

namespace floe::cpu {

struct Window {
  int64_t batch = 1;
  int64_t input[3] = {1, 1, 1};
  int64_t output[3] = {1, 1, 1};
  int64_t kernel[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1};
  int64_t dilation[3] = {1, 1, 1};
  int64_t pad[3] = {0, 0, 0};      // in front
  int64_t pad_end[3] = {0, 0, 0};  // behind, as the op says
  int64_t channels = 1;            // of the input
  int64_t output_channels = 1;
  int64_t groups = 1;

  int64_t input_pixels() const { return batch * input[0] * input[1] * input[2]; }
  int64_t output_pixels() const { return batch * output[0] * output[1] * output[2]; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }

  bool operator==(const Window&) const = default;
};

// The group's main op is a Conv that every kernel here needs: float32, NHWC, filter and bias constant, shapes
// that agree with each other.
Refusal ReadConv(const Graph& problem, const FusedGroup& group, Window* window);
// The same for a ConvTranspose; `input` and `output` are the op's own.
Refusal ReadConvTranspose(const Graph& problem, const FusedGroup& group, Window* window);
// The only node is a MaxPool or AveragePool of float32; a MaxPool's places may be of any type.
Refusal ReadPool(const Graph& problem, Window* window);

// The part of a window that lies in the image, in one dimension.
struct Reach {
  int64_t begin = 0;  // input place of the first tap inside
  int64_t count = 0;
  int64_t padded = 0;  // taps inside the image or its padding
  int64_t alike = 1;   // windows from here on with all taps inside; else 1
};
// Of every place of the output in dimension d.
std::vector<Reach> ReachOf(const Window& w, int d);
// Whether there is a window without a pixel: it has no maximum and no mean.
bool SeesOnlyPadding(const Window& w);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_WINDOW_H_
