// Any bytes as a picture.
#include <cstddef>
#include <cstdint>

#include "base/log.h"
#include "floe/error.h"
#include "floe/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::SetLogLevel(floe::LogLevel::kError);
  for (const int channels : {1, 3}) {
    try {
      const floe::Image image = floe::DecodeImage({data, size}, "fuzz", channels);
      floe::PreprocessImage(image, floe::PreprocessPreset("vgg"), 8, 8, 3);
    } catch (const floe::Error&) {
    }
  }
  return 0;
}
