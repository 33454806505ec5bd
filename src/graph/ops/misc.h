// Detection, quantisation, transforms, random numbers, strings and tables.
#ifndef FLOE_GRAPH_OPS_MISC_H_
#define FLOE_GRAPH_OPS_MISC_H_

#include <tuple>
#include <vector>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

enum class BoxOrder : uint8_t { kCorners = 0, kCenter = 1 };  // y1 x1 y2 x2, or x y w h
constexpr std::string_view kBoxOrderNames[] = {"corners", "center"};
constexpr auto& EnumNames(BoxOrder) {
  return kBoxOrderNames;
}

enum class FftKind : uint8_t { kFft, kIfft, kRfft, kIrfft };
constexpr std::string_view kFftNames[] = {"Fft", "Ifft", "Rfft", "Irfft"};
constexpr auto& EnumNames(FftKind) {
  return kFftNames;
}

enum class RandomKind : uint8_t { kUniform, kUniformInt, kNormal, kTruncatedNormal };
constexpr std::string_view kRandomNames[] = {"RandomUniform", "RandomUniformInt", "RandomNormal",
                                             "RandomTruncatedNormal"};
constexpr auto& EnumNames(RandomKind) {
  return kRandomNames;
}

enum class DrawKind : uint8_t { kGamma, kPoisson };
constexpr std::string_view kDrawNames[] = {"gamma", "poisson"};
constexpr auto& EnumNames(DrawKind) {
  return kDrawNames;
}

// Append only: the numbers are in engine files. Utf8: of code points, else of bytes and ASCII.
enum class StringMapKind : uint8_t {
  kLower,
  kUpper,
  kStrip,
  kRegexReplace,
  kRegexFullMatch,
  kLength,
  kLowerUtf8,
  kUpperUtf8,
  kLengthUtf8,
  kEncodeBase64,
  kEncodeBase64Padded,
  kDecodeBase64
};
constexpr std::string_view kStringMapNames[] = {
    "StringLower",          "StringUpper",  "StringStrip",        "StringRegexReplace",
    "StringRegexFullMatch", "StringLength", "StringLowerUtf8",    "StringUpperUtf8",
    "StringLengthUtf8",     "EncodeBase64", "EncodeBase64Padded", "DecodeBase64"};
constexpr auto& EnumNames(StringMapKind) {
  return kStringMapNames;
}

// ONNX's: (boxes [b, n, 4], scores [b, classes, n][, most per class, IoU threshold, score threshold]) ->
// [selected, 3] of batch, class, box. The count is known only at run time.
struct NonMaxSuppression {
  static constexpr std::string_view kName = "NonMaxSuppression";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 5};
  BoxOrder box_order = BoxOrder::kCorners;
  template <typename Self = NonMaxSuppression>
  static constexpr auto Fields() {
    return std::tuple{Field{"box_order", &Self::box_order}};
  }
};

// TensorFlow's V2 to V5: (boxes [n, 4], scores [n], most[, IoU threshold, score threshold, soft-NMS sigma])
// -> (indices int32, scores of the selected, valid count int32). pad_to_max fills up to `most` with zeros.
// overlaps: the first input has the overlap of each pair of boxes instead, [n, n].
struct TfNonMaxSuppression {
  static constexpr std::string_view kName = "TfNonMaxSuppression";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 6, .max_outputs = 3};
  bool pad_to_max = false;
  bool overlaps = false;
  template <typename Self = TfNonMaxSuppression>
  static constexpr auto Fields() {
    return std::tuple{Field{"pad_to_max", &Self::pad_to_max}, Field{"overlaps", &Self::overlaps}};
  }
};

// TensorFlow's: (boxes [b, n, q, 4], scores [b, n, classes], most per class, most in total, IoU threshold,
// score threshold) -> (boxes, scores, classes, valid counts).
struct CombinedNonMaxSuppression {
  static constexpr std::string_view kName = "CombinedNonMaxSuppression";
  static constexpr OpTraits kTraits{.min_inputs = 6, .max_inputs = 6, .min_outputs = 4, .max_outputs = 4};
  bool pad_per_class = false;
  bool clip_boxes = true;
  template <typename Self = CombinedNonMaxSuppression>
  static constexpr auto Fields() {
    return std::tuple{Field{"pad_per_class", &Self::pad_per_class}, Field{"clip_boxes", &Self::clip_boxes}};
  }
};

// Beams of a decoder followed back: (ids [time, batch, beam] int32, parents of the same shape, longest
// sequence [batch], end id) -> ids of whole sequences.
struct GatherTree {
  static constexpr std::string_view kName = "GatherTree";
  static constexpr OpTraits kTraits{.min_inputs = 4, .max_inputs = 4};
  static constexpr auto Fields() { return std::tuple{}; }
};

// TensorFlow's: (logits [time, batch, classes], lengths int32 [batch]) -> `paths` times indices [n, 2], as
// often values [n], as often shapes [2]; then log probabilities [batch, paths]. The last class is the blank.
struct CtcBeamSearch {
  static constexpr std::string_view kName = "CtcBeamSearch";
  static constexpr OpTraits kTraits{
      .min_inputs = 2, .max_inputs = 2, .min_outputs = 4, .max_outputs = kVariadic};
  int64_t width = 100;
  int64_t paths = 1;
  bool merge_repeated = true;
  template <typename Self = CtcBeamSearch>
  static constexpr auto Fields() {
    return std::tuple{Field{"width", &Self::width}, Field{"paths", &Self::paths},
                      Field{"merge_repeated", &Self::merge_repeated}};
  }
};

// (x, scale[, zero point]): saturate(round half even (x / scale) + zero point), per tensor or along axis.
struct QuantizeLinear {
  static constexpr std::string_view kName = "QuantizeLinear";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  int64_t axis = 1;
  template <typename Self = QuantizeLinear>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}};
  }
};

// (x, scale[, zero point]): (x - zero point) * scale.
struct DequantizeLinear {
  static constexpr std::string_view kName = "DequantizeLinear";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  int64_t axis = 1;
  template <typename Self = DequantizeLinear>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}};
  }
};

// Discrete Fourier transforms over the last `dims` dimensions; the optional second input has the lengths
// (rfft, irfft).
struct Fft {
  static constexpr std::string_view kName = "Fft";
  static constexpr OpTraits kTraits{.min_inputs = 1, .max_inputs = 2};
  FftKind kind = FftKind::kFft;
  int64_t dims = 1;
  template <typename Self = Fft>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}, Field{"dims", &Self::dims}};
  }
};

// (shape[, low, high for UniformInt]): numbers of our own generator, seeded by both seeds, or by the clock if
// both are 0.
struct Random {
  static constexpr std::string_view kName = "Random";
  static constexpr OpTraits kTraits{.min_inputs = 1, .max_inputs = 3, .random = true};
  RandomKind kind = RandomKind::kUniform;
  DType to = DType::kFloat32;
  int64_t seed = 0;
  int64_t seed2 = 0;
  template <typename Self = Random>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}, Field{"to", &Self::to}, Field{"seed", &Self::seed},
                      Field{"seed2", &Self::seed2}};
  }
};

// Seeds [2] of any integer type -> TensorFlow's (key uint64 [1], counter uint64 [2]) for Philox.
struct RandomKey {
  static constexpr std::string_view kName = "RandomKey";
  static constexpr OpTraits kTraits{.min_outputs = 2, .max_outputs = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (shape, key [1], counter [2][, low, high for UniformInt]): the very numbers of TensorFlow's
// StatelessRandom…V2, by Philox 4x32-10. full_range: all bits of an integer type are random.
struct StatelessRandom {
  static constexpr std::string_view kName = "StatelessRandom";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 5};
  RandomKind distribution = RandomKind::kUniform;
  DType to = DType::kFloat32;
  bool full_range = false;
  template <typename Self = StatelessRandom>
  static constexpr auto Fields() {
    return std::tuple{Field{"distribution", &Self::distribution}, Field{"to", &Self::to},
                      Field{"full_range", &Self::full_range}};
  }
};

// (shape, key [1], counter [2], parameter whose shape ends the result's): TensorFlow's StatelessRandomGammaV3
// and StatelessRandomPoisson.
struct StatelessDraw {
  static constexpr std::string_view kName = "StatelessDraw";
  static constexpr OpTraits kTraits{.min_inputs = 4, .max_inputs = 4};
  DrawKind distribution = DrawKind::kGamma;
  DType to = DType::kFloat32;
  template <typename Self = StatelessDraw>
  static constexpr auto Fields() {
    return std::tuple{Field{"distribution", &Self::distribution}, Field{"to", &Self::to}};
  }
};

// (logits [b, classes], number of samples, key [1], counter [2]) -> classes [b, samples], as TensorFlow's
// StatelessMultinomial draws them in one thread.
struct StatelessMultinomial {
  static constexpr std::string_view kName = "StatelessMultinomial";
  static constexpr OpTraits kTraits{.min_inputs = 4, .max_inputs = 4};
  DType to = DType::kInt64;
  template <typename Self = StatelessMultinomial>
  static constexpr auto Fields() {
    return std::tuple{Field{"to", &Self::to}};
  }
};

// TensorFlow's StatelessSampleDistortedBoundingBox: RandomCropBox with (key [1], counter [2]) behind its
// inputs.
struct StatelessCropBox {
  static constexpr std::string_view kName = "StatelessCropBox";
  static constexpr OpTraits kTraits{.min_inputs = 5, .max_inputs = 5, .min_outputs = 3, .max_outputs = 3};
  std::vector<double> aspect_ratios = {0.75, 1.33};
  std::vector<double> areas = {0.05, 1};
  int64_t attempts = 100;
  bool whole_if_no_box = false;
  template <typename Self = StatelessCropBox>
  static constexpr auto Fields() {
    return std::tuple{Field{"aspect_ratios", &Self::aspect_ratios}, Field{"areas", &Self::areas},
                      Field{"attempts", &Self::attempts}, Field{"whole_if_no_box", &Self::whole_if_no_box}};
  }
};

// TensorFlow's SampleDistortedBoundingBoxV2: (image size int [3], boxes [b, n, 4], least part of a box that
// must be covered) -> (begin [3], size [3], box float [1, 1, 4]) of a random crop.
struct RandomCropBox {
  static constexpr std::string_view kName = "RandomCropBox";
  static constexpr OpTraits kTraits{
      .min_inputs = 3, .max_inputs = 3, .min_outputs = 3, .max_outputs = 3, .random = true};
  std::vector<double> aspect_ratios = {0.75, 1.33};  // width over height, from and to
  std::vector<double> areas = {0.05, 1};             // of the image, from and to
  int64_t attempts = 100;
  bool whole_if_no_box = false;
  int64_t seed = 0;
  int64_t seed2 = 0;
  template <typename Self = RandomCropBox>
  static constexpr auto Fields() {
    return std::tuple{Field{"aspect_ratios", &Self::aspect_ratios},
                      Field{"areas", &Self::areas},
                      Field{"attempts", &Self::attempts},
                      Field{"whole_if_no_box", &Self::whole_if_no_box},
                      Field{"seed", &Self::seed},
                      Field{"seed2", &Self::seed2}};
  }
};

// Permutes the first dimension.
struct RandomShuffle {
  static constexpr std::string_view kName = "RandomShuffle";
  static constexpr OpTraits kTraits{.random = true};
  int64_t seed = 0;
  int64_t seed2 = 0;
  template <typename Self = RandomShuffle>
  static constexpr auto Fields() {
    return std::tuple{Field{"seed", &Self::seed}, Field{"seed2", &Self::seed2}};
  }
};

// (logits [b, classes], samples scalar) -> [b, samples].
struct Multinomial {
  static constexpr std::string_view kName = "Multinomial";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .random = true};
  int64_t seed = 0;
  int64_t seed2 = 0;
  DType to = DType::kInt64;
  template <typename Self = Multinomial>
  static constexpr auto Fields() {
    return std::tuple{Field{"seed", &Self::seed}, Field{"seed2", &Self::seed2}, Field{"to", &Self::to}};
  }
};

// (x, keys of rank 1, values of rank 1, default scalar): the value of the last equal key, else the default.
struct LookupTable {
  static constexpr std::string_view kName = "LookupTable";
  static constexpr OpTraits kTraits{.min_inputs = 4, .max_inputs = 4};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (condition, x...): gives the condition; raises Error(kUsage) with the message and data when any element is
// false.
struct Assert {
  static constexpr std::string_view kName = "Assert";
  static constexpr OpTraits kTraits{
      .min_inputs = 1, .max_inputs = kVariadic, .min_outputs = 1, .max_outputs = 1};
  std::string message;
  template <typename Self = Assert>
  static constexpr auto Fields() {
    return std::tuple{Field{"message", &Self::message}};
  }
};

// Element by element on strings; RegexReplace and RegexFullMatch (gives bool) use RE2's syntax as far as
// std::regex has it. Base64 has '-' and '_' for '+' and '/'; what is none raises Error(kUsage).
struct StringMap {
  static constexpr std::string_view kName = "StringMap";
  static constexpr OpTraits kTraits{.elementwise = true};
  StringMapKind kind = StringMapKind::kLower;
  std::string pattern;
  std::string rewrite;
  bool replace_global = true;
  template <typename Self = StringMap>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}, Field{"pattern", &Self::pattern},
                      Field{"rewrite", &Self::rewrite}, Field{"replace_global", &Self::replace_global}};
  }
};

// Elements of the inputs (scalars broadcast), joined.
struct StringJoin {
  static constexpr std::string_view kName = "StringJoin";
  static constexpr OpTraits kTraits{.min_inputs = 1, .max_inputs = kVariadic, .elementwise = true};
  std::string separator;
  template <typename Self = StringJoin>
  static constexpr auto Fields() {
    return std::tuple{Field{"separator", &Self::separator}};
  }
};

// x of rank 1[, separator scalar] -> a sparse matrix: (indices int64 [n, 2], pieces [n], dense shape int64
// [2]). legacy: every byte of the separator splits (StringSplit), else the separator as a whole, white space
// if empty (StringSplitV2).
struct StringSplit {
  static constexpr std::string_view kName = "StringSplit";
  static constexpr OpTraits kTraits{.min_inputs = 1, .max_inputs = 2, .min_outputs = 3, .max_outputs = 3};
  std::string separator;
  bool skip_empty = true;
  int64_t max_split = -1;
  bool legacy = false;
  template <typename Self = StringSplit>
  static constexpr auto Fields() {
    return std::tuple{Field{"separator", &Self::separator}, Field{"skip_empty", &Self::skip_empty},
                      Field{"max_split", &Self::max_split}, Field{"legacy", &Self::legacy}};
  }
};

struct StringReduceJoin {
  static constexpr std::string_view kName = "StringReduceJoin";
  static constexpr OpTraits kTraits{};
  std::string separator;
  std::vector<int64_t> axes;
  bool keep_dims = false;
  template <typename Self = StringReduceJoin>
  static constexpr auto Fields() {
    return std::tuple{Field{"separator", &Self::separator}, Field{"axes", &Self::axes},
                      Field{"keep_dims", &Self::keep_dims}};
  }
};

// TensorFlow's StringToHashBucketFast (FarmHash's Fingerprint64), …Strong (SipHash-2-4 with a key of two
// numbers) and StringToHashBucket, modulo buckets (0: all 64 bits); int64.
enum class StringHashMethod : uint8_t { kFast, kStrong, kLegacy };
constexpr std::string_view kStringHashNames[] = {"fast", "strong", "legacy"};
constexpr auto& EnumNames(StringHashMethod) {
  return kStringHashNames;
}
struct StringHash {
  static constexpr std::string_view kName = "StringHash";
  static constexpr OpTraits kTraits{.elementwise = true};
  int64_t buckets = 1;
  StringHashMethod method = StringHashMethod::kFast;
  std::vector<int64_t> key;
  template <typename Self = StringHash>
  static constexpr auto Fields() {
    return std::tuple{Field{"buckets", &Self::buckets}, Field{"method", &Self::method},
                      Field{"key", &Self::key}};
  }
};

struct AsString {
  static constexpr std::string_view kName = "AsString";
  static constexpr OpTraits kTraits{.elementwise = true};
  int64_t precision = -1;
  bool scientific = false;
  bool shortest = false;
  int64_t width = -1;
  std::string fill;
  template <typename Self = AsString>
  static constexpr auto Fields() {
    return std::tuple{Field{"precision", &Self::precision}, Field{"scientific", &Self::scientific},
                      Field{"shortest", &Self::shortest}, Field{"width", &Self::width},
                      Field{"fill", &Self::fill}};
  }
};

struct StringToNumber {
  static constexpr std::string_view kName = "StringToNumber";
  static constexpr OpTraits kTraits{.elementwise = true};
  DType to = DType::kFloat32;
  template <typename Self = StringToNumber>
  static constexpr auto Fields() {
    return std::tuple{Field{"to", &Self::to}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_MISC_H_
