// Pictures as networks ask for them.
#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "floe/image.h"
#include "image/codecs.h"

namespace floe {
namespace {

template <typename From, typename To>
void Scale(const std::vector<uint8_t>& levels, To factor, Tensor* out) {
  To* to = out->data<To>();
  for (int64_t i = 0; i < out->size(); ++i) {
    From level;
    std::memcpy(&level, levels.data() + static_cast<size_t>(i) * sizeof level, sizeof level);
    to[i] = static_cast<To>(level * factor);
  }
}

Tensor Decode(std::string_view text, const PictureRequest& request, const std::string& subject) {
  CHECK(request.dtype == DType::kUInt8 || request.dtype == DType::kUInt16 ||
        request.dtype == DType::kFloat32);
  CHECK(request.channels == 0 || request.channels == 1 || request.channels == 3 || request.channels == 4);
  const Bytes bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  const bool deep = IsPng(bytes) && request.dtype != DType::kUInt8;
  if (request.window && !IsJpeg(bytes))
    Throw(ErrorCode::kModel, "{}: only a part of a JPEG picture can be decoded", subject);
  Image image;
  if (IsJpeg(bytes)) {
    if (request.channels == 4) Throw(ErrorCode::kModel, "{}: a JPEG picture has no 4 channels", subject);
    image = DecodeJpeg(bytes, subject,
                       {request.channels, request.ratio, request.accurate_dct, request.smooth_chroma,
                        request.recover, request.window});
  } else if (IsPng(bytes)) {
    image = DecodePng(bytes, subject, {request.channels, deep ? 16 : 8});
  } else if (IsBmp(bytes)) {
    image = DecodeBmp(bytes, subject, request.channels);
  } else {
    Throw(ErrorCode::kModel, "{}: expected a JPEG, PNG or BMP picture, found {}", subject, WhatItIs(bytes));
  }
  Tensor out(request.dtype, {image.height, image.width, image.channels});
  if (request.dtype == DType::kFloat32 && deep)
    Scale<uint16_t>(image.pixels, 1.0f / 65535.0f, &out);
  else if (request.dtype == DType::kFloat32)
    Scale<uint8_t>(image.pixels, 1.0f / 255.0f, &out);
  else if (request.dtype == DType::kUInt16 && !deep)
    Scale<uint8_t>(image.pixels, uint16_t{256}, &out);
  else
    std::memcpy(out.raw(), image.pixels.data(), image.pixels.size());
  return out;
}

std::string Encode(const Tensor& picture, const PictureEncoding& how, const std::string& subject) {
  CHECK(picture.rank() == 3);
  const std::vector<int64_t>& dims = picture.dims();
  const int64_t most = how.png ? 4 : 3;
  if (dims[2] < 1 || dims[2] > most || (!how.png && dims[2] == 2))
    Throw(ErrorCode::kModel, "{}: no {} picture has {} channels", subject, how.png ? "PNG" : "JPEG", dims[2]);
  const int64_t limit = how.png ? 1'000'000 : 65'500;
  if (dims[0] < 1 || dims[1] < 1 || dims[0] > limit || dims[1] > limit)
    Throw(ErrorCode::kModel, "{}: no {} picture has {}x{} pixels", subject, how.png ? "PNG" : "JPEG", dims[0],
          dims[1]);
  const Levels levels{static_cast<int>(dims[0]), static_cast<int>(dims[1]), static_cast<int>(dims[2]),
                      picture.dtype() == DType::kUInt16 ? 16 : 8, static_cast<const uint8_t*>(picture.raw())};
  CHECK(how.png || levels.bits == 8);
  const std::vector<uint8_t> out = how.png ? EncodePng(levels) : EncodeJpeg(levels, how, subject);
  return std::string(out.begin(), out.end());
}

}  // namespace

PictureCodec ImageCodec() {
  return {Decode, Encode};
}

}  // namespace floe
