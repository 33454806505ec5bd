// Lists of axes that only the run knows; how many there are is known.
#ifndef FLOE_FRONTEND_ONNX_OPS_RUN_TIME_AXES_H_
#define FLOE_FRONTEND_ONNX_OPS_RUN_TIME_AXES_H_

#include "frontend/onnx/node_context.h"

namespace floe {

// Whether each of `rank` dimensions is in `axes` (integers of rank 1, negative ones from the end): bool
// [rank].
ValueId IsOneOfAxes(OnnxContext& c, ValueId axes, int64_t rank);
// The `count` dimensions that are not flagged, ascending: int64 [count].
ValueId OtherAxes(OnnxContext& c, ValueId flags, int64_t rank, int64_t count);
// The number of elements of input i, a list; fails if it is not known.
int64_t ListLength(OnnxContext& c, size_t i);

void SqueezeAtRunTime(OnnxContext& c);    // (x, axes)
void UnsqueezeAtRunTime(OnnxContext& c);  // (x, axes)
// One dimension after the other, each if it is listed; `kind` is one whose result over several dimensions is
// that of one after the other.
void ReduceAtRunTime(OnnxContext& c, ReduceKind kind, ValueId x, bool keep_dims);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_OPS_RUN_TIME_AXES_H_
