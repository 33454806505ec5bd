// Convolutions for the tests of kernels.
#ifndef FLOE_TESTS_BACKENDS_CPU_CONV_CASE_H_
#define FLOE_TESTS_BACKENDS_CPU_CONV_CASE_H_

#include <vector>

#include "backends/cpu/harness.h"

namespace floe::cpu {

using Ints = std::vector<int64_t>;

// A convolution in a sentence: fields left out are the plain ones.
struct Case {
  Ints input;   // N, spatial..., C
  Ints filter;  // O, spatial..., C / group
  Ints strides = {};
  Ints pads = {};
  Ints dilations = {};
  int64_t group = 1;
  bool bias = true;
};

inline ValueId AddConv(Graph& g, const Case& c) {
  const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
  std::vector<ValueId> inputs = {x, g.AddConstant("filter", RandomTensor(DType::kFloat32, c.filter, 11))};
  if (c.bias) inputs.push_back(g.AddConstant("bias", RandomTensor(DType::kFloat32, {c.filter[0]}, 12)));
  Conv op;
  op.strides = c.strides;
  op.pads = c.pads;
  op.dilations = c.dilations;
  op.group = c.group;
  return g.Add(op, inputs);
}

inline Graph Plain(const Case& c) {
  Graph g;
  g.AddOutput(AddConv(g, c));
  return g;
}

// Every one that can follow a convolution.
inline std::vector<Op> Activations() {
  return {Unary{UnaryKind::kRelu},
          Clip{.min = 0, .max = 6},
          LeakyRelu{.alpha = 0.3},
          Elu{.alpha = 0.7},
          Selu{},
          HardSigmoid{},
          Unary{UnaryKind::kHardSwish},
          Unary{UnaryKind::kSigmoid},
          Unary{UnaryKind::kTanh},
          Unary{UnaryKind::kSilu},
          Unary{UnaryKind::kSoftplus},
          Unary{UnaryKind::kMish},
          Unary{UnaryKind::kSoftsign},
          Gelu{},
          Gelu{.approximate = true}};
}

}  // namespace floe::cpu

#endif  // FLOE_TESTS_BACKENDS_CPU_CONV_CASE_H_
