#include "formats/tensorflow/tensor_slice.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"

namespace floe {
namespace {

// The codings of TensorFlow's ordered_code.h: bytes compare as the values do.
void AppendUnsigned(uint64_t value, std::string* key) {
  const int bytes = (64 - std::countl_zero(value) + 7) / 8;
  *key += static_cast<char>(bytes);
  for (int i = bytes - 1; i >= 0; --i) *key += static_cast<char>(value >> (8 * i));
}

void AppendText(std::string_view text, std::string* key) {
  for (const char c : text) {
    *key += c;
    if (c == '\0') *key += '\xff';
    if (c == '\xff') *key += '\0';
  }
  *key += '\0';
  *key += '\1';
}

// n bytes carry 7 n bits, sign included; the top n bits of the two first bytes count the bytes (flipped for
// negatives).
void AppendSigned(int64_t value, std::string* key) {
  const uint64_t magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  const int length = (64 - std::countl_zero(magnitude)) / 7 + 1;
  unsigned char bytes[10];
  for (int i = 0; i < 10; ++i) {
    const int shift = 8 * (9 - i);
    bytes[i] = shift >= 64 ? (value < 0 ? 0xff : 0) : static_cast<unsigned char>(value >> shift);
  }
  unsigned char* begin = bytes + 10 - length;
  const unsigned header = 0xffff0000u >> length & 0xffffu;
  begin[0] ^= static_cast<unsigned char>(header >> 8);
  if (length > 1) begin[1] ^= static_cast<unsigned char>(header);
  key->append(reinterpret_cast<const char*>(begin), static_cast<size_t>(length));
}

// Row-major strides in elements.
std::vector<int64_t> StridesOf(const std::vector<int64_t>& dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t d = dims.size(); d-- > 1;) strides[d - 1] = strides[d] * dims[d];
  return strides;
}

void CopyElements(const Tensor& source, int64_t from, Tensor* target, int64_t to, int64_t count) {
  if (source.dtype() == DType::kString) {
    const auto* begin = source.data<std::string>() + from;
    std::copy(begin, begin + count, target->data<std::string>() + to);
    return;
  }
  const auto size = static_cast<int64_t>(DTypeSize(source.dtype()));
  std::memcpy(static_cast<char*>(target->raw()) + to * size,
              static_cast<const char*>(source.raw()) + from * size, static_cast<size_t>(count * size));
}

}  // namespace

TensorSlice SliceFromProto(const tf::TensorSliceProto& proto) {
  TensorSlice slice;
  for (const auto& extent : proto.extent()) {
    slice.push_back({extent.start(), extent.has_length() ? extent.length() : -1});
  }
  return slice;
}

TensorSlice ResolveSlice(const TensorSlice& slice, const std::vector<int64_t>& dims,
                         std::string_view subject) {
  TensorSlice resolved = slice.empty() ? TensorSlice(dims.size()) : slice;
  bool fits = resolved.size() == dims.size();
  for (size_t d = 0; fits && d < dims.size(); ++d) {
    SliceExtent& extent = resolved[d];
    if (extent.length == -1 && extent.start == 0) extent.length = dims[d];
    fits = extent.start >= 0 && extent.length >= 0 && extent.start <= dims[d] &&
           extent.length <= dims[d] - extent.start;
  }
  if (!fits) Throw(ErrorCode::kModel, "{}: a slice does not fit the shape {}", subject, DimsToString(dims));
  return resolved;
}

std::vector<int64_t> SliceDims(const TensorSlice& resolved) {
  std::vector<int64_t> dims;
  for (const SliceExtent& extent : resolved) dims.push_back(extent.length);
  return dims;
}

std::string SliceKey(std::string_view name, const TensorSlice& slice) {
  std::string key;
  AppendUnsigned(0, &key);
  AppendText(name, &key);
  AppendUnsigned(slice.size(), &key);
  for (const SliceExtent& extent : slice) {
    AppendSigned(extent.start, &key);
    AppendSigned(extent.length, &key);
  }
  return key;
}

int64_t CopyOverlap(const Tensor& source, const TensorSlice& source_slice, const TensorSlice& target_slice,
                    Tensor* target) {
  const size_t rank = source_slice.size();
  CHECK(source.dtype() == target->dtype() && rank == target_slice.size());
  std::vector<int64_t> begin(rank), length(rank);
  int64_t count = 1;
  for (size_t d = 0; d < rank; ++d) {
    begin[d] = std::max(source_slice[d].start, target_slice[d].start);
    const int64_t end = std::min(source_slice[d].start + source_slice[d].length,
                                 target_slice[d].start + target_slice[d].length);
    length[d] = std::max<int64_t>(end - begin[d], 0);
    count *= length[d];
  }
  if (count == 0) return 0;
  const std::vector<int64_t> source_strides = StridesOf(source.dims()),
                             target_strides = StridesOf(target->dims());
  const int64_t run = rank == 0 ? 1 : length[rank - 1];
  std::vector<int64_t> index(rank, 0);
  for (int64_t done = 0; done < count; done += run) {
    int64_t from = 0, to = 0;
    for (size_t d = 0; d < rank; ++d) {
      from += (begin[d] + index[d] - source_slice[d].start) * source_strides[d];
      to += (begin[d] + index[d] - target_slice[d].start) * target_strides[d];
    }
    CopyElements(source, from, target, to, run);
    for (size_t d = rank - (rank > 0 ? 1 : 0); d-- > 0;) {
      if (++index[d] < length[d]) break;
      index[d] = 0;
    }
  }
  return count;
}

SliceSpec ParseSliceSpec(std::string_view text, std::string_view subject) {
  const auto fail = [&]() { Throw(ErrorCode::kModel, "{}: cannot read the slice '{}'", subject, text); };
  SliceSpec spec;
  text = TrimText(text);
  if (text.empty()) return spec;
  std::vector<std::string_view> words = SplitText(text, ' ');
  const std::string_view slice = words.back();
  words.pop_back();
  for (const std::string_view word : words) {
    const auto dim = ParseInt(word);
    if (!dim || *dim < 0) fail();
    spec.full_dims.push_back(*dim);
  }
  // A scalar's slice is an empty word.
  if (slice.empty() && spec.full_dims.empty()) return spec;
  for (const std::string_view part : SplitText(slice, ':')) {
    if (part == "-") {
      spec.slice.emplace_back();
      continue;
    }
    const size_t comma = part.find(',');
    if (comma == std::string_view::npos) fail();
    const auto start = ParseInt(part.substr(0, comma)), length = ParseInt(part.substr(comma + 1));
    if (!start || !length || *start < 0 || *length <= 0) fail();
    spec.slice.push_back({*start, *length});
  }
  if (spec.slice.size() != spec.full_dims.size()) fail();
  return spec;
}

}  // namespace floe
