#include "frontend/tensorflow/rewrite/tensor_ref.h"

#include "base/check.h"
#include "base/text.h"

namespace floe {

std::string TensorRef::Input() const {
  if (control()) return "^" + node;
  return port == 0 ? node : node + ":" + std::to_string(port);
}

std::string TensorRef::Tensor() const {
  return node + ":" + std::to_string(port < 0 ? 0 : port);
}

std::optional<TensorRefView> ParseTensorRef(std::string_view text) {
  if (text.starts_with('^')) {
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    return TensorRefView{text, kControlPort};
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    if (text.empty()) return std::nullopt;
    return TensorRefView{text, 0};
  }
  const std::optional<int64_t> port = ParseInt(text.substr(colon + 1));
  if (colon == 0 || !port || *port < 0 || *port > 1'000'000) return std::nullopt;
  return TensorRefView{text.substr(0, colon), static_cast<int>(*port)};
}

TensorRefView MustParseTensorRef(std::string_view text) {
  const std::optional<TensorRefView> ref = ParseTensorRef(text);
  CHECK(ref.has_value(), "bad tensor name " + std::string(text));
  return *ref;
}

}  // namespace floe
