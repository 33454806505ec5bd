// One list of importers for each family of TensorFlow's operations; op_table.cc joins them.
#ifndef FLOE_FRONTEND_TENSORFLOW_OPS_FAMILIES_H_
#define FLOE_FRONTEND_TENSORFLOW_OPS_FAMILIES_H_

#include <span>

#include "frontend/tensorflow/node_context.h"

namespace floe {

std::span<const OpImporter> SourceImporters();
std::span<const OpImporter> ElementwiseImporters();
std::span<const OpImporter> MathImporters();
std::span<const OpImporter> ConvolutionImporters();
std::span<const OpImporter> PoolingImporters();
std::span<const OpImporter> NormalizationImporters();
std::span<const OpImporter> MovementImporters();
std::span<const OpImporter> SliceImporters();
std::span<const OpImporter> ShapeImporters();
std::span<const OpImporter> DiagonalImporters();
std::span<const OpImporter> IndexingImporters();
std::span<const OpImporter> ReductionImporters();
std::span<const OpImporter> SegmentImporters();
std::span<const OpImporter> SparseImporters();
std::span<const OpImporter> CrossingImporters();
std::span<const OpImporter> EinsumImporters();
std::span<const OpImporter> ProjectionImporters();
std::span<const OpImporter> RaggedImporters();
std::span<const OpImporter> ExampleImporters();
std::span<const OpImporter> ImageImporters();
std::span<const OpImporter> DetectionImporters();
std::span<const OpImporter> QuantizationImporters();
std::span<const OpImporter> SpectralImporters();
std::span<const OpImporter> RandomImporters();
std::span<const OpImporter> RecurrentImporters();
std::span<const OpImporter> StringImporters();
std::span<const OpImporter> LookupImporters();
std::span<const OpImporter> TensorListImporters();
std::span<const OpImporter> TensorArrayImporters();
std::span<const OpImporter> DecodingImporters();
std::span<const OpImporter> LinearAlgebraImporters();
std::span<const OpImporter> SparseMathImporters();
std::span<const OpImporter> TextImporters();
std::span<const OpImporter> AudioImporters();
std::span<const OpImporter> GradientImporters();
std::span<const OpImporter> PictureImporters();
std::span<const OpImporter> QuantizedImporters();
std::span<const OpImporter> CountImporters();
std::span<const OpImporter> CudnnImporters();
std::span<const OpImporter> SetImporters();

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_OPS_FAMILIES_H_
