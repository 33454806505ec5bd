#include "backends/reference/boxes.h"

#include <algorithm>
#include <bit>

namespace floe::reference {
namespace {

struct Edges {
  float top, left, bottom, right, area;
};

Edges EdgesOf(const Box& box) {
  Edges e = {std::min(box.y1, box.y2), std::min(box.x1, box.x2), std::max(box.y1, box.y2),
             std::max(box.x1, box.x2), 0};
  e.area = (e.bottom - e.top) * (e.right - e.left);
  return e;
}

// Without a branch, for many boxes at a time.
inline float OverlapOf(const Edges& a, const Edges& b) {
  const float height = std::max(std::min(a.bottom, b.bottom) - std::max(a.top, b.top), 0.0f);
  const float width = std::max(std::min(a.right, b.right) - std::max(a.left, b.left), 0.0f);
  const float common = height * width;
  const float overlap = common / (a.area + b.area - common);
  const bool empty = (a.area <= 0) | (b.area <= 0);
  return empty ? 0.0f : overlap;
}

}  // namespace

void KeptBoxes::Add(const Box& box) {
  const Edges e = EdgesOf(box);
  top_.push_back(e.top);
  left_.push_back(e.left);
  bottom_.push_back(e.bottom);
  right_.push_back(e.right);
  area_.push_back(e.area);
}

float KeptBoxes::Overlap(const Box& box, size_t kept) const {
  return OverlapOf(EdgesOf(box), {top_[kept], left_[kept], bottom_[kept], right_[kept], area_[kept]});
}

bool KeptBoxes::AnyAbove(float threshold, const Box& box) const {
  constexpr size_t kTogether = 64;
  const Edges e = EdgesOf(box);
  const float *top = top_.data(), *left = left_.data(), *bottom = bottom_.data(), *right = right_.data(),
              *area = area_.data();
  for (size_t begin = 0; begin < top_.size(); begin += kTogether) {
    const size_t end = std::min(begin + kTogether, top_.size());
    int32_t any = 0;
    for (size_t i = begin; i < end; ++i) {
      any |= OverlapOf(e, {top[i], left[i], bottom[i], right[i], area[i]}) > threshold ? 1 : 0;
    }
    if (any != 0) return true;
  }
  return false;
}

int64_t BestFirst::Key(float score, int64_t place) {
  const auto bits = std::bit_cast<int32_t>(score + 0.0f);  // zeros are equal whatever their sign
  const int32_t ascending = bits ^ (bits >> 31 & INT32_MAX);
  return int64_t{~ascending} * (int64_t{1} << 32) + place;
}

int64_t BestFirst::Pop() {
  if (next_ == sorted_) {
    constexpr size_t kFirst = 256;
    const auto begin = keys_.begin() + static_cast<ptrdiff_t>(sorted_);
    sorted_ = std::min(keys_.size(), std::max(kFirst, 2 * sorted_));
    const auto end = keys_.begin() + static_cast<ptrdiff_t>(sorted_);
    if (end != keys_.end()) std::nth_element(begin, end, keys_.end());
    std::sort(begin, end);
  }
  return keys_[next_++] & UINT32_MAX;
}

}  // namespace floe::reference
