#include "export/emit/ops.h"

#include <fmt/format.h>

#include "graph/visit_op.h"

namespace floe {
namespace {

// Where no overload is closer.
struct AnyOp {
  template <typename T>
  AnyOp(const T&) {}  // NOLINT: that is what it is for
};
void Emit(AnyOp, Emitter& e) {
  e.Refuse(fmt::format("ONNX has no operator for it at opset {}", e.opset()),
           "cut the model before or after it with --input or --output");
}

}  // namespace

void EmitOp(Emitter& e) {
  VisitOp([&](const auto& op) { Emit(op, e); }, e.node().op);
}

}  // namespace floe
