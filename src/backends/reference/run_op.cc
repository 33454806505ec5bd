#include <variant>

#include "backends/reference/kernels.h"

namespace floe::reference {

void RunOp(const Op& op, OpCall& call) {
  std::visit([&](const auto& one) { Run(one, call); }, op);
}

}  // namespace floe::reference
