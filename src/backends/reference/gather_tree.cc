#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

void Run(const GatherTree&, OpCall& call) {
  const Tensor& ids = call.in(0);
  call.RequireRank(0, 3);
  if (ids.dtype() != DType::kInt32) call.FailType(0);
  call.RequireSameType(0, 1);
  call.RequireDims(1, ids.dims());
  const int64_t steps = ids.dims()[0], batch = ids.dims()[1], beams = ids.dims()[2];
  const std::vector<int64_t> longest = call.Ints(2);
  if (static_cast<int64_t>(longest.size()) != batch) call.Fail("expected {} lengths", batch);
  const auto end = static_cast<int32_t>(call.Int(3));
  const int32_t *id = ids.data<int32_t>(), *parent_of = call.in(1).data<int32_t>();
  int32_t* out = call.Out(0, DType::kInt32, ids.dims()).data<int32_t>();
  std::fill(out, out + ids.size(), end);
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t length = std::min(steps, longest[static_cast<size_t>(b)]);
    for (int64_t beam = 0; beam < beams; ++beam) {
      int64_t from = beam;
      for (int64_t t = length - 1; t >= 0; --t) {
        if (from < 0 || from >= beams) call.FailValue("step {} has no parent {}", t, from);
        const int64_t place = (t * batch + b) * beams + from;
        out[(t * batch + b) * beams + beam] = id[place];
        from = parent_of[place];
      }
      bool finished = false;
      for (int64_t t = 0; t < length; ++t) {
        int32_t& value = out[(t * batch + b) * beams + beam];
        if (finished) value = end;
        finished = finished || value == end;
      }
    }
  }
}

}  // namespace floe::reference
