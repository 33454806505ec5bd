// One call for each type of op: in a header of its own, since it instantiates the visitor for all of them.
#ifndef FLOE_GRAPH_VISIT_OP_H_
#define FLOE_GRAPH_VISIT_OP_H_

#include <type_traits>

#include "graph/op.h"

namespace floe {

template <typename Visitor, typename First, typename... Rest, typename AnyOp>
decltype(auto) VisitOpOf(OpTypeList<First, Rest...>, Visitor& visitor, AnyOp& op) {
  constexpr bool is_const = std::is_const_v<AnyOp>;
  using Result = std::invoke_result_t<Visitor&, std::conditional_t<is_const, const First&, First&>>;
  using Pointer = std::conditional_t<is_const, const void*, void*>;
  using Call = Result (*)(Visitor&, Pointer);
  static constexpr Call kCalls[] = {
      [](Visitor& v, Pointer p) -> Result {
        return v(*static_cast<std::conditional_t<is_const, const First*, First*>>(p));
      },
      [](Visitor& v, Pointer p) -> Result {
        return v(*static_cast<std::conditional_t<is_const, const Rest*, Rest*>>(p));
      }...};
  return kCalls[op.index()](visitor, op.fields());
}

// visitor(fields) with the op's struct; the result has one type, whichever it is.
template <typename Visitor>
decltype(auto) VisitOp(Visitor&& visitor, const Op& op) {
  return VisitOpOf(OpTypes(), visitor, op);
}
template <typename Visitor>
decltype(auto) VisitOp(Visitor&& visitor, Op& op) {
  return VisitOpOf(OpTypes(), visitor, op);
}

}  // namespace floe

#endif  // FLOE_GRAPH_VISIT_OP_H_
