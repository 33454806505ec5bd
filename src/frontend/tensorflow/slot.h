// What a TensorFlow tensor is while it is imported: a value of the graph, or one of the things that exist
// only at import time, lists, arrays and tables.
#ifndef FLOE_FRONTEND_TENSORFLOW_SLOT_H_
#define FLOE_FRONTEND_TENSORFLOW_SLOT_H_

#include <map>
#include <memory>
#include <set>
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
  std::string origin = {};    // the node that made it
  Shape declared = {};        // what that node says of every element
  bool alike = false;         // that node promises elements of one shape
  bool differs = false;       // dimensions that only the run knows were written one element after the other
  // Elements whose shapes may differ: the buffer has their contents one behind the other, rank 1, and
  // `shapes` says what each is like, int64 [n, rank]. Both or none: while no element has been seen there is
  // the length. Their rank is 1 or more.
  bool ragged = false;
  ValueId shapes = kNoValue;
};

// What one import learns about its lists, by their origin, for another that makes some of them ragged.
struct ListNotes {
  struct Use {
    bool differs = false;  // elements can't be alike, or were joined or read where they might not be
    bool stacked = false;  // were stacked, which TensorFlow allows for elements of one shape only
    bool joined = false;   // were joined along their first dimension, which may differ
  };
  std::set<std::string> ragged;  // to be made so
  std::map<std::string, Use> uses = {};
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
