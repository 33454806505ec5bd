// Tables that are filled once, from constants.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

const TableState& NeedTable(NodeContext& c) {
  const Slot& slot = c.slot(0);
  if (slot.kind != Slot::Kind::kTable) c.Fail("expected a table");
  if (slot.table == nullptr)
    c.FailWith("nothing fills its table with constants", "keep the table's initialiser in the graph");
  return *slot.table;
}

void ImportFind(NodeContext& c) {
  const TableState& table = NeedTable(c);
  Builder& b = c.build();
  if (c.dtype(1) != table.keys.dtype())
    c.Fail("expected keys of {}, found {}", DTypeName(table.keys.dtype()), DTypeName(c.dtype(1)));
  c.Return(LookupTable{}, {c.in(1), b.Constant(table.keys), b.Constant(table.values), c.in(2)});
}

void ImportTableSize(NodeContext& c) {
  c.Set(0, c.build().Int64(NeedTable(c).keys.size()));
}

constexpr OpImporter kRows[] = {
    {"LookupTableFind", ImportFind},
    {"LookupTableFindV2", ImportFind},
    {"LookupTableSize", ImportTableSize},
    {"LookupTableSizeV2", ImportTableSize},
};

}  // namespace

std::span<const OpImporter> LookupImporters() {
  return kRows;
}

}  // namespace floe
