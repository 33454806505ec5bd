// Copies between two strided views of memory, whatever the elements: what transposes, slices, concatenations,
// tilings and paddings come down to.
#ifndef FLOE_BACKENDS_CPU_MOVE_STRIDED_COPY_H_
#define FLOE_BACKENDS_CPU_MOVE_STRIDED_COPY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace floe::cpu {

class StridedCopy {
 public:
  struct Level {
    int64_t size;
    int64_t from;  // strides in elements; may be zero or negative
    int64_t to;
  };

  // Levels come outermost first. Neighbours that are walked alike are merged.
  StridedCopy(size_t element_bytes, std::vector<Level> levels, int64_t from_offset, int64_t to_offset);

  // Work comes in `parts()` pieces that may run in parallel; a piece moves about `part_bytes()`.
  int64_t parts() const { return parts_; }
  int64_t part_bytes() const { return part_bytes_; }
  void Run(const void* from, void* to, int64_t part_begin, int64_t part_end) const;

 private:
  void Merge();
  void RunPart(const char* from, char* to) const;

  size_t element_bytes_;
  std::vector<Level> outer_;
  Level rows_{1, 0, 0};  // the two innermost loops, copied together
  Level columns_{1, 0, 0};
  int64_t from_offset_;
  int64_t to_offset_;
  int64_t parts_ = 1;
  int64_t part_bytes_ = 0;
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_MOVE_STRIDED_COPY_H_
