// The weights of resizing along one dimension as a computation of the graph, for sizes that only the run
// knows.
#ifndef FLOE_EXPORT_LOWER_RESAMPLE_WEIGHTS_H_
#define FLOE_EXPORT_LOWER_RESAMPLE_WEIGHTS_H_

#include "export/lower/lower.h"

namespace floe {

// One dimension: sizes are int64 [1], what is float is float32 [1].
struct ResampledAxis {
  ValueId in, out;
  ValueId scale = kNoValue;  // Resize: of the output to the input where that is given, not the sizes alone
  ValueId translation = kNoValue;  // ScaleAndTranslate
};

// float32 [out, in]: what each place of the input is worth at each place of the output, as the reference
// backend has it. Modes area, linear and cubic, without antialiasing.
ValueId WeightsOf(Lowering& l, const Resize& op, const ResampledAxis& axis);
ValueId WeightsOf(Lowering& l, const ScaleAndTranslate& op, const ResampledAxis& axis);

}  // namespace floe

#endif  // FLOE_EXPORT_LOWER_RESAMPLE_WEIGHTS_H_
