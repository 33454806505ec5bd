// How GraphDef names tensors: "node", "node:1", "^node" (a control input).
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_TENSOR_REF_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_TENSOR_REF_H_

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace floe {

struct TensorRef {
  std::string node;
  int port = 0;  // kControlPort: the node itself, not one of its outputs

  auto operator<=>(const TensorRef&) const = default;
  bool operator==(const TensorRef&) const = default;
  bool control() const { return port < 0; }
  std::string Input() const;   // as NodeDef.input says it: "node" for port 0
  std::string Tensor() const;  // as fetches and feeds say it: "node:0"
};

inline constexpr int kControlPort = -1;

// As TensorRef, without a copy of the name; valid as long as the text it was parsed from.
struct TensorRefView {
  std::string_view node;
  int port = 0;
  bool control() const { return port < 0; }
  TensorRef Own() const { return {std::string(node), port}; }
};

// nullopt if the text is empty or what follows the colon is not a port number.
std::optional<TensorRefView> ParseTensorRef(std::string_view text);
// For inputs of nodes whose index was built, so known to parse.
TensorRefView MustParseTensorRef(std::string_view text);

struct TensorRefHash {
  size_t operator()(const TensorRef& ref) const {
    return std::hash<std::string>()(ref.node) * 31 + static_cast<size_t>(ref.port);
  }
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_TENSOR_REF_H_
