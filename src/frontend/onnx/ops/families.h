// One list of importers for each family of ONNX's operations; op_table.cc joins them.
#ifndef FLOE_FRONTEND_ONNX_OPS_FAMILIES_H_
#define FLOE_FRONTEND_ONNX_OPS_FAMILIES_H_

#include <span>

#include "frontend/onnx/node_context.h"

namespace floe {

std::span<const OnnxOpImporter> OnnxElementwiseImporters();
std::span<const OnnxOpImporter> OnnxSourceImporters();
std::span<const OnnxOpImporter> OnnxConvolutionImporters();
std::span<const OnnxOpImporter> OnnxPoolingImporters();
std::span<const OnnxOpImporter> OnnxNormalizationImporters();
std::span<const OnnxOpImporter> OnnxLinearImporters();
std::span<const OnnxOpImporter> OnnxMovementImporters();
std::span<const OnnxOpImporter> OnnxSliceImporters();
std::span<const OnnxOpImporter> OnnxIndexingImporters();
std::span<const OnnxOpImporter> OnnxReductionImporters();
std::span<const OnnxOpImporter> OnnxImageImporters();
std::span<const OnnxOpImporter> OnnxSamplingImporters();
std::span<const OnnxOpImporter> OnnxQuantizationImporters();
std::span<const OnnxOpImporter> OnnxRecurrentImporters();
std::span<const OnnxOpImporter> OnnxControlFlowImporters();
std::span<const OnnxOpImporter> OnnxLossImporters();
std::span<const OnnxOpImporter> OnnxSpectralImporters();
std::span<const OnnxOpImporter> OnnxRandomImporters();
std::span<const OnnxOpImporter> OnnxUniqueImporters();
std::span<const OnnxOpImporter> OnnxTextImporters();
std::span<const OnnxOpImporter> OnnxTableImporters();
std::span<const OnnxOpImporter> OnnxCol2ImImporters();

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_OPS_FAMILIES_H_
