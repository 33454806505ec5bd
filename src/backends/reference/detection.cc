// Non-maximum suppression, ONNX's and TensorFlow's.
#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "backends/reference/boxes.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

float IntersectionOverUnion(const Box& a, const Box& b) {
  const float a_top = std::min(a.y1, a.y2), a_left = std::min(a.x1, a.x2);
  const float a_bottom = std::max(a.y1, a.y2), a_right = std::max(a.x1, a.x2);
  const float b_top = std::min(b.y1, b.y2), b_left = std::min(b.x1, b.x2);
  const float b_bottom = std::max(b.y1, b.y2), b_right = std::max(b.x1, b.x2);
  const float a_area = (a_bottom - a_top) * (a_right - a_left);
  const float b_area = (b_bottom - b_top) * (b_right - b_left);
  if (a_area <= 0 || b_area <= 0) return 0;
  const float height = std::max(std::min(a_bottom, b_bottom) - std::max(a_top, b_top), 0.0f);
  const float width = std::max(std::min(a_right, b_right) - std::max(a_left, b_left), 0.0f);
  const float common = height * width;
  return common / (a_area + b_area - common);
}

namespace {

std::vector<Box> LoadBoxes(const Tensor& t, int64_t begin, int64_t count, bool centered) {
  std::vector<Box> boxes;
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

// TensorFlow's DoNonMaxSuppressionOp. Scores must be above the threshold and fall as boxes are weighed.
// `overlap` of two boxes by their places.
template <typename Overlap>
std::vector<Candidate> Select(const std::vector<double>& scores, const Limits& limits, Overlap overlap_of) {
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
      const float overlap = overlap_of(next.box, selected[static_cast<size_t>(j)].box);
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
    } else if (next.score > limits.score_threshold) {
      queue.push(next);
    }
  }
  return selected;
}

std::vector<Candidate> Select(const std::vector<Box>& boxes, const std::vector<double>& scores,
                              const Limits& limits) {
  return Select(scores, limits, [&](int64_t i, int64_t k) {
    return IntersectionOverUnion(boxes[static_cast<size_t>(i)], boxes[static_cast<size_t>(k)]);
  });
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
  std::vector<int64_t> found;
  for (int64_t b = 0; b < batch; ++b) {
    const std::vector<Box> boxes = LoadBoxes(call.in(0), b * n, n, op.box_order == BoxOrder::kCenter);
    for (int64_t c = 0; c < classes; ++c) {
      std::vector<double> scores(static_cast<size_t>(n));
      Load(call.in(1), (b * classes + c) * n, n, scores.data());
      for (const Candidate& s : Select(boxes, scores, limits)) found.insert(found.end(), {b, c, s.box});
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
      op.overlaps ? Select(scored, limits,
                           [&, table = LoadAll<double>(call.in(0))](int64_t i, int64_t k) {
                             return static_cast<float>(table[static_cast<size_t>(i * scores.size() + k)]);
                           })
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
