// Runs one kernel on a problem as the runtime would, and compares it with the reference.
#ifndef FLOE_TESTS_BACKENDS_CPU_HARNESS_H_
#define FLOE_TESTS_BACKENDS_CPU_HARNESS_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "floe/tensor.h"
#include "graph/graph.h"

namespace floe::cpu {

// Every instruction set that this machine has, "generic" first.
std::vector<std::string> AvailableIsas();
Target TargetOf(std::string isa);
// A row of the CPU backend's table; fails the test if there is none.
const Kernel& Row(std::string_view name);

// Values in [low, high), the same for the same seed; floats, or integers rounded down.
Tensor RandomTensor(DType dtype, std::vector<int64_t> dims, uint64_t seed, double low = -1, double high = 1);

// Why the kernel refuses the problem; "" when it takes it.
std::string RefusalOf(std::string_view kernel, const Graph& problem, std::string isa = "generic");

// Packs, prepares and runs the kernel with the constants it consumed taken away, all outputs filled with nan
// before. In place where `in_place` and the kernel allows it.
std::vector<Tensor> RunKernel(const Kernel& kernel, const Graph& problem, const std::vector<Tensor>& inputs,
                              const std::string& isa, int threads, bool in_place = false);

// Expects the kernel, which takes the problem on this instruction set, to give `expected` within its error
// bound, with one and two threads (equal to the bit), and in place.
void ExpectMatchesOn(const std::string& isa, const Kernel& kernel, const Graph& problem,
                     const std::vector<Tensor>& inputs, const std::vector<Tensor>& expected);
// Expects the kernel to take the problem and to equal the reference within its error bound, on every
// instruction set, with one and two threads (equal to the bit), and in place.
void ExpectMatches(std::string_view kernel, const Graph& problem, const std::vector<Tensor>& inputs);
// The same with random inputs in [-1, 1).
void ExpectMatches(std::string_view kernel, const Graph& problem, uint64_t seed = 1);

}  // namespace floe::cpu

#endif  // FLOE_TESTS_BACKENDS_CPU_HARNESS_H_
