#include <gmock/gmock.h>

#include "backends/cpu/harness.h"

namespace floe::cpu {
namespace {

using Ints = std::vector<int64_t>;

struct Case {
  Ints a;
  Ints b;
  bool transpose_a = false;
  bool transpose_b = false;
  bool constant_b = true;
  bool bias = false;
};

class EveryMatMul : public testing::TestWithParam<Case> {};

TEST_P(EveryMatMul, EqualsTheReference) {
  const Case& c = GetParam();
  Graph g;
  std::vector<ValueId> inputs = {g.AddInput("a", {DType::kFloat32, Shape::Of(c.a)})};
  inputs.push_back(c.constant_b ? g.AddConstant("b", RandomTensor(DType::kFloat32, c.b, 3))
                                : g.AddInput("b", {DType::kFloat32, Shape::Of(c.b)}));
  const int64_t n = c.b[c.b.size() - (c.transpose_b ? 2 : 1)];
  if (c.bias) inputs.push_back(g.AddConstant("bias", RandomTensor(DType::kFloat32, {n}, 4)));
  MatMul op;
  op.transpose_a = c.transpose_a;
  op.transpose_b = c.transpose_b;
  g.AddOutput(g.Add(op, inputs));
  ExpectMatches("cpu.matmul", g);
}

INSTANTIATE_TEST_SUITE_P(Shapes, EveryMatMul,
                         testing::Values(Case{{1, 1024}, {1024, 1001}, false, false, true, true},
                                         Case{{5, 17}, {17, 3}}, Case{{37, 64}, {33, 64}, false, true},
                                         Case{{19, 8}, {19, 40}, true, false},
                                         Case{{6, 5}, {9, 6}, true, true, false},
                                         Case{{2, 3, 11, 7}, {7, 13}, false, false, true, true},
                                         Case{{2, 3, 11, 7}, {2, 3, 7, 13}, false, false, false},
                                         Case{{2, 1, 11, 7}, {3, 7, 13}, false, false, false, true},
                                         Case{{4, 11, 7}, {4, 13, 7}, false, true, true},
                                         Case{{3, 70, 20}, {1, 20, 90}, false, false, false},
                                         Case{{1, 1}, {1, 1}, false, false, false}));

TEST(MatMul, FusesResidualAndActivation) {
  Graph g;
  const ValueId a = g.AddInput("a", {DType::kFloat32, {9, 20}});
  const ValueId b = g.AddConstant("b", RandomTensor(DType::kFloat32, {20, 35}, 3));
  const ValueId r = g.AddInput("r", {DType::kFloat32, {9, 35}});
  const ValueId y = g.Add(Binary{BinaryKind::kAdd}, {g.Add(MatMul{}, {a, b}), r});
  g.AddOutput(g.Add(Unary{UnaryKind::kTanh}, {y}));
  ExpectMatches("cpu.matmul", g);
}

struct TransposeCase {
  Ints input;
  Ints filter;  // I, spatial..., O / group
  Ints strides = {};
  Ints pads = {};
  Ints dilations = {};
  int64_t group = 1;
  Ints output_padding = {};
  AutoPad auto_pad = AutoPad::kExplicit;
};

class EveryConvTranspose : public testing::TestWithParam<TransposeCase> {};

TEST_P(EveryConvTranspose, EqualsTheReference) {
  const TransposeCase& c = GetParam();
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, Shape::Of(c.input)});
  const int64_t channels = c.filter.back() * c.group;
  ConvTranspose op;
  op.strides = c.strides;
  op.pads = c.pads;
  op.dilations = c.dilations;
  op.group = c.group;
  op.output_padding = c.output_padding;
  op.auto_pad = c.auto_pad;
  const ValueId y = g.Add(op, {x, g.AddConstant("f", RandomTensor(DType::kFloat32, c.filter, 5)),
                               g.AddConstant("bias", RandomTensor(DType::kFloat32, {channels}, 6))});
  g.AddOutput(g.Add(LeakyRelu{.alpha = 0.2}, {y}));
  ExpectMatches("cpu.conv_transpose", g);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EveryConvTranspose,
    testing::Values(TransposeCase{{1, 5, 6, 8}, {8, 3, 3, 7}},
                    TransposeCase{{2, 5, 6, 9}, {9, 4, 4, 20}, {2, 2}, {1, 1, 1, 1}},
                    TransposeCase{{1, 5, 6, 6}, {6, 3, 3, 5}, {2, 2}, {1, 1, 1, 1}, {}, 2, {1, 1}},
                    TransposeCase{{1, 4, 4, 3}, {3, 2, 2, 4}, {3, 3}},  // gaps between windows
                    TransposeCase{{1, 5, 5, 4}, {4, 3, 3, 6}, {2, 1}, {0, 2, 1, 2}, {1, 2}},
                    TransposeCase{{1, 7, 5, 3}, {3, 3, 3, 4}, {2, 2}, {}, {}, 1, {}, AutoPad::kSameUpper},
                    TransposeCase{{1, 9, 4}, {4, 5, 3}, {2}, {2, 1}}));

}  // namespace
}  // namespace floe::cpu
