#include "backends/cpu/window.h"

#include <algorithm>
#include <string>

#include "backends/cpu/problem.h"
#include "graph/infer.h"

namespace floe::cpu {
namespace {

using Ints = std::vector<int64_t>;

// What all ops with a window share.
struct WindowFields {
  const Ints& strides;
  const Ints& dilations;
  const Ints& pads;
  AutoPad auto_pad;
  bool ceil_mode;
};

constexpr int64_t kMostStep = int64_t{1} << 30;

bool FitsRank(const Ints& list, size_t count, int64_t least) {
  return list.empty() || (list.size() == count &&
                          std::ranges::all_of(list, [&](int64_t v) { return v >= least && v <= kMostStep; }));
}

int64_t EntryOr(const Ints& list, size_t i, int64_t fallback) {
  return list.empty() ? fallback : list[i];
}

// Fills the spatial part from dims of N, spatial..., C; sizes that do not agree are refused.
Refusal ReadSpatial(const Ints& input, const Ints& output, const Ints& kernel, const WindowFields& fields,
                    Window* w) {
  const size_t rank = kernel.size();
  if (rank < 1 || rank > 3) return "more than three spatial dimensions";
  if (input.size() != rank + 2 || output.size() != rank + 2) return "ranks do not agree";
  if (!FitsRank(fields.strides, rank, 1) || !FitsRank(fields.dilations, rank, 1) ||
      !FitsRank(fields.pads, 2 * rank, 0)) {
    return "negative pads, or strides or dilations below one";
  }
  w->batch = input[0];
  if (output[0] != w->batch) return "batch sizes do not agree";
  for (size_t i = 0; i < rank; ++i) {
    const size_t d = 3 - rank + i;
    w->input[d] = input[i + 1];
    w->output[d] = output[i + 1];
    w->kernel[d] = kernel[i];
    // Tables of taps are this long: a bound that no real network comes near.
    if (kernel[i] > kMostStep / (output[i + 1] + 1)) return "window too large";
    w->stride[d] = EntryOr(fields.strides, i, 1);
    w->dilation[d] = EntryOr(fields.dilations, i, 1);
    w->pad[d] = EntryOr(fields.pads, i, 0);
    w->pad_end[d] = EntryOr(fields.pads, rank + i, 0);
  }
  return std::nullopt;
}

Refusal ResolveForward(const WindowFields& fields, Window* w) {
  for (int d = 0; d < 3; ++d) {
    const WindowDim dim = ConvolveDim(Dim(w->input[d]), w->kernel[d], w->stride[d], w->dilation[d],
                                      fields.auto_pad, w->pad[d], w->pad_end[d], fields.ceil_mode);
    if (dim.output.value() != w->output[d]) return "output shape does not agree with the window";
    w->pad[d] = dim.pad_begin;
    w->pad_end[d] = dim.pad_end;
  }
  return std::nullopt;
}

Refusal RefuseBias(const Graph& problem, const Node& node, int64_t channels) {
  if (node.inputs.size() < 3 || node.inputs[2] == kNoValue) return std::nullopt;
  const Tensor* bias = ConstantOf(problem, node.inputs[2]);
  if (bias == nullptr) return "bias is not constant";
  if (bias->size() != channels || bias->dtype() != DType::kFloat32) return "bias does not fit the filter";
  return std::nullopt;
}

Refusal RefuseFilter(const Graph& problem, const Node& node) {
  if (node.inputs.size() < 2 || node.inputs[0] == kNoValue ||
      ConstantOf(problem, node.inputs[1]) == nullptr) {
    return "filter is not constant";
  }
  return std::nullopt;
}

}  // namespace

Refusal ReadConv(const Graph& problem, const FusedGroup& group, Window* w) {
  const Node& node = *group.main;
  const Conv* op = OpCast<Conv>(node.op);
  if (op == nullptr) return "not a convolution";
  if (Refusal refusal = RefuseUnlessFloat32(problem)) return refusal;
  if (op->layout != Layout::kNhwc) return "NCHW layout";
  if (Refusal refusal = RefuseFilter(problem, node)) return refusal;
  const Tensor* pixels = ConstantOf(problem, node.inputs[0]);
  if (pixels != nullptr && pixels->raw() == nullptr) return "a constant has no contents";
  const Ints input = DimsOf(problem, node.inputs[0]);
  const Ints filter = DimsOf(problem, node.inputs[1]);
  const Ints output = DimsOf(problem, node.outputs[0]);
  if (filter.size() < 3 || filter.size() > 5) return "more than three spatial dimensions";
  const WindowFields fields{op->strides, op->dilations, op->pads, op->auto_pad, false};
  if (Refusal refusal = ReadSpatial(input, output, Ints(filter.begin() + 1, filter.end() - 1), fields, w)) {
    return refusal;
  }
  if (Refusal refusal = ResolveForward(fields, w)) return refusal;
  w->channels = input.back();
  w->output_channels = output.back();
  w->groups = op->group;
  if (w->groups < 1 || w->groups > w->channels || w->channels % w->groups != 0 ||
      w->output_channels % w->groups != 0 || filter.front() != w->output_channels ||
      filter.back() != w->channels / w->groups) {
    return "filter does not fit the input's channels";
  }
  return RefuseBias(problem, node, w->output_channels);
}

Refusal ReadConvTranspose(const Graph& problem, const FusedGroup& group, Window* w) {
  const Node& node = *group.main;
  const ConvTranspose* op = OpCast<ConvTranspose>(node.op);
  if (op == nullptr) return "not a transposed convolution";
  if (Refusal refusal = RefuseUnlessFloat32(problem)) return refusal;
  if (op->layout != Layout::kNhwc) return "NCHW layout";
  if (Refusal refusal = RefuseFilter(problem, node)) return refusal;
  const Ints input = DimsOf(problem, node.inputs[0]);
  const Ints filter = DimsOf(problem, node.inputs[1]);
  const Ints output = DimsOf(problem, node.outputs[0]);
  if (filter.size() < 3 || filter.size() > 5) return "more than three spatial dimensions";
  const WindowFields fields{op->strides, op->dilations, op->pads, op->auto_pad, false};
  if (Refusal refusal = ReadSpatial(input, output, Ints(filter.begin() + 1, filter.end() - 1), fields, w)) {
    return refusal;
  }
  // The pads are those of the forward convolution, which maps the output to the input.
  for (int d = 0; d < 3 && op->auto_pad != AutoPad::kExplicit; ++d) {
    const WindowDim dim =
        ConvolveDim(Dim(w->output[d]), w->kernel[d], w->stride[d], w->dilation[d], op->auto_pad, 0, 0, false);
    if (dim.output.value() != w->input[d]) {
      return "output shape does not agree with the window";
    }
    w->pad[d] = dim.pad_begin;
  }
  w->channels = input.back();
  w->output_channels = output.back();
  w->groups = op->group;
  if (w->groups < 1 || w->groups > w->channels || w->channels % w->groups != 0 ||
      w->output_channels % w->groups != 0 || filter.front() != w->channels ||
      filter.back() != w->output_channels / w->groups) {
    return "filter does not fit the input's channels";
  }
  return RefuseBias(problem, node, w->output_channels);
}

Refusal ReadPool(const Graph& problem, Window* w) {
  const Node* node = OnlyNode(problem);
  if (node == nullptr) return "not one pooling op";
  const MaxPool* max = OpCast<MaxPool>(node->op);
  const AveragePool* average = OpCast<AveragePool>(node->op);
  if (max == nullptr && average == nullptr) return "not a pooling op";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  for (const ValueId value : {node->inputs[0], node->outputs[0]}) {
    const DType dtype = problem.value(value).type.dtype;
    if (dtype != DType::kFloat32) return std::string(DTypeName(dtype)) + ": float32 only";
  }
  const Layout layout = max != nullptr ? max->layout : average->layout;
  if (layout != Layout::kNhwc) return "NCHW layout";
  const Ints none;
  const WindowFields fields =
      max != nullptr
          ? WindowFields{max->strides, max->dilations, max->pads, max->auto_pad, max->ceil_mode}
          : WindowFields{average->strides, none, average->pads, average->auto_pad, average->ceil_mode};
  const Ints& kernel = max != nullptr ? max->kernel_shape : average->kernel_shape;
  const Ints input = DimsOf(problem, node->inputs[0]);
  const Ints output = DimsOf(problem, node->outputs[0]);
  if (Refusal refusal = ReadSpatial(input, output, kernel, fields, w)) return refusal;
  if (Refusal refusal = ResolveForward(fields, w)) return refusal;
  w->channels = w->output_channels = input.back();
  if (output.back() != w->channels) return "output channels differ";
  return std::nullopt;
}

std::vector<Reach> ReachOf(const Window& w, int d) {
  std::vector<Reach> reaches;
  for (int64_t o = 0; o < w.output[d]; ++o) {
    const int64_t start = o * w.stride[d] - w.pad[d];
    Reach reach;
    for (int64_t k = 0; k < w.kernel[d]; ++k) {
      const int64_t at = start + k * w.dilation[d];
      if (at >= w.input[d] + w.pad_end[d]) break;
      ++reach.padded;
      if (at < 0 || at >= w.input[d]) continue;
      if (reach.count++ == 0) reach.begin = at;
    }
    reaches.push_back(reach);
  }
  for (size_t i = reaches.size(); i-- > 1;) {
    if (reaches[i].count == w.kernel[d] && reaches[i - 1].count == w.kernel[d]) {
      reaches[i - 1].alike = reaches[i].alike + 1;
    }
  }
  return reaches;
}

bool SeesOnlyPadding(const Window& w) {
  for (int d = 0; d < 3; ++d) {
    for (const Reach& reach : ReachOf(w, d)) {
      if (reach.count == 0) return true;
    }
  }
  return false;
}

}  // namespace floe::cpu
