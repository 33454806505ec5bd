// Boxes of detectors: how much they overlap, and those that suppression has kept.
#ifndef FLOE_BACKENDS_REFERENCE_BOXES_H_
#define FLOE_BACKENDS_REFERENCE_BOXES_H_

#include <cstdint>
#include <span>
#include <vector>

namespace floe::reference {

// Two opposite corners, in any order. float, as TensorFlow computes: thresholds are met to the bit.
struct Box {
  float y1, x1, y2, x2;
};

// Boxes to weigh others against. An overlap is intersection over union; 0 when either box has no area.
class KeptBoxes {
 public:
  void Add(const Box& box);
  float Overlap(const Box& box, size_t kept) const;
  // Whether the box overlaps one of them by more.
  bool AnyAbove(float threshold, const Box& box) const;

 private:
  // An array for each number, so that many boxes are compared at a time.
  std::vector<float> top_, left_, bottom_, right_, area_;
};

// Candidates as keys, whose order is the one in which they are looked at: the highest score first, of equal
// ones the first box. Sorted a part at a time, since few of many are looked at.
class BestFirst {
 public:
  // A score that is no nan, a place below 2^32.
  static int64_t Key(float score, int64_t place);

  // Sorts `keys` in place.
  explicit BestFirst(std::span<int64_t> keys) : keys_(keys) {}
  bool empty() const { return next_ == keys_.size(); }
  // The place of the next one.
  int64_t Pop();

 private:
  std::span<int64_t> keys_;
  size_t sorted_ = 0;
  size_t next_ = 0;
};

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_BOXES_H_
