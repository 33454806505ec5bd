// TensorFlow's CombinedNonMaxSuppression.
#include <algorithm>
#include <cstdint>

#include "backends/reference/boxes.h"
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

struct Detection {
  float score;
  int32_t box_class;
  int64_t box;
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
  if (std::max(setup.boxes, setup.classes) > INT32_MAX) call.FailValue("{} boxes", setup.boxes);
  if (setup.most_per_class < 1) call.FailValue("{} boxes a class", setup.most_per_class);
  if (call.Size(setup.most, "total") < 1) call.FailValue("a total of 0 boxes");
  if (!(setup.iou_threshold >= 0 && setup.iou_threshold <= 1)) {
    call.FailValue("an IoU threshold of {} is not in [0, 1]", setup.iou_threshold);
  }
  return setup;
}

// Which of an image's boxes, and where.
Box BoxOf(const OpCall& call, const Setup& s, int64_t image, int64_t box_class, int64_t box) {
  const int64_t at = (image * s.boxes + box) * s.shared + (s.shared == 1 ? 0 : box_class);
  const float* c = call.in(0).data<float>() + at * 4;
  return {c[0], c[1], c[2], c[3]};
}

// Classes [begin, end), a cache line of scores at a time.
constexpr int64_t kTogether = 16;

void SelectClasses(const OpCall& call, const Setup& s, int64_t image, int64_t begin, int64_t end,
                   std::vector<Detection>* found) {
  std::vector<int64_t> keys(static_cast<size_t>(kTogether * s.boxes));
  for (int64_t first = begin; first < end; first += kTogether) {
    const int64_t classes = std::min(kTogether, end - first);
    const float* scores = call.in(1).data<float>() + image * s.boxes * s.classes + first;
    size_t counts[kTogether] = {};
    for (int64_t i = 0; i < s.boxes; ++i) {
      for (int64_t c = 0; c < classes; ++c) {
        // Written in any case and kept if it is above: which ones are is no pattern to guess.
        const float score = scores[i * s.classes + c];
        keys[static_cast<size_t>(c * s.boxes) + counts[c]] = BestFirst::Key(score, i);
        counts[c] += score > s.score_threshold ? 1 : 0;
      }
    }
    for (int64_t c = 0; c < classes; ++c) {
      BestFirst queue({keys.data() + c * s.boxes, counts[c]});
      std::vector<Detection>& of_class = found[first + c];
      KeptBoxes kept;
      while (!queue.empty() && static_cast<int64_t>(of_class.size()) < s.most_per_class) {
        const int64_t next = queue.Pop();
        const Box box = BoxOf(call, s, image, first + c, next);
        if (kept.AnyAbove(s.iou_threshold, box)) continue;
        kept.Add(box);
        of_class.push_back({scores[next * s.classes + c], static_cast<int32_t>(first + c), next});
      }
    }
  }
}

// Of all classes, the best scores first, of equal ones those of the first class; no more than `most`.
std::vector<Detection> Select(const OpCall& call, const Setup& s, int64_t image, int64_t most) {
  std::vector<std::vector<Detection>> found(static_cast<size_t>(s.classes));
  ForRange(call, s.classes,
           [&](int64_t begin, int64_t end) { SelectClasses(call, s, image, begin, end, found.data()); });
  std::vector<Detection> all;
  std::vector<int64_t> keys;
  for (const std::vector<Detection>& of_class : found) {
    for (const Detection& d : of_class) {
      keys.push_back(BestFirst::Key(d.score, static_cast<int64_t>(all.size())));
      all.push_back(d);
    }
  }
  std::vector<Detection> best;
  for (BestFirst queue(keys); !queue.empty() && static_cast<int64_t>(best.size()) < most;)
    best.push_back(all[static_cast<size_t>(queue.Pop())]);
  return best;
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
    const std::vector<Detection> found = Select(call, s, image, count);
    for (size_t i = 0; i < found.size(); ++i) {
      const size_t to = static_cast<size_t>(image * count) + i;
      const Box box = BoxOf(call, s, image, found[i].box_class, found[i].box);
      const float corners[] = {box.y1, box.x1, box.y2, box.x2};
      for (size_t k = 0; k < 4; ++k) {
        boxes.data<float>()[to * 4 + k] = op.clip_boxes ? std::clamp(corners[k], 0.0f, 1.0f) : corners[k];
      }
      scores.data<float>()[to] = found[i].score;
      classes.data<float>()[to] = static_cast<float>(found[i].box_class);
    }
    valid.data<int32_t>()[image] = static_cast<int32_t>(found.size());
  }
}

}  // namespace floe::reference
