#include "export/rewrite/narrow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "export/emit/element_types.h"

namespace floe {
namespace {

constexpr float kLargestHalf = 65504;
constexpr size_t kWorthACast = 1024;  // bytes of weights; a cast and its names take some 200

bool IsNarrowUnary(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kIdentity:
    case UnaryKind::kAbs:
    case UnaryKind::kNeg:
    case UnaryKind::kRelu:
    case UnaryKind::kSigmoid:
    case UnaryKind::kTanh:
    case UnaryKind::kErf:
    case UnaryKind::kSoftsign:
    case UnaryKind::kHardSwish:
      return true;
    default:
      return false;
  }
}

bool IsNarrowBinary(BinaryKind kind) {
  return kind == BinaryKind::kAdd || kind == BinaryKind::kSub || kind == BinaryKind::kMul ||
         kind == BinaryKind::kMin || kind == BinaryKind::kMax;
}

// Worth a cast by itself.
bool Computes(const Op& op) {
  return IsOp<Conv>(op) || IsOp<ConvTranspose>(op) || IsOp<MatMul>(op) || IsOp<Einsum>(op) ||
         IsOp<Lstm>(op) || IsOp<Gru>(op);
}

// Stays narrow where its input is.
bool Follows(const Op& op) {
  if (const auto* unary = OpCast<Unary>(op)) return IsNarrowUnary(unary->kind);
  if (const auto* binary = OpCast<Binary>(op)) return IsNarrowBinary(binary->kind);
  if (const auto* reduce = OpCast<Reduce>(op))
    return reduce->kind == ReduceKind::kMax || reduce->kind == ReduceKind::kMin;
  return IsOp<MaxPool>(op) || IsOp<AveragePool>(op) || IsOp<Clip>(op) || IsOp<LeakyRelu>(op) ||
         IsOp<Elu>(op) || IsOp<Selu>(op) || IsOp<HardSigmoid>(op) || IsOp<PRelu>(op) || IsOp<Concat>(op) ||
         IsOp<Split>(op) || IsOp<Slice>(op) || IsOp<Pad>(op) || IsOp<Reshape>(op) || IsOp<Squeeze>(op) ||
         IsOp<Unsqueeze>(op) || IsOp<Transpose>(op) || IsOp<Expand>(op) || IsOp<Tile>(op) ||
         IsOp<Resize>(op) || IsOp<DepthToSpace>(op) || IsOp<SpaceToDepth>(op);
}

// ONNX's operator for those above.
std::string OperatorOf(const Op& op) {
  if (const auto* unary = OpCast<Unary>(op))
    return std::string(kUnaryNames[static_cast<size_t>(unary->kind)]);
  if (const auto* binary = OpCast<Binary>(op))
    return std::string(kBinaryNames[static_cast<size_t>(binary->kind)]);
  if (const auto* reduce = OpCast<Reduce>(op))
    return reduce->kind == ReduceKind::kMax ? "ReduceMax" : "ReduceMin";
  if (IsOp<Lstm>(op)) return "LSTM";
  if (IsOp<Gru>(op)) return "GRU";
  return std::string(OpName(op));
}

class Narrower {
 public:
  Narrower(Graph& graph, DType half, int opset) : graph_(graph), half_(half), opset_(opset) {}

  void Run() {
    graph_.RemoveDeadNodes();  // folded constants would keep their names
    for (const NodeId id : graph_.Order()) {
      for (const auto& body : graph_.node(id).bodies) NarrowFloats(*body, half_, opset_);
      const Op& op = graph_.node(id).op;
      const bool wanted = Computes(op) || (Follows(op) && HasNarrowInput(id));
      if (!wanted || !WeightsFit(id)) continue;
      if (OperatorTakes(OperatorOf(op), opset_, half_)) {
        Narrow(id);
      } else if (Computes(op)) {
        StoreNarrow(id);
      }
    }
    AddCasts();
  }

 private:
  bool IsWide(ValueId id) const { return id != kNoValue && graph_.value(id).type.dtype == DType::kFloat32; }

  // The narrow value behind one that was widened for those who want it so.
  ValueId Behind(ValueId id) const {
    const auto at = widened_.find(id);
    return at == widened_.end() ? kNoValue : at->second;
  }

  bool HasNarrowInput(NodeId id) const {
    // Of several activations all must be narrow already: a cast is no gain for one sum.
    bool any = false;
    for (const ValueId in : graph_.node(id).inputs) {
      if (!IsWide(in) || graph_.value(in).is_constant()) continue;
      if (Behind(in) == kNoValue) return false;
      any = true;
    }
    return any;
  }

  bool WeightsFit(NodeId id) const {
    if (half_ != DType::kFloat16) return true;
    return std::ranges::all_of(graph_.node(id).inputs, [&](ValueId in) {
      const Tensor* t = ConstantOf(graph_, in);
      if (t == nullptr || t->dtype() != DType::kFloat32) return true;
      const float* data = t->data<float>();
      return std::all_of(data, data + t->size(),
                         [](float v) { return std::isinf(v) || std::fabs(v) <= kLargestHalf; });
    });
  }

  ValueId NarrowInput(ValueId in) {
    if (const ValueId behind = Behind(in); behind != kNoValue) return behind;
    const auto [at, is_new] = narrowed_.try_emplace(in, kNoValue);
    if (!is_new) return at->second;
    if (const Tensor* t = ConstantOf(graph_, in)) {
      at->second = graph_.AddConstant(graph_.value(in).name, NarrowTensor(*t));
    } else {
      at->second = graph_.Add(Cast{half_}, {in},
                              {.name = graph_.value(in).name + "/" + std::string(DTypeName(half_))});
    }
    return at->second;
  }

  Tensor NarrowTensor(const Tensor& wide) const {
    Tensor narrow(half_, wide.dims());
    for (int64_t i = 0; i < wide.size(); ++i) {
      const float v = wide.data<float>()[i];
      if (half_ == DType::kFloat16) {
        narrow.data<Float16>()[i] = Float16(v);
      } else {
        narrow.data<BFloat16>()[i] = BFloat16(v);
      }
    }
    return narrow;
  }

  void Narrow(NodeId id) {
    for (size_t i = 0; i < graph_.node(id).inputs.size(); ++i) {
      const ValueId in = graph_.node(id).inputs[i];
      if (IsWide(in)) graph_.SetInput(id, i, NarrowInput(in));
    }
    const std::vector<ValueId> outputs = graph_.node(id).outputs;
    std::vector<TensorType> before;
    for (const ValueId out : outputs) before.push_back(graph_.value(out).type);
    graph_.Reinfer(id);
    for (size_t i = 0; i < outputs.size(); ++i) {
      Value& out = graph_.value(outputs[i]);
      if (const auto both = MergeShapes(before[i].shape, out.type.shape)) out.type.shape = *both;
      if (before[i].dtype != out.type.dtype) Widen(outputs[i]);
    }
  }

  // The weights alone, to be cast. A bias is small: its digits cost nothing.
  void StoreNarrow(NodeId id) {
    const size_t last = IsOp<Lstm>(graph_.node(id).op) || IsOp<Gru>(graph_.node(id).op) ? 2 : 1;
    for (size_t i = 1; i <= last && i < graph_.node(id).inputs.size(); ++i) {
      const ValueId in = graph_.node(id).inputs[i];
      const Tensor* t = IsWide(in) ? ConstantOf(graph_, in) : nullptr;
      if (t == nullptr || t->size_bytes() < kWorthACast) continue;
      const auto [at, is_new] = stored_.try_emplace(in, kNoValue);
      if (is_new) {
        // A constant that such a cast was folded to is called after it.
        const std::string suffix = fmt::format("/{}", DTypeName(half_));
        const std::string cast_suffix = fmt::format("{}/{}", suffix, DTypeName(DType::kFloat32));
        std::string name = graph_.value(in).name;
        if (name.ends_with(cast_suffix)) name.resize(name.size() - cast_suffix.size());
        name += suffix;
        at->second = graph_.AddConstant(name, NarrowTensor(*t));
      }
      graph_.SetInput(id, i, at->second);
      stores_.emplace_back(id, i);
    }
  }

  // The casts of those, once the wide constants are gone: read back from a file they have the casts' names.
  void AddCasts() {
    graph_.RemoveDeadNodes();
    std::map<ValueId, ValueId> casts;
    for (const auto& [id, i] : stores_) {
      if (graph_.node(id).removed) continue;
      const ValueId narrow = graph_.node(id).inputs[i];
      const auto [at, is_new] = casts.try_emplace(narrow, kNoValue);
      if (is_new) {
        at->second =
            graph_.Add(Cast{DType::kFloat32}, {narrow},
                       {.name = graph_.value(narrow).name + "/" + std::string(DTypeName(DType::kFloat32))});
      }
      graph_.SetInput(id, i, at->second);
    }
  }

  // Everybody who takes the value takes it as float32 until it is narrowed itself.
  void Widen(ValueId out) {
    const std::vector<NodeId> users = graph_.value(out).users;
    const ValueId wide =
        graph_.Add(Cast{DType::kFloat32}, {out}, {.name = graph_.value(out).name + "/float32"});
    for (const NodeId user : users) {
      for (size_t i = 0; i < graph_.node(user).inputs.size(); ++i) {
        if (graph_.node(user).inputs[i] == out) graph_.SetInput(user, i, wide);
      }
    }
    std::vector<ValueId> outputs = graph_.outputs();
    std::ranges::replace(outputs, out, wide);
    graph_.SetOutputs(std::move(outputs));
    widened_[wide] = out;
  }

  Graph& graph_;
  DType half_;
  int opset_;
  std::map<ValueId, ValueId> stored_;              // float32 constant -> its narrow one
  std::vector<std::pair<NodeId, size_t>> stores_;  // inputs that have become narrow constants
  std::map<ValueId, ValueId> widened_;             // float32 value -> the narrow one it is cast from
  std::map<ValueId, ValueId> narrowed_;            // float32 value -> its narrow cast
};

}  // namespace

void NarrowFloats(Graph& graph, DType half, int opset) {
  Narrower(graph, half, opset).Run();
}

}  // namespace floe
