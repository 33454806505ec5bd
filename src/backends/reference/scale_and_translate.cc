#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "graph/resize.h"

namespace floe::reference {
namespace {

double LanczosWeight(double radius, double x) {
  if (x > radius) return 0;
  if (x <= 1e-3) return 1;
  return radius * std::sin(M_PI * x) * std::sin(M_PI * x / radius) / (M_PI * M_PI * x * x);
}

// At a distance x >= 0 from the centre.
double WeightOf(ResampleKernel kernel, double x) {
  switch (kernel) {
    case ResampleKernel::kLanczos1:
    case ResampleKernel::kLanczos3:
    case ResampleKernel::kLanczos5:
      return LanczosWeight(RadiusOf(kernel), x);
    case ResampleKernel::kGaussian:
      return x >= 1.5 ? 0 : std::exp(-x * x / (2 * 0.5 * 0.5));
    case ResampleKernel::kBox:
      return x < 0.5 ? 1 : x == 0.5 ? 0.5 : 0;
    case ResampleKernel::kTriangle:
      return std::max(0.0, 1 - x);
    case ResampleKernel::kKeysCubic:
      if (x >= 2) return 0;
      return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
    case ResampleKernel::kMitchellCubic:
      if (x >= 2) return 0;
      return x >= 1 ? ((-7.0 / 18 * x + 2) * x - 10.0 / 3) * x + 16.0 / 9
                    : (7.0 / 6 * x - 2) * x * x + 8.0 / 9;
  }
  return 0;
}

// Which input pixels an output pixel is made of, and how.
struct Span {
  int64_t first = 0;
  std::vector<double> weights;
};

// Places are computed in float as TensorFlow does: which pixels take part hangs on their rounding.
std::vector<Span> SpansOf(const ScaleAndTranslate& op, int64_t in, int64_t out, float scale,
                          float translation) {
  const float inverse = 1.0f / scale;
  const float shift = -inverse * translation;
  const float widening = op.antialias ? std::max(inverse, 1.0f) : 1.0f;
  const float reach = static_cast<float>(RadiusOf(op.kernel)) * widening;
  std::vector<Span> spans(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) {
    const float centre = (static_cast<float>(i) + 0.5f) * inverse + shift;
    Span& span = spans[static_cast<size_t>(i)];
    if (!(centre >= 0 && centre <= static_cast<float>(in)) || in == 0) continue;
    const auto clamped = [in](float at) { return std::clamp<int64_t>(static_cast<int64_t>(at), 0, in - 1); };
    span.first = clamped(std::ceil(centre - reach - 0.5f));
    const int64_t last = clamped(std::floor(centre + reach - 0.5f));
    double total = 0;
    for (int64_t k = span.first; k <= last; ++k) {
      const float distance = (static_cast<float>(k) + 0.5f - centre) * (1.0f / widening);
      span.weights.push_back(WeightOf(op.kernel, std::fabs(distance)));
      total += span.weights.back();
    }
    if (std::fabs(total) < 1000.0 * std::numeric_limits<float>::min()) continue;
    for (double& w : span.weights) w /= total;
  }
  return spans;
}

}  // namespace

void Run(const ScaleAndTranslate& op, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireRank(0, 4);
  const Dims size = call.Ints(1);
  if (size.size() != 2 || call.in(2).size() != 2 || call.in(3).size() != 2)
    call.Fail("expected two sizes, scales and translations");
  const std::vector<double> scales = LoadAll<double>(call.in(2)), shifts = LoadAll<double>(call.in(3));
  for (const double s : scales)
    if (!(s > 0)) call.FailValue("a scale of {} is not above 0", s);
  const int64_t rows = x.dims()[1], columns = x.dims()[2], depth = x.dims()[3];
  const Dims dims = {x.dims()[0], call.Size(size[0], "size"), call.Size(size[1], "size"), depth};
  const std::vector<Span> vertical =
      SpansOf(op, rows, dims[1], static_cast<float>(scales[0]), static_cast<float>(shifts[0]));
  const std::vector<Span> horizontal =
      SpansOf(op, columns, dims[2], static_cast<float>(scales[1]), static_cast<float>(shifts[1]));
  std::vector<double> in;
  if (!IsComplex(x.dtype()) && x.dtype() != DType::kString && x.dtype() != DType::kBool)
    in = LoadAll<double>(x);
  else
    call.FailType(0);
  Tensor& y = call.Out(0, DType::kFloat32, dims);
  float* out = y.data<float>();
  std::vector<double> pixel(static_cast<size_t>(depth));
  for (int64_t n = 0; n < dims[0]; ++n) {
    for (const Span& down : vertical) {
      for (const Span& across : horizontal) {
        std::fill(pixel.begin(), pixel.end(), 0.0);
        for (size_t r = 0; r < down.weights.size(); ++r) {
          for (size_t c = 0; c < across.weights.size(); ++c) {
            const double weight = down.weights[r] * across.weights[c];
            const int64_t row = down.first + static_cast<int64_t>(r);
            const int64_t column = across.first + static_cast<int64_t>(c);
            const double* from = in.data() + ((n * rows + row) * columns + column) * depth;
            for (int64_t d = 0; d < depth; ++d) pixel[static_cast<size_t>(d)] += weight * from[d];
          }
        }
        for (const double v : pixel) *out++ = static_cast<float>(v);
      }
    }
  }
}

}  // namespace floe::reference
