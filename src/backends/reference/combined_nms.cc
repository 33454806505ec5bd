// TensorFlow's CombinedNonMaxSuppression.
#include <algorithm>
#include <numeric>

#include "backends/reference/boxes.h"
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

struct Detection {
  float score;
  int64_t box_class;
  Box box;
};

struct Setup {
  int64_t batch, boxes, shared, classes;  // shared: 1 when all classes have the same boxes, else classes
  int64_t most_per_class, most;
  float iou_threshold, score_threshold;
};

Setup ReadSetup(const OpCall& call) {
  call.RequireRank(0, 4);
  call.RequireRank(1, 3);
  for (size_t i : {0, 1}) {
    if (call.in(i).dtype() != DType::kFloat32) call.FailType(i);
  }
  const Dims& b = call.in(0).dims();
  const Dims& s = call.in(1).dims();
  if (b[0] != s[0] || b[1] != s[1] || b[3] != 4 || (b[2] != 1 && b[2] != s[2])) {
    call.Fail("boxes {} and scores {}", DimsToString(b), DimsToString(s));
  }
  Setup setup{b[0],
              b[1],
              b[2],
              s[2],
              call.Int(2),
              call.Int(3),
              static_cast<float>(call.Number(4)),
              static_cast<float>(call.Number(5))};
  if (setup.most_per_class < 1) call.FailValue("{} boxes a class", setup.most_per_class);
  if (call.Size(setup.most, "total") < 1) call.FailValue("a total of 0 boxes");
  if (!(setup.iou_threshold >= 0 && setup.iou_threshold <= 1)) {
    call.FailValue("an IoU threshold of {} is not in [0, 1]", setup.iou_threshold);
  }
  return setup;
}

struct Candidate {
  float score;
  int64_t box;
};
// Of a heap: the highest score on top, of equal ones the first box.
bool IsBehind(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score < b.score : a.box > b.box;
}

// The boxes of each class whose score is above the threshold, in one walk over the scores.
std::vector<std::vector<Candidate>> CandidatesOf(const OpCall& call, const Setup& s, int64_t image) {
  const float* scores = call.in(1).data<float>() + image * s.boxes * s.classes;
  std::vector<std::vector<Candidate>> candidates(static_cast<size_t>(s.classes));
  for (int64_t i = 0; i < s.boxes; ++i) {
    for (int64_t c = 0; c < s.classes; ++c) {
      const float score = scores[i * s.classes + c];
      if (score > s.score_threshold) candidates[static_cast<size_t>(c)].push_back({score, i});
    }
  }
  return candidates;
}

// Few candidates are looked at before enough are found: a heap sorts only those.
std::vector<Detection> SelectClass(const OpCall& call, const Setup& s, int64_t image, int64_t box_class,
                                   std::vector<Candidate> heap) {
  const float* corners =
      call.in(0).data<float>() + (image * s.boxes * s.shared + (s.shared == 1 ? 0 : box_class)) * 4;
  std::make_heap(heap.begin(), heap.end(), IsBehind);
  std::vector<Detection> found;
  while (!heap.empty() && static_cast<int64_t>(found.size()) < s.most_per_class) {
    std::pop_heap(heap.begin(), heap.end(), IsBehind);
    const Candidate best = heap.back();
    heap.pop_back();
    const float* c = corners + best.box * s.shared * 4;
    const Box box = {c[0], c[1], c[2], c[3]};
    const bool overlaps = std::any_of(found.begin(), found.end(), [&](const Detection& d) {
      return IntersectionOverUnion(box, d.box) > s.iou_threshold;
    });
    if (!overlaps) found.push_back({best.score, box_class, box});
  }
  return found;
}

// Of all classes, the best scores first.
std::vector<Detection> Select(const OpCall& call, const Setup& s, int64_t image) {
  std::vector<std::vector<Candidate>> candidates = CandidatesOf(call, s, image);
  std::vector<std::vector<Detection>> found(candidates.size());
  ForRange(call, s.classes, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      const auto i = static_cast<size_t>(c);
      found[i] = SelectClass(call, s, image, c, std::move(candidates[i]));
    }
  });
  std::vector<Detection> all;
  for (const std::vector<Detection>& of_class : found)
    all.insert(all.end(), of_class.begin(), of_class.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return all;
}

}  // namespace

void Run(const CombinedNonMaxSuppression& op, OpCall& call) {
  const Setup s = ReadSetup(call);
  int64_t count = s.most;
  int64_t all = 0;
  if (op.pad_per_class && !__builtin_mul_overflow(s.most_per_class, s.classes, &all))
    count = std::min(count, all);
  Tensor& boxes = call.Out(0, DType::kFloat32, {s.batch, count, 4});
  Tensor& scores = call.Out(1, DType::kFloat32, {s.batch, count});
  Tensor& classes = call.Out(2, DType::kFloat32, {s.batch, count});
  Tensor& valid = call.Out(3, DType::kInt32, {s.batch});
  for (Tensor* t : {&boxes, &scores, &classes}) SetZero(t);
  for (int64_t image = 0; image < s.batch; ++image) {
    const std::vector<Detection> found = Select(call, s, image);
    const size_t kept = std::min(found.size(), static_cast<size_t>(count));
    for (size_t i = 0; i < kept; ++i) {
      const size_t to = static_cast<size_t>(image * count) + i;
      const float corners[] = {found[i].box.y1, found[i].box.x1, found[i].box.y2, found[i].box.x2};
      for (size_t k = 0; k < 4; ++k) {
        boxes.data<float>()[to * 4 + k] = op.clip_boxes ? std::clamp(corners[k], 0.0f, 1.0f) : corners[k];
      }
      scores.data<float>()[to] = found[i].score;
      classes.data<float>()[to] = static_cast<float>(found[i].box_class);
    }
    valid.data<int32_t>()[image] = static_cast<int32_t>(kept);
  }
}

}  // namespace floe::reference
