#include "export/rewrite/join_normalizations.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

namespace floe {
namespace {

constexpr size_t kChannelAxis = 1;
constexpr int64_t kStoredZeros = 256;  // more of them take more of a file than the node that makes them

bool IsKind(const Graph& graph, NodeId id, BinaryKind kind) {
  if (id == kNoNode) return false;
  const auto* op = OpCast<Binary>(graph.node(id).op);
  return op != nullptr && op->kind == kind;
}

// The constant operand of a node of two, as one number a channel, and which input the other one is.
struct Scaled {
  Tensor factors;  // [channels]
  size_t other = 0;
};

// Minus zero is no bias that comes back from a file: it is 0 - 0 there.
bool IsPlain(float value) {
  return std::isfinite(value) && !(value == 0 && std::signbit(value));
}

std::optional<Scaled> ScaledBy(const Graph& graph, const Node& node, size_t rank, int64_t channels) {
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const Tensor* t = ConstantOf(graph, node.inputs[i]);
    if (t == nullptr || t->rank() > rank || t->rank() < rank - kChannelAxis || t->size() != channels)
      continue;
    if (t->dims()[t->rank() - (rank - kChannelAxis)] != channels) continue;
    const float* data = t->data<float>();
    if (!std::all_of(data, data + channels, IsPlain)) return std::nullopt;
    return Scaled{t->Reshaped({channels}), 1 - i};
  }
  return std::nullopt;
}

class Joiner {
 public:
  explicit Joiner(Graph& graph) : graph_(graph) {}

  void Run() {
    for (const NodeId id : graph_.Order()) {
      for (const auto& body : graph_.node(id).bodies) JoinNormalizations(*body);
      TryNode(id);
    }
    graph_.RemoveDeadNodes();
  }

 private:
  void TryNode(NodeId add) {
    if (!IsKind(graph_, add, BinaryKind::kAdd)) return;
    const TensorType& type = graph_.value(graph_.node(add).outputs[0]).type;
    if (type.dtype != DType::kFloat32 || !type.shape.has_rank()) return;
    const size_t rank = type.shape.rank();
    if (rank < 3 || rank > 5 || !type.shape[kChannelAxis].known()) return;
    const int64_t channels = type.shape[kChannelAxis].value();
    const auto bias = ScaledBy(graph_, graph_.node(add), rank, channels);
    if (!bias || channels < 2) return;
    const ValueId product = graph_.node(add).inputs[bias->other];
    const NodeId mul = graph_.value(product).producer;
    if (!IsKind(graph_, mul, BinaryKind::kMul) || !graph_.HasOneUse(product)) return;
    const auto scale = ScaledBy(graph_, graph_.node(mul), rank, channels);
    if (!scale) return;
    const ValueId x = graph_.node(mul).inputs[scale->other];
    const Shape& shape = graph_.value(x).type.shape;
    if (!shape.has_rank() || shape.rank() != rank || shape[kChannelAxis] != type.shape[kChannelAxis]) return;
    Join(add, mul, {x, *scale, *bias});
  }

  struct Parts {
    ValueId x;
    const Scaled& scale;
    const Scaled& bias;
  };
  void Join(NodeId add, NodeId mul, const Parts& parts) {
    const std::string name = graph_.value(graph_.node(add).outputs[0]).name;
    const int64_t channels = parts.scale.factors.size();
    // A variance of 0 and an epsilon of 1 make the divisor 1 with the zeros that the mean is: one vector
    // less.
    const ValueId zeros = Zeros(channels);
    graph_.node(add).op = BatchNormalization{.layout = Layout::kNchw, .epsilon = 1};
    std::vector<std::string> sources = graph_.node(mul).sources;
    std::swap(sources, graph_.node(add).sources);
    AddSources(graph_, add, sources);
    graph_.SetInputs(add, {parts.x, graph_.AddConstant(name + "/scale", parts.scale.factors),
                           graph_.AddConstant(name + "/bias", parts.bias.factors), zeros, zeros});
  }

  ValueId Zeros(int64_t channels) {
    const auto [at, is_new] = zeros_.try_emplace(channels, kNoValue);
    if (!is_new) return at->second;
    const std::string name = "const/zeros_" + std::to_string(channels);
    if (channels > kStoredZeros) {
      const ValueId zero = graph_.AddConstant("const/zero", Tensor::Scalar<float>(0));
      const ValueId shape =
          graph_.AddConstant("const/" + std::to_string(channels), Tensor::FromVector<int64_t>({channels}));
      return at->second = graph_.Add(Expand{}, {zero, shape}, {.name = name});
    }
    Tensor tensor(DType::kFloat32, {channels});
    std::fill_n(tensor.data<float>(), channels, 0.0f);
    return at->second = graph_.AddConstant(name, std::move(tensor));
  }

  Graph& graph_;
  std::map<int64_t, ValueId> zeros_;  // by how many
};

}  // namespace

void JoinNormalizations(Graph& graph) {
  Joiner(graph).Run();
}

}  // namespace floe
