// Work on rows of float32 (channels of a pixel, the last axis of a matrix), one table an instruction set.
#ifndef FLOE_BACKENDS_CPU_ROWS_ROWS_H_
#define FLOE_BACKENDS_CPU_ROWS_ROWS_H_

#include <cstdint>

#include "backends/cpu/isa.h"

namespace floe::cpu {

enum class Fold { kSum, kSumOfSquares, kSumOfMagnitudes, kMax, kMin, kProduct };

// A window of pixels: count[d] places, step[d] elements apart.
struct PixelWindow {
  const void* first;
  int64_t count[3];
  int64_t step[3];
};

// Windows of one shape, all of whose pixels lie in the image, beside each other in a row. Elements are
// float32, in and out, or bf16 for the code that has it.
struct PoolRun {
  bool max = true;
  PixelWindow window;    // the first
  int64_t count = 1;     // windows
  int64_t step = 0;      // elements from one to the next
  float scale = 1;       // of a sum
  void* out = nullptr;   // of the first
  int64_t out_step = 0;  // elements from one to the next
  int64_t channels = 1;
};

struct LrnRow {
  const float* x;
  float* y;
  int64_t channels;
  int64_t before;  // neighbours on the side of lower channels
  int64_t after;
  float alpha;  // for one element: the op's alpha / size
  float beta;
  float bias;
};

struct WeighedRows {
  const int64_t* starts;
  const float* weights;
  int64_t count;
};

struct RowCode {
  // The fold of one row; 0, 1 or an infinity for an empty one.
  float (*reduce)(Fold fold, const float* x, int64_t count);
  // acc[i] = fold of acc[i] and x[i].
  void (*accumulate)(Fold fold, float* acc, const float* x, int64_t count);
  // Where x[i] beats best[i], or nan comes where there was none: best[i] = x[i], places[i] = place. With
  // `last` equal ones beat, too.
  void (*take_place)(bool largest, bool last, const float* x, int32_t place, float* best, int32_t* places,
                     int64_t count);
  // Of each window, scale * sum or the maximum over its pixels.
  void (*pool)(const PoolRun& run);
  void (*softmax)(bool log, const float* x, float* y, int64_t count);
  // Of each column of x [length, columns], in place; columns are a multiple of 16.
  void (*softmax_columns)(bool log, float* x, int64_t length, int64_t columns);
  // y = lerp(lerp(a, b, fx), lerp(c, d, fx), fy)
  void (*blend)(const float* const corners[4], float fx, float fy, float* y, int64_t count);
  // y[i] = sum of weights[k] * x[starts[k] + i]
  void (*weigh)(const float* x, const WeighedRows& rows, float* y, int64_t count);
  void (*scale)(float factor, float* x, int64_t count);
  void (*lrn)(const LrnRow& row);
  // y = (x - mean) / sqrt(variance + epsilon) * scale + bias; y may be x, bias null.
  void (*normalize)(const float* x, const float* scale, const float* bias, float epsilon, float* y,
                    int64_t count);
};

namespace generic {
extern const RowCode kRowCode;
}
namespace avx2 {
extern const RowCode kRowCode;
}
namespace avx512 {
extern const RowCode kRowCode;
}
namespace neon {
extern const RowCode kRowCode;
}

namespace avx512_bf16 {
void PoolInBf16(const PoolRun& run);
}

const RowCode& RowCodeFor(Isa isa);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ROWS_ROWS_H_
