#include <algorithm>
#include <cstring>

#include "backends/cpu/elementwise/program.h"

namespace floe::cpu {
namespace {

template <typename T>
void FillRun(const void* from, int64_t count, void* to) {
  std::fill_n(static_cast<T*>(to), count, *static_cast<const T*>(from));
}

void CopyRun(const char* from, bool repeats, size_t bytes, int64_t count, char* to) {
  if (!repeats) {
    std::memcpy(to, from, static_cast<size_t>(count) * bytes);
  } else if (bytes == 4) {
    FillRun<uint32_t>(from, count, to);
  } else if (bytes == 1) {
    FillRun<uint8_t>(from, count, to);
  } else {
    for (int64_t i = 0; i < count; ++i) std::memcpy(to + static_cast<size_t>(i) * bytes, from, bytes);
  }
}

// Some dozens of bytes: in place, since calls would cost as much as they copy.
void CopyShort(const char* from, size_t bytes, char* to) {
  constexpr size_t kStep = 64;
  for (; bytes >= kStep; bytes -= kStep, from += kStep, to += kStep) std::memcpy(to, from, kStep);
  if (bytes > 0) std::memcpy(to, from, bytes);
}

}  // namespace

Broadcast MakeBroadcast(std::span<const int64_t> from, std::span<const int64_t> to) {
  Broadcast result;
  const size_t skipped = to.size() - from.size();
  int64_t stride = 1;
  int64_t walked = 1;
  for (size_t i = to.size(); i-- > 0;) {
    const int64_t size = i < skipped ? 1 : from[i - skipped];
    const int64_t level_stride = size == 1 ? 0 : stride;
    walked *= to[i];
    if (size != 1) result.period = walked;
    stride *= size;
    if (to[i] == 1) continue;
    auto& levels = result.levels;
    const bool merges = !levels.empty() && (level_stride == 0) == (levels.front().stride == 0) &&
                        level_stride == levels.front().stride * levels.front().size;
    if (merges) {
      levels.front().size *= to[i];
    } else {
      levels.insert(levels.begin(), {to[i], level_stride});
    }
  }
  if (result.levels.empty()) result.levels.push_back({1, 0});
  return result;
}

void GatherBroadcast(const Broadcast& b, const void* from, size_t element_bytes, int64_t begin, int64_t count,
                     void* to) {
  const char* source = static_cast<const char*>(from);
  char* out = static_cast<char*>(to);
  const auto& inner = b.levels.back();
  int64_t row = begin / inner.size;
  int64_t column = begin % inner.size;
  while (count > 0) {
    int64_t at = column * inner.stride;
    int64_t rest = row;
    for (size_t i = b.levels.size() - 1; i-- > 0;) {
      at += rest % b.levels[i].size * b.levels[i].stride;
      rest /= b.levels[i].size;
    }
    const int64_t run = std::min(count, inner.size - column);
    CopyRun(source + static_cast<size_t>(at) * element_bytes, inner.stride == 0, element_bytes, run, out);
    out += static_cast<size_t>(run) * element_bytes;
    count -= run;
    column = 0;
    ++row;
  }
}

void GatherConcat(std::span<const ConcatPart> parts, const RunArgs& args, size_t element_bytes, int64_t begin,
                  int64_t count, void* to) {
  int64_t row = 0;
  for (const ConcatPart& part : parts) row += part.width;
  int64_t before = 0;  // elements of a row in front of the part
  // Part by part: its rows follow each other.
  for (const ConcatPart& part : parts) {
    const char* from = static_cast<const char*>(part.source.raw(args));
    for (int64_t r = begin / row; r * row + before < begin + count; ++r) {
      const int64_t start = r * row + before;
      const int64_t first = std::max(begin, start);
      const int64_t last = std::min(begin + count, start + part.width);
      if (first >= last) continue;
      CopyShort(from + static_cast<size_t>(r * part.width + first - start) * element_bytes,
                static_cast<size_t>(last - first) * element_bytes,
                static_cast<char*>(to) + static_cast<size_t>(first - begin) * element_bytes);
    }
    before += part.width;
  }
}

}  // namespace floe::cpu
