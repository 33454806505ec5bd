// Prefix beam search for CTC (Graves, "Supervised sequence labelling with recurrent neural networks", 7.5),
// with TensorFlow's rules for what stays in the beam.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

constexpr double kLogZero = -std::numeric_limits<double>::infinity();

double LogAdd(double a, double b) {
  if (a == kLogZero) return b;
  if (b == kLogZero) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::fabs(a - b)));
}

// Of the labellings that end at a prefix: all, those whose last frame is blank, those that end in the label.
struct Probability {
  double total = kLogZero, blank = kLogZero, label = kLogZero;
};

struct Prefix {
  Prefix* parent = nullptr;
  int64_t label = -1;
  Probability before, now;
  std::map<int64_t, std::unique_ptr<Prefix>> children;

  bool active() const { return now.total != kLogZero; }
  Prefix& Child(int64_t l) {
    std::unique_ptr<Prefix>& child = children[l];
    if (child == nullptr) {
      child = std::make_unique<Prefix>();
      child->parent = this;
      child->label = l;
    }
    return *child;
  }
};

class BeamSearch {
 public:
  BeamSearch(int64_t width, int64_t classes) : width_(static_cast<size_t>(width)), blank_(classes - 1) {
    root_.now = {0, 0, kLogZero};
    beam_ = {&root_};
  }

  void Step(const double* logits) {
    const std::vector<double> log = Normalised(logits);
    std::vector<Prefix*> branches;
    branches.swap(beam_);
    for (Prefix* p : branches) p->before = p->now;
    for (Prefix* p : branches) {
      if (p->parent != nullptr) {
        if (p->parent->active()) {
          const Probability& parent = p->parent->before;
          p->now.label = LogAdd(p->now.label, p->label == p->parent->label ? parent.blank : parent.total);
        }
        p->now.label += log[static_cast<size_t>(p->label)];
      }
      p->now.blank = p->before.total + log[static_cast<size_t>(blank_)];
      p->now.total = LogAdd(p->now.blank, p->now.label);
      Push(p);
    }
    for (Prefix* p : branches)
      if (IsCandidate(p->before)) Extend(p, log);
  }

  // The best first.
  const std::vector<Prefix*>& beam() const { return beam_; }

 private:
  std::vector<double> Normalised(const double* logits) const {
    const auto count = static_cast<size_t>(blank_ + 1);
    const double peak = *std::max_element(logits, logits + count);
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += std::exp(logits[i] - peak);
    std::vector<double> log(logits, logits + count);
    for (double& v : log) v -= peak + std::log(sum);
    return log;
  }
  bool IsCandidate(const Probability& p) const {
    return p.total > kLogZero && (beam_.size() < width_ || p.total > beam_.back()->now.total);
  }
  void Push(Prefix* p) {
    const auto place = std::upper_bound(beam_.begin(), beam_.end(), p, [](const Prefix* a, const Prefix* b) {
      return a->now.total > b->now.total;
    });
    beam_.insert(place, p);
    if (beam_.size() > width_) beam_.pop_back();
  }
  void Extend(Prefix* p, const std::vector<double>& log) {
    for (int64_t l = 0; l < blank_; ++l) {
      const auto known = p->children.find(l);
      if (known != p->children.end() && known->second->active()) continue;
      const double from = l == p->label ? p->before.blank : p->before.total;
      const double label = log[static_cast<size_t>(l)] + from;
      const Probability now = {label, kLogZero, label};
      if (!IsCandidate(now)) {  // most are none: a prefix that was never in the beam needs no place
        if (known != p->children.end()) known->second->before = {};
        continue;
      }
      Prefix& child = p->Child(l);
      child.now = now;
      if (beam_.size() == width_) beam_.back()->now = {};
      Push(&child);
    }
  }

  size_t width_;
  int64_t blank_;
  Prefix root_;
  std::vector<Prefix*> beam_;
};

std::vector<int64_t> LabelsOf(const Prefix* p, bool merge_repeated) {
  std::vector<int64_t> labels;
  int64_t last = -1;
  for (; p->parent != nullptr; p = p->parent) {
    if (!merge_repeated || p->label != last) labels.push_back(p->label);
    last = p->label;
  }
  std::reverse(labels.begin(), labels.end());
  return labels;
}

}  // namespace

void Run(const CtcBeamSearch& op, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireRank(0, 3);
  if (!IsFloat(x.dtype())) call.FailType(0);
  const int64_t steps = x.dims()[0], batch = x.dims()[1], classes = x.dims()[2];
  const std::vector<int64_t> lengths = call.Ints(1);
  if (static_cast<int64_t>(lengths.size()) != batch) call.Fail("expected {} lengths", batch);
  if (classes < 1) call.Fail("expected at least the blank class");
  const auto paths = static_cast<size_t>(op.paths);
  const std::vector<double> logits = LoadAll<double>(x);
  std::vector<std::vector<int64_t>> places(paths), values(paths);
  std::vector<int64_t> longest(paths, 0);
  std::vector<double> scores;
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t length = lengths[static_cast<size_t>(b)];
    if (length < 0 || length > steps) call.FailValue("a length of {} for {} steps", length, steps);
    BeamSearch search(op.width, classes);
    for (int64_t t = 0; t < length; ++t) search.Step(logits.data() + (t * batch + b) * classes);
    if (search.beam().size() < paths)
      call.FailValue("{} paths of sequence {} are fewer than {}", search.beam().size(), b, paths);
    for (size_t p = 0; p < paths; ++p) {
      const std::vector<int64_t> labels = LabelsOf(search.beam()[p], op.merge_repeated);
      for (size_t k = 0; k < labels.size(); ++k)
        places[p].insert(places[p].end(), {b, static_cast<int64_t>(k)});
      values[p].insert(values[p].end(), labels.begin(), labels.end());
      longest[p] = std::max(longest[p], static_cast<int64_t>(labels.size()));
      scores.push_back(search.beam()[p]->now.total);
    }
  }
  for (size_t p = 0; p < paths; ++p) {
    const auto count = static_cast<int64_t>(values[p].size());
    StoreAll(&call.Out(p, DType::kInt64, {count, 2}), places[p]);
    StoreAll(&call.Out(paths + p, DType::kInt64, {count}), values[p]);
    StoreAll(&call.Out(2 * paths + p, DType::kInt64, {2}), std::vector<int64_t>{batch, longest[p]});
  }
  StoreAll(&call.Out(3 * paths, x.dtype(), {batch, op.paths}), scores);
}

}  // namespace floe::reference
