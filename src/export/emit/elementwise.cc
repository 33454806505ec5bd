#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "export/emit/element_types.h"
#include "export/emit/ops.h"
#include "graph/builder.h"

namespace floe {
namespace {

// The operator of the same meaning; "" where ONNX has none.
std::string_view OnnxName(UnaryKind kind, int opset) {
  switch (kind) {
    case UnaryKind::kIdentity:
    case UnaryKind::kAbs:
    case UnaryKind::kNeg:
    case UnaryKind::kSign:
    case UnaryKind::kCeil:
    case UnaryKind::kFloor:
    case UnaryKind::kRound:
    case UnaryKind::kSqrt:
    case UnaryKind::kReciprocal:
    case UnaryKind::kExp:
    case UnaryKind::kLog:
    case UnaryKind::kSin:
    case UnaryKind::kCos:
    case UnaryKind::kTan:
    case UnaryKind::kAsin:
    case UnaryKind::kAcos:
    case UnaryKind::kAtan:
    case UnaryKind::kSinh:
    case UnaryKind::kCosh:
    case UnaryKind::kTanh:
    case UnaryKind::kAsinh:
    case UnaryKind::kAcosh:
    case UnaryKind::kAtanh:
    case UnaryKind::kErf:
    case UnaryKind::kSigmoid:
    case UnaryKind::kSoftplus:
    case UnaryKind::kSoftsign:
    case UnaryKind::kRelu:
    case UnaryKind::kNot:
    case UnaryKind::kIsNaN:
    case UnaryKind::kIsInf:
      return kUnaryNames[static_cast<size_t>(kind)];
    case UnaryKind::kHardSwish:
      return opset >= 14 ? "HardSwish" : "";
    default:
      return "";
  }
}

std::string_view OnnxName(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kAdd:
    case BinaryKind::kSub:
    case BinaryKind::kMul:
    case BinaryKind::kDiv:
    case BinaryKind::kPow:
    case BinaryKind::kMin:
    case BinaryKind::kMax:
    case BinaryKind::kAnd:
    case BinaryKind::kOr:
    case BinaryKind::kXor:
    case BinaryKind::kEqual:
    case BinaryKind::kLess:
    case BinaryKind::kLessOrEqual:
    case BinaryKind::kGreater:
    case BinaryKind::kGreaterOrEqual:
      return kBinaryNames[static_cast<size_t>(kind)];
    default:
      return "";
  }
}

void RefuseKind(Emitter& e) {
  e.Refuse(fmt::format("ONNX has no operator for it at opset {}", e.opset()),
           "cut the model before or after it with --input or --output");
}

}  // namespace

void Emit(const Unary& op, Emitter& e) {
  const std::string_view name = OnnxName(op.kind, e.opset());
  if (name.empty()) return RefuseKind(e);
  e.AddSame(name);
}

void Emit(const Binary& op, Emitter& e) {
  // Mod takes the sign of the divisor, with fmod that of the dividend; floats need fmod.
  if (op.kind == BinaryKind::kFloorMod && IsInteger(e.InType(0))) {
    e.AddSame("Mod");
  } else if (op.kind == BinaryKind::kTruncMod) {
    SetInt(e.AddSame("Mod"), "fmod", 1);
  } else if (const std::string_view name = OnnxName(op.kind); !name.empty()) {
    e.AddSame(name);
  } else if ((op.kind == BinaryKind::kLeftShift || op.kind == BinaryKind::kRightShift) &&
             !IsSigned(e.InType(0))) {
    SetString(e.AddSame("BitShift"), "direction", op.kind == BinaryKind::kLeftShift ? "LEFT" : "RIGHT");
  } else {
    RefuseKind(e);
  }
}

void Emit(const Sum&, Emitter& e) {
  e.AddSame(e.node().inputs.size() == 2 ? "Add" : "Sum");
}

void Emit(const Clip& op, Emitter& e) {
  // Limits of the type that the operator takes, called after its own output, which is then cast.
  OperandTypes types{{e.InType(0)}, {}};
  const bool is_cast =
      ChooseOperandTypes("Clip", "", e.opset(), &types).empty() && types.inputs[0] != e.InType(0);
  const std::string prefix = is_cast ? std::string(DTypeName(types.inputs[0])) + "/" : "";
  const auto limit = [&](double value, std::string_view name) -> Operand {
    if (std::isinf(value)) return {};
    return e.Constant(TensorOfNumbers(types.inputs[0], {}, {value}), prefix + std::string(name));
  };
  e.Add("Clip", {e.In(0), limit(op.min, "min"), limit(op.max, "max")}, {e.Out(0)});
}

void Emit(const LeakyRelu& op, Emitter& e) {
  SetFloat(e.AddSame("LeakyRelu"), "alpha", op.alpha);
}

void Emit(const Elu& op, Emitter& e) {
  SetFloat(e.AddSame("Elu"), "alpha", op.alpha);
}

void Emit(const Selu& op, Emitter& e) {
  onnx::NodeProto& node = e.AddSame("Selu");
  SetFloat(node, "alpha", op.alpha);
  SetFloat(node, "gamma", op.gamma);
}

void Emit(const HardSigmoid& op, Emitter& e) {
  onnx::NodeProto& node = e.AddSame("HardSigmoid");
  SetFloat(node, "alpha", op.alpha);
  SetFloat(node, "beta", op.beta);
}

void Emit(const PRelu&, Emitter& e) {
  e.AddSame("PRelu");
}

void Emit(const Cast& op, Emitter& e) {
  if (IsComplex(op.to) || IsComplex(e.InType(0))) {
    return e.Refuse("ONNX casts no complex numbers", "take the real and imaginary parts in the model");
  }
  SetInt(e.AddSame("Cast"), "to", OnnxType(op.to));
}

void Emit(const Where&, Emitter& e) {
  e.AddSame("Where");
}

}  // namespace floe
