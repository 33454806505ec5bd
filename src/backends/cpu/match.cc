#include "backends/cpu/match.h"

#include <algorithm>
#include <limits>
#include <span>

#include "backends/cpu/problem.h"
#include "graph/infer.h"

namespace floe::cpu {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

std::optional<Activation> UnaryActivation(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kRelu:
      return Activation{ActivationKind::kClamp, 0, kInf};
    case UnaryKind::kSigmoid:
      return Activation{ActivationKind::kSigmoid};
    case UnaryKind::kTanh:
      return Activation{ActivationKind::kTanh};
    case UnaryKind::kHardSwish:
      return Activation{ActivationKind::kHardSwish};
    case UnaryKind::kSilu:
      return Activation{ActivationKind::kSilu};
    case UnaryKind::kSoftplus:
      return Activation{ActivationKind::kSoftplus};
    case UnaryKind::kSoftsign:
      return Activation{ActivationKind::kSoftsign};
    case UnaryKind::kMish:
      return Activation{ActivationKind::kMish};
    default:
      return std::nullopt;
  }
}

// PRelu with a constant slope for each channel, or one for all.
std::optional<Activation> PReluActivation(const Graph& problem, const Node& node, ValueId* slope) {
  const Tensor* values = ConstantOf(problem, node.inputs[1]);
  if (values == nullptr || values->dtype() != DType::kFloat32 || values->raw() == nullptr)
    return std::nullopt;
  if (values->size() == 1) return Activation{ActivationKind::kLeakyRelu, *values->data<float>()};
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  if (values->rank() == 0 || dims.empty() || values->rank() > dims.size()) return std::nullopt;
  if (values->dims().back() != dims.back() || values->size() != dims.back()) return std::nullopt;
  *slope = node.inputs[1];
  return Activation{ActivationKind::kPRelu};
}

float Single(double x) {
  return static_cast<float>(x);
}

bool IsAdd(const Node& node) {
  return IsBinary(node.op, BinaryKind::kAdd);
}

}  // namespace

std::optional<Activation> ActivationOf(const Graph& problem, const Node& node, ValueId* slope) {
  if (const auto* op = OpCast<Unary>(node.op)) return UnaryActivation(op->kind);
  if (const auto* op = OpCast<Clip>(node.op)) {
    return Activation{ActivationKind::kClamp, Single(op->min), Single(op->max)};
  }
  if (const auto* op = OpCast<LeakyRelu>(node.op)) {
    return Activation{ActivationKind::kLeakyRelu, Single(op->alpha)};
  }
  if (const auto* op = OpCast<Elu>(node.op)) return Activation{ActivationKind::kElu, Single(op->alpha)};
  if (const auto* op = OpCast<Selu>(node.op)) {
    return Activation{ActivationKind::kSelu, Single(op->alpha), Single(op->gamma)};
  }
  if (const auto* op = OpCast<HardSigmoid>(node.op)) {
    return Activation{ActivationKind::kHardSigmoid, Single(op->alpha), Single(op->beta)};
  }
  if (const auto* op = OpCast<Gelu>(node.op)) {
    return Activation{op->approximate ? ActivationKind::kGeluTanh : ActivationKind::kGelu};
  }
  if (IsOp<PRelu>(node.op) && node.inputs.size() == 2) return PReluActivation(problem, node, slope);
  return std::nullopt;
}

namespace {

// The op at `order[0]` and those after it that belong to it; `count` says how many.
std::optional<FusedGroup> MatchChain(const Graph& problem, std::span<const NodeId> order, size_t* count,
                                     std::string* why) {
  FusedGroup group;
  group.main = &problem.node(order[0]);
  *count = 1;
  if (group.main->outputs.empty()) return std::nullopt;
  group.output = group.main->outputs[0];
  const TensorType& type = problem.value(group.output).type;
  bool activated = false;
  for (; *count < order.size(); ++*count) {
    const Node& node = problem.node(order[*count]);
    const bool adds = IsAdd(node) && group.residual == kNoValue && !activated && node.inputs.size() == 2;
    const auto activation = ActivationOf(problem, node, &group.slope);
    const bool activates = activation && !activated && node.inputs[0] == group.output;
    if (!adds && !activates) {
      *why = "'" + std::string(OpName(node.op)) + "' is no activation that can follow";
      return group;
    }
    const auto uses = std::ranges::count(node.inputs, group.output);
    if (uses != 1 || !problem.HasOneUse(group.output) || node.outputs.size() != 1 ||
        problem.value(node.outputs[0]).type != type) {
      *why = "an inner value of the group is used twice or changes its shape";
      return std::nullopt;
    }
    if (adds) {
      group.residual = node.inputs[node.inputs[0] == group.output ? 1 : 0];
      if (group.residual == kNoValue || problem.value(group.residual).type != type) {
        *why = "the residual is not of the output's shape";
        return std::nullopt;
      }
    } else {
      group.activation = *activation;
      activated = true;
    }
    group.output = node.outputs[0];
  }
  return group;
}

bool IsOnlyOutput(const Graph& problem, ValueId value, size_t nodes) {
  return problem.outputs()[0] == value && (nodes == 1 || problem.outputs().size() == 1);
}

}  // namespace

std::optional<FusedGroup> MatchFusedGroup(const Graph& problem, std::string* why) {
  const std::vector<NodeId> order = problem.Order();
  if (order.empty() || order.size() > 3 || problem.outputs().empty()) {
    *why = "not one op with a residual and an activation";
    return std::nullopt;
  }
  size_t count = 0;
  const std::optional<FusedGroup> group = MatchChain(problem, order, &count, why);
  if (!group || count != order.size()) return std::nullopt;
  if (!IsOnlyOutput(problem, group->output, order.size())) {
    *why = "an inner value of the group is an output";
    return std::nullopt;
  }
  return group;
}

namespace {

constexpr const char* kNotOfFour = "maxima that are not of 2 x 2 pixels each, all they read";

// Each output pixel is the maximum of 2 x 2 others of its own, without any in front of the image.
bool IsPoolOfFour(const Graph& problem, const Node& node) {
  const MaxPool* op = OpCast<MaxPool>(node.op);
  if (op == nullptr || op->layout != Layout::kNhwc || node.outputs.size() != 1) return false;
  if (node.inputs.empty() || node.inputs[0] == kNoValue) return false;
  const std::vector<int64_t> two = {2, 2};
  const bool pads = !op->pads.empty();
  if (pads && op->pads.size() != 4) return false;
  const auto all = [](const std::vector<int64_t>& list, int64_t v) {
    return std::ranges::all_of(list, [&](int64_t x) { return x == v; });
  };
  if (op->kernel_shape != two || op->strides != two || !all(op->dilations, 1)) return false;
  const std::vector<int64_t> in = DimsOf(problem, node.inputs[0]);
  const std::vector<int64_t> out = DimsOf(problem, node.outputs[0]);
  if (in.size() != 4 || out.size() != 4 || in[0] != out[0] || in[3] != out[3]) return false;
  for (const size_t d : {1, 2}) {
    const WindowDim dim = ConvolveDim(Dim(in[d]), 2, 2, 1, op->auto_pad, pads ? op->pads[d - 1] : 0,
                                      pads ? op->pads[d + 1] : 0, op->ceil_mode);
    if (dim.output.value() != out[d] || dim.pad_begin != 0 || out[d] > (in[d] + 1) / 2) return false;
  }
  return true;
}

}  // namespace

std::optional<PooledGroup> MatchPooledGroup(const Graph& problem, std::string* why) {
  const std::vector<NodeId> order = problem.Order();
  if (order.size() < 2 || !IsOp<MaxPool>(problem.node(order.back()).op)) {
    const std::optional<FusedGroup> group = MatchFusedGroup(problem, why);
    return group ? std::optional(PooledGroup{*group}) : std::nullopt;
  }
  *why = kNotOfFour;
  const Node& pool = problem.node(order.back());
  if (RefuseUnlessStatic(problem) || !IsPoolOfFour(problem, pool)) return std::nullopt;
  size_t count = 0;
  const std::span<const NodeId> rest = std::span(order).first(order.size() - 1);
  const std::optional<FusedGroup> group = MatchChain(problem, rest, &count, why);
  if (!group || count != rest.size()) return std::nullopt;
  if (pool.inputs[0] != group->output || !problem.HasOneUse(group->output) ||
      !IsOnlyOutput(problem, pool.outputs[0], order.size())) {
    *why = "an inner value of the group is used twice or is an output";
    return std::nullopt;
  }
  return PooledGroup{*group, true};
}

namespace {

// One number for each of the last dimension, and with `by_image` perhaps for each of the first, of tensors of
// those dimensions.
bool IsByChannel(const Graph& problem, ValueId value, const std::vector<int64_t>& dims, bool* by_image) {
  std::vector<int64_t> factors = DimsOf(problem, value);
  if (dims.size() < 2 || factors.empty() || factors.size() > dims.size()) return false;
  factors.insert(factors.begin(), dims.size() - factors.size(), 1);
  const bool inner = std::any_of(factors.begin() + 1, factors.end() - 1, [](int64_t d) { return d != 1; });
  if (factors.back() != dims.back() || inner) return false;
  const bool each = factors.front() == dims.front() && dims.front() != 1;
  if (factors.front() != 1 && (!each || by_image == nullptr)) return false;
  if (by_image != nullptr) *by_image = each;
  return true;
}

// Reads the nodes in front of the product, each of which alone reads the one before.
class HeadReader {
 public:
  HeadReader(const Graph& problem, PixelHead* head) : problem_(problem), head_(*head) {}

  // False: the node is no part of a head, or not in this place.
  bool Take(const Node& node) {
    if (node.outputs.size() != 1) return false;
    if (value_ != kNoValue && !problem_.HasOneUse(value_)) return false;
    if (!TakeConcat(node)) {
      if (!TakeScale(node) && !TakeOffset(node) && !TakeClamp(node)) return false;
      // A file may declare what it likes.
      const ValueId before = value_ == kNoValue ? head_.parts[0] : value_;
      if (DimsOf(problem_, node.outputs[0]) != DimsOf(problem_, before)) return false;
    }
    value_ = node.outputs[0];
    return true;
  }
  // What the last of them made.
  ValueId value() const { return value_; }
  // That many nodes read it, each once, and it is no output.
  bool IsReadBy(size_t nodes) const {
    return problem_.value(value_).users.size() == nodes && !problem_.IsOutput(value_);
  }

 private:
  enum Stage { kStart, kConcat, kScale, kOffset, kClamp };

  // The node is the next one, after those of earlier stages, and reads what they made.
  bool Enter(Stage stage, ValueId input) {
    if (stage_ >= stage || (value_ != kNoValue && input != value_)) return false;
    if (value_ == kNoValue) head_.parts = {input};
    stage_ = stage;
    return true;
  }

  bool TakeConcat(const Node& node) {
    const auto* concat = OpCast<Concat>(node.op);
    if (concat == nullptr || stage_ != kStart) return false;
    std::vector<int64_t> dims = DimsOf(problem_, node.outputs[0]);
    if (concat->axis != static_cast<int64_t>(dims.size()) - 1 && concat->axis != -1) return false;
    for (const ValueId part : node.inputs) {
      if (part == kNoValue || problem_.value(part).type.dtype != DType::kFloat32) return false;
      const std::vector<int64_t> own = DimsOf(problem_, part);
      if (own.size() != dims.size() || !std::equal(own.begin(), own.end() - 1, dims.begin())) return false;
      dims.back() -= own.back();
    }
    if (node.inputs.empty() || dims.back() != 0) return false;
    head_.parts = node.inputs;
    stage_ = kConcat;
    return true;
  }

  bool TakeScale(const Node& node) {
    if (!IsBinary(node.op, BinaryKind::kMul) || node.inputs.size() != 2) return false;
    for (const size_t which : {1, 0}) {
      bool by_image = false;
      const ValueId input = node.inputs[1 - which];
      if (!IsByChannel(problem_, node.inputs[which], DimsOf(problem_, input), &by_image)) continue;
      if (!Enter(kScale, input)) continue;
      head_.scale = node.inputs[which];
      head_.scale_by_image = by_image;
      return true;
    }
    return false;
  }

  bool TakeOffset(const Node& node) {
    if (!IsAdd(node) || node.inputs.size() != 2) return false;
    for (const size_t which : {1, 0}) {
      const ValueId input = node.inputs[1 - which];
      if (!IsByChannel(problem_, node.inputs[which], DimsOf(problem_, input), nullptr)) continue;
      if (!Enter(kOffset, input)) continue;
      head_.offset = node.inputs[which];
      return true;
    }
    return false;
  }

  bool TakeClamp(const Node& node) {
    ValueId slope = kNoValue;
    const std::optional<Activation> activation = ActivationOf(problem_, node, &slope);
    if (!activation || activation->kind != ActivationKind::kClamp || !Enter(kClamp, node.inputs[0]))
      return false;
    head_.clamp = *activation;
    return true;
  }

  const Graph& problem_;
  PixelHead& head_;
  Stage stage_ = kStart;
  ValueId value_ = kNoValue;
};

}  // namespace

namespace {

// Groups one behind the other, all of which read `pixels` first, or, where that is kNoValue, what the first
// one does.
std::vector<FusedGroup> MatchSiblings(const Graph& problem, std::span<const NodeId> order, ValueId pixels,
                                      std::string* why) {
  std::vector<FusedGroup> groups;
  for (std::span<const NodeId> rest = order; !rest.empty();) {
    size_t count = 0;
    const std::optional<FusedGroup> next = MatchChain(problem, rest, &count, why);
    if (!next) return {};
    if (next->main->inputs.empty() || next->main->inputs[0] == kNoValue) return {};
    if (pixels == kNoValue) pixels = next->main->inputs[0];
    if (next->main->inputs[0] != pixels) {
      if (groups.empty()) *why = "the head of the group is not what its op reads";
      return {};
    }
    groups.push_back(*next);
    rest = rest.subspan(count);
  }
  return groups;
}

// Each is one of the problem's outputs and nothing else.
bool AreTheOutputs(const Graph& problem, std::span<const FusedGroup> groups) {
  return std::ranges::equal(groups, problem.outputs(), [&](const FusedGroup& group, ValueId output) {
    return group.output == output && problem.value(output).users.empty();
  });
}

}  // namespace

std::optional<HeadedGroups> MatchHeadedGroups(const Graph& problem, std::string* why) {
  if (const std::optional<FusedGroup> group = MatchFusedGroup(problem, why)) {
    const std::vector<ValueId>& inputs = group->main->inputs;
    return HeadedGroups{{*group}, {.parts = {inputs.empty() ? kNoValue : inputs[0]}}};
  }
  const std::vector<NodeId> order = problem.Order();
  if (order.size() < 2 || RefuseUnlessStatic(problem)) return std::nullopt;
  HeadedGroups headed;
  HeadReader reader(problem, &headed.head);
  size_t first = 0;
  while (first < order.size() && reader.Take(problem.node(order[first]))) ++first;
  headed.groups = MatchSiblings(problem, std::span(order).subspan(first), reader.value(), why);
  if (headed.groups.empty()) return std::nullopt;
  if (first == 0) headed.head.parts = {headed.groups[0].main->inputs[0]};
  for (const ValueId part : headed.head.parts) {
    const Tensor* constant = ConstantOf(problem, part);
    if (constant != nullptr && constant->raw() == nullptr) {
      *why = "a constant has no contents";
      return std::nullopt;
    }
  }
  const bool shared = first > 0 && !reader.IsReadBy(headed.groups.size());
  if (shared || !AreTheOutputs(problem, headed.groups)) {
    *why = "an inner value of the group is used twice or is an output";
    return std::nullopt;
  }
  return headed;
}

bool PartsAreWhole(const Graph& problem, const std::vector<ValueId>& parts) {
  constexpr int64_t kChannels = 32;
  return std::all_of(parts.begin(), parts.end() - 1,
                     [&](ValueId part) { return DimsOf(problem, part).back() % kChannels == 0; });
}

namespace {

constexpr const char* kSharedInside = "an inner value of the chain is used twice or is an output";

// Groups one after the other, each reading the one before.
std::vector<FusedGroup> MatchLinks(const Graph& problem, std::span<const NodeId> order, std::string* why) {
  std::vector<FusedGroup> chain;
  for (std::span<const NodeId> rest = order; !rest.empty();) {
    size_t count = 0;
    const std::optional<FusedGroup> next = MatchChain(problem, rest, &count, why);
    if (!next) return {};
    if (!chain.empty()) {
      const ValueId between = chain.back().output;
      const bool reads = !next->main->inputs.empty() && next->main->inputs[0] == between;
      if (!reads || !problem.HasOneUse(between)) {
        *why = kSharedInside;
        return {};
      }
    }
    chain.push_back(*next);
    rest = rest.subspan(count);
  }
  return chain;
}

bool IsSpatialMean(const Graph& problem, const Node& node) {
  const Reduce* op = OpCast<Reduce>(node.op);
  if (op == nullptr || op->kind != ReduceKind::kMean || node.inputs.empty()) return false;
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const auto rank = static_cast<int64_t>(dims.size());
  std::vector<bool> reduced(dims.size(), false);
  for (const int64_t axis : op->axes) {
    if (axis < -rank || axis >= rank) return false;
    reduced[static_cast<size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  if (rank < 3 || reduced.front() || reduced.back()) return false;
  if (SizeOf(problem, node.outputs[0]) != dims.front() * dims.back()) return false;
  return std::all_of(reduced.begin() + 1, reduced.end() - 1, [](bool r) { return r; });
}

}  // namespace

std::vector<FusedGroup> MatchFusedChain(const Graph& problem, std::string* why) {
  const std::vector<NodeId> order = problem.Order();
  if (order.empty() || problem.outputs().empty()) {
    *why = "no op";
    return {};
  }
  std::vector<FusedGroup> chain = MatchLinks(problem, order, why);
  if (chain.empty() || IsOnlyOutput(problem, chain.back().output, order.size())) return chain;
  *why = kSharedInside;
  return {};
}

PooledChain MatchPooledChain(const Graph& problem, std::string* why) {
  const std::vector<NodeId> order = problem.Order();
  if (order.size() < 2 || !IsOp<MaxPool>(problem.node(order.back()).op)) {
    return {MatchFusedChain(problem, why), false};
  }
  *why = kNotOfFour;
  const Node& pool = problem.node(order.back());
  if (RefuseUnlessStatic(problem) || !IsPoolOfFour(problem, pool)) return {};
  const std::vector<FusedGroup> chain = MatchLinks(problem, std::span(order).first(order.size() - 1), why);
  if (chain.empty()) return {};
  const ValueId last = chain.back().output;
  if (pool.inputs[0] == last && problem.HasOneUse(last) &&
      IsOnlyOutput(problem, pool.outputs[0], order.size())) {
    return {chain, true};
  }
  *why = kSharedInside;
  return {};
}

std::vector<FusedGroup> MatchChainPerhapsWithMean(const Graph& problem, std::string* why) {
  if (problem.outputs().size() != 2) return MatchFusedChain(problem, why);
  const std::vector<NodeId> order = problem.Order();
  *why = "the outputs are not a tensor and its mean over space";
  if (order.size() < 2 || RefuseUnlessStatic(problem)) return {};
  const Node& mean = problem.node(order.back());
  if (!IsSpatialMean(problem, mean) || problem.outputs()[0] != mean.inputs[0] ||
      problem.outputs()[1] != mean.outputs[0]) {
    return {};
  }
  std::vector<FusedGroup> chain = MatchLinks(problem, std::span(order).first(order.size() - 1), why);
  if (chain.empty() || chain.back().output == mean.inputs[0]) return chain;
  return {};
}

}  // namespace floe::cpu
