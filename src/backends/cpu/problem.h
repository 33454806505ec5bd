// What kernels ask of a problem again and again.
#ifndef FLOE_BACKENDS_CPU_PROBLEM_H_
#define FLOE_BACKENDS_CPU_PROBLEM_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "graph/graph.h"

namespace floe::cpu {

// Dimensions of a value of static shape; CHECKs that it is static.
std::vector<int64_t> DimsOf(const Graph& problem, ValueId value);
int64_t SizeOf(const Graph& problem, ValueId value);

// Every input, output and inner value has a static type, no dimension is zero or absurd (tensors stay below
// 2^40 elements). Refuses with "shapes are not known" or "empty tensor".
Refusal RefuseUnlessStatic(const Graph& problem);
// The same, and every value but integer constants is float32.
Refusal RefuseUnlessFloat32(const Graph& problem);

// The only node of the problem, or null if there are more.
const Node* OnlyNode(const Graph& problem);
template <typename T>
const T* OnlyOp(const Graph& problem) {
  const Node* node = OnlyNode(problem);
  return node == nullptr ? nullptr : OpCast<T>(node->op);
}

// Where a value stands among the problem's outputs; -1 where nobody asks for it.
int OutputOf(const Graph& problem, ValueId value);

// A value as a run finds it: an input of the problem, or a constant.
class Operand {
 public:
  Operand() = default;  // absent
  Operand(const Graph& problem, ValueId value);

  bool present() const { return input_ >= 0 || constant_ != nullptr; }
  bool is_input() const { return input_ >= 0; }
  int input() const { return input_; }  // place among the problem's inputs, -1 for a constant
  // Null when absent.
  const void* raw(const RunArgs& args) const {
    return input_ >= 0 ? args.inputs[static_cast<size_t>(input_)].raw() : constant_;
  }
  const float* floats(const RunArgs& args) const { return static_cast<const float*>(raw(args)); }

 private:
  int input_ = -1;
  const void* constant_ = nullptr;
};

// Throws Error(kEngine) unless `packed` holds `count` float32 tensors.
void CheckPackedCount(std::span<const Tensor> packed, size_t count, std::string_view kernel);
// Throws Error(kEngine) unless the tensor has that type, with so many elements in memory.
void CheckPacked(const Tensor& tensor, DType dtype, int64_t elements, std::string_view kernel);
void CheckPackedFloats(const Tensor& tensor, int64_t floats, std::string_view kernel);

// Bytes of all inputs and outputs.
double BytesMoved(const Graph& problem);

int64_t RoundUp(int64_t value, int64_t multiple);
int64_t DivideUp(int64_t value, int64_t divisor);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PROBLEM_H_
