// Strings: counts of n-grams, upper and lower case.
#include <algorithm>
#include <optional>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

struct Pool {
  Tensor items;  // of all n-grams, shorter ones first
  Ints starts;   // where the n-grams of length 1, 2... begin
  int64_t shortest = 1, longest = 1, skips = 0;
  Ints columns;  // of the output, an n-gram each
};

Pool PoolOf(OnnxContext& c) {
  Pool pool;
  const std::vector<std::string> strings = c.StringList("pool_strings");
  const Ints numbers = c.IntList("pool_int64s");
  if (strings.empty() == numbers.empty()) c.Fail("expected either pool_strings or pool_int64s");
  if (!numbers.empty()) {
    pool.items = Tensor::FromVector<int64_t>(numbers);
  } else {
    pool.items = Tensor(DType::kString, {static_cast<int64_t>(strings.size())});
    std::copy(strings.begin(), strings.end(), pool.items.data<std::string>());
  }
  pool.starts = c.IntList("ngram_counts");
  pool.shortest = c.NeedInt("min_gram_length");
  pool.longest = c.NeedInt("max_gram_length");
  pool.skips = c.NeedInt("max_skip_count");
  pool.columns = c.IntList("ngram_indexes");
  const auto lengths = static_cast<int64_t>(pool.starts.size());
  if (pool.shortest < 1 || pool.shortest > pool.longest || pool.longest > lengths || pool.longest > 64)
    c.Fail("n-grams of {} to {} do not fit {} ngram_counts", pool.shortest, pool.longest, lengths);
  if (pool.skips < 0 || pool.skips > 1024) c.Fail("max_skip_count {} is out of range", pool.skips);
  pool.starts.push_back(pool.items.size());
  int64_t grams = 0;
  for (int64_t n = 1; n <= lengths; ++n) {
    const auto at = static_cast<size_t>(n - 1);
    const int64_t items = pool.starts[at + 1] - pool.starts[at];
    if (pool.starts[at] < 0 || items < 0 || items % n != 0)
      c.Fail("its ngram_counts do not fit a pool of {}", pool.items.size());
    grams += items / n;
  }
  if (grams != static_cast<int64_t>(pool.columns.size()))
    c.Fail("{} ngram_indexes for {} n-grams", pool.columns.size(), grams);
  for (const int64_t column : pool.columns)
    if (column < 0 || column >= (int64_t{1} << 24)) c.Fail("ngram_indexes hold {}", column);
  return pool;
}

// How often each n-gram of the pool occurs in x [N, C]: float32 [N, grams].
ValueId CountGrams(OnnxContext& c, ValueId x, int64_t columns, const Pool& pool, int64_t n) {
  Builder& b = c.build();
  const auto at = static_cast<size_t>(n - 1);
  const int64_t begin = pool.starts[at], end = pool.starts[at + 1], grams = (end - begin) / n;
  ValueId sum = b.Zeros(DType::kFloat32, b.ConcatVectors({b.DimTensor(x, 0), b.Int64s({grams})}));
  if (n < pool.shortest || grams == 0) return sum;
  const ValueId wanted = b.Reshape(b.Slice(b.Constant(pool.items), {begin}, {end}, {0}), {1, 1, grams, n});
  for (int64_t step = 1; step <= (n == 1 ? 1 : pool.skips + 1); ++step) {
    const int64_t places = columns - (n - 1) * step;
    if (places < 1) break;
    std::vector<ValueId> parts;
    for (int64_t k = 0; k < n; ++k)
      parts.push_back(c.Add(Unsqueeze{{-1}}, {b.Slice(x, {k * step}, {k * step + places}, {1})}));
    const ValueId windows =
        c.Add(Unsqueeze{{2}}, {c.Add(Concat{-1}, std::move(parts))});  // [N, places, 1, n]
    const ValueId same =
        b.Reduce(ReduceKind::kAll, b.Binary(BinaryKind::kEqual, windows, wanted), {3}, false);
    const ValueId found = b.Reduce(ReduceKind::kSum, b.CastTo(same, DType::kFloat32), {1}, false);
    sum = b.Binary(BinaryKind::kAdd, sum, found);
  }
  return sum;
}

void ImportTfIdf(OnnxContext& c) {
  Builder& b = c.build();
  const Pool pool = PoolOf(c);
  const std::string mode = c.String("mode", "");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF") c.Fail("attribute 'mode': '{}' is not known", mode);
  const int64_t rank = c.Rank(0);
  if (rank < 1 || rank > 2) c.Fail("expected a vector or matrix, found {}", c.shape(0).ToString());
  const Dim& columns = c.shape(0)[static_cast<size_t>(rank - 1)];
  if (!columns.known()) c.Fail("the shape {} of its input is not known", c.shape(0).ToString());
  ValueId x = c.dtype(0) == DType::kString ? c.in(0) : b.ToInt64(c.in(0));
  if (rank == 1) x = b.Reshape(x, {1, columns.value()});
  std::vector<ValueId> parts;
  for (int64_t n = 1; n < static_cast<int64_t>(pool.starts.size()); ++n)
    parts.push_back(CountGrams(c, x, columns.value(), pool, n));
  ValueId counts = c.Add(Concat{1}, std::move(parts));
  if (mode == "IDF")
    counts = b.CastTo(b.Binary(BinaryKind::kGreater, counts, b.Scalar(DType::kFloat32, 0)), DType::kFloat32);
  const std::vector<double> weights = c.FloatList("weights");
  if (mode != "TF" && !weights.empty()) {
    if (weights.size() != pool.columns.size())
      c.Fail("{} weights for {} n-grams", weights.size(), pool.columns.size());
    const auto size = static_cast<int64_t>(weights.size());
    counts =
        b.Binary(BinaryKind::kMul, counts, b.Constant(TensorOfNumbers(DType::kFloat32, {size}, weights)));
  }
  const int64_t width = *std::max_element(pool.columns.begin(), pool.columns.end()) + 1;
  const ValueId rows = b.DimTensor(x, 0);
  const ValueId zeros = b.Zeros(DType::kFloat32, b.ConcatVectors({rows, b.Int64s({width})}));
  const ValueId places = c.Add(Expand{}, {b.Int64s(pool.columns), b.ShapeTensor(counts)});
  const ValueId y =
      c.Add(ScatterElements{.axis = 1, .reduction = ScatterReduction::kAdd}, {zeros, places, counts});
  c.Set(0, rank == 1 ? b.Reshape(y, {width}) : y);
}

// In the locale "C" letters beyond ASCII stay as they are.
void ImportStringNormalizer(OnnxContext& c) {
  if (!c.StringList("stopwords").empty()) c.Fail("attribute 'stopwords' is not supported");
  const std::string action = c.String("case_change_action", "NONE");
  if (action == "NONE") return c.Set(0, c.in(0));
  if (action != "LOWER" && action != "UPPER")
    c.Fail("attribute 'case_change_action': expected NONE, LOWER or UPPER, found '{}'", action);
  const std::string locale = c.String("locale", "");
  const bool is_ascii = locale == "C" || locale == "POSIX";
  StringMap op;
  if (action == "LOWER") op.kind = is_ascii ? StringMapKind::kLower : StringMapKind::kLowerUtf8;
  if (action == "UPPER") op.kind = is_ascii ? StringMapKind::kUpper : StringMapKind::kUpperUtf8;
  c.Return(std::move(op), {c.in(0)});
}

// The bytes of a file, uint8 of rank 1. Its gray is not the one that JPEG files hold.
void ImportImageDecoder(OnnxContext& c) {
  const std::string format = c.String("pixel_format", "RGB");
  if (format != "RGB" && format != "BGR")
    c.Fail("attribute 'pixel_format': expected RGB or BGR, found '{}'", format);
  DecodePicture op;
  op.channels = 3;
  op.accurate_dct = true;  // the standard's node tests are
  if (format != "BGR") return c.Return(std::move(op), {c.in(0)});
  c.Return(Reverse{{2}}, {c.Add(std::move(op), {c.in(0)})});
}

constexpr OnnxOpImporter kRows[] = {
    {"ImageDecoder", 20, kNewest, ImportImageDecoder},
    {"StringNormalizer", 10, kNewest, ImportStringNormalizer},
    {"TfIdfVectorizer", 9, kNewest, ImportTfIdf},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxTextImporters() {
  return kRows;
}

}  // namespace floe
