// Functions that ONNX lacks, as polynomials in what it has; computed in float64 and given in x's type.
#ifndef FLOE_EXPORT_LOWER_SPECIAL_FUNCTIONS_H_
#define FLOE_EXPORT_LOWER_SPECIAL_FUNCTIONS_H_

#include "export/lower/lower.h"

namespace floe {

ValueId ErfcOf(Lowering& l, ValueId x);     // to 1e-14
ValueId LgammaOf(Lowering& l, ValueId x);   // to 1e-14 of max(1, |y|)
ValueId DigammaOf(Lowering& l, ValueId x);  // to 1e-13 of max(1, |y|)
// To 4e-7, Giles' approximation for single precision; refused for float64.
ValueId ErfinvOf(Lowering& l, ValueId x);

}  // namespace floe

#endif  // FLOE_EXPORT_LOWER_SPECIAL_FUNCTIONS_H_
