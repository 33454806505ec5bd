#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

// Version 1 has the overlap as an attribute, 2 as an input, 3 adds the score threshold, 4 the padding, 5 soft
// scores.
void ImportNonMaxSuppression(NodeContext& c) {
  Builder& b = c.build();
  const char version = c.op().back();
  std::vector<ValueId> inputs = c.ins(0, 3);
  if (version == 'n')
    inputs.push_back(b.Scalar(DType::kFloat32, c.Float("iou_threshold")));
  else
    inputs.push_back(c.in(3));
  if (version >= '3' && version <= '5') inputs.push_back(c.in(4));
  if (version == '5') inputs.push_back(c.in(5));
  TfNonMaxSuppression op;
  if (version == '4' || version == '5') op.pad_to_max = c.Bool("pad_to_max_output_size");
  const std::vector<ValueId> results = b.AddNode(std::move(op), std::move(inputs), 3, b.source());
  c.Set(0, results[0]);
  if (version == '4') c.Set(1, results[2]);
  if (version != '5') return;
  c.Set(1, b.CastTo(results[1], c.dtype(1)));
  c.Set(2, results[2]);
}

void ImportNonMaxSuppressionWithOverlaps(NodeContext& c) {
  Builder& b = c.build();
  c.Set(0, b.AddNode(TfNonMaxSuppression{.overlaps = true}, c.ins(0, 5), 3, b.source())[0]);
}

void ImportCombinedNonMaxSuppression(NodeContext& c) {
  CombinedNonMaxSuppression op;
  op.pad_per_class = c.Bool("pad_per_class");
  op.clip_boxes = c.Bool("clip_boxes");
  c.Return(std::move(op), c.ins(0, 6), 4);
}

constexpr OpImporter kRows[] = {
    {"NonMaxSuppression", ImportNonMaxSuppression},
    {"NonMaxSuppressionV2", ImportNonMaxSuppression},
    {"NonMaxSuppressionV3", ImportNonMaxSuppression},
    {"NonMaxSuppressionV4", ImportNonMaxSuppression},
    {"NonMaxSuppressionV5", ImportNonMaxSuppression},
    {"NonMaxSuppressionWithOverlaps", ImportNonMaxSuppressionWithOverlaps},
    {"CombinedNonMaxSuppression", ImportCombinedNonMaxSuppression},
};

}  // namespace

std::span<const OpImporter> DetectionImporters() {
  return kRows;
}

}  // namespace floe
