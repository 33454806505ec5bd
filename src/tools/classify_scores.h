// From what a network answers to classes with labels and probabilities.
#ifndef FLOE_TOOLS_CLASSIFY_SCORES_H_
#define FLOE_TOOLS_CLASSIFY_SCORES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "floe/tensor.h"

namespace floe::tools {

struct ClassScore {
  int64_t index = 0;  // of the network's output
  std::string label;  // "" when there are no labels
  double probability = 0;
};

// One label a line; empty lines at the end do not count. Throws Error(kModel) if there are none.
std::vector<std::string> ReadLabels(const std::string& path);

// One label for each of `classes`. Networks that TF-Slim trained on ImageNet have 1001 classes, the first of
// them "background", and lists of labels come with and without it: either is brought to the other, and said.
// Throws Error(kUsage), with `subject` (where the labels are from) first, for any other number.
std::vector<std::string> FitLabels(std::vector<std::string> labels, int64_t classes,
                                   const std::string& subject);

// How the rows of an output become probabilities.
enum class ScoreKind {
  kProbabilities,  // each row sums to 1
  kIndependent,    // each score lies between 0 and 1, but rows do not sum to 1: shown as they are
  kLogits,         // anything else: softmax
};
ScoreKind KindOfScores(std::span<const double> scores, int64_t classes);

// The `top` best classes of one row, best first.
std::vector<ClassScore> TopClasses(std::span<const double> row, ScoreKind kind, int64_t top,
                                   const std::vector<std::string>& labels);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_CLASSIFY_SCORES_H_
