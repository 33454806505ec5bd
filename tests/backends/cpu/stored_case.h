// Problems whose inputs and outputs lie in memory as bf16, for the tests of kernels.
#ifndef FLOE_TESTS_BACKENDS_CPU_STORED_CASE_H_
#define FLOE_TESTS_BACKENDS_CPU_STORED_CASE_H_

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "backends/cpu/isa.h"
#include "floe/float16.h"
#include "graph/graph.h"

namespace floe::cpu {

using Names = std::vector<std::string>;

class StorageBf16 : public testing::Test {
 protected:
  void SetUp() override {
    if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  }
};

// The problem with those inputs in bf16, and the first output if `output`.
inline std::unique_ptr<Graph> Stored(const Graph& g, const Names& inputs, bool output = true) {
  std::unique_ptr<Graph> stored = g.Clone();
  for (const std::string& name : inputs) {
    const ValueId id = stored->FindValue(name);
    const std::vector<NodeId> users = stored->value(id).users;
    stored->value(id).type.dtype = DType::kBFloat16;
    const ValueId wide = stored->Add(Cast{DType::kFloat32}, {id});
    for (const NodeId user : users) {
      for (size_t i = 0; i < stored->node(user).inputs.size(); ++i) {
        if (stored->node(user).inputs[i] == id) stored->SetInput(user, i, wide);
      }
    }
  }
  if (!output) return stored;
  std::vector<ValueId> outputs = stored->outputs();
  outputs[0] = stored->Add(Cast{DType::kBFloat16}, {outputs[0]});
  stored->SetOutputs(outputs);
  return stored;
}

inline Tensor Narrowed(const Tensor& t) {
  Tensor out(DType::kBFloat16, t.dims());
  for (int64_t i = 0; i < t.size(); ++i) out.data<BFloat16>()[i] = BFloat16(t.data<float>()[i]);
  return out;
}

inline Tensor Widened(const Tensor& t) {
  if (t.dtype() == DType::kFloat32) return t.Clone();
  Tensor out(DType::kFloat32, t.dims());
  for (int64_t i = 0; i < t.size(); ++i) out.data<float>()[i] = static_cast<float>(t.data<BFloat16>()[i]);
  return out;
}

// The largest difference, relative to the largest magnitude expected.
inline double Distance(const Tensor& got, const Tensor& expected) {
  EXPECT_EQ(got.dtype(), expected.dtype());
  const Tensor have = Widened(got);
  const Tensor want = Widened(expected);
  double scale = 0;
  double largest = 0;
  for (int64_t i = 0; i < want.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(have.data<float>()[i]) - want.data<float>()[i]);
    scale = std::max(scale, std::fabs(static_cast<double>(want.data<float>()[i])));
    largest = std::isnan(difference) ? HUGE_VAL : std::max(largest, difference);
  }
  return scale > 0 ? largest / scale : largest;
}

}  // namespace floe::cpu

#endif  // FLOE_TESTS_BACKENDS_CPU_STORED_CASE_H_
