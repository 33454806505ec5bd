// Tests of the exporter: a graph in text form in, what the ONNX model says out.
#ifndef FLOE_TESTS_EXPORT_EXPORT_TEST_H_
#define FLOE_TESTS_EXPORT_EXPORT_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "export/onnx.h"

namespace floe {

// Exports with the clean-up of the command and expects that ONNX's checker finds nothing against a model
// without problems.
ExportResult Exported(std::string_view text, ExportOptions options = {});

// "Conv(x, w) -> y" a node in order, names as in the file.
std::vector<std::string> NodeLines(const onnx::GraphProto& graph);
// The operators alone, in order.
std::vector<std::string> Operators(const ExportResult& result);

}  // namespace floe

#endif  // FLOE_TESTS_EXPORT_EXPORT_TEST_H_
