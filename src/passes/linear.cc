#include "passes/linear.h"

#include <cmath>
#include <limits>

#include "base/check.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

constexpr size_t kFilter = 1;
constexpr size_t kBias = 2;

bool HasBias(const Node& node) {
  return node.inputs.size() > kBias && node.inputs[kBias] != kNoValue;
}

bool AreFinite(const std::vector<double>& values, DType dtype) {
  const double most =
      dtype == DType::kFloat32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  for (const double v : values) {
    if (!(std::abs(v) <= most)) return false;
  }
  return true;
}

// The output channel that element i of the filter belongs to.
class FilterChannels {
 public:
  FilterChannels(const Op& op, const std::vector<int64_t>& dims) {
    int64_t total = 1;
    for (const int64_t d : dims) total *= d;
    const auto after = [&](size_t axis) {
      int64_t count = 1;
      for (size_t i = axis + 1; i < dims.size(); ++i) count *= dims[i];
      return count;
    };
    if (const auto* transposed = OpCast<ConvTranspose>(op)) {
      const size_t axis = transposed->layout == Layout::kNhwc ? dims.size() - 1 : 1;
      inner_ = after(axis);
      size_ = dims[axis];
      // Input channels of one group share the group's output channels.
      per_group_ = total == 0 ? 1 : total / dims[0] * (dims[0] / transposed->group);
      return;
    }
    size_t axis = 0;  // Conv: filters are listed by output channel
    if (const auto* matmul = OpCast<MatMul>(op)) axis = matmul->transpose_b ? 0 : 1;
    inner_ = after(axis);
    size_ = dims[axis];
    per_group_ = std::max<int64_t>(total, 1);
  }

  size_t operator()(int64_t i) const {
    return static_cast<size_t>(i / per_group_ * size_ + i / inner_ % size_);
  }

 private:
  int64_t inner_ = 1;
  int64_t size_ = 1;
  int64_t per_group_ = 1;
};

std::optional<size_t> ChannelAxis(const Graph& graph, const Node& node, size_t rank) {
  if (const auto* conv = OpCast<Conv>(node.op)) return conv->layout == Layout::kNhwc ? rank - 1 : 1;
  if (const auto* conv = OpCast<ConvTranspose>(node.op)) return conv->layout == Layout::kNhwc ? rank - 1 : 1;
  // The columns of a product with a stack of matrices differ from matrix to matrix.
  if (IsOp<MatMul>(node.op) && ShapeOfValue(graph, node.inputs[1]).rank() == 2) return rank - 1;
  return std::nullopt;
}

void SetBias(Graph& graph, NodeId id, ValueId bias) {
  std::vector<ValueId> inputs = graph.node(id).inputs;
  if (inputs.size() <= kBias) inputs.resize(kBias + 1, kNoValue);
  inputs[kBias] = bias;
  graph.SetInputs(id, std::move(inputs));
}

std::vector<double> BiasOf(const Graph& graph, const Linear& linear) {
  const Node& node = graph.node(linear.node);
  if (!HasBias(node)) return std::vector<double>(static_cast<size_t>(linear.channels), 0.0);
  auto bias = FloatsOf(graph, node.inputs[kBias]);
  CHECK(bias.has_value());
  return *bias;
}

std::string NameOf(const Graph& graph, const Linear& linear, std::string_view suffix) {
  return graph.node(linear.node).name + std::string(suffix);
}

}  // namespace

std::optional<Linear> LinearBefore(const Graph& graph, ValueId value) {
  const NodeId id = graph.value(value).producer;
  if (id == kNoNode || SoleUser(graph, value) == kNoNode) return std::nullopt;
  const Node& node = graph.node(id);
  const TensorType& type = graph.value(value).type;
  if (type.dtype != DType::kFloat32 && type.dtype != DType::kFloat64) return std::nullopt;
  if (!type.shape.has_rank() || type.shape.rank() < 2) return std::nullopt;
  const auto axis = ChannelAxis(graph, node, type.shape.rank());
  if (!axis || !type.shape[*axis].known() || type.shape[*axis].value() == 0) return std::nullopt;
  if (HasBias(node) && !FloatsOf(graph, node.inputs[kBias])) return std::nullopt;
  return Linear{id, type.shape.rank(), *axis, type.shape[*axis].value()};
}

bool ScaleChannels(Graph& graph, const Linear& linear, const std::vector<double>& scale) {
  const ValueId filter = graph.node(linear.node).inputs[kFilter];
  auto values = FloatsOf(graph, filter);
  if (!values) return false;
  const Tensor& old = graph.value(filter).constant;
  const DType dtype = old.dtype();
  const std::vector<int64_t> dims = old.dims();
  const FilterChannels channel(graph.node(linear.node).op, dims);
  for (size_t i = 0; i < values->size(); ++i) (*values)[i] *= scale[channel(static_cast<int64_t>(i))];
  std::vector<double> bias = BiasOf(graph, linear);
  for (size_t c = 0; c < bias.size(); ++c) bias[c] *= scale[c];
  if (!AreFinite(*values, dtype) || !AreFinite(bias, dtype)) return false;
  graph.SetInput(linear.node, kFilter, AddFloats(graph, graph.value(filter).name, dtype, dims, *values));
  if (HasBias(graph.node(linear.node))) {
    SetBias(graph, linear.node,
            AddFloats(graph, NameOf(graph, linear, "/bias"), dtype, {linear.channels}, bias));
  }
  return true;
}

void ShiftChannels(Graph& graph, const Linear& linear, const std::vector<double>& shift) {
  std::vector<double> bias = BiasOf(graph, linear);
  for (size_t c = 0; c < bias.size(); ++c) bias[c] += shift[c];
  const DType dtype = graph.value(graph.node(linear.node).outputs[0]).type.dtype;
  SetBias(graph, linear.node,
          AddFloats(graph, NameOf(graph, linear, "/bias"), dtype, {linear.channels}, bias));
}

}  // namespace floe
