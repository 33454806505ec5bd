// Encoded pictures, by whatever codec the program named.
#include "floe/picture.h"

#include "backends/reference/kernels.h"

namespace floe::reference {
namespace {

constexpr std::string_view kRemedy = "the program must name one, such as SetPictureCodec(ImageCodec())";

// The model is right, this run's picture is not.
[[noreturn]] void Rethrow(const Error& error) {
  throw Error(error.code() == ErrorCode::kModel ? ErrorCode::kUsage : error.code(), error.what());
}

std::string_view FileOf(const OpCall& call) {
  const Tensor& x = call.in(0);
  const bool is_bytes = x.dtype() == DType::kUInt8;
  if (!is_bytes && x.dtype() != DType::kString) call.FailType(0);
  call.RequireRank(0, is_bytes ? 1 : 0);
  if (is_bytes) return {static_cast<const char*>(x.raw()), static_cast<size_t>(x.size())};
  return *x.data<std::string>();
}

}  // namespace

void Run(const DecodePicture& op, OpCall& call) {
  const std::string_view file = FileOf(call);
  const PictureCodec& codec = GetPictureCodec();
  if (codec.decode == nullptr) call.FailValue("no decoder for pictures; {}", kRemedy);
  PictureRequest request{static_cast<int>(op.channels),
                         op.to,
                         static_cast<int>(op.ratio),
                         op.accurate_dct,
                         op.smooth_chroma,
                         op.recover,
                         {}};
  if (call.has(1)) {
    const std::vector<int64_t> window = call.Ints(1);
    if (window.size() != 4) call.FailValue("expected a window of 4 numbers, found {}", window.size());
    request.window = {window[0], window[1], window[2], window[3]};
  }
  Tensor picture;
  try {
    picture = codec.decode(file, request, call.subject());
  } catch (const Error& error) {
    Rethrow(error);
  }
  if (picture.dtype() != op.to || picture.rank() != 3 ||
      (op.channels > 0 && picture.dims()[2] != op.channels))
    call.FailValue("the program's decoder gave {}{}", DTypeName(picture.dtype()),
                   DimsToString(picture.dims()));
  call.Give(0, picture);
}

void Run(const EncodePicture& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.dtype() != DType::kUInt8 && x.dtype() != DType::kUInt16) call.FailType(0);
  if (x.rank() < 3) call.Fail("expected rank 3 or more, got {}", DimsToString(x.dims()));
  const PictureCodec& codec = GetPictureCodec();
  if (codec.encode == nullptr) call.FailValue("no encoder for pictures; {}", kRemedy);
  const PictureEncoding how{op.png,
                            static_cast<int>(op.quality),
                            op.progressive,
                            op.optimize_size,
                            op.halve_chroma,
                            static_cast<int>(op.density_unit),
                            static_cast<int>(op.x_density),
                            static_cast<int>(op.y_density)};
  const auto inner = x.dims().end() - 3;
  const Dims one(inner, x.dims().end());
  Tensor& y = call.Out(0, DType::kString, Dims(x.dims().begin(), inner));
  const size_t stride = static_cast<size_t>(ElementCount(one)) * DTypeSize(x.dtype());
  for (int64_t i = 0; i < y.size(); ++i) {
    const char* pixels = static_cast<const char*>(x.raw()) + static_cast<size_t>(i) * stride;
    try {
      y.data<std::string>()[i] = codec.encode(Tensor::ConstView(x.dtype(), one, pixels), how, call.subject());
    } catch (const Error& error) {
      Rethrow(error);
    }
  }
}

}  // namespace floe::reference
