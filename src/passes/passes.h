// Every pass: what it does, and what must come before it. pipeline.cc has the order. Each returns the number
// of changes it made.
#ifndef FLOE_PASSES_PASSES_H_
#define FLOE_PASSES_PASSES_H_

#include "passes/pass.h"

namespace floe {

// Nodes that no output depends on, and constants that nothing uses, go.
int RemoveDeadCode(Graph& graph, const PassContext& context);
// Nodes of constants become constants, through the evaluator; so do values whose contents shape inference
// knows. An If on a constant becomes its branch. What would grow the model a lot stays.
int FoldConstants(Graph& graph, const PassContext& context);
// Nodes that give what they take go.
int RemoveIdentity(Graph& graph, const PassContext& context);
// One of several nodes (and constants) that compute the same stays.
int MergeCommon(Graph& graph, const PassContext& context);
// SAME padding becomes numbers where the sizes are known. Before everything that reads pads.
int ResolvePadding(Graph& graph, const PassContext& context);
// Convolution and pooling along fewer dimensions than they are written in, between an Unsqueeze and a Squeeze
// (TensorFlow has no convolution of one dimension), lose the one that comes and goes. Before MergeReshapes,
// which would hide it, and FoldDilation, FoldPadding and FoldBatchNorm, for which the Squeeze stands in
// between.
int DropUnitAxis(Graph& graph, const PassContext& context);
// SpaceToBatch, convolution, BatchToSpace become a dilated convolution. After ResolvePadding.
int FoldDilation(Graph& graph, const PassContext& context);
// Zero padding moves into the convolution or pooling behind it. After ResolvePadding.
int FoldPadding(Graph& graph, const PassContext& context);
// Batch normalisation, multiplication and addition per channel move into the filter and bias of the
// convolution or matrix product before them; a batch normalisation with none before it becomes a
// multiplication and an addition. After FoldConstants, which computes the parameters.
int FoldBatchNorm(Graph& graph, const PassContext& context);
// Chains of Reshape, Squeeze and Unsqueeze become one Reshape.
int MergeReshapes(Graph& graph, const PassContext& context);
// The reshape behind a matrix product moves below what is added to it and what activates it, so that these
// can become part of the product. After RecogniseActivations, before FoldBatchNorm and another MergeReshapes.
int SinkReshapes(Graph& graph, const PassContext& context);
// Transposes merge, become reshapes or flags of a MatMul, and cancel.
int MergeTransposes(Graph& graph, const PassContext& context);
// Activations written out in arithmetic become the ops that kernels know.
int RecogniseActivations(Graph& graph, const PassContext& context);
// Layer normalisation written out in means and products, or as the batch normalisation of one image by its
// own moments, becomes one op. After MergeCommon, before PreferNhwc.
int RecogniseLayerNorm(Graph& graph, const PassContext& context);
// Convolutions, pooling and the like on NCHW images work on NHWC ones, the transposes that takes move down to
// where MergeTransposes, which must follow, cancels them.
int PreferNhwc(Graph& graph, const PassContext& context);
// Ops that one kernel may compute come together in a Group. Last: no pass looks into groups.
int GroupOps(Graph& graph, const PassContext& context);

}  // namespace floe

#endif  // FLOE_PASSES_PASSES_H_
