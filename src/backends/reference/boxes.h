// Boxes of detectors and how much they overlap.
#ifndef FLOE_BACKENDS_REFERENCE_BOXES_H_
#define FLOE_BACKENDS_REFERENCE_BOXES_H_

namespace floe::reference {

// Two opposite corners, in any order. float, as TensorFlow computes: thresholds are met to the bit.
struct Box {
  float y1, x1, y2, x2;
};

// Intersection over union; 0 when either box has no area.
float IntersectionOverUnion(const Box& a, const Box& b);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_BOXES_H_
