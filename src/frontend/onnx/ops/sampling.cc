// Pictures read at places that are not pixels: GridSample and RoiAlign, as gathers of the pixels around.
#include <algorithm>
#include <numeric>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/formula.h"
#include "graph/cubic.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// N, C, spatial... to N, spatial..., C, and back.
ValueId ChannelsLast(OnnxContext& c, ValueId x) {
  Ints perm(static_cast<size_t>(c.RankOf(x)));
  std::iota(perm.begin(), perm.end(), 0);
  std::rotate(perm.begin() + 1, perm.begin() + 2, perm.end());
  return c.build().Transpose(x, std::move(perm));
}
ValueId ChannelsFirst(OnnxContext& c, ValueId x) {
  Ints perm(static_cast<size_t>(c.RankOf(x)));
  std::iota(perm.begin(), perm.end(), 0);
  std::rotate(perm.begin() + 1, perm.end() - 1, perm.end());
  return c.build().Transpose(x, std::move(perm));
}

// ---- GridSample ---------------------------------------------------------------------------------------

struct Tap {
  ValueId place;   // float, whole, inside the picture
  ValueId weight;  // kNoValue: 1
};

struct Sampler {
  std::string mode, padding;
  bool align = false;
};

// Between two mirrors.
ValueId Reflect(Formula& f, Builder& b, ValueId x, ValueId low, ValueId high) {
  const ValueId range = f.Sub(high, low);
  const ValueId twice = f.Mul(range, f.Number(2));
  const ValueId t = b.Binary(BinaryKind::kFloorMod, f.Sub(x, low), twice);
  return f.Add(low, f.Where(b.Binary(BinaryKind::kGreater, t, range), f.Sub(twice, t), t));
}

// The pixels of one dimension that a coordinate reads; `size` is the dimension as a float.
std::vector<Tap> TapsOf(Formula& f, Builder& b, const Sampler& s, ValueId x, ValueId size) {
  const ValueId last = f.Sub(size, f.Number(1));
  const ValueId low = s.align ? f.Number(0) : f.Number(-0.5);
  const ValueId high = s.align ? last : f.Sub(size, f.Number(0.5));
  // From [-1, 1].
  const ValueId one_up = f.Add(x, f.Number(1));
  x = s.align ? f.Mul(f.Div(one_up, f.Number(2)), last)
              : f.Div(f.Sub(f.Mul(one_up, size), f.Number(1)), f.Number(2));
  if (s.padding == "border") x = f.Max(f.Min(x, last), f.Number(0));
  if (s.padding == "reflection") x = Reflect(f, b, x, low, high);
  std::vector<Tap> taps;
  if (s.mode == "nearest") {
    taps = {{b.Unary(UnaryKind::kRound, x), kNoValue}};
  } else {
    const ValueId floor = f.Floor(x), t = f.Sub(x, floor), rest = f.Sub(f.Number(1), t);
    if (s.mode == "linear") {
      taps = {{floor, rest}, {f.Add(floor, f.Number(1)), t}};
    } else {
      constexpr CubicKernel kKernel = KeysKernel(-0.75);
      taps = {{f.Sub(floor, f.Number(1)), ValueAt(b, kKernel.far, f.Add(t, f.Number(1)))},
              {floor, ValueAt(b, kKernel.near, t)},
              {f.Add(floor, f.Number(1)), ValueAt(b, kKernel.near, rest)},
              {f.Add(floor, f.Number(2)), ValueAt(b, kKernel.far, f.Add(rest, f.Number(1)))}};
    }
  }
  for (Tap& tap : taps) {
    if (s.padding == "zeros") {
      const ValueId inside = f.Inside(tap.place, f.Number(0), last);
      tap.weight = tap.weight == kNoValue ? inside : f.Mul(tap.weight, inside);
    } else if (s.padding == "reflection") {
      tap.place = Reflect(f, b, tap.place, low, high);
    }
    tap.place = f.Max(f.Min(tap.place, last), f.Number(0));
  }
  return taps;
}

Sampler SamplerOf(OnnxContext& c) {
  Sampler s{c.String("mode", c.opset() < 20 ? "bilinear" : "linear"), c.String("padding_mode", "zeros"),
            c.Flag("align_corners")};
  if (s.mode == "bilinear") s.mode = "linear";
  if (s.mode == "bicubic") s.mode = "cubic";
  if (s.mode != "linear" && s.mode != "nearest" && s.mode != "cubic")
    c.Fail("attribute 'mode': '{}' is not known", s.mode);
  if (s.padding != "zeros" && s.padding != "border" && s.padding != "reflection")
    c.Fail("attribute 'padding_mode': '{}' is not known", s.padding);
  return s;
}

// Adds up weight * pixel over all combinations of the dimensions' taps.
class TapSum {
 public:
  TapSum(OnnxContext& c, ValueId image, std::vector<std::vector<Tap>> taps)
      : c_(c), image_(image), taps_(std::move(taps)), f_(c.build(), c.build().dtype(image)) {
    Visit(0, {}, kNoValue);
  }
  ValueId sum() const { return sum_; }

 private:
  void Visit(size_t dimension, std::vector<ValueId> places, ValueId weight) {
    if (dimension == taps_.size()) return Read(std::move(places), weight);
    for (const Tap& tap : taps_[dimension]) {
      std::vector<ValueId> more = places;
      more.push_back(c_.Add(Unsqueeze{{-1}}, {c_.build().ToInt64(tap.place)}));
      const ValueId product = weight == kNoValue       ? tap.weight
                              : tap.weight == kNoValue ? weight
                                                       : f_.Mul(weight, tap.weight);
      Visit(dimension + 1, std::move(more), product);
    }
  }
  void Read(std::vector<ValueId> places, ValueId weight) {
    ValueId pixel = c_.Add(GatherND{1}, {image_, c_.Add(Concat{-1}, std::move(places))});
    if (weight != kNoValue) pixel = f_.Mul(pixel, c_.Add(Unsqueeze{{-1}}, {weight}));
    sum_ = sum_ == kNoValue ? pixel : f_.Add(sum_, pixel);
  }

  OnnxContext& c_;
  ValueId image_;
  std::vector<std::vector<Tap>> taps_;
  Formula f_;
  ValueId sum_ = kNoValue;
};

// Coordinates of the grid come innermost dimension first.
void ImportGridSample(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0), spatial = rank - 2;
  if (rank < 3 || rank > 5 || c.Rank(1) != rank)
    c.Fail("expected images and a grid of 4 or 5 dimensions, found {} and {}", c.shape(0).ToString(),
           c.shape(1).ToString());
  const Sampler sampler = SamplerOf(c);
  const DType type = c.dtype(0);
  if (!IsFloat(type)) c.Fail("its images are {}, expected floats", DTypeName(type));
  Formula f(b, type);
  const ValueId grid = b.CastTo(c.in(1), type);
  std::vector<std::vector<Tap>> taps;
  for (int64_t d = 0; d < spatial; ++d) {
    const int64_t at = spatial - 1 - d;
    const ValueId x = c.Add(Squeeze{{-1}}, {b.Slice(grid, {at}, {at + 1}, {-1})});
    const ValueId size = b.CastTo(b.ToScalar(b.DimTensor(c.in(0), d + 2)), type);
    taps.push_back(TapsOf(f, b, sampler, x, size));
  }
  c.Set(0, ChannelsFirst(c, TapSum(c, ChannelsLast(c, c.in(0)), std::move(taps)).sum()));
}

// ---- RoiAlign -----------------------------------------------------------------------------------------

struct RoiAxis {
  ValueId low, high;                // int64 [R, samples]
  ValueId low_weight, high_weight;  // [R, samples]; 0 outside
};

// Sample points along one side of each region and the two pixels around each.
RoiAxis RoiAxisOf(OnnxContext& c, int64_t column, ValueId size, int64_t cells, int64_t samples,
                  bool shifted) {
  Builder& b = c.build();
  const DType type = c.dtype(0);
  Formula f(b, type);
  const ValueId scale = f.Number(c.Float("spatial_scale", 1));
  const auto side = [&](int64_t at) {
    const ValueId edge = f.Mul(b.Slice(c.in(1), {at}, {at + 1}, {1}), scale);
    return shifted ? f.Sub(edge, f.Number(0.5)) : edge;  // [R, 1]
  };
  const ValueId start = side(column);
  ValueId length = f.Sub(side(column + 2), start);
  if (!shifted) length = f.Max(length, f.Number(1));
  std::vector<double> steps;
  for (int64_t i = 0; i < cells * samples; ++i)
    steps.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(cells * samples));
  const ValueId shares = b.Constant(TensorOfNumbers(type, {1, cells * samples}, steps));
  const ValueId place = f.Add(start, f.Mul(length, shares));
  const ValueId inside = f.Inside(place, f.Number(-1), size);
  const ValueId last = f.Sub(size, f.Number(1));
  const ValueId x = f.Min(f.Max(place, f.Number(0)), last);
  const ValueId low = f.Floor(x), t = f.Sub(x, low);
  RoiAxis axis;
  axis.low = b.ToInt64(low);
  axis.high = b.ToInt64(f.Min(f.Add(low, f.Number(1)), last));
  axis.low_weight = f.Mul(f.Sub(f.Number(1), t), inside);
  axis.high_weight = f.Mul(t, inside);
  return axis;
}

void ImportRoiAlign(OnnxContext& c) {
  Builder& b = c.build();
  const DType type = c.dtype(0);
  Formula f(b, type);
  const int64_t samples = c.Int("sampling_ratio", 0);
  const int64_t rows = c.Int("output_height", 1), columns = c.Int("output_width", 1);
  if (samples < 1)
    c.FailWith("sampling_ratio 0, which chooses for each region, is not supported",
               "export the model with a sampling_ratio above 0");
  if (samples > 64 || rows < 1 || columns < 1 || rows > 1024 || columns > 1024)
    c.Fail("an output of {} x {} with {} samples is out of range", rows, columns, samples);
  const std::string mode = c.String("mode", "avg");
  if (mode != "avg" && mode != "max") c.Fail("attribute 'mode': expected avg or max, found '{}'", mode);
  const std::string how =
      c.String("coordinate_transformation_mode", c.opset() < 16 ? "output_half_pixel" : "half_pixel");
  const auto size = [&](int64_t axis) { return b.CastTo(b.ToScalar(b.DimTensor(c.in(0), axis)), type); };
  const RoiAxis y = RoiAxisOf(c, 1, size(2), rows, samples, how == "half_pixel");
  const RoiAxis x = RoiAxisOf(c, 0, size(3), columns, samples, how == "half_pixel");
  const ValueId image = ChannelsLast(c, c.in(0));
  const ValueId count = b.DimTensor(c.in(1), 0);
  const ValueId all = b.ConcatVectors({count, b.Int64s({rows * samples, columns * samples, 1})});
  const ValueId batch = c.Add(Expand{}, {b.Reshape(b.ToInt64(c.in(2)), {-1, 1, 1, 1}), all});
  const auto down = [&](ValueId v) { return c.Add(Unsqueeze{{2, 3}}, {v}); };
  const auto across = [&](ValueId v) { return c.Add(Unsqueeze{{1, 3}}, {v}); };
  const bool is_max = mode == "max";
  ValueId total = kNoValue;
  for (const bool high_y : {false, true}) {
    for (const bool high_x : {false, true}) {
      const ValueId row = c.Add(Expand{}, {down(high_y ? y.high : y.low), all});
      const ValueId column = c.Add(Expand{}, {across(high_x ? x.high : x.low), all});
      const ValueId pixel = c.Add(GatherND{}, {image, c.Add(Concat{-1}, {batch, row, column})});
      const ValueId weight =
          f.Mul(down(high_y ? y.high_weight : y.low_weight), across(high_x ? x.high_weight : x.low_weight));
      const ValueId part = f.Mul(pixel, weight);
      total = total == kNoValue ? part : is_max ? f.Max(total, part) : f.Add(total, part);
    }
  }
  const ValueId cells = c.Add(
      Reshape{},
      {total, b.ConcatVectors({count, b.Int64s({rows, samples, columns, samples}), b.DimTensor(image, 3)})});
  const ValueId joined = b.Reduce(is_max ? ReduceKind::kMax : ReduceKind::kMean, cells, {2, 4}, false);
  c.Set(0, ChannelsFirst(c, joined));
}

// ---- AffineGrid ---------------------------------------------------------------------------------------

// Coordinates in [-1, 1] of the output's pixels, innermost dimension first, taken through theta [N, d, d +
// 1].
void ImportAffineGrid(OnnxContext& c) {
  Builder& b = c.build();
  Formula f(b, c.dtype(0));
  const Shape& theta = c.shape(0);
  if (!theta.has_rank() || theta.rank() != 3 || !theta[1].known() || theta[1].value() < 1 ||
      theta[1].value() > 3)
    c.Fail("expected theta of [N, 2, 3] or [N, 3, 4], found {}", theta.ToString());
  const int64_t spatial = theta[1].value();
  const bool align = c.Flag("align_corners");
  const ValueId size = b.ToInt64(c.in(1));
  const ValueId spatial_sizes = b.SliceVector(size, 2, 2 + spatial);
  const ValueId planar = b.ConcatVectors({spatial_sizes, b.Int64s({1})});
  std::vector<ValueId> coordinates;
  for (int64_t d = spatial; d-- > 0;) {
    const ValueId count = b.ToScalar(b.SliceVector(spatial_sizes, d, d + 1));
    const ValueId place = f.UpTo(count), total = f.Of(count);
    const ValueId x = align ? f.Div(f.Mul(place, f.Number(2)), f.Max(f.Sub(total, f.Number(1)), f.Number(1)))
                            : f.Div(f.Add(f.Mul(place, f.Number(2)), f.Number(1)), total);
    Ints dims(static_cast<size_t>(spatial + 1), 1);
    dims[static_cast<size_t>(d)] = -1;
    coordinates.push_back(c.Add(Expand{}, {b.Reshape(f.Sub(x, f.Number(1)), dims), planar}));
  }
  coordinates.push_back(c.Add(Expand{}, {f.Number(1), planar}));
  const ValueId grid = b.Reshape(c.Add(Concat{-1}, std::move(coordinates)), {-1, spatial + 1});
  const ValueId taken = c.Add(MatMul{.transpose_b = true}, {grid, c.in(0)});
  c.Set(0, c.Add(Reshape{},
                 {taken, b.ConcatVectors({b.SliceVector(size, 0, 1), spatial_sizes, b.Int64s({spatial})})}));
}

constexpr OnnxOpImporter kRows[] = {
    {"AffineGrid", 20, kNewest, ImportAffineGrid},
    {"GridSample", 16, kNewest, ImportGridSample},
    {"RoiAlign", 10, kNewest, ImportRoiAlign},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxSamplingImporters() {
  return kRows;
}

}  // namespace floe
