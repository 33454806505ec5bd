// Strings beyond one-to-one maps: parts, code points, n-grams, bytes as numbers.
#ifndef FLOE_GRAPH_OPS_TEXT_H_
#define FLOE_GRAPH_OPS_TEXT_H_

#include <string>
#include <tuple>
#include <vector>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

// What becomes of bytes that are no UTF-8: the replacement character, nothing, or Error(kUsage).
enum class TextErrors : uint8_t { kReplace, kIgnore, kStrict };
constexpr std::string_view kTextErrorsNames[] = {"replace", "ignore", "strict"};
constexpr auto& EnumNames(TextErrors) {
  return kTextErrorsNames;
}

// (text, position, length), the last two integers of one type that broadcast with it. A negative position
// counts from the end; one outside the text raises Error(kUsage). utf8: counts code points.
struct Substr {
  static constexpr std::string_view kName = "Substr";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3, .elementwise = true};
  bool utf8 = false;
  template <typename Self = Substr>
  static constexpr auto Fields() {
    return std::tuple{Field{"utf8", &Self::utf8}};
  }
};

// UTF-8 of rank 1 -> (row splits int64 [n + 1], code points int32, the byte each starts at int64).
struct UnicodeDecode {
  static constexpr std::string_view kName = "UnicodeDecode";
  static constexpr OpTraits kTraits{.max_outputs = 3};
  TextErrors errors = TextErrors::kReplace;
  int64_t replacement = 0xFFFD;
  bool replace_control = false;  // C0 control characters are errors too
  template <typename Self = UnicodeDecode>
  static constexpr auto Fields() {
    return std::tuple{Field{"errors", &Self::errors}, Field{"replacement", &Self::replacement},
                      Field{"replace_control", &Self::replace_control}};
  }
};

// (code points int32 of rank 1, row splits) -> UTF-8, one string a row.
struct UnicodeEncode {
  static constexpr std::string_view kName = "UnicodeEncode";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  TextErrors errors = TextErrors::kReplace;
  int64_t replacement = 0xFFFD;
  template <typename Self = UnicodeEncode>
  static constexpr auto Fields() {
    return std::tuple{Field{"errors", &Self::errors}, Field{"replacement", &Self::replacement}};
  }
};

// TensorFlow's: (words of rank 1, row splits) -> (n-grams, row splits of the same type). `pad_width` -1: one
// less than the width of each n-gram.
struct StringNGrams {
  static constexpr std::string_view kName = "StringNGrams";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .min_outputs = 2, .max_outputs = 2};
  std::string separator;
  std::vector<int64_t> widths;
  std::string left_pad;
  std::string right_pad;
  int64_t pad_width = 0;
  bool preserve_short = false;
  template <typename Self = StringNGrams>
  static constexpr auto Fields() {
    return std::tuple{Field{"separator", &Self::separator}, Field{"widths", &Self::widths},
                      Field{"left_pad", &Self::left_pad},   Field{"right_pad", &Self::right_pad},
                      Field{"pad_width", &Self::pad_width}, Field{"preserve_short", &Self::preserve_short}};
  }
};

// The bytes of strings, of one length or padded and cut to `length` (-1: not given), as numbers of type `to`
// along a new last dimension. Of numbers, too: larger ones then take up the last one, equal ones add none.
struct DecodeRaw {
  static constexpr std::string_view kName = "DecodeRaw";
  static constexpr OpTraits kTraits{};
  DType to = DType::kUInt8;
  bool little_endian = true;
  int64_t length = -1;
  template <typename Self = DecodeRaw>
  static constexpr auto Fields() {
    return std::tuple{Field{"to", &Self::to}, Field{"little_endian", &Self::little_endian},
                      Field{"length", &Self::length}};
  }
};

// A RIFF file with 16-bit PCM, a scalar -> (samples in [-1, 1) [n, channels], rate int32 scalar). -1 takes
// what the file has; fewer samples than wanted end in zeros, fewer channels repeat the first.
struct DecodeWav {
  static constexpr std::string_view kName = "DecodeWav";
  static constexpr OpTraits kTraits{.min_outputs = 2, .max_outputs = 2};
  int64_t channels = -1;
  int64_t samples = -1;
  template <typename Self = DecodeWav>
  static constexpr auto Fields() {
    return std::tuple{Field{"channels", &Self::channels}, Field{"samples", &Self::samples}};
  }
};

// An encoded picture, a scalar[, top, left, height and width int32 [4]: only this part] -> [height, width,
// channels] of uint8, uint16 or float32, by the program's PictureCodec, whose request the fields are.
struct DecodePicture {
  static constexpr std::string_view kName = "DecodePicture";
  static constexpr OpTraits kTraits{.max_inputs = 2};
  DType to = DType::kUInt8;
  int64_t channels = 0;
  int64_t ratio = 1;
  bool accurate_dct = false;
  bool smooth_chroma = true;
  bool recover = false;
  template <typename Self = DecodePicture>
  static constexpr auto Fields() {
    return std::tuple{Field{"to", &Self::to},
                      Field{"channels", &Self::channels},
                      Field{"ratio", &Self::ratio},
                      Field{"accurate_dct", &Self::accurate_dct},
                      Field{"smooth_chroma", &Self::smooth_chroma},
                      Field{"recover", &Self::recover}};
  }
};

// [..., height, width, channels] of uint8 or uint16 -> strings [...]; fields as in PictureEncoding.
struct EncodePicture {
  static constexpr std::string_view kName = "EncodePicture";
  static constexpr OpTraits kTraits{};
  bool png = true;
  int64_t quality = 95;
  bool progressive = false;
  bool optimize_size = false;
  bool halve_chroma = true;
  int64_t density_unit = 1;
  int64_t x_density = 300;
  int64_t y_density = 300;
  template <typename Self = EncodePicture>
  static constexpr auto Fields() {
    return std::tuple{Field{"png", &Self::png},
                      Field{"quality", &Self::quality},
                      Field{"progressive", &Self::progressive},
                      Field{"optimize_size", &Self::optimize_size},
                      Field{"halve_chroma", &Self::halve_chroma},
                      Field{"density_unit", &Self::density_unit},
                      Field{"x_density", &Self::x_density},
                      Field{"y_density", &Self::y_density}};
  }
};

// Levenshtein distances of sparse sequences: (hypothesis indices, values, shape, truth indices, values,
// shape) -> [shapes' common leading dimensions]. normalize divides by the truth's length.
struct EditDistance {
  static constexpr std::string_view kName = "EditDistance";
  static constexpr OpTraits kTraits{.min_inputs = 6, .max_inputs = 6};
  bool normalize = true;
  template <typename Self = EditDistance>
  static constexpr auto Fields() {
    return std::tuple{Field{"normalize", &Self::normalize}};
  }
};

// One feature of serialized tf.Example protos of rank 1. `count` at least 0: every one has so many values, or
// takes those of the second input [count]; without one a missing feature raises Error(kUsage), as does
// another number: (protos, default) -> values [n, count]. Else (protos) -> (values of all [m], row splits
// int64 [n + 1]).
struct ExampleFeature {
  static constexpr std::string_view kName = "ExampleFeature";
  static constexpr OpTraits kTraits{.max_inputs = 2, .max_outputs = 2};
  std::string key;
  DType to = DType::kFloat32;  // float32, int64 or string
  int64_t count = -1;
  template <typename Self = ExampleFeature>
  static constexpr auto Fields() {
    return std::tuple{Field{"key", &Self::key}, Field{"to", &Self::to}, Field{"count", &Self::count}};
  }
};

// One feature list of serialized tf.SequenceExample protos of rank 1 -> (values of all steps [m], row splits
// int64 of the steps [steps + 1], of the protos' steps [n + 1]). `count` at least 0: every step has so many
// values, or Error(kUsage) is raised; as it is where a list that is required is missing.
struct ExampleFeatureList {
  static constexpr std::string_view kName = "ExampleFeatureList";
  static constexpr OpTraits kTraits{.min_outputs = 3, .max_outputs = 3};
  std::string key;
  DType to = DType::kFloat32;  // float32, int64 or string
  int64_t count = -1;
  bool required = false;
  template <typename Self = ExampleFeatureList>
  static constexpr auto Fields() {
    return std::tuple{Field{"key", &Self::key}, Field{"to", &Self::to}, Field{"count", &Self::count},
                      Field{"required", &Self::required}};
  }
};

// (samples in [-1, 1] float32 [n, channels], rate int32 scalar) -> a RIFF file with 16-bit PCM, a scalar.
struct EncodeWav {
  static constexpr std::string_view kName = "EncodeWav";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_TEXT_H_
