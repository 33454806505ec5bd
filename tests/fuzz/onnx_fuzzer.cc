// Any bytes as an ONNX model: read, selected and imported, or refused.
#include <cstddef>
#include <cstdint>

#include "backends/reference/evaluate.h"
#include "floe/error.h"
#include "frontend/onnx/import.h"
#include "frontend/onnx/select.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const floe::OnnxFile model = floe::ParseOnnxModel({data, size}, "fuzz");
    const floe::ReferenceEvaluator evaluator;
    const floe::OnnxSelection selection = floe::SelectOnnx(model, {}, &evaluator);
    floe::OnnxImportOptions options;
    options.evaluator = &evaluator;
    options.strict = false;
    for (const floe::OnnxChoice& input : selection.inputs)
      options.inputs.push_back({input.tensor, input.type});
    for (const floe::OnnxChoice& output : selection.outputs) options.outputs.push_back(output.tensor);
    floe::ImportOnnx(model, options);
  } catch (const floe::Error&) {
  }
  return 0;
}
