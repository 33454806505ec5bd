// Ops that work element by element, with numpy's broadcasting. Where a kind has ONNX's name it has ONNX's
// meaning, generic over TensorFlow's types. An op with a field `kind` goes by the kind's name in text, in
// files and in messages.
#ifndef FLOE_GRAPH_OPS_ELEMENTWISE_H_
#define FLOE_GRAPH_OPS_ELEMENTWISE_H_

#include <tuple>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

// Append only: the numbers are in engine files.
enum class UnaryKind : uint8_t {
  kIdentity,  // also keeps a name apart
  kAbs,       // complex: the modulus, real
  kNeg,
  kSign,
  kCeil,
  kFloor,
  kRound,  // half to even
  kTrunc,
  kSqrt,
  kRsqrt,
  kReciprocal,
  kSquare,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kSin,
  kCos,
  kTan,
  kAsin,
  kAcos,
  kAtan,
  kSinh,
  kCosh,
  kTanh,
  kAsinh,
  kAcosh,
  kAtanh,
  kErf,
  kErfc,
  kErfinv,
  kLgamma,
  kDigamma,
  kSigmoid,
  kSoftplus,
  kSoftsign,
  kRelu,
  kHardSwish,   // x * min(max(x + 3, 0), 6) / 6
  kSilu,        // x * sigmoid(x)
  kMish,        // x * tanh(softplus(x))
  kNot,         // bool
  kBitwiseNot,  // integers
  kIsNaN,
  kIsInf,
  kIsFinite,  // bool
  kConj,
  kReal,
  kImag,
  kAngle,  // complex; kReal, kImag, kAngle give the matching real type
  kNdtri,  // the normal distribution's quantile
  kBesselI0,
  kBesselI0e,
  kBesselI1,
  kBesselI1e,
  kBesselJ0,
  kBesselJ1,
  kBesselK0,
  kBesselK0e,
  kBesselK1,
  kBesselK1e,
  kBesselY0,
  kBesselY1,
  kDawsn,
  kExpint,
  kFresnelCos,
  kFresnelSin,
  kSpence,
  kPopulationCount,  // integers; uint8
};
constexpr std::string_view kUnaryNames[] = {"Identity",   "Abs",        "Neg",        "Sign",
                                            "Ceil",       "Floor",      "Round",      "Trunc",
                                            "Sqrt",       "Rsqrt",      "Reciprocal", "Square",
                                            "Exp",        "Expm1",      "Log",        "Log1p",
                                            "Sin",        "Cos",        "Tan",        "Asin",
                                            "Acos",       "Atan",       "Sinh",       "Cosh",
                                            "Tanh",       "Asinh",      "Acosh",      "Atanh",
                                            "Erf",        "Erfc",       "Erfinv",     "Lgamma",
                                            "Digamma",    "Sigmoid",    "Softplus",   "Softsign",
                                            "Relu",       "HardSwish",  "Silu",       "Mish",
                                            "Not",        "BitwiseNot", "IsNaN",      "IsInf",
                                            "IsFinite",   "Conj",       "Real",       "Imag",
                                            "Angle",      "Ndtri",      "BesselI0",   "BesselI0e",
                                            "BesselI1",   "BesselI1e",  "BesselJ0",   "BesselJ1",
                                            "BesselK0",   "BesselK0e",  "BesselK1",   "BesselK1e",
                                            "BesselY0",   "BesselY1",   "Dawsn",      "Expint",
                                            "FresnelCos", "FresnelSin", "Spence",     "PopulationCount"};
constexpr auto& EnumNames(UnaryKind) {
  return kUnaryNames;
}

struct Unary {
  static constexpr std::string_view kName = "Unary";
  static constexpr OpTraits kTraits{.elementwise = true};
  UnaryKind kind = UnaryKind::kIdentity;
  template <typename Self = Unary>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}};
  }
};

enum class BinaryKind : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,       // integers: toward zero; by zero raises Error(kUsage) as in TensorFlow
  kFloorDiv,  // toward minus infinity; integers by zero raise
  kFloorMod,  // sign of the divisor; integers by zero raise
  kTruncMod,  // sign of the dividend (C's %); integers by zero raise
  kDivNoNan,  // 0 where the divisor is 0
  kMulNoNan,  // 0 where the second factor is 0, even against inf and nan
  kPow,       // integers with a negative exponent raise
  kMin,
  kMax,  // nan wins
  kAtan2,
  kXdivy,
  kXlogy,
  kXlog1py,
  kSquaredDifference,
  kAnd,
  kOr,
  kXor,  // bool
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,  // give bool; strings have the first two
  kBitwiseAnd,
  kBitwiseOr,
  kBitwiseXor,
  kLeftShift,
  kRightShift,  // by an amount outside [0, bits): clamped, as in TensorFlow
  kComplex,     // (real, imaginary) -> complex
  kNextAfter,
  kIgamma,
  kIgammac,
  kZeta,
  kPolygamma,
};
constexpr std::string_view kBinaryNames[] = {"Add",
                                             "Sub",
                                             "Mul",
                                             "Div",
                                             "FloorDiv",
                                             "FloorMod",
                                             "TruncMod",
                                             "DivNoNan",
                                             "MulNoNan",
                                             "Pow",
                                             "Min",
                                             "Max",
                                             "Atan2",
                                             "Xdivy",
                                             "Xlogy",
                                             "Xlog1py",
                                             "SquaredDifference",
                                             "And",
                                             "Or",
                                             "Xor",
                                             "Equal",
                                             "NotEqual",
                                             "Less",
                                             "LessOrEqual",
                                             "Greater",
                                             "GreaterOrEqual",
                                             "BitwiseAnd",
                                             "BitwiseOr",
                                             "BitwiseXor",
                                             "LeftShift",
                                             "RightShift",
                                             "Complex",
                                             "NextAfter",
                                             "Igamma",
                                             "Igammac",
                                             "Zeta",
                                             "Polygamma"};
constexpr auto& EnumNames(BinaryKind) {
  return kBinaryNames;
}

struct Binary {
  static constexpr std::string_view kName = "Binary";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .elementwise = true};
  BinaryKind kind = BinaryKind::kAdd;
  template <typename Self = Binary>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}};
  }
};

// The sum of all inputs, which have one shape (TensorFlow's AddN).
struct Sum {
  static constexpr std::string_view kName = "Sum";
  static constexpr OpTraits kTraits{.min_inputs = 1, .max_inputs = kVariadic, .elementwise = true};
  static constexpr auto Fields() { return std::tuple{}; }
};

// min(max(x, min), max). The limits are fields, not inputs as in ONNX, since kernels and groups ask for them;
// limits known only at run time are imported as Max and Min. -inf and +inf mean no limit. nan stays nan.
struct Clip {
  static constexpr std::string_view kName = "Clip";
  static constexpr OpTraits kTraits{.elementwise = true};
  double min = 0;
  double max = 0;
  template <typename Self = Clip>
  static constexpr auto Fields() {
    return std::tuple{Field{"min", &Self::min}, Field{"max", &Self::max}};
  }
};

struct LeakyRelu {  // x < 0 ? alpha * x : x
  static constexpr std::string_view kName = "LeakyRelu";
  static constexpr OpTraits kTraits{.elementwise = true};
  double alpha = 0.01;
  template <typename Self = LeakyRelu>
  static constexpr auto Fields() {
    return std::tuple{Field{"alpha", &Self::alpha}};
  }
};

struct Elu {  // x < 0 ? alpha * (exp(x) - 1) : x
  static constexpr std::string_view kName = "Elu";
  static constexpr OpTraits kTraits{.elementwise = true};
  double alpha = 1;
  template <typename Self = Elu>
  static constexpr auto Fields() {
    return std::tuple{Field{"alpha", &Self::alpha}};
  }
};

struct Selu {  // gamma * (x < 0 ? alpha * (exp(x) - 1) : x)
  static constexpr std::string_view kName = "Selu";
  static constexpr OpTraits kTraits{.elementwise = true};
  double alpha = 1.6732632423543772848170429916717;
  double gamma = 1.0507009873554804934193349852946;
  template <typename Self = Selu>
  static constexpr auto Fields() {
    return std::tuple{Field{"alpha", &Self::alpha}, Field{"gamma", &Self::gamma}};
  }
};

struct HardSigmoid {  // min(max(alpha * x + beta, 0), 1)
  static constexpr std::string_view kName = "HardSigmoid";
  static constexpr OpTraits kTraits{.elementwise = true};
  double alpha = 0.2;
  double beta = 0.5;
  template <typename Self = HardSigmoid>
  static constexpr auto Fields() {
    return std::tuple{Field{"alpha", &Self::alpha}, Field{"beta", &Self::beta}};
  }
};

struct Gelu {  // x * Phi(x), or its tanh approximation
  static constexpr std::string_view kName = "Gelu";
  static constexpr OpTraits kTraits{.elementwise = true};
  bool approximate = false;
  template <typename Self = Gelu>
  static constexpr auto Fields() {
    return std::tuple{Field{"approximate", &Self::approximate}};
  }
};

// (x, slope): x < 0 ? slope * x : x; slope broadcasts to x by numpy's rule whatever the layout.
struct PRelu {
  static constexpr std::string_view kName = "PRelu";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .elementwise = true};
  static constexpr auto Fields() { return std::tuple{}; }
};

// Numbers as C++'s static_cast does, but: float to integer beyond the range gives what x86 gives, bool from a
// number is x != 0, complex to real drops the imaginary part.
struct Cast {
  static constexpr std::string_view kName = "Cast";
  static constexpr OpTraits kTraits{.elementwise = true};
  DType to = DType::kFloat32;
  template <typename Self = Cast>
  static constexpr auto Fields() {
    return std::tuple{Field{"to", &Self::to}};
  }
};

// (condition, x, y), all three broadcast.
struct Where {
  static constexpr std::string_view kName = "Where";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3, .elementwise = true};
  static constexpr auto Fields() { return std::tuple{}; }
};

// TensorFlow's fake quantisation: inputs (x, min, max), min and max scalars or, per channel, of x's last
// dimension.
struct FakeQuant {
  static constexpr std::string_view kName = "FakeQuant";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3, .elementwise = true};
  int64_t bits = 8;
  bool narrow_range = false;
  template <typename Self = FakeQuant>
  static constexpr auto Fields() {
    return std::tuple{Field{"bits", &Self::bits}, Field{"narrow_range", &Self::narrow_range}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_ELEMENTWISE_H_
