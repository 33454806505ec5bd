// Non-maximum suppression, ONNX's and TensorFlow's.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <queue>

#include "backends/reference/boxes.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

namespace {

std::vector<Box> LoadBoxes(const Tensor& t, int64_t begin, int64_t count, bool centered) {
  std::vector<Box> boxes;
  boxes.reserve(static_cast<size_t>(count));
  std::vector<double> values(static_cast<size_t>(4 * count));
  Load(t, 4 * begin, 4 * count, values.data());
  for (size_t i = 0; i < values.size(); i += 4) {
    const float a = static_cast<float>(values[i]), b = static_cast<float>(values[i + 1]);
    const float c = static_cast<float>(values[i + 2]), d = static_cast<float>(values[i + 3]);
    boxes.push_back(centered ? Box{b - d / 2, a - c / 2, b + d / 2, a + c / 2} : Box{a, b, c, d});
  }
  return boxes;
}

struct Candidate {
  double score;
  int64_t box;
  int64_t compared;  // how many of the selected boxes it has been weighed against
};
struct ByScore {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.score != b.score ? a.score < b.score : a.box > b.box;
  }
};

struct Limits {
  int64_t most;
  float iou_threshold;
  double score_threshold;
  double sigma = 0;  // above 0: overlapping boxes lose score instead of being dropped
  DType score_type = DType::kFloat32;
};

// Boxes are dropped, none loses score: each candidate is looked at once.
std::vector<Candidate> SelectHard(const std::vector<Box>& boxes, const std::vector<double>& scores,
                                  const Limits& limits) {
  std::vector<int64_t> keys;
  keys.reserve(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > limits.score_threshold)
      keys.push_back(BestFirst::Key(static_cast<float>(scores[i]), static_cast<int64_t>(i)));
  }
  std::vector<Candidate> selected;
  KeptBoxes kept;
  BestFirst queue(keys);
  while (static_cast<int64_t>(selected.size()) < limits.most && !queue.empty()) {
    const int64_t next = queue.Pop();
    const Box& box = boxes[static_cast<size_t>(next)];
    if (kept.AnyAbove(limits.iou_threshold, box)) continue;
    kept.Add(box);
    selected.push_back({scores[static_cast<size_t>(next)], next, 0});
  }
  return selected;
}

// TensorFlow's DoNonMaxSuppressionOp. Scores must be above the threshold and fall as boxes are weighed.
// overlap_of(i, k) of box i and the k-th of the selected; keep(i) is told of each of these.
template <typename Overlap, typename Keep>
std::vector<Candidate> SelectSoft(const std::vector<double>& scores, const Limits& limits, Overlap overlap_of,
                                  Keep keep) {
  std::priority_queue<Candidate, std::vector<Candidate>, ByScore> queue;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > limits.score_threshold) queue.push({scores[i], static_cast<int64_t>(i), 0});
  }
  std::vector<Candidate> selected;
  while (static_cast<int64_t>(selected.size()) < limits.most && !queue.empty()) {
    Candidate next = queue.top();
    queue.pop();
    const double before = next.score;
    bool dropped = false;
    for (int64_t j = static_cast<int64_t>(selected.size()) - 1; j >= next.compared && !dropped; --j) {
      const float overlap = overlap_of(next.box, static_cast<size_t>(j));
      if (limits.sigma <= 0) {
        dropped = overlap > limits.iou_threshold;
        continue;
      }
      const double weight = std::exp(-0.5 / limits.sigma * overlap * overlap);
      next.score = RoundTo(limits.score_type, next.score * weight);
      if (next.score <= limits.score_threshold) break;
    }
    next.compared = static_cast<int64_t>(selected.size());
    if (dropped) continue;
    if (next.score == before) {
      selected.push_back(next);
      keep(next.box);
    } else if (next.score > limits.score_threshold) {
      queue.push(next);
    }
  }
  return selected;
}

std::vector<Candidate> Select(const std::vector<Box>& boxes, const std::vector<double>& scores,
                              const Limits& limits) {
  const bool keys_hold = limits.score_type != DType::kFloat64 && scores.size() <= UINT32_MAX;
  if (limits.sigma <= 0 && keys_hold) return SelectHard(boxes, scores, limits);
  KeptBoxes kept;
  return SelectSoft(
      scores, limits, [&](int64_t i, size_t k) { return kept.Overlap(boxes[static_cast<size_t>(i)], k); },
      [&](int64_t i) { kept.Add(boxes[static_cast<size_t>(i)]); });
}

// By a table of overlaps.
std::vector<Candidate> SelectByTable(const std::vector<double>& table, const std::vector<double>& scores,
                                     const Limits& limits) {
  std::vector<size_t> kept;
  return SelectSoft(
      scores, limits,
      [&](int64_t i, size_t k) {
        return static_cast<float>(table[static_cast<size_t>(i) * scores.size() + kept[k]]);
      },
      [&](int64_t i) { kept.push_back(static_cast<size_t>(i)); });
}

}  // namespace

void Run(const NonMaxSuppression& op, OpCall& call) {
  call.RequireRank(0, 3);
  call.RequireRank(1, 3);
  if (!IsFloat(call.in(0).dtype())) call.FailType(0);
  if (!IsFloat(call.in(1).dtype())) call.FailType(1);
  const int64_t batch = call.in(0).dims()[0];
  const int64_t n = call.in(0).dims()[1];
  const int64_t classes = call.in(1).dims()[1];
  call.RequireDims(0, {batch, n, 4});
  call.RequireDims(1, {batch, classes, n});
  Limits limits{0, 0, -std::numeric_limits<double>::infinity()};
  if (call.has(2)) limits.most = call.Int(2);
  if (call.has(3)) limits.iou_threshold = static_cast<float>(call.Number(3));
  if (call.has(4)) limits.score_threshold = call.Number(4);
  limits.score_type = call.in(1).dtype();
  std::vector<int64_t> found;
  std::vector<std::vector<Candidate>> of_class(static_cast<size_t>(classes));
  for (int64_t b = 0; b < batch; ++b) {
    const std::vector<Box> boxes = LoadBoxes(call.in(0), b * n, n, op.box_order == BoxOrder::kCenter);
    ForRange(call, classes, [&](int64_t begin, int64_t end) {
      std::vector<double> scores(static_cast<size_t>(n));
      for (int64_t c = begin; c < end; ++c) {
        Load(call.in(1), (b * classes + c) * n, n, scores.data());
        of_class[static_cast<size_t>(c)] = Select(boxes, scores, limits);
      }
    });
    for (int64_t c = 0; c < classes; ++c) {
      for (const Candidate& s : of_class[static_cast<size_t>(c)]) found.insert(found.end(), {b, c, s.box});
    }
  }
  StoreAll(&call.Out(0, DType::kInt64, {static_cast<int64_t>(found.size() / 3), 3}), found);
}

void Run(const TfNonMaxSuppression& op, OpCall& call) {
  const Tensor& scores = call.in(1);
  call.RequireRank(1, 1);
  call.RequireDims(0, {scores.size(), op.overlaps ? scores.size() : 4});
  if (!IsFloat(call.in(0).dtype())) call.FailType(0);
  if (!IsFloat(scores.dtype())) call.FailType(1);
  Limits limits{call.Size(std::max<int64_t>(call.Int(2), 0), "most boxes"), 0.5f,
                -std::numeric_limits<double>::infinity()};
  if (call.has(3)) limits.iou_threshold = static_cast<float>(call.Number(3));
  if (call.has(4)) limits.score_threshold = call.Number(4);
  if (call.has(5)) limits.sigma = call.Number(5);
  limits.score_type = scores.dtype();
  if (!op.overlaps && !(limits.iou_threshold >= 0 && limits.iou_threshold <= 1)) {
    call.FailValue("an IoU threshold of {} is not in [0, 1]", limits.iou_threshold);
  }
  const std::vector<double> scored = LoadAll<double>(scores);
  const std::vector<Candidate> selected =
      op.overlaps ? SelectByTable(LoadAll<double>(call.in(0)), scored, limits)
                  : Select(LoadBoxes(call.in(0), 0, scores.size(), false), scored, limits);
  const int64_t valid = static_cast<int64_t>(selected.size());
  const int64_t count = op.pad_to_max ? limits.most : valid;
  Tensor& indices = call.Out(0, DType::kInt32, {count});
  std::vector<int64_t> places(static_cast<size_t>(count), 0);
  std::vector<double> kept(static_cast<size_t>(count), 0);
  for (size_t i = 0; i < selected.size(); ++i) {
    places[i] = selected[i].box;
    kept[i] = selected[i].score;
  }
  StoreAll(&indices, places);
  if (call.wants(1)) StoreAll(&call.Out(1, scores.dtype(), {count}), kept);
  if (call.wants(2)) StoreAll(&call.Out(2, DType::kInt32, {}), std::vector<int64_t>{valid});
}

}  // namespace floe::reference
