// Shapes that may be partly known: what the compiler knows of a tensor before it runs.
#ifndef FLOE_GRAPH_SHAPE_H_
#define FLOE_GRAPH_SHAPE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "floe/tensor.h"

namespace floe {

// A dimension: a number, a named symbol (two dimensions with one symbol are equal), or unknown (no symbol).
class Dim {
 public:
  Dim() = default;  // unknown
  Dim(int64_t value)
      : value_(value < 0 ? -1 : value) {}  // NOLINT: a number is a dimension; negative means unknown
  explicit Dim(std::string symbol) : symbol_(std::move(symbol)) {}

  bool known() const { return value_ >= 0; }
  int64_t value() const { return value_; }               // -1 when not known
  const std::string& symbol() const { return symbol_; }  // "" for a number and for unknown

  // Certainly the same: equal numbers, or the same symbol. Two unknowns are not certainly the same.
  bool Same(const Dim& other) const {
    return known() ? value_ == other.value_ : !symbol_.empty() && symbol_ == other.symbol_;
  }
  bool operator==(const Dim&) const = default;  // as written: two unknowns compare equal

  std::string ToString() const;  // "224", "batch" or "?"

 private:
  int64_t value_ = -1;
  std::string symbol_;
};

// Dimensions, or nothing at all when even the rank is unknown.
class Shape {
 public:
  Shape() = default;                                                         // unknown rank
  Shape(std::vector<Dim> dims) : dims_(std::move(dims)), has_rank_(true) {}  // NOLINT
  Shape(std::initializer_list<Dim> dims) : dims_(dims), has_rank_(true) {}
  static Shape Of(std::span<const int64_t> dims) { return Shape(std::vector<Dim>(dims.begin(), dims.end())); }
  static Shape UnknownOfRank(size_t rank) { return Shape(std::vector<Dim>(rank)); }

  bool has_rank() const { return has_rank_; }
  size_t rank() const { return dims_.size(); }  // 0 also when the rank is unknown: ask has_rank() first
  bool IsStatic() const;                        // rank and every dimension known
  const std::vector<Dim>& dims() const { return dims_; }
  const Dim& operator[](size_t i) const { return dims_[i]; }
  Dim& operator[](size_t i) { return dims_[i]; }

  std::vector<int64_t> Static() const;          // the numbers; CHECKs IsStatic()
  std::vector<int64_t> Numbers() const;         // -1 for what is not known; none for an unknown rank
  std::optional<int64_t> ElementCount() const;  // when static
  bool operator==(const Shape&) const = default;

  std::string ToString() const;  // "[1, batch, ?]" or "[...]" for an unknown rank

 private:
  std::vector<Dim> dims_;
  bool has_rank_ = false;
};

// What both say together (numbers win over symbols, symbols over unknown), or nullopt where they contradict.
std::optional<Shape> MergeShapes(const Shape& a, const Shape& b);

struct TensorType {
  DType dtype = DType::kInvalid;  // kInvalid: not known
  Shape shape;

  bool IsStatic() const { return dtype != DType::kInvalid && shape.IsStatic(); }
  size_t StaticBytes() const;  // CHECKs IsStatic()
  bool operator==(const TensorType&) const = default;
  std::string ToString() const;  // "float32[1, 224, 224, 3]"
};

}  // namespace floe

#endif  // FLOE_GRAPH_SHAPE_H_
