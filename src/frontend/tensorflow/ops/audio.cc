// The front end of speech models: sound files, spectrograms, cepstral coefficients.
#include <cmath>

#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportDecodeWav(NodeContext& c) {
  c.Return(DecodeWav{c.Int("desired_channels"), c.Int("desired_samples")}, {c.in(0)}, 2);
}

void ImportEncodeWav(NodeContext& c) {
  c.Return(EncodeWav{}, c.ins(0, 2));
}

// Samples [n, channels] -> [channels, frames, bins]: overlapping frames under a periodic Hann window, padded
// to a power of two.
void ImportAudioSpectrogram(NodeContext& c) {
  Builder& b = c.build();
  const int64_t window = c.Int("window_size"), stride = c.Int("stride");
  if (window < 2 || window > (int64_t{1} << 24) || stride < 1)
    c.Fail("a window of {} with a stride of {}", window, stride);
  int64_t length = 1;
  while (length < window) length *= 2;
  std::vector<double> hann;
  for (int64_t i = 0; i < window; ++i)
    hann.push_back(0.5 - 0.5 * std::cos(2 * M_PI * static_cast<double>(i) / static_cast<double>(window)));
  const ValueId x = b.Transpose(c.in(0), {1, 0});
  const ValueId spare = b.Binary(BinaryKind::kSub, b.DimTensor(c.in(0), 0), b.Int64s({window}));
  const ValueId steps = b.Binary(BinaryKind::kFloorDiv, spare, b.Int64(stride));
  const ValueId frames =
      b.Binary(BinaryKind::kMax, b.Binary(BinaryKind::kAdd, steps, b.Int64(1)), b.Int64(0));
  const ValueId counted = b.Add(Range{}, {b.Int64(0), b.ToScalar(frames), b.Int64(1)});
  const ValueId starts = b.Binary(BinaryKind::kMul, counted, b.Int64(stride));
  const ValueId offsets = b.Add(Range{}, {b.Int64(0), b.Int64(window), b.Int64(1)});
  const ValueId places = b.Binary(BinaryKind::kAdd, b.Add(Unsqueeze{{1}}, {starts}), offsets);
  const ValueId framed = b.Add(Gather{.axis = 1}, {x, places});  // [channels, frames, window]
  const ValueId shaped =
      b.Binary(BinaryKind::kMul, framed, b.Constant(TensorOfNumbers(DType::kFloat32, {window}, hann)));
  const ValueId spectrum = b.Add(Fft{FftKind::kRfft, 1}, {shaped, b.Int64s({length})});
  if (!c.Bool("magnitude_squared")) return c.Return(Unary{UnaryKind::kAbs}, {spectrum});
  const auto squared = [&](UnaryKind part) { return b.Unary(UnaryKind::kSquare, b.Unary(part, spectrum)); };
  c.Return(Binary{BinaryKind::kAdd}, {squared(UnaryKind::kReal), squared(UnaryKind::kImag)});
}

double Mel(double frequency) {
  return 1127.0 * std::log1p(frequency / 700.0);
}

// Triangles of one width on the mel scale, as weights [bins, channels] for a sample rate that may be known at
// run time only: 1 at a channel's centre, 0 at its neighbours', nothing outside the limits.
ValueId MelFilters(NodeContext& c, ValueId rate, int64_t bins, int64_t channels) {
  Builder& b = c.build();
  const double low = c.Float("lower_frequency_limit"), high = c.Float("upper_frequency_limit");
  const double spacing = (Mel(high) - Mel(low)) / static_cast<double>(channels + 1);
  const auto number = [&](double v) { return b.Scalar(DType::kFloat64, v); };
  std::vector<double> bin, centre;
  for (int64_t i = 0; i < bins; ++i) bin.push_back(static_cast<double>(i));
  for (int64_t i = 0; i < channels; ++i) centre.push_back(Mel(low) + spacing * static_cast<double>(i + 1));
  const ValueId index = b.Constant(TensorOfNumbers(DType::kFloat64, {bins, 1}, bin));
  const ValueId centres = b.Constant(TensorOfNumbers(DType::kFloat64, {1, channels}, centre));
  const ValueId width = b.Binary(BinaryKind::kMul, b.CastTo(rate, DType::kFloat64),
                                 number(0.5 / static_cast<double>(bins - 1)));
  const ValueId hertz = b.Binary(BinaryKind::kDiv, b.Binary(BinaryKind::kMul, index, width), number(700));
  const ValueId mel = b.Binary(BinaryKind::kMul, b.Unary(UnaryKind::kLog1p, hertz), number(1127));
  const ValueId distance = b.Unary(UnaryKind::kAbs, b.Binary(BinaryKind::kSub, mel, centres));
  const ValueId slope =
      b.Binary(BinaryKind::kSub, number(1), b.Binary(BinaryKind::kDiv, distance, number(spacing)));
  const ValueId weights = b.Binary(BinaryKind::kMax, slope, number(0));
  // The first and last bin that count are rounded so.
  const ValueId first =
      b.Unary(UnaryKind::kFloor,
              b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kDiv, number(low), width), number(1.5)));
  const ValueId last = b.Unary(UnaryKind::kFloor, b.Binary(BinaryKind::kDiv, number(high), width));
  const ValueId inside = b.Binary(BinaryKind::kAnd, b.Binary(BinaryKind::kGreaterOrEqual, index, first),
                                  b.Binary(BinaryKind::kLessOrEqual, index, last));
  return b.CastTo(b.Add(Where{}, {inside, weights, number(0)}), DType::kFloat32);
}

// (spectrogram [channels, frames, bins] of squared magnitudes, sample rate) -> cepstral coefficients: the
// cosine transform of the logarithm of each band's magnitude.
void ImportMfcc(NodeContext& c) {
  Builder& b = c.build();
  const Shape& shape = c.shape(0);
  if (c.Rank(0) != 3 || !shape[2].known())
    c.Fail("the number of frequencies of {} is not known", shape.ToString());
  const int64_t bins = shape[2].value(), bands = c.Int("filterbank_channel_count");
  const int64_t count = c.Int("dct_coefficient_count");
  if (bins < 2 || bands < 1 || bands > 4096 || count < 1 || count > bands)
    c.Fail("{} coefficients of {} bands from {} frequencies", count, bands, bins);
  std::vector<double> cosines;
  for (int64_t band = 0; band < bands; ++band)
    for (int64_t i = 0; i < count; ++i)
      cosines.push_back(std::sqrt(2.0 / static_cast<double>(bands)) *
                        std::cos(M_PI / static_cast<double>(bands) * static_cast<double>(i) *
                                 (static_cast<double>(band) + 0.5)));
  const ValueId rate = b.Reshape(c.in(1), {});
  const ValueId magnitude = b.Unary(UnaryKind::kSqrt, c.in(0));
  const ValueId energy = b.Add(MatMul{}, {magnitude, MelFilters(c, rate, bins, bands)});
  const ValueId log =
      b.Unary(UnaryKind::kLog, b.Binary(BinaryKind::kMax, energy, b.Scalar(DType::kFloat32, 1e-12)));
  c.Return(MatMul{}, {log, b.Constant(TensorOfNumbers(DType::kFloat32, {bands, count}, cosines))});
}

constexpr OpImporter kRows[] = {
    {"DecodeWav", ImportDecodeWav},
    {"EncodeWav", ImportEncodeWav},
    {"AudioSpectrogram", ImportAudioSpectrogram},
    {"Mfcc", ImportMfcc},
};

}  // namespace

std::span<const OpImporter> AudioImporters() {
  return kRows;
}

}  // namespace floe
