#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

template <FftKind kKind, int64_t kDims>
void ImportFft(NodeContext& c) {
  constexpr bool has_length = kKind == FftKind::kRfft || kKind == FftKind::kIrfft;
  c.Return(Fft{kKind, kDims}, c.ins(0, has_length ? 2 : 1));
}

constexpr OpImporter kRows[] = {
    {"FFT", ImportFft<FftKind::kFft, 1>},       {"FFT2D", ImportFft<FftKind::kFft, 2>},
    {"FFT3D", ImportFft<FftKind::kFft, 3>},     {"IFFT", ImportFft<FftKind::kIfft, 1>},
    {"IFFT2D", ImportFft<FftKind::kIfft, 2>},   {"IFFT3D", ImportFft<FftKind::kIfft, 3>},
    {"RFFT", ImportFft<FftKind::kRfft, 1>},     {"RFFT2D", ImportFft<FftKind::kRfft, 2>},
    {"RFFT3D", ImportFft<FftKind::kRfft, 3>},   {"IRFFT", ImportFft<FftKind::kIrfft, 1>},
    {"IRFFT2D", ImportFft<FftKind::kIrfft, 2>}, {"IRFFT3D", ImportFft<FftKind::kIrfft, 3>},
};

}  // namespace

std::span<const OpImporter> SpectralImporters() {
  return kRows;
}

}  // namespace floe
