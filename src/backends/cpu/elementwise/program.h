// A chain of elementwise ops as a list of instructions over cache-sized runs of the output.
#ifndef FLOE_BACKENDS_CPU_ELEMENTWISE_PROGRAM_H_
#define FLOE_BACKENDS_CPU_ELEMENTWISE_PROGRAM_H_

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "backends/cpu/elementwise/block.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/storage.h"

namespace floe::cpu {

// One operand as the output's elements see it: dimensions that the operand walks alike are merged.
struct Broadcast {
  struct Level {
    int64_t size;
    int64_t stride;  // elements of the operand; 0 where it repeats
  };
  std::vector<Level> levels;  // outermost first, at least one
  int64_t period = 1;         // the operand's elements come again after so many of the output's
};

Broadcast MakeBroadcast(std::span<const int64_t> from, std::span<const int64_t> to);
// Copies elements [begin, begin + count) of the broadcast operand.
void GatherBroadcast(const Broadcast& broadcast, const void* from, size_t element_bytes, int64_t begin,
                     int64_t count, void* to);

// One of the tensors that a concatenation is made of.
struct ConcatPart {
  Operand source;
  int64_t width = 0;  // elements that come before the next part's
};
// Copies elements [begin, begin + count) of the concatenation, whose rows hold each part's width once.
void GatherConcat(std::span<const ConcatPart> parts, const RunArgs& args, size_t element_bytes, int64_t begin,
                  int64_t count, void* to);

// A value of the program. Where it lives: in memory of the caller under the output's own shape, or in a run's
// buffer.
struct Slot {
  Operand source;                      // input or constant; absent for results
  int output = -1;                     // the problem's output it is
  std::optional<Tensor> own;           // a constant made here (batch normalisation's factors)
  std::optional<Broadcast> broadcast;  // read through a buffer; none: element i is the output's element i
  std::vector<ConcatPart> parts;       // of a concatenation of sources, read through a buffer
  bool steady = false;                 // the buffer holds the same for every run of elements
  size_t element_bytes = 4;
  int64_t size = 0;  // elements of the source
};

struct Instruction {
  BlockFunction function = nullptr;
  int out = 0;
  int in[3] = {-1, -1, -1};
  int activation = -1;  // place in Program::activations
};

struct Program {
  std::vector<int64_t> dims;  // of every output
  int64_t count = 0;          // elements of an output
  int64_t block = 0;          // elements a run; a multiple of every steady slot's period
  std::vector<Slot> slots;
  std::vector<Instruction> instructions;
  std::deque<Activation> activations;
  double cost = 0;  // of an element, in nanoseconds on one thread, roughly
};

// Refuses anything but elementwise ops with constant time an element, BatchNormalization with constant
// factors and concatenations of what the problem is given, whose outputs all have one shape.
// Inputs and outputs may lie in memory as bf16.
// With `halves` float16 is computed in float32, the result of each op rounded; else it is refused.
Refusal CompileProgram(const Graph& problem, const Target& target, bool halves, Program* program);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ELEMENTWISE_PROGRAM_H_
