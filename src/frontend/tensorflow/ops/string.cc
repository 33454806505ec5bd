#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

template <StringMapKind kKind>
void ImportStringMap(NodeContext& c) {
  const bool utf8 = (c.HasAttr("encoding") && c.String("encoding") == "utf-8") ||
                    (c.HasAttr("unit") && c.String("unit") == "UTF8_CHAR");
  StringMap op;
  op.kind = kKind;
  if (utf8 && kKind == StringMapKind::kLower) op.kind = StringMapKind::kLowerUtf8;
  if (utf8 && kKind == StringMapKind::kUpper) op.kind = StringMapKind::kUpperUtf8;
  if (utf8 && kKind == StringMapKind::kLength) op.kind = StringMapKind::kLengthUtf8;
  c.Return(std::move(op), {c.in(0)});
}

std::string NeedString(NodeContext& c, size_t input, const char* what) {
  const Tensor& tensor = c.NeedConstant(input, what);
  if (tensor.dtype() != DType::kString || tensor.size() != 1) c.Fail("{} is not one string", what);
  return tensor.data<std::string>()[0];
}

void ImportRegexReplace(NodeContext& c) {
  const bool fixed = c.op() == "StaticRegexReplace";
  StringMap op;
  op.kind = StringMapKind::kRegexReplace;
  op.pattern = fixed ? c.String("pattern") : NeedString(c, 1, "the pattern");
  op.rewrite = fixed ? c.String("rewrite") : NeedString(c, 2, "the replacement");
  op.replace_global = c.Bool("replace_global");
  c.Return(std::move(op), {c.in(0)});
}

void ImportRegexMatch(NodeContext& c) {
  StringMap op;
  op.kind = StringMapKind::kRegexFullMatch;
  op.pattern = c.op() == "StaticRegexFullMatch" ? c.String("pattern") : NeedString(c, 1, "the pattern");
  c.Return(std::move(op), {c.in(0)});
}

void ImportStringJoin(NodeContext& c) {
  c.Return(StringJoin{c.String("separator")}, c.ins(0, c.input_count()));
}

void ImportStringSplit(NodeContext& c) {
  StringSplit op;
  op.legacy = c.op() == "StringSplit";
  if (op.legacy)
    op.skip_empty = c.Bool("skip_empty");
  else
    op.max_split = c.Int("maxsplit");
  c.Return(std::move(op), {c.in(0), c.in(1)}, 3);
}

void ImportReduceJoin(NodeContext& c) {
  StringReduceJoin op;
  op.separator = c.String("separator");
  op.keep_dims = c.Bool("keep_dims");
  op.axes = c.NeedInts(1, "the reduction axes");
  if (op.axes.empty())
    for (int64_t i = c.Rank(0); i-- > 0;) op.axes.push_back(i);
  c.Return(std::move(op), {c.in(0)});
}

void ImportAsString(NodeContext& c) {
  AsString op;
  op.precision = c.Int("precision");
  op.scientific = c.Bool("scientific");
  op.shortest = c.Bool("shortest");
  op.width = c.Int("width");
  op.fill = c.String("fill");
  c.Return(std::move(op), {c.in(0)});
}

void ImportStringToNumber(NodeContext& c) {
  c.Return(StringToNumber{c.Type("out_type")}, {c.in(0)});
}

void ImportStringHash(NodeContext& c) {
  const int64_t buckets = c.Int("num_buckets");
  if (buckets < 1) c.Fail("expected at least one bucket, found {}", buckets);
  StringHash op{.buckets = buckets};
  if (c.op() == "StringToHashBucket") op.method = StringHashMethod::kLegacy;
  if (c.op() == "StringToHashBucketStrong") {
    op.method = StringHashMethod::kStrong;
    op.key = c.IntList("key");
    if (op.key.size() != 2) c.Fail("expected a key of two numbers, found {}", op.key.size());
  }
  c.Return(std::move(op), {c.in(0)});
}

constexpr OpImporter kRows[] = {
    {"StringLower", ImportStringMap<StringMapKind::kLower>},
    {"StringUpper", ImportStringMap<StringMapKind::kUpper>},
    {"StringStrip", ImportStringMap<StringMapKind::kStrip>},
    {"StringLength", ImportStringMap<StringMapKind::kLength>},
    {"StaticRegexReplace", ImportRegexReplace},
    {"RegexReplace", ImportRegexReplace},
    {"StaticRegexFullMatch", ImportRegexMatch},
    {"RegexFullMatch", ImportRegexMatch},
    {"StringJoin", ImportStringJoin},
    {"StringSplit", ImportStringSplit},
    {"StringSplitV2", ImportStringSplit},
    {"ReduceJoin", ImportReduceJoin},
    {"AsString", ImportAsString},
    {"StringToNumber", ImportStringToNumber},
    {"StringToHashBucketFast", ImportStringHash},
    {"StringToHashBucketStrong", ImportStringHash},
    {"StringToHashBucket", ImportStringHash},
};

}  // namespace

std::span<const OpImporter> StringImporters() {
  return kRows;
}

}  // namespace floe
