// What NVIDIA's TensorRT makes of an exported model.
#ifndef FLOE_EXPORT_TENSORRT_TENSORRT_H_
#define FLOE_EXPORT_TENSORRT_TENSORRT_H_

#include <string>
#include <vector>

#include "export/onnx.h"

namespace floe {

// The nodes that TensorRT's ONNX parser refuses, by its documented operators, types and restrictions
// (onnx-tensorrt, docs/operators.md of TensorRT 10.15). That it accepts the others is likely, not certain.
std::vector<ExportProblem> TensorRtProblems(const OnnxModel& model);

struct TrtexecOptions {
  std::string onnx_path;
  std::string engine_path;
};

// The words of the command that builds an engine from the file: every input with a shape that is not fixed
// gets one for which the engine is made, with 1 for each dimension that is open.
std::vector<std::string> TrtexecCommand(const OnnxModel& model, const TrtexecOptions& options);
// As one line for a POSIX shell.
std::string ShellLine(const std::vector<std::string>& words);

}  // namespace floe

#endif  // FLOE_EXPORT_TENSORRT_TENSORRT_H_
