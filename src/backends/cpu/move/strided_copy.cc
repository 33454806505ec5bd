#include "backends/cpu/move/strided_copy.h"

#include <algorithm>
#include <cstring>

namespace floe::cpu {
namespace {

struct Bytes16 {
  uint64_t words[2];
};

// Square blocks: both sides of a transpose stay in the first-level cache.
constexpr int64_t kBlock = 16;

template <typename T>
void CopyGrid(const T* from, T* to, const StridedCopy::Level& rows, const StridedCopy::Level& columns) {
  for (int64_t r0 = 0; r0 < rows.size; r0 += kBlock) {
    const int64_t r1 = std::min(rows.size, r0 + kBlock);
    for (int64_t c0 = 0; c0 < columns.size; c0 += kBlock) {
      const int64_t c1 = std::min(columns.size, c0 + kBlock);
      for (int64_t r = r0; r < r1; ++r) {
        const T* f = from + r * rows.from;
        T* t = to + r * rows.to;
        for (int64_t c = c0; c < c1; ++c) t[c * columns.to] = f[c * columns.from];
      }
    }
  }
}

// The elements of kCount runs, `pitch` apart, in turn, as shuffled channels are: short loops that the
// compiler makes vectors of.
template <int kCount, typename T>
void Interleave(const T* __restrict from, int64_t pitch, int64_t size, T* __restrict to) {
  for (int64_t i = 0; i < size; ++i) {
    for (int k = 0; k < kCount; ++k) to[i * kCount + k] = from[k * pitch + i];
  }
}

// The other way round.
template <int kCount, typename T>
void Separate(const T* __restrict from, int64_t size, T* __restrict to, int64_t pitch) {
  for (int k = 0; k < kCount; ++k) {
    for (int64_t i = 0; i < size; ++i) to[k * pitch + i] = from[i * kCount + k];
  }
}

// A grid with so few rows or columns that one side of it is read or written in order; false for others.
template <int kCount, typename T>
bool CopyNarrow(const T* from, T* to, const StridedCopy::Level& rows, const StridedCopy::Level& columns) {
  if (columns.size == kCount && columns.to == 1 && rows.from == 1 && rows.to == kCount) {
    Interleave<kCount>(from, columns.from, rows.size, to);
    return true;
  }
  if (rows.size == kCount && rows.from == 1 && columns.to == 1 && columns.from == kCount) {
    Separate<kCount>(from, columns.size, to, rows.to);
    return true;
  }
  return false;
}

template <typename T>
void FillRows(const T* from, T* to, const StridedCopy::Level& rows, int64_t columns) {
  for (int64_t r = 0; r < rows.size; ++r) std::fill_n(to + r * rows.to, columns, from[r * rows.from]);
}

}  // namespace

StridedCopy::StridedCopy(size_t element_bytes, std::vector<Level> levels, int64_t from_offset,
                         int64_t to_offset)
    : element_bytes_(element_bytes),
      outer_(std::move(levels)),
      from_offset_(from_offset),
      to_offset_(to_offset) {
  Merge();
  if (!outer_.empty()) {
    columns_ = outer_.back();
    outer_.pop_back();
  }
  // The row loop is the one along which the source runs, if the innermost one does not.
  if (!outer_.empty()) {
    auto row = outer_.end() - 1;
    if (columns_.from != 1) {
      const auto along = std::ranges::find_if(outer_, [](const Level& level) { return level.from == 1; });
      if (along != outer_.end()) row = along;
    }
    rows_ = *row;
    outer_.erase(row);
  }
  // A lone large loop is cut, so that threads can share it.
  constexpr int64_t kCut = 4096;
  if (outer_.empty() && rows_.size == 1 && columns_.size >= 2 * kCut && columns_.size % kCut == 0) {
    outer_.push_back({columns_.size / kCut, columns_.from * kCut, columns_.to * kCut});
    columns_.size = kCut;
  } else if (outer_.empty() && rows_.size > 1) {
    const int64_t cut = rows_.size % kBlock == 0 ? kBlock : 1;
    outer_.push_back({rows_.size / cut, rows_.from * cut, rows_.to * cut});
    rows_.size = cut;
  }
  for (const Level& level : outer_) parts_ *= level.size;
  part_bytes_ = rows_.size * columns_.size * static_cast<int64_t>(element_bytes_);
}

void StridedCopy::Merge() {
  std::vector<Level> merged;
  for (const Level& level : outer_) {
    if (level.size == 1) continue;
    Level* last = merged.empty() ? nullptr : &merged.back();
    if (last != nullptr && last->from == level.from * level.size && last->to == level.to * level.size) {
      *last = {last->size * level.size, level.from, level.to};
    } else {
      merged.push_back(level);
    }
  }
  outer_ = std::move(merged);
}

void StridedCopy::Run(const void* from, void* to, int64_t part_begin, int64_t part_end) const {
  for (int64_t part = part_begin; part < part_end; ++part) {
    int64_t rest = part;
    int64_t f = from_offset_;
    int64_t t = to_offset_;
    for (size_t i = outer_.size(); i-- > 0;) {
      f += rest % outer_[i].size * outer_[i].from;
      t += rest % outer_[i].size * outer_[i].to;
      rest /= outer_[i].size;
    }
    const auto bytes = static_cast<int64_t>(element_bytes_);
    RunPart(static_cast<const char*>(from) + f * bytes, static_cast<char*>(to) + t * bytes);
  }
}

void StridedCopy::RunPart(const char* from, char* to) const {
  const auto bytes = static_cast<int64_t>(element_bytes_);
  if (columns_.to == 1 && columns_.from == 1) {
    for (int64_t r = 0; r < rows_.size; ++r) {
      std::memcpy(to + r * rows_.to * bytes, from + r * rows_.from * bytes,
                  static_cast<size_t>(columns_.size * bytes));
    }
    return;
  }
  const auto copy = [&](auto element) {
    using T = decltype(element);
    const T* f = reinterpret_cast<const T*>(from);
    T* t = reinterpret_cast<T*>(to);
    if (columns_.to == 1 && columns_.from == 0) {
      FillRows(f, t, rows_, columns_.size);
    } else if (!CopyNarrow<2>(f, t, rows_, columns_) && !CopyNarrow<3>(f, t, rows_, columns_) &&
               !CopyNarrow<4>(f, t, rows_, columns_)) {
      CopyGrid(f, t, rows_, columns_);
    }
  };
  switch (element_bytes_) {
    case 1:
      return copy(uint8_t{});
    case 2:
      return copy(uint16_t{});
    case 4:
      return copy(uint32_t{});
    case 8:
      return copy(uint64_t{});
    default:
      return copy(Bytes16{});
  }
}

}  // namespace floe::cpu
