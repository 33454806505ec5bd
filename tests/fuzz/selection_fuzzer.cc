// Any text as what the command line says about inputs, outputs and values.
#include "frontend/selection.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto dtype = static_cast<floe::DType>(1 + data[0] % 16);
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  floe::fuzz::Accepts([&] { floe::ParseInputChoice(text); });
  floe::fuzz::Accepts([&] { floe::ParseInputList(text); });
  floe::fuzz::Accepts([&] { floe::ParseSetChoice(text); });
  floe::fuzz::Accepts([&] { floe::ParseDims(text); });
  floe::fuzz::Accepts([&] { floe::ParseTensorText(text, dtype, "fuzz"); });
  return 0;
}
