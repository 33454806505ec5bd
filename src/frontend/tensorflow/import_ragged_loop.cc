// While over lists whose elements differ in shape: each becomes two loop variables, the contents one behind
// the other and the shapes.
#include "frontend/tensorflow/importer.h"
#include "frontend/tensorflow/ragged_list.h"

namespace floe {
namespace {

// Which loop variables are such lists; the shapes of the k-th are the variable `count` + k.
struct RaggedVars {
  std::vector<size_t> places;
  std::vector<ListState> lists;  // as they go in
  size_t count = 0;
  bool widened = false;  // an iteration gave elements that share less than was assumed

  Importer::Slots Joined(const Importer::Slots& tensors) const {
    if (tensors.size() < count + places.size()) return tensors;  // poison
    Importer::Slots slots(tensors.begin(), tensors.begin() + static_cast<std::ptrdiff_t>(count));
    for (size_t k = 0; k < places.size(); ++k) {
      ListState list = lists[k];
      list.buffer = tensors[places[k]].value;
      list.shapes = tensors[count + k].value;
      slots[places[k]] = Slot::OfList(std::move(list));
    }
    return slots;
  }
  Importer::Slots Parted(Builder& builder, const Importer::Slots& slots) {
    if (slots.size() < count) return slots;  // poison, or reported as too few
    Importer::Slots tensors(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(count));
    for (size_t k = 0; k < places.size(); ++k) {
      const Slot& slot = slots[places[k]];
      if (!slot.is_list() || slot.list->buffer == kNoValue)
        throw ImportFailure{"a loop variable changes its kind", ""};
      const ListState list = slot.list->ragged ? *slot.list : RaggedFromAlike(builder, *slot.list);
      const Shape shared = SharedDims(lists[k].element, list.element);
      widened = widened || shared != lists[k].element;
      lists[k].element = shared;
      tensors[places[k]] = Slot::Of(list.buffer);
      tensors.push_back(Slot::Of(list.shapes));
    }
    return tensors;
  }
};

// The list with a buffer before the first iteration, from what its elements are like after it.
ListState Begun(Builder& builder, const ListState& list, const Graph& trial, const Slot& after) {
  const ListState* seen = after.is_list() && after.list->buffer != kNoValue ? after.list.get() : nullptr;
  if (seen == nullptr && (list.dtype == DType::kInvalid || !list.declared.has_rank()))
    throw ImportFailure{"the type of the elements of a list is not known before the first one", ""};
  if (seen == nullptr) {
    ListState begun = MaterialiseRagged(builder, list, list.dtype, list.declared.rank());
    begun.element = SharedDims(list.declared, list.declared);
    return begun;
  }
  if (!seen->element.has_rank())
    throw ImportFailure{"the rank of the elements of a list is not known before the first one", ""};
  const DType dtype = trial.value(seen->buffer).type.dtype;
  ListState begun = MaterialiseRagged(builder, list, dtype, seen->element.rank());
  begun.element = SharedDims(seen->element, seen->element);
  return begun;
}

}  // namespace

Importer::Slots Importer::ImportRaggedWhile(Builder& builder, const Branch& condition,
                                            const FlatGraph& body_scope, const Branch& body,
                                            const Slots& init) {
  RaggedVars vars;
  vars.count = init.size();
  bool lacks_type = false;
  for (size_t i = 0; i < init.size(); ++i) {
    if (!init[i].is_list() || !init[i].list->ragged) continue;
    vars.places.push_back(i);
    vars.lists.push_back(*init[i].list);
    lacks_type = lacks_type || init[i].list->buffer == kNoValue;
  }
  Slots start = init;
  if (lacks_type) {
    // What the elements are like shows in one iteration, whose graph is thrown away.
    BodyScope trial(builder, builder.source() + "/trial");
    Slots args;
    for (const Slot& slot : init) args.push_back(trial.Capture(slot));
    const Slots results = body(trial.builder(), args);
    for (const Slot& slot : results)
      if (slot.is_poison()) return {slot};
    for (size_t k = 0; k < vars.places.size(); ++k) {
      ListState& list = vars.lists[k];
      const size_t place = vars.places[k];
      if (list.buffer != kNoValue) continue;
      if (place >= results.size()) throw ImportFailure{"its body gives too few results", ""};
      list = Begun(builder, list, trial.graph(), results[place]);
      start[place] = Slot::OfList(list);
    }
  }
  const Branch parted_body = [&](Builder& b, const Slots& args) {
    return vars.Parted(b, body(b, vars.Joined(args)));
  };
  const Branch parted_condition = [&](Builder& b, const Slots& args) {
    return condition(b, vars.Joined(args));
  };
  for (;;) {
    Slots tensors = vars.Parted(builder, start);
    vars.widened = false;
    const Slots results = ImportWhile(builder, parted_condition, body_scope, parted_body, tensors);
    if (!vars.widened || results.size() < tensors.size()) return vars.Joined(results);
    // The loop that was imported with too narrow types goes, with the checks in it.
    const NodeId loop = builder.graph().value(results[vars.places[0]].value).producer;
    if (loop != kNoNode) builder.graph().RemoveNode(loop);
  }
}

}  // namespace floe
