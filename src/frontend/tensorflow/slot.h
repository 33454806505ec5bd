// What a TensorFlow tensor is while it is imported: a value of the graph, or one of the things that exist
// only at import time, lists, arrays and tables.
#ifndef FLOE_FRONTEND_TENSORFLOW_SLOT_H_
#define FLOE_FRONTEND_TENSORFLOW_SLOT_H_

#include <memory>
#include <string>

#include "graph/graph.h"

namespace floe {

// A TensorList, or what a TensorArray holds at one moment (its flow): elements stacked along a new first
// dimension. While no element has been seen and their shape is not known there is no buffer, only the length.
struct ListState {
  DType dtype = DType::kInvalid;
  Shape element;              // as far as known
  ValueId buffer = kNoValue;  // [length, element...]
  ValueId length = kNoValue;  // int64 [1]; set while there is no buffer
  bool stretches = false;     // dimensions of the buffer that nobody knew yet are 1; a write broadcasts them
  bool grows = false;         // a write behind the end makes it longer
  // Elements that differ in their first dimension: the buffer has them one behind the other, and this how
  // long each is, int64 [n]. kNoValue in other lists. Without a buffer all are empty, their type not known.
  ValueId lengths = kNoValue;
  bool ragged() const { return lengths != kNoValue; }
};

struct TableState {
  Tensor keys;    // rank 1
  Tensor values;  // rank 1
};

// What is known of a tensor that an unsupported node would have given.
struct StandIn {
  TensorType type;
  ValueId value = kNoValue;  // in the main graph; kNoValue in a body
};

struct Slot {
  enum class Kind { kNone, kTensor, kList, kArray, kTable, kPoison };
  Kind kind = Kind::kNone;
  ValueId value = kNoValue;                           // kTensor
  std::shared_ptr<const ListState> list = nullptr;    // kList; kArray: what its elements are
  std::shared_ptr<const TableState> table = nullptr;  // kTable; null while it is not initialised
  std::string blame = {};                             // kPoison: the node that could not be imported
  std::shared_ptr<const StandIn> stand_in = nullptr;  // kPoison; null if not even the type is known

  static Slot Of(ValueId value) { return {.kind = Kind::kTensor, .value = value}; }
  static Slot OfList(ListState list) {
    return {.kind = Kind::kList, .list = std::make_shared<const ListState>(std::move(list))};
  }
  static Slot Poison(std::string blame, std::shared_ptr<const StandIn> stand_in = nullptr) {
    return {.kind = Kind::kPoison, .blame = std::move(blame), .stand_in = std::move(stand_in)};
  }
  bool is_tensor() const { return kind == Kind::kTensor; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_poison() const { return kind == Kind::kPoison; }
};

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_SLOT_H_
