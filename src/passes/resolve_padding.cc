#include <algorithm>

#include "graph/infer.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

int64_t At(const std::vector<int64_t>& list, size_t i) {
  return list.empty() ? 1 : list[i];
}

// Pads of all spatial dimensions, begins then ends; nullopt while a size that matters is not known.
struct Windows {
  const Shape& x;
  size_t first;  // spatial dimension
  std::vector<int64_t> kernel;
  const std::vector<int64_t>& strides;
  const std::vector<int64_t>& dilations;
  AutoPad auto_pad;

  std::optional<std::vector<int64_t>> Pads() const {
    const size_t n = kernel.size();
    if (!x.has_rank() || x.rank() < n + first) return std::nullopt;
    std::vector<int64_t> pads(2 * n);
    for (size_t i = 0; i < n; ++i) {
      const Dim& size = x[first + i];
      const int64_t stride = At(strides, i);
      // In steps of 1 the pads do not depend on the size.
      if (!size.known() && stride != 1) return std::nullopt;
      const WindowDim dim = ConvolveDim(size.known() ? size : Dim(1), kernel[i], stride, At(dilations, i),
                                        auto_pad, 0, 0, false);
      pads[i] = dim.pad_begin;
      pads[n + i] = dim.pad_end;
    }
    return pads;
  }
};

size_t FirstSpatial(Layout layout) {
  return layout == Layout::kNhwc ? 1 : 2;
}

std::optional<std::vector<int64_t>> KernelOf(const Graph& graph, ValueId filter, Layout layout) {
  const Shape& shape = ShapeOfValue(graph, filter);
  if (!shape.IsStatic() || shape.rank() < 3) return std::nullopt;
  const std::vector<int64_t> dims = shape.Static();
  const auto from = dims.begin() + static_cast<ptrdiff_t>(FirstSpatial(layout));
  return std::vector<int64_t>(from, from + static_cast<ptrdiff_t>(dims.size()) - 2);
}

template <typename T>
bool Resolve(T& op, const Windows& windows) {
  const auto pads = windows.Pads();
  if (!pads) return false;
  op.pads = *pads;
  op.auto_pad = AutoPad::kExplicit;
  return true;
}

// A transposed convolution has the pads of the convolution that maps its output to its input; where that
// convolution leaves pixels of the output out, output_padding adds them.
bool ResolveTransposed(const Graph& graph, const Node& node, ConvTranspose& op) {
  const Shape& x = ShapeOfValue(graph, node.inputs[0]);
  const Shape& y = ShapeOfValue(graph, node.outputs[0]);
  const auto kernel = KernelOf(graph, node.inputs[1], op.layout);
  if (!kernel || !x.has_rank() || !y.has_rank()) return false;
  const size_t n = kernel->size();
  const size_t first = FirstSpatial(op.layout);
  std::vector<int64_t> pads(2 * n);
  std::vector<int64_t> rest(n);
  for (size_t i = 0; i < n; ++i) {
    if (!x[first + i].known() || !y[first + i].known()) return false;
    const int64_t full =
        (x[first + i].value() - 1) * At(op.strides, i) + ((*kernel)[i] - 1) * At(op.dilations, i) + 1;
    const int64_t total = std::max<int64_t>(full - y[first + i].value(), 0);
    const int64_t small = total / 2;
    pads[i] = op.auto_pad == AutoPad::kSameUpper ? small : total - small;
    pads[n + i] = total - pads[i];
    rest[i] = std::max<int64_t>(y[first + i].value() - full, 0);
  }
  op.pads = pads;
  op.auto_pad = AutoPad::kExplicit;
  if (op.output_shape.empty() && (node.inputs.size() < 4 || node.inputs[3] == kNoValue)) {
    op.output_padding = rest;
  }
  return true;
}

bool ResolveNode(const Graph& graph, const Node& node, Op& op) {
  if (node.inputs.empty() || node.inputs[0] == kNoValue) return false;  // a Loop without a trip count
  const Shape& x = ShapeOfValue(graph, node.inputs[0]);
  const std::vector<int64_t> ones;
  if (auto* conv = OpCast<Conv>(op); conv != nullptr && conv->auto_pad != AutoPad::kExplicit) {
    const auto kernel = KernelOf(graph, node.inputs[1], conv->layout);
    if (!kernel) return false;
    return Resolve(*conv,
                   {x, FirstSpatial(conv->layout), *kernel, conv->strides, conv->dilations, conv->auto_pad});
  }
  if (auto* conv = OpCast<ConvTranspose>(op); conv != nullptr && conv->auto_pad != AutoPad::kExplicit) {
    return ResolveTransposed(graph, node, *conv);
  }
  if (auto* pool = OpCast<MaxPool>(op); pool != nullptr && pool->auto_pad != AutoPad::kExplicit) {
    return Resolve(*pool, {x, FirstSpatial(pool->layout), pool->kernel_shape, pool->strides, pool->dilations,
                           pool->auto_pad});
  }
  if (auto* pool = OpCast<AveragePool>(op); pool != nullptr && pool->auto_pad != AutoPad::kExplicit) {
    return Resolve(*pool,
                   {x, FirstSpatial(pool->layout), pool->kernel_shape, pool->strides, ones, pool->auto_pad});
  }
  if (auto* patches = OpCast<ExtractPatches>(op);
      patches != nullptr && patches->auto_pad != AutoPad::kExplicit) {
    return Resolve(*patches,
                   {x, 1, patches->kernel_shape, patches->strides, patches->dilations, patches->auto_pad});
  }
  if (auto* dilate = OpCast<Dilation2D>(op); dilate != nullptr && dilate->auto_pad != AutoPad::kExplicit) {
    const Shape& filter = ShapeOfValue(graph, node.inputs[1]);
    if (!filter.IsStatic()) return false;
    return Resolve(
        *dilate,
        {x, 1, {filter[0].value(), filter[1].value()}, dilate->strides, dilate->dilations, dilate->auto_pad});
  }
  return false;
}

}  // namespace

int ResolvePadding(Graph& graph, const PassContext&) {
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    Op op = graph.node(id).op;
    if (!ResolveNode(graph, graph.node(id), op)) continue;
    graph.node(id).op = std::move(op);
    graph.Reinfer(id);
    ++changes;
  }
  return changes;
}

}  // namespace floe
