// Convolutions and their transposes, NCHW with filters O, I, spatial....
#include <algorithm>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/spatial.h"

namespace floe {
namespace {

constexpr int64_t kMost = int64_t{1} << 31;  // so that sizes times steps fit an int64

void CheckEntries(const OnnxContext& c, const Ints& list, const char* name) {
  for (const int64_t v : list)
    if (v < -kMost || v > kMost) c.Fail("attribute '{}': {} is out of range", name, v);
}

}  // namespace

int64_t OnnxPixels(const OnnxContext& c, size_t i) {
  const Dim& size = c.shape(0)[i + 2];
  if (!size.known() || size.value() > kMost)
    c.FailWith(fmt::format("the spatial sizes of its input {} are not known", c.shape(0).ToString()),
               "give the inputs shapes with --input NAME=SHAPE");
  return size.value();
}

size_t OnnxSpatialRank(const OnnxContext& c) {
  const int64_t rank = c.Rank(0);
  if (rank < 3 || rank > 5) c.Fail("expected images of 3 to 5 dimensions, found {}", c.shape(0).ToString());
  return static_cast<size_t>(rank - 2);
}

OnnxWindow OnnxWindowOf(const OnnxContext& c, size_t spatial) {
  OnnxWindow window;
  const auto list = [&](const char* name, size_t count) {
    Ints values = c.IntList(name);
    if (!values.empty() && values.size() != count)
      c.Fail("attribute '{}': expected {} entries, found {}", name, count, values.size());
    CheckEntries(c, values, name);
    return values;
  };
  window.strides = list("strides", spatial);
  window.dilations = list("dilations", spatial);
  window.pads = list("pads", 2 * spatial);
  const std::string auto_pad = c.String("auto_pad", "NOTSET");
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    window.auto_pad = auto_pad == "SAME_UPPER" ? AutoPad::kSameUpper : AutoPad::kSameLower;
    window.pads.clear();
  } else if (auto_pad == "VALID") {
    window.pads.clear();
  } else if (auto_pad != "NOTSET") {
    c.Fail("attribute 'auto_pad': expected NOTSET, VALID, SAME_UPPER or SAME_LOWER, found '{}'", auto_pad);
  }
  return window;
}

Ints OnnxKernelOf(const OnnxContext& c, size_t spatial) {
  Ints kernel = c.IntList("kernel_shape");
  if (kernel.empty() && c.input_count() > 1) {
    const Shape& filter = c.shape(1);
    for (size_t i = 0; i < spatial && filter.has_rank() && filter.rank() == spatial + 2; ++i)
      if (filter[i + 2].known()) kernel.push_back(filter[i + 2].value());
  }
  if (kernel.size() != spatial)
    c.Fail("expected {} entries in kernel_shape, found {}", spatial, kernel.size());
  CheckEntries(c, kernel, "kernel_shape");
  return kernel;
}

namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

void CheckKernel(const OnnxContext& c, size_t spatial) {
  const Ints kernel = c.IntList("kernel_shape");
  const Shape& filter = c.shape(1);
  for (size_t i = 0; i < kernel.size() && filter.has_rank() && filter.rank() == spatial + 2; ++i) {
    if (kernel.size() == spatial && filter[i + 2].known() && filter[i + 2].value() != kernel[i])
      c.Fail("its kernel_shape contradicts the filter {}", filter.ToString());
  }
}

void ImportConv(OnnxContext& c) {
  const size_t spatial = OnnxSpatialRank(c);
  CheckKernel(c, spatial);
  Conv op = OnnxConvolutionOf<Conv>(c, spatial);
  std::vector<ValueId> inputs = {c.in(0), c.in(1)};
  if (c.has(2)) inputs.push_back(c.in(2));
  c.Return(std::move(op), std::move(inputs));
}

// Pads for an output of the wanted size, by the rule in the operation's definition.
void ResolveOutput(OnnxContext& c, ConvTranspose& op, const Ints& wanted, size_t spatial) {
  const Ints kernel = OnnxKernelOf(c, spatial);
  const auto at = [](const Ints& list, size_t i, int64_t fallback) {
    return list.empty() ? fallback : list[i];
  };
  op.pads.assign(2 * spatial, 0);
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t total = at(op.strides, i, 1) * (OnnxPixels(c, i) - 1) + at(op.output_padding, i, 0) +
                          (kernel[i] - 1) * at(op.dilations, i, 1) + 1 - wanted[i];
    const int64_t pad = std::max<int64_t>(total, 0);
    op.pads[i] = op.auto_pad == AutoPad::kSameUpper ? pad / 2 : pad - pad / 2;
    op.pads[i + spatial] = pad - op.pads[i];
  }
  op.output_shape = wanted;
  op.auto_pad = AutoPad::kExplicit;
}

void ImportConvTranspose(OnnxContext& c) {
  const size_t spatial = OnnxSpatialRank(c);
  CheckKernel(c, spatial);
  ConvTranspose op = OnnxConvolutionOf<ConvTranspose>(c, spatial);
  op.output_padding = c.IntList("output_padding");
  CheckEntries(c, op.output_padding, "output_padding");
  if (!op.output_padding.empty() && op.output_padding.size() != spatial)
    c.Fail("attribute 'output_padding': expected {} entries, found {}", spatial, op.output_padding.size());
  Ints wanted = c.IntList("output_shape");
  CheckEntries(c, wanted, "output_shape");
  if (wanted.size() == spatial + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
  if (!wanted.empty() && wanted.size() != spatial)
    c.Fail("attribute 'output_shape': expected {} entries, found {}", spatial, wanted.size());
  if (wanted.empty() && op.auto_pad != AutoPad::kExplicit) {
    for (size_t i = 0; i < spatial; ++i)
      wanted.push_back(OnnxPixels(c, i) * (op.strides.empty() ? 1 : op.strides[i]));
  }
  if (!wanted.empty()) ResolveOutput(c, op, wanted, spatial);
  std::vector<ValueId> inputs = {c.in(0), c.in(1)};
  if (c.has(2)) inputs.push_back(c.in(2));
  c.Return(std::move(op), std::move(inputs));
}

constexpr OnnxOpImporter kRows[] = {
    {"Conv", 1, kNewest, ImportConv},
    {"ConvTranspose", 1, kNewest, ImportConvTranspose},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxConvolutionImporters() {
  return kRows;
}

}  // namespace floe
