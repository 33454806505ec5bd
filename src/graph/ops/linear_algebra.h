// Systems of equations and factorisations of matrices, the last two dimensions; those before are a batch.
#ifndef FLOE_GRAPH_OPS_LINEAR_ALGEBRA_H_
#define FLOE_GRAPH_OPS_LINEAR_ALGEBRA_H_

#include <tuple>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

enum class MatrixForm : uint8_t { kGeneral, kLower, kUpper };
constexpr std::string_view kMatrixFormNames[] = {"general", "lower", "upper"};
constexpr auto& EnumNames(MatrixForm) {
  return kMatrixFormNames;
}

struct MatrixInverse {
  static constexpr std::string_view kName = "MatrixInverse";
  static constexpr OpTraits kTraits{};
  bool adjoint = false;
  template <typename Self = MatrixInverse>
  static constexpr auto Fields() {
    return std::tuple{Field{"adjoint", &Self::adjoint}};
  }
};

struct MatrixDeterminant {
  static constexpr std::string_view kName = "MatrixDeterminant";
  static constexpr OpTraits kTraits{};
  static constexpr auto Fields() { return std::tuple{}; }
};

// -> (sign, log of the absolute value) of the determinant, which may be beyond the type's range.
struct LogDeterminant {
  static constexpr std::string_view kName = "LogDeterminant";
  static constexpr OpTraits kTraits{.min_outputs = 2, .max_outputs = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (a [.., n, n], b [.., n, m]) -> x with a x = b, or a* x = b if adjoint; batches broadcast. Of a triangular
// matrix only that part is read. A singular one raises Error(kUsage).
struct MatrixSolve {
  static constexpr std::string_view kName = "MatrixSolve";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  MatrixForm form = MatrixForm::kGeneral;
  bool adjoint = false;
  template <typename Self = MatrixSolve>
  static constexpr auto Fields() {
    return std::tuple{Field{"form", &Self::form}, Field{"adjoint", &Self::adjoint}};
  }
};

// The lower triangular l with l l* = x, of which the lower part is read; Error(kUsage) unless x is positive
// definite.
struct Cholesky {
  static constexpr std::string_view kName = "Cholesky";
  static constexpr OpTraits kTraits{};
  static constexpr auto Fields() { return std::tuple{}; }
};

// -> (q, r) of real matrices; the diagonal of r may have any sign.
struct Qr {
  static constexpr std::string_view kName = "Qr";
  static constexpr OpTraits kTraits{.min_outputs = 2, .max_outputs = 2};
  bool full = false;
  template <typename Self = Qr>
  static constexpr auto Fields() {
    return std::tuple{Field{"full", &Self::full}};
  }
};

// -> (singular values, descending; u; v) of real matrices, x = u diag(s) v*. Without vectors u and v are
// scalars of no meaning.
struct Svd {
  static constexpr std::string_view kName = "Svd";
  static constexpr OpTraits kTraits{.min_outputs = 3, .max_outputs = 3};
  bool vectors = true;
  bool full = false;
  template <typename Self = Svd>
  static constexpr auto Fields() {
    return std::tuple{Field{"vectors", &Self::vectors}, Field{"full", &Self::full}};
  }
};

// -> (eigenvalues, ascending; eigenvectors, a scalar of no meaning if not asked for) of a real symmetric
// matrix, of which the lower part is read.
struct SymmetricEigen {
  static constexpr std::string_view kName = "SymmetricEigen";
  static constexpr OpTraits kTraits{.min_outputs = 2, .max_outputs = 2};
  bool vectors = true;
  template <typename Self = SymmetricEigen>
  static constexpr auto Fields() {
    return std::tuple{Field{"vectors", &Self::vectors}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_LINEAR_ALGEBRA_H_
