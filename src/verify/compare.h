// How far two sets of outputs lie apart.
//
// Everything here is stateless. Nothing throws for what it finds: a difference is a value.
#ifndef FLOE_VERIFY_COMPARE_H_
#define FLOE_VERIFY_COMPARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "floe/tensor.h"

namespace floe {

// One tensor against its reference. Booleans count as 0 and 1, complex numbers by the distance in the plane.
struct TensorDifference {
  std::string name;
  // Why nothing was compared ("shape [1, 10] against [1, 11]"); then the numbers below mean nothing.
  std::string incomparable;

  int64_t elements = 0;
  int64_t different = 0;  // elements that are not equal; NaN equals NaN
  double max_abs = 0;     // infinite if one side is not finite where the other is, or strings differ
  double mean_abs = 0;
  int64_t worst = 0;  // flat index of max_abs
  // Largest less smallest finite value of the reference, but at least a hundredth of its largest magnitude,
  // so that a constant has a scale too.
  double range = 0;
  double relative = 0;  // max_abs / range; 0 if nothing differs
  double cosine = 1;    // of the angle between the two as vectors; 1 if both are zero
  // 20 log10(range / root mean square of the distances), in dB. Absent if nothing differs or one side is not
  // finite where the other is.
  std::optional<double> psnr_db;

  // Rows are the last dimension. Absent if it has fewer than 2 (5) entries or the elements are not numbers.
  std::optional<double> top1;  // share of rows whose largest entry is the reference's (ties count)
  std::optional<double> top5;  // share of the reference's five largest that are among the other's five
};

TensorDifference CompareTensors(const std::string& name, const Tensor& value, const Tensor& reference);

// Comparable, and relative to the range at most `tolerance`.
bool Within(const TensorDifference& difference, double tolerance);

// Any type but strings as doubles, row-major; a complex number becomes its two parts, one after the other.
std::vector<double> AsDoubles(const Tensor& tensor);

// The `count` largest of values[0, size), largest first, the lower index first among equals. NaN counts as
// less than everything.
std::vector<int64_t> LargestIndices(const double* values, int64_t size, int64_t count);

}  // namespace floe

#endif  // FLOE_VERIFY_COMPARE_H_
