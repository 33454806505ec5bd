#include "frontend/tensorflow/ops/spatial.h"

namespace floe {

Layout LayoutOf(const NodeContext& c) {
  const std::string format = c.String("data_format");
  if (format == "NHWC" || format == "NDHWC") return Layout::kNhwc;
  if (format == "NCHW" || format == "NCDHW") return Layout::kNchw;
  c.Fail("data format {} is not supported", format);
}

Ints SpatialEntries(const NodeContext& c, const Ints& list, Layout layout, size_t spatial, const char* what) {
  if (list.size() != spatial + 2)
    c.Fail("expected {} entries in {}, found {}", spatial + 2, what, list.size());
  const size_t channel = layout == Layout::kNhwc ? spatial + 1 : 1;
  if (list[0] != 1 || list[channel] != 1) c.Fail("{} of batch or channels are not 1", what);
  const size_t first = layout == Layout::kNhwc ? 1 : 2;
  Ints entries(list.begin() + static_cast<int64_t>(first),
               list.begin() + static_cast<int64_t>(first + spatial));
  for (const int64_t entry : entries)
    if (entry < 1 || entry > (1 << 30)) c.Fail("expected positive {}, found {}", what, entry);
  return entries;
}

Padding PaddingOf(const NodeContext& c, Layout layout, size_t spatial) {
  const std::string padding = c.String("padding");
  if (padding == "SAME") return {AutoPad::kSameUpper, {}};
  if (padding == "VALID") return {AutoPad::kExplicit, {}};
  if (padding != "EXPLICIT") c.Fail("expected padding SAME, VALID or EXPLICIT, found {}", padding);
  const Ints list = c.IntList("explicit_paddings");
  if (list.size() != 2 * (spatial + 2))
    c.Fail("expected {} entries in explicit_paddings, found {}", 2 * (spatial + 2), list.size());
  const size_t first = layout == Layout::kNhwc ? 1 : 2;
  const size_t channel = layout == Layout::kNhwc ? spatial + 1 : 1;
  if (list[0] != 0 || list[1] != 0 || list[2 * channel] != 0 || list[2 * channel + 1] != 0)
    c.Fail("padding of batch or channels is not 0");
  Padding result;
  for (size_t end = 0; end < 2; ++end)
    for (size_t i = 0; i < spatial; ++i) {
      const int64_t pad = list[2 * (first + i) + end];
      if (pad < 0 || pad > (1 << 30)) c.Fail("expected paddings that are not negative, found {}", pad);
      result.pads.push_back(pad);
    }
  return result;
}

ValueId PadsOf(Builder& b, ValueId paddings) {
  return b.Reshape(b.ToInt64(b.Transpose(paddings, {1, 0})), {-1});
}

}  // namespace floe
