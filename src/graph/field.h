// The fields of an op, listed once in its struct (`Fields()`) and read by everything that compares, hashes,
// prints, parses or serialises it. Fields() is a template, so that only op.cc instantiates the lists.
#ifndef FLOE_GRAPH_FIELD_H_
#define FLOE_GRAPH_FIELD_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "floe/tensor.h"

namespace floe {

template <typename T, typename M>
struct Field {
  std::string_view name;
  M T::*member;
};
template <typename T, typename M>
Field(const char*, M T::*) -> Field<T, M>;

// An enum field: its number and the words for all numbers. Each enum E has a function EnumNames(E) found by
// argument-dependent lookup; the numbers are part of the engine format.
struct EnumRef {
  uint8_t* value;
  std::span<const std::string_view> names;
};

// A field with its type erased. The referred object is the op's own.
using FieldRef = std::variant<int64_t*, double*, bool*, std::string*, DType*, std::vector<int64_t>*,
                              std::vector<double>*, std::vector<std::string>*, EnumRef>;

template <typename M>
FieldRef MakeFieldRef(M& member) {
  if constexpr (std::is_enum_v<M> && !std::is_same_v<M, DType>) {
    static_assert(sizeof(M) == 1, "enums in ops are of one byte");
    return EnumRef{reinterpret_cast<uint8_t*>(&member), EnumNames(M{})};
  } else {
    return &member;
  }
}

}  // namespace floe

#endif  // FLOE_GRAPH_FIELD_H_
