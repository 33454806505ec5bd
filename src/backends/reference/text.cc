// Parts of strings, n-grams of words, bytes as numbers.
#include <algorithm>
#include <bit>
#include <cstring>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/unicode.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

const std::string* StringsOf(const OpCall& call, size_t i) {
  if (call.in(i).dtype() != DType::kString) call.FailType(i);
  return call.in(i).data<std::string>();
}

// The byte that the n-th character begins at; text.size() behind the last.
size_t ByteOf(const std::string& text, int64_t n) {
  size_t at = 0;
  for (; n > 0 && at < text.size(); --n) at += DecodeUtf8(text, at).size;
  return at;
}

std::string PartOf(const OpCall& call, const std::string& text, int64_t begin, int64_t length, bool utf8) {
  int64_t size = static_cast<int64_t>(text.size());
  if (utf8) {
    size = 0;
    for (size_t at = 0; at < text.size(); ++size) at += DecodeUtf8(text, at).size;
  }
  if (begin < -size || begin > size) call.FailValue("position {} is outside '{}'", begin, text);
  if (begin < 0) begin += size;
  const int64_t end = begin + std::clamp<int64_t>(length, 0, size - begin);
  if (!utf8) return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  const size_t from = ByteOf(text, begin);
  return text.substr(from, ByteOf(text, end) - from);
}

// The n-grams of one width, appended. Padding never fills a whole n-gram of its own.
struct NGrams {
  const StringNGrams& op;
  std::vector<std::string>* out;

  int64_t PadWidth(int64_t width) const {
    return std::min(op.pad_width < 0 ? width - 1 : op.pad_width, width - 1);
  }
  int64_t Count(int64_t words, int64_t width) const {
    return std::max<int64_t>(0, words + 2 * PadWidth(width) - width + 1);
  }
  void Append(std::span<const std::string> words, int64_t width, int64_t pad, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t left = std::max<int64_t>(0, pad - i);
      const int64_t right = std::max<int64_t>(0, pad - (count - (i + 1)));
      const int64_t tokens = width - left - right;
      const int64_t first = left > 0 ? 0 : i - pad;
      std::vector<std::string> parts(static_cast<size_t>(left), op.left_pad);
      for (int64_t k = 0; k < tokens; ++k) parts.push_back(words[static_cast<size_t>(first + k)]);
      parts.insert(parts.end(), static_cast<size_t>(right), op.right_pad);
      std::string joined;
      for (size_t k = 0; k < parts.size(); ++k) joined += (k > 0 ? op.separator : "") + parts[k];
      out->push_back(std::move(joined));
    }
  }
};

}  // namespace

void Run(const Substr& op, OpCall& call) {
  const std::string* x = StringsOf(call, 0);
  for (const size_t i : {size_t{1}, size_t{2}})
    if (!IsInteger(call.in(i).dtype())) call.FailType(i);
  const std::vector<int64_t> begins = LoadAll<int64_t>(call.in(1)), lengths = LoadAll<int64_t>(call.in(2));
  const std::vector<Dims> shapes = {call.in(0).dims(), call.in(1).dims(), call.in(2).dims()};
  const Dims dims = BroadcastDims(call, shapes);
  Tensor& y = call.Out(0, DType::kString, dims);
  std::vector<Dims> strides = {RowMajorStrides(dims)};
  for (const Dims& s : shapes) strides.push_back(BroadcastStrides(s, dims));
  ForEachRun({dims, strides, Dims(strides.size(), 0)},
             [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t length) {
               for (int64_t i = 0; i < length; ++i) {
                 y.data<std::string>()[at[0] + i * step[0]] =
                     PartOf(call, x[at[1] + i * step[1]], begins[static_cast<size_t>(at[2] + i * step[2])],
                            lengths[static_cast<size_t>(at[3] + i * step[3])], op.utf8);
               }
             });
}

void Run(const StringNGrams& op, OpCall& call) {
  call.RequireRank(0, 1);
  call.RequireRank(1, 1);
  const std::string* words = StringsOf(call, 0);
  const std::vector<int64_t> splits = call.Ints(1);
  if (splits.empty() || splits.front() != 0 || splits.back() != call.in(0).size() ||
      !std::is_sorted(splits.begin(), splits.end()))
    call.FailValue("row splits do not ascend from 0 to {}", call.in(0).size());
  std::vector<std::string> grams;
  std::vector<int64_t> out_splits = {0};
  const NGrams make{op, &grams};
  for (size_t i = 0; i + 1 < splits.size(); ++i) {
    const std::span<const std::string> row(words + splits[i], words + splits[i + 1]);
    const auto length = static_cast<int64_t>(row.size());
    const size_t before = grams.size();
    for (const int64_t width : op.widths)
      make.Append(row, width, make.PadWidth(width), make.Count(length, width));
    if (op.preserve_short && grams.size() == before && length > 0) {
      const int64_t pad = std::max<int64_t>(op.pad_width, 0);
      make.Append(row, length + 2 * pad, pad, 1);
    }
    out_splits.push_back(static_cast<int64_t>(grams.size()));
  }
  Tensor& y = call.Out(0, DType::kString, {static_cast<int64_t>(grams.size())});
  std::copy(grams.begin(), grams.end(), y.data<std::string>());
  StoreAll(&call.Out(1, call.in(1).dtype(), {static_cast<int64_t>(out_splits.size())}), out_splits);
}

namespace {

void BytesOfNumbers(const DecodeRaw& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const auto from = static_cast<int64_t>(DTypeSize(x.dtype())), to = static_cast<int64_t>(DTypeSize(op.to));
  Dims dims = x.dims();
  if (from > to) {
    dims.push_back(from / to);
  } else if (from < to) {
    if (dims.empty() || dims.back() != to / from) call.Fail("expected a last dimension of {}", to / from);
    dims.pop_back();
  }
  Tensor& y = call.Out(0, op.to, dims);
  if (y.size() > 0) std::memcpy(y.raw(), x.raw(), y.size_bytes());
}

}  // namespace

void Run(const DecodeRaw& op, OpCall& call) {
  if (call.in(0).dtype() != DType::kString) return BytesOfNumbers(op, call);
  const std::string* x = StringsOf(call, 0);
  const int64_t count = call.in(0).size();
  const auto width = static_cast<int64_t>(DTypeSize(op.to));
  int64_t bytes = op.length;
  for (int64_t i = 0; i < count && op.length < 0; ++i) {
    const auto size = static_cast<int64_t>(x[i].size());
    if (bytes >= 0 && size != bytes) call.FailValue("strings of {} and of {} bytes", bytes, size);
    bytes = size;
  }
  bytes = std::max<int64_t>(bytes, 0);
  if (bytes % width != 0) call.FailValue("{} bytes are no whole number of {}", bytes, DTypeName(op.to));
  Dims dims = call.in(0).dims();
  dims.push_back(bytes / width);
  Tensor& y = call.Out(0, op.to, dims);
  auto* raw = static_cast<std::byte*>(y.raw());
  if (y.size() > 0) std::memset(raw, 0, y.size_bytes());
  const int64_t unit = IsComplex(op.to) ? width / 2 : width;  // what byte order turns
  for (int64_t i = 0; i < count && bytes > 0; ++i) {
    std::byte* row = raw + i * bytes;
    std::memcpy(row, x[i].data(), std::min(x[i].size(), static_cast<size_t>(bytes)));
    if (op.little_endian == (std::endian::native == std::endian::little)) continue;
    for (int64_t k = 0; k < bytes; k += unit) std::reverse(row + k, row + k + unit);
  }
  for (int64_t i = 0; i < y.size() && op.to == DType::kBool; ++i) raw[i] = std::byte(raw[i] != std::byte(0));
}

}  // namespace floe::reference
