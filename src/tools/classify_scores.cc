#include "tools/classify_scores.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "verify/compare.h"

namespace floe::tools {
namespace {

constexpr int64_t kImageNet = 1000;
constexpr double kSumTolerance = 1e-2;  // float16 networks sum to 1 only about

bool IsBackground(const std::string& label) {
  return label == "background" || label == "dummy" || label == "__background__" || label == "???";
}

std::vector<double> Softmax(std::span<const double> row) {
  double largest = -INFINITY;
  for (const double v : row) largest = std::max(largest, v);
  std::vector<double> out;
  double sum = 0;
  for (const double v : row) sum += out.emplace_back(std::exp(v - largest));
  for (double& v : out) v /= sum;
  return out;
}

}  // namespace

std::vector<std::string> ReadLabels(const std::string& path) {
  const std::string text = ReadTextFile(path);
  std::vector<std::string> labels;
  for (const std::string_view line : SplitText(text, '\n')) labels.emplace_back(TrimText(line));
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) Throw(ErrorCode::kModel, "{}: expected one label a line, found none", path);
  return labels;
}

std::vector<std::string> FitLabels(std::vector<std::string> labels, int64_t classes,
                                   const std::string& subject) {
  const auto count = static_cast<int64_t>(labels.size());
  if (count == 0 || count == classes) return labels;
  if (count == kImageNet && classes == kImageNet + 1) {
    LogWarning("{}: {} labels for {} classes: the first class is taken as background, label 1 is for class 2",
               subject, count, classes);
    labels.insert(labels.begin(), "background");
    return labels;
  }
  if (count == classes + 1 && (classes == kImageNet || IsBackground(labels[0]))) {
    LogWarning("{}: {} labels for {} classes: the first label ('{}') is left out", subject, count, classes,
               labels[0]);
    labels.erase(labels.begin());
    return labels;
  }
  Throw(ErrorCode::kUsage, "{}: expected {} labels, one a class of the network, found {}", subject, classes,
        count);
}

ScoreKind KindOfScores(std::span<const double> scores, int64_t classes) {
  const auto width = static_cast<size_t>(classes);
  bool sums_to_one = true;
  for (size_t at = 0; at < scores.size(); at += width) {
    double sum = 0;
    for (const double v : scores.subspan(at, width)) {
      if (!(v >= -1e-6 && v <= 1 + 1e-6)) return ScoreKind::kLogits;
      sum += v;
    }
    sums_to_one &= std::abs(sum - 1) <= kSumTolerance;
  }
  return sums_to_one ? ScoreKind::kProbabilities : ScoreKind::kIndependent;
}

std::vector<ClassScore> TopClasses(std::span<const double> row, ScoreKind kind, int64_t top,
                                   const std::vector<std::string>& labels) {
  const std::vector<double> p =
      kind == ScoreKind::kLogits ? Softmax(row) : std::vector<double>(row.begin(), row.end());
  std::vector<ClassScore> out;
  // By the scores themselves: softmax makes equals of small ones.
  for (const int64_t i : LargestIndices(row.data(), static_cast<int64_t>(row.size()), top)) {
    const auto at = static_cast<size_t>(i);
    out.push_back({i, at < labels.size() ? labels[at] : "", p[at]});
  }
  return out;
}

}  // namespace floe::tools
