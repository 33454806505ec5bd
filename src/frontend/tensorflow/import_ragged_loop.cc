// While over lists whose elements differ in length: each becomes two loop variables, the elements one behind
// the other and their lengths.
#include "frontend/tensorflow/importer.h"

namespace floe {
namespace {

// Which loop variables are such lists; the lengths of the k-th are the variable `count` + k.
struct RaggedVars {
  std::vector<size_t> places;
  std::vector<ListState> lists;  // as they go in
  size_t count = 0;

  Importer::Slots Joined(const Importer::Slots& tensors) const {
    if (tensors.size() < count + places.size()) return tensors;  // poison
    Importer::Slots slots(tensors.begin(), tensors.begin() + static_cast<std::ptrdiff_t>(count));
    for (size_t k = 0; k < places.size(); ++k) {
      ListState list = lists[k];
      list.buffer = tensors[places[k]].value;
      list.lengths = tensors[count + k].value;
      slots[places[k]] = Slot::OfList(std::move(list));
    }
    return slots;
  }
  Importer::Slots Parted(const Importer::Slots& slots) const {
    if (slots.size() < count) return slots;  // poison, or reported as too few
    Importer::Slots tensors(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(count));
    for (const size_t place : places) {
      if (!slots[place].is_list() || !slots[place].list->ragged() || slots[place].list->buffer == kNoValue)
        throw ImportFailure{"a loop variable changes its kind", ""};
      tensors[place] = Slot::Of(slots[place].list->buffer);
      tensors.push_back(Slot::Of(slots[place].list->lengths));
    }
    return tensors;
  }
};

bool LacksType(const RaggedVars& vars) {
  for (const ListState& list : vars.lists)
    if (list.buffer == kNoValue) return true;
  return false;
}

}  // namespace

Importer::Slots Importer::ImportRaggedWhile(Builder& builder, const Branch& condition,
                                            const FlatGraph& body_scope, const Branch& body,
                                            const Slots& init) {
  RaggedVars vars;
  vars.count = init.size();
  for (size_t i = 0; i < init.size(); ++i) {
    if (!init[i].is_list() || !init[i].list->ragged()) continue;
    vars.places.push_back(i);
    vars.lists.push_back(*init[i].list);
  }
  Slots start = init;
  if (LacksType(vars)) {
    // What the elements are like shows in one iteration, whose graph is thrown away.
    BodyScope trial(builder, builder.source() + "/trial");
    Slots args;
    for (const Slot& slot : init) args.push_back(trial.Capture(slot));
    const Slots results = body(trial.builder(), args);
    for (const Slot& slot : results)
      if (slot.is_poison()) return {slot};
    for (size_t k = 0; k < vars.places.size(); ++k) {
      ListState& list = vars.lists[k];
      if (list.buffer != kNoValue) continue;
      const size_t place = vars.places[k];
      if (place >= results.size() || !results[place].is_list() || results[place].list->buffer == kNoValue)
        throw ImportFailure{"the type of the elements of a list is not known before the first one", ""};
      const TensorType& type = trial.graph().value(results[place].list->buffer).type;
      Ints dims = {0};
      for (size_t d = 1; d < type.shape.rank(); ++d) {
        if (!type.shape[d].known())
          throw ImportFailure{"the shape of the elements of a list is not known before the first one", ""};
        dims.push_back(type.shape[d].value());
      }
      list.dtype = type.dtype;
      list.buffer = builder.Zeros(type.dtype, builder.Int64s(std::move(dims)));
      start[place] = Slot::OfList(list);
    }
  }
  const Branch parted_body = [&](Builder& b, const Slots& args) {
    return vars.Parted(body(b, vars.Joined(args)));
  };
  const Branch parted_condition = [&](Builder& b, const Slots& args) {
    return condition(b, vars.Joined(args));
  };
  return vars.Joined(ImportWhile(builder, parted_condition, body_scope, parted_body, vars.Parted(start)));
}

}  // namespace floe
