#include "floe/picture.h"

namespace floe {
namespace {

PictureCodec& Codec() {
  static PictureCodec codec;
  return codec;
}

}  // namespace

void SetPictureCodec(const PictureCodec& codec) {
  Codec() = codec;
}

const PictureCodec& GetPictureCodec() {
  return Codec();
}

}  // namespace floe
