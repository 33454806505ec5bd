// Pictures as files, in and out of networks; base64 around them.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

// Whatever the name says, each of them takes any format.
void ImportDecodePicture(NodeContext& c) {
  DecodePicture op;
  op.channels = c.Int("channels");
  if (op.channels != 0 && op.channels != 1 && op.channels != 3 && op.channels != 4)
    c.Fail("expected 0, 1, 3 or 4 channels, found {}", op.channels);
  if (c.op() == "DecodePng" || c.op() == "DecodeImage") op.to = c.Type("dtype");
  if (op.to != DType::kUInt8 && op.to != DType::kUInt16 && op.to != DType::kFloat32)
    c.Fail("no picture of {}", DTypeName(op.to));
  std::vector<ValueId> inputs = {c.in(0)};
  if (c.op() == "DecodeJpeg" || c.op() == "DecodeAndCropJpeg") {
    op.ratio = c.Int("ratio");
    if (op.ratio != 1 && op.ratio != 2 && op.ratio != 4 && op.ratio != 8)
      c.Fail("expected a ratio of 1, 2, 4 or 8, found {}", op.ratio);
    op.accurate_dct = c.String("dct_method") == "INTEGER_ACCURATE";
    op.smooth_chroma = c.Bool("fancy_upscaling");
    op.recover = c.Bool("try_recover_truncated");
    if (c.op() == "DecodeAndCropJpeg") inputs.push_back(c.in(1));
  }
  c.Return(std::move(op), std::move(inputs));
}

void ImportEncodePng(NodeContext& c) {
  c.Return(EncodePicture{}, {c.in(0)});
}

void ImportEncodeJpeg(NodeContext& c) {
  EncodePicture op{.png = false};
  if (c.op() == "EncodeJpegVariableQuality") {
    op.quality = c.NeedInt(1, "the quality");
  } else {
    const std::string format = c.String("format");
    const Shape& shape = c.shape(0);
    if (format != "" && !(shape.has_rank() && shape.rank() == 3 && shape[2].known() &&
                          shape[2].value() == (format == "grayscale" ? 1 : 3)))
      c.Fail("format {} of a picture {}", format, shape.ToString());
    if (c.String("xmp_metadata") != "") c.Fail("metadata is not supported");
    op.quality = c.Int("quality");
    op.progressive = c.Bool("progressive");
    op.optimize_size = c.Bool("optimize_size");
    op.halve_chroma = c.Bool("chroma_downsampling");
    op.density_unit = c.String("density_unit") == "cm" ? 2 : 1;
    op.x_density = c.Int("x_density");
    op.y_density = c.Int("y_density");
  }
  if (op.quality < 0 || op.quality > 100) c.Fail("expected a quality of 0 to 100, found {}", op.quality);
  c.Return(std::move(op), {c.in(0)});
}

void ImportDecodeBase64(NodeContext& c) {
  c.Return(StringMap{.kind = StringMapKind::kDecodeBase64}, {c.in(0)});
}

void ImportEncodeBase64(NodeContext& c) {
  const bool pad = c.Bool("pad");
  c.Return(StringMap{.kind = pad ? StringMapKind::kEncodeBase64Padded : StringMapKind::kEncodeBase64},
           {c.in(0)});
}

constexpr OpImporter kRows[] = {
    {"DecodeJpeg", ImportDecodePicture},  {"DecodeAndCropJpeg", ImportDecodePicture},
    {"DecodePng", ImportDecodePicture},   {"DecodeBmp", ImportDecodePicture},
    {"DecodeImage", ImportDecodePicture}, {"EncodePng", ImportEncodePng},
    {"EncodeJpeg", ImportEncodeJpeg},     {"EncodeJpegVariableQuality", ImportEncodeJpeg},
    {"DecodeBase64", ImportDecodeBase64}, {"EncodeBase64", ImportEncodeBase64},
};

}  // namespace

std::span<const OpImporter> PictureImporters() {
  return kRows;
}

}  // namespace floe
