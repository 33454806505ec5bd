// Parts of strings, code points, n-grams, bytes as numbers.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportSubstr(NodeContext& c) {
  c.Return(Substr{c.String("unit") == "UTF8_CHAR"}, c.ins(0, 3));
}

TextErrors ErrorsOf(const NodeContext& c) {
  const std::string errors = c.String("errors");
  if (errors == "ignore") return TextErrors::kIgnore;
  return errors == "strict" ? TextErrors::kStrict : TextErrors::kReplace;
}

void RequireUtf8(const NodeContext& c, const char* attribute) {
  const std::string encoding = c.String(attribute);
  if (encoding != "UTF-8" && encoding != "utf-8" && encoding != "utf8" && encoding != "US-ASCII")
    c.Fail("encoding {} is not supported", encoding);
}

UnicodeDecode DecodeOf(const NodeContext& c) {
  RequireUtf8(c, "input_encoding");
  return {ErrorsOf(c), c.Int("replacement_char"), c.Bool("replace_control_characters")};
}

// TensorFlow decodes any shape as if it were flat.
ValueId Flat(NodeContext& c) {
  return c.build().Reshape(c.in(0), {-1});
}

// (row splits, code points), and where each begins for …WithOffsets.
void ImportUnicodeDecode(NodeContext& c) {
  Builder& b = c.build();
  const bool offsets = c.op() == "UnicodeDecodeWithOffsets";
  const std::vector<ValueId> decoded = b.AddNode(DecodeOf(c), {Flat(c)}, 3, b.source());
  c.Set(0, b.CastTo(decoded[0], c.Type("Tsplits")));
  c.Set(1, decoded[1]);
  if (offsets) c.Set(2, decoded[2]);
}

void ImportUnicodeEncode(NodeContext& c) {
  RequireUtf8(c, "output_encoding");
  c.Return(UnicodeEncode{ErrorsOf(c), c.Int("replacement_char")}, {c.in(0), c.in(1)});
}

// Decoded and encoded again: what is no UTF-8 is replaced or dropped.
void ImportUnicodeTranscode(NodeContext& c) {
  RequireUtf8(c, "output_encoding");
  Builder& b = c.build();
  const std::vector<ValueId> decoded = b.AddNode(DecodeOf(c), {Flat(c)}, 2);
  const ValueId encoded =
      b.Add(UnicodeEncode{TextErrors::kReplace, c.Int("replacement_char")}, {decoded[1], decoded[0]});
  c.Return(Reshape{}, {encoded, b.ShapeTensor(c.in(0))});
}

void ImportNGrams(NodeContext& c) {
  StringNGrams op;
  op.separator = c.String("separator");
  op.widths = c.IntList("ngram_widths");
  op.left_pad = c.String("left_pad");
  op.right_pad = c.String("right_pad");
  op.pad_width = c.Int("pad_width");
  op.preserve_short = c.Bool("preserve_short_sequences");
  for (const int64_t width : op.widths)
    if (width < 1) c.Fail("n-grams of {} words", width);
  c.Return(std::move(op), c.ins(0, 2), 2);
}

void ImportDecodeRaw(NodeContext& c) {
  DecodeRaw op{c.Type("out_type"), c.Bool("little_endian"), -1};
  if (c.op() == "DecodePaddedRaw") op.length = c.NeedInt(1, "the length");
  if (op.to == DType::kString) c.Fail("no numbers of string");
  if (op.length >= 0 && op.length % static_cast<int64_t>(DTypeSize(op.to)) != 0)
    c.Fail("{} bytes are no whole number of {}", op.length, DTypeName(op.to));
  c.Return(std::move(op), {c.in(0)});
}

// FarmHash's fingerprint of each string, its eight bytes from the lowest.
void ImportFingerprint(NodeContext& c) {
  if (c.dtype(0) != DType::kString || c.Rank(0) != 1)
    c.Fail("expected a list of strings, found {}{}", DTypeName(c.dtype(0)), c.shape(0).ToString());
  c.Return(DecodeRaw{DType::kUInt8}, {c.Add(StringHash{.buckets = 0}, {c.in(0)})});
}

void ImportEditDistance(NodeContext& c) {
  c.Return(EditDistance{c.Bool("normalize")}, c.ins(0, 6));
}

constexpr OpImporter kRows[] = {
    {"Substr", ImportSubstr},
    {"UnicodeDecode", ImportUnicodeDecode},
    {"UnicodeDecodeWithOffsets", ImportUnicodeDecode},
    {"UnicodeEncode", ImportUnicodeEncode},
    {"UnicodeTranscode", ImportUnicodeTranscode},
    {"StringNGrams", ImportNGrams},
    {"DecodeRaw", ImportDecodeRaw},
    {"DecodePaddedRaw", ImportDecodeRaw},
    {"EditDistance", ImportEditDistance},
    {"Fingerprint", ImportFingerprint},
};

}  // namespace

std::span<const OpImporter> TextImporters() {
  return kRows;
}

}  // namespace floe
