// Col2Im: blocks added up where they lie in the picture.
#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

ValueId UpTo(OnnxContext& c, ValueId count) {
  return c.Add(Range{}, {c.build().Int64(0), c.build().ToScalar(count), c.build().Int64(1)});
}

// (blocks [N, C * block, L], image sizes, block sizes). The blocks go into a picture with its padding, which
// is cut off at the end.
void ImportCol2Im(OnnxContext& c) {
  Builder& b = c.build();
  const std::optional<int64_t> count = c.shape(1).ElementCount();
  if (!count || *count < 1 || *count > 8) c.Fail("the number of its spatial dimensions is not known");
  const auto spatial = static_cast<size_t>(*count);
  const auto list = [&](const char* name, size_t size, int64_t fallback) {
    Ints values = c.IntList(name);
    if (values.empty()) values.assign(size, fallback);
    if (values.size() != size)
      c.Fail("attribute '{}': expected {} entries, found {}", name, size, values.size());
    return values;
  };
  const Ints strides = list("strides", spatial, 1), dilations = list("dilations", spatial, 1);
  const Ints pads = list("pads", 2 * spatial, 0);
  const ValueId image = b.ToInt64(c.in(1)), block = b.ToInt64(c.in(2));
  const Ints begins(pads.begin(), pads.begin() + *count), ends(pads.begin() + *count, pads.end());
  const ValueId padded =
      b.Binary(BinaryKind::kAdd, image, b.Binary(BinaryKind::kAdd, b.Int64s(begins), b.Int64s(ends)));
  ValueId places = b.Int64(0);
  for (size_t d = 0; d < spatial; ++d) {
    const auto at = static_cast<int64_t>(d);
    const ValueId size = b.SliceVector(padded, at, at + 1), kernel = b.SliceVector(block, at, at + 1);
    const ValueId one = b.Int64s({1});
    const ValueId reach =
        b.Binary(BinaryKind::kMul, b.Binary(BinaryKind::kSub, kernel, one), b.Int64s({dilations[d]}));
    const ValueId free = b.Binary(BinaryKind::kSub, b.Binary(BinaryKind::kSub, size, reach), one);
    const ValueId steps =
        b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kDiv, free, b.Int64s({strides[d]})), one);
    Ints in_block(2 * spatial, 1), in_steps(2 * spatial, 1);
    in_block[d] = -1;
    in_steps[spatial + d] = -1;
    const ValueId inside = b.Binary(BinaryKind::kMul, UpTo(c, kernel), b.Int64(dilations[d]));
    const ValueId start = b.Binary(BinaryKind::kMul, UpTo(c, steps), b.Int64(strides[d]));
    const ValueId along = b.Binary(BinaryKind::kAdd, b.Reshape(inside, in_block), b.Reshape(start, in_steps));
    places = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, places, b.ToScalar(size)), along);
  }
  const auto product = [&](ValueId v) { return b.Reduce(ReduceKind::kProd, v, {0}, true); };
  const ValueId batch = b.DimTensor(c.in(0), 0);
  const ValueId channels = b.Binary(BinaryKind::kDiv, b.DimTensor(c.in(0), 1), product(block));
  const ValueId data = c.Add(Reshape{}, {c.in(0), b.ConcatVectors({batch, channels, b.Int64s({-1})})});
  const ValueId indices = c.Add(Expand{}, {b.Reshape(places, {1, 1, -1}), b.ShapeTensor(data)});
  const ValueId zeros = b.Zeros(c.dtype(0), b.ConcatVectors({batch, channels, product(padded)}));
  const ValueId sums =
      c.Add(ScatterElements{.axis = 2, .reduction = ScatterReduction::kAdd}, {zeros, indices, data});
  const ValueId whole = c.Add(Reshape{}, {sums, b.ConcatVectors({batch, channels, padded})});
  Ints axes;
  for (size_t d = 0; d < spatial; ++d) axes.push_back(static_cast<int64_t>(d) + 2);
  const ValueId stop = b.Binary(BinaryKind::kAdd, image, b.Int64s(begins));
  c.Return(Slice{}, {whole, b.Int64s(begins), stop, b.Int64s(axes)});
}

constexpr OnnxOpImporter kRows[] = {
    {"Col2Im", 18, kNewest, ImportCol2Im},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxCol2ImImporters() {
  return kRows;
}

}  // namespace floe
