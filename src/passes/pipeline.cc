#include <array>

#include "passes/pass.h"
#include "passes/passes.h"

namespace floe {

std::span<const Pass> Pipeline() {
  // A second round of cleaning follows the folds, which leave constants to compute and nodes without use.
  static constexpr std::array kPipeline{
      Pass{"remove_dead_code", "drop what no output depends on", RemoveDeadCode},
      Pass{"fold_constants", "compute what depends on constants alone", FoldConstants},
      Pass{"remove_identity", "drop nodes that give what they take", RemoveIdentity},
      Pass{"resolve_padding", "turn SAME padding into numbers", ResolvePadding},
      Pass{"merge_common", "compute equal things once", MergeCommon},
      Pass{"recognise_layer_norm", "layer normalisation written out to one op", RecogniseLayerNorm},
      Pass{"prefer_nhwc", "turn NCHW images to NHWC", PreferNhwc},
      Pass{"drop_unit_axis", "convolution and pooling in as many dimensions as they need", DropUnitAxis},
      Pass{"merge_reshapes", "one reshape for a chain of them", MergeReshapes},
      Pass{"merge_transposes", "cancel and merge transposes", MergeTransposes},
      Pass{"fold_filters", "compute what the turned layouts left", FoldConstants},
      Pass{"fold_dilation", "SpaceToBatch, Conv, BatchToSpace to a dilated Conv", FoldDilation},
      Pass{"fold_padding", "zero padding into convolution and pooling", FoldPadding},
      Pass{"recognise_activations", "activations written out to single ops", RecogniseActivations},
      Pass{"sink_reshapes", "bias and activation before the reshape behind a product", SinkReshapes},
      Pass{"merge_reshapes_again", "one reshape for a chain of them", MergeReshapes},
      Pass{"fold_batch_norm", "normalisation, scale and bias into the filter before them", FoldBatchNorm},
      Pass{"fold_constants_again", "compute what the folds left", FoldConstants},
      Pass{"remove_identity_again", "drop what the folds made void", RemoveIdentity},
      Pass{"merge_common_again", "compute equal things once", MergeCommon},
      Pass{"remove_dead_code_again", "drop what the folds left over", RemoveDeadCode},
      Pass{"group", "propose groups for one kernel each", GroupOps},
  };
  return kPipeline;
}

}  // namespace floe
