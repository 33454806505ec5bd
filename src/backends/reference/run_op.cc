#include <variant>

#include "backends/reference/kernels.h"
#include "graph/visit_op.h"

namespace floe::reference {

void RunOp(const Op& op, OpCall& call) {
  VisitOp([&](const auto& one) { Run(one, call); }, op);
}

}  // namespace floe::reference
