#include <algorithm>
#include <numeric>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

using Permutation = std::vector<int64_t>;

std::optional<Permutation> PermutationOf(const Graph& graph, NodeId id) {
  if (id == kNoNode || !IsOp<Transpose>(graph.node(id).op)) return std::nullopt;
  Permutation perm = OpAs<Transpose>(graph.node(id).op).perm;
  const Shape& x = ShapeOfValue(graph, graph.node(id).inputs[0]);
  if (!x.has_rank()) return std::nullopt;
  const auto rank = static_cast<int64_t>(x.rank());
  if (perm.empty()) {
    perm.resize(x.rank());
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  for (int64_t& p : perm) p = p < 0 ? p + rank : p;
  return perm;
}

// transpose(transpose(x, p), q) = transpose(x, p after q)
bool Compose(Graph& graph, NodeId id) {
  const auto outer = PermutationOf(graph, id);
  const NodeId before = MadeBy<Transpose>(graph, graph.node(id).inputs[0]);
  const auto inner = PermutationOf(graph, before);
  if (!outer || !inner) return false;
  Permutation both;
  for (const int64_t p : *outer) both.push_back((*inner)[static_cast<size_t>(p)]);
  const ValueId x = graph.node(before).inputs[0];
  const std::vector<std::string> sources = graph.node(before).sources;
  const ValueId result = graph.node(id).outputs[0];
  if (std::ranges::is_sorted(both) && Bypass(graph, result, x)) return true;
  ReplaceNode(graph, id, Transpose{both}, {x});
  AddSources(graph, graph.value(result).producer, sources);
  return true;
}

// A transpose that only moves dimensions of size 1 is a reshape.
bool MakeReshape(Graph& graph, NodeId id) {
  const auto perm = PermutationOf(graph, id);
  if (!perm || std::ranges::is_sorted(*perm)) return false;
  const Shape& x = ShapeOfValue(graph, graph.node(id).inputs[0]);
  int64_t last = -1;
  for (const int64_t p : *perm) {
    const Dim& dim = x[static_cast<size_t>(p)];
    if (dim.known() && dim.value() == 1) continue;
    if (p < last) return false;
    last = p;
  }
  std::vector<int64_t> target;
  int unknown = 0;
  for (const Dim& d : ShapeOfValue(graph, graph.node(id).outputs[0]).dims()) {
    unknown += d.known() ? 0 : 1;
    if (d.known() && d.value() == 0) return false;
    target.push_back(d.known() ? d.value() : -1);
  }
  if (unknown > 1) return false;
  const ValueId input = graph.node(id).inputs[0];
  const ValueId shape = AddInts(graph, graph.node(id).name + "/shape", target);
  ReplaceNode(graph, id, Reshape{}, {input, shape});
  return true;
}

bool SwapsLastTwo(const Permutation& perm) {
  const size_t n = perm.size();
  if (n < 2) return false;
  Permutation wanted(n);
  std::iota(wanted.begin(), wanted.end(), 0);
  std::swap(wanted[n - 1], wanted[n - 2]);
  return perm == wanted;
}

// matmul(transpose(a), b) = matmul(a, b) with transpose_a turned; b likewise
bool IntoMatMul(Graph& graph, NodeId id) {
  if (!IsOp<MatMul>(graph.node(id).op)) return false;
  bool changed = false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const NodeId before = MadeBy<Transpose>(graph, graph.node(id).inputs[i]);
    const auto perm = PermutationOf(graph, before);
    if (!perm || !SwapsLastTwo(*perm)) continue;
    MatMul& op = OpAs<MatMul>(graph.node(id).op);
    bool& flag = i == 0 ? op.transpose_a : op.transpose_b;
    flag = !flag;
    AddSources(graph, id, graph.node(before).sources);
    graph.SetInput(id, i, graph.node(before).inputs[0]);
    changed = true;
  }
  return changed;
}

// unary(transpose(x)) = transpose(unary(x)), where that brings the transpose to one that it cancels with
bool PushDown(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const OpTraits& traits = InfoOf(node.op).traits;
  if (!traits.elementwise || node.inputs.size() != 1 || node.outputs.size() != 1) return false;
  const NodeId before = MadeBy<Transpose>(graph, node.inputs[0]);
  if (before == kNoNode || SoleUser(graph, node.inputs[0]) != id) return false;
  const NodeId after = SoleUser(graph, node.outputs[0]);
  if (after == kNoNode || !IsOp<Transpose>(graph.node(after).op)) return false;
  const Op moved = graph.node(before).op;
  const ValueId x = graph.node(before).inputs[0];
  const ValueId made =
      graph.Add(node.op, {x}, {.name = graph.node(id).name, .sources = graph.node(id).sources});
  ReplaceNode(graph, id, moved, {made});
  return true;
}

}  // namespace

int MergeTransposes(Graph& graph, const PassContext&) {
  int changes = 0;
  for (bool again = true; again;) {
    again = false;
    for (const NodeId id : graph.Order()) {
      if (graph.node(id).removed) continue;
      const bool transpose = IsOp<Transpose>(graph.node(id).op);
      const bool changed = (transpose && (Compose(graph, id) || MakeReshape(graph, id))) ||
                           (!transpose && (IntoMatMul(graph, id) || PushDown(graph, id)));
      if (!changed) continue;
      ++changes;
      again = true;
    }
    graph.RemoveDeadNodes();
  }
  return changes;
}

}  // namespace floe
