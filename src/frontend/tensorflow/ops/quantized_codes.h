// Quantised types of TensorFlow's: which integers they are.
#ifndef FLOE_FRONTEND_TENSORFLOW_OPS_QUANTIZED_CODES_H_
#define FLOE_FRONTEND_TENSORFLOW_OPS_QUANTIZED_CODES_H_

#include <cmath>

#include "formats/tensorflow/data_type.h"
#include "frontend/tensorflow/node_context.h"

namespace floe {

struct Codes {
  bool is_signed;
  int bits;
  double lowest() const { return is_signed ? -std::ldexp(1.0, bits - 1) : 0; }
  double highest() const { return std::ldexp(1.0, is_signed ? bits - 1 : bits) - 1; }
};

inline Codes CodesOf(const NodeContext& c, const char* attribute) {
  const tf::DataType type = c.TfType(attribute);
  const bool is_signed = type == tf::DT_QINT8 || type == tf::DT_QINT16 || type == tf::DT_QINT32;
  return {is_signed, type == tf::DT_QINT8 || type == tf::DT_QUINT8 ? 8 : type == tf::DT_QINT32 ? 32 : 16};
}

// Half away from zero.
inline ValueId RoundedAway(Builder& b, ValueId x) {
  const ValueId up = b.Unary(
      UnaryKind::kFloor, b.Binary(BinaryKind::kAdd, b.Unary(UnaryKind::kAbs, x), b.Scalar(b.dtype(x), 0.5)));
  return b.Binary(BinaryKind::kMul, b.Unary(UnaryKind::kSign, x), up);
}

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_OPS_QUANTIZED_CODES_H_
