#include <algorithm>

#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "backends/resampling.h"

namespace floe::reference {

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
  const std::vector<ResampleTaps> vertical =
      TapsOf(op, rows, dims[1], static_cast<float>(scales[0]), static_cast<float>(shifts[0]));
  const std::vector<ResampleTaps> horizontal =
      TapsOf(op, columns, dims[2], static_cast<float>(scales[1]), static_cast<float>(shifts[1]));
  std::vector<double> in;
  if (!IsComplex(x.dtype()) && x.dtype() != DType::kString && x.dtype() != DType::kBool)
    in = LoadAll<double>(x);
  else
    call.FailType(0);
  Tensor& y = call.Out(0, DType::kFloat32, dims);
  float* out = y.data<float>();
  std::vector<double> pixel(static_cast<size_t>(depth));
  for (int64_t n = 0; n < dims[0]; ++n) {
    for (const ResampleTaps& down : vertical) {
      for (const ResampleTaps& across : horizontal) {
        std::fill(pixel.begin(), pixel.end(), 0.0);
        for (const ResampleTap& row : down) {
          for (const ResampleTap& column : across) {
            const double weight = row.weight * column.weight;
            const double* from = in.data() + ((n * rows + row.place) * columns + column.place) * depth;
            for (int64_t d = 0; d < depth; ++d) pixel[static_cast<size_t>(d)] += weight * from[d];
          }
        }
        for (const double v : pixel) *out++ = static_cast<float>(v);
      }
    }
  }
}

}  // namespace floe::reference
