// ONNX models in their textual form, imported and computed by the reference backend.
#ifndef FLOE_TESTS_FRONTEND_ONNX_ONNX_TEXT_H_
#define FLOE_TESTS_FRONTEND_ONNX_ONNX_TEXT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "floe/error.h"
#include "floe/tensor.h"
#include "formats/onnx/model_file.h"
#include "frontend/onnx/import.h"
#include "frontend/onnx/select.h"

namespace floe {

// `graph` as in "g (float[2] x) => (float[2] y) { y = Relu(x) }"; the header is put before it.
OnnxFile OnnxText(const std::string& graph, int opset = 17);

// With the selection's defaults, or as selected.
OnnxImportResult ImportText(const std::string& graph, const Selection& selection = {}, int opset = 17,
                            bool strict = true);
OnnxImportResult ImportSelected(const OnnxFile& model, const Selection& selection = {}, bool strict = true);

// The first output for these inputs, as numbers.
std::vector<double> Compute(const std::string& graph, const std::vector<Tensor>& inputs, int opset = 17);

// The message of the Error that importing throws; "" if it throws none.
std::string Refusal(const std::string& graph, int opset = 17, ErrorCode code = ErrorCode::kModel);

}  // namespace floe

#endif  // FLOE_TESTS_FRONTEND_ONNX_ONNX_TEXT_H_
