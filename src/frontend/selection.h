// What the user chose to build, and the forms in which the command line says it.
#ifndef FLOE_FRONTEND_SELECTION_H_
#define FLOE_FRONTEND_SELECTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "floe/tensor.h"

namespace floe {

// A name is `node`, `node:port` or a key of the SavedModel's signature.
struct InputChoice {
  std::string name;
  std::optional<std::vector<int64_t>> dims;  // -1 is left unknown; absent: as in the model
};

struct SetChoice {
  std::string name;
  std::variant<std::string, Tensor> value;  // text is read as the type of the tensor that it sets
};

struct Selection {
  std::vector<InputChoice> inputs;   // empty: the signature's, else every placeholder that the outputs need
  std::vector<std::string> outputs;  // empty: the signature's, else the graph's single sink
  std::vector<SetChoice> sets;
  std::string signature;  // "": serving_default, else the only one
};

// "NAME", "NAME=1x224x224x3", "NAME=1,224,224,3", "NAME=[1,224,224,3]", tf2onnx's "NAME[1,224,224,3]",
// trtexec's "NAME:1x224x224x3"; "NAME=scalar" or "NAME=[]" is a scalar, "?" and "-1" stay unknown. Throws
// Error(kUsage).
InputChoice ParseInputChoice(std::string_view text);
// Several, separated by commas outside brackets, as tf2onnx's --inputs takes them: "X:0[1,28,28,3],Y:0".
std::vector<InputChoice> ParseInputList(std::string_view text);
// "NAME=VALUE". Throws Error(kUsage).
SetChoice ParseSetChoice(std::string_view text);

// "1x224x224x3" or "1,224,224,3"; nullopt if it is neither.
std::optional<std::vector<int64_t>> ParseDims(std::string_view text);

// "true", "0.5", "1,2,3", "[[1, 2], [3, 4]]" as a tensor of `dtype`; the shape is the one written. A text of
// strings is one string unless it is in brackets (["a", "b"]). Throws Error(kUsage) naming `subject`, the
// type and the text.
Tensor ParseTensorText(std::string_view text, DType dtype, std::string_view subject);

}  // namespace floe

#endif  // FLOE_FRONTEND_SELECTION_H_
