#include "problems.h"

namespace floe {
namespace {

constexpr NamedProblem kAll[] = {
    // The class map of a segmentation network.
    {"arg_reduce/classes_of_513x513x21",
     R"(graph g(%x: float32[1, 513, 513, 21]) -> (%y) {
       %y = ArgMax(%x) {axis=-1, to=int32} })"},
};

}  // namespace

std::span<const NamedProblem> AllProblems() {
  return kAll;
}

}  // namespace floe
