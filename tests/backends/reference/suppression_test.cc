// Suppression of boxes beside the plain form of it: every candidate in order, weighed against every kept one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "backends/reference/boxes.h"
#include "backends/reference/evaluate.h"
#include "base/thread_pool.h"
#include "graph/text.h"

namespace floe {
namespace {

// Corners in any order, every fifth without an area.
Tensor MadeUpBoxes(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> place(0, 1), size(0.02f, 0.3f);
  Tensor boxes(DType::kFloat32, {count, 4});
  for (int64_t i = 0; i < count; ++i) {
    float* b = boxes.data<float>() + 4 * i;
    const float y = place(random), x = place(random), h = i % 5 == 3 ? 0 : size(random);
    const float corners[] = {y, x, y + h, x + size(random)};
    std::copy_n(corners, 4, b);
    if (i % 3 == 1) std::swap(b[0], b[2]);
  }
  return boxes;
}

// Many are equal, some are nan.
Tensor MadeUpScores(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  Tensor scores(DType::kFloat32, {count});
  for (int64_t i = 0; i < count; ++i) {
    const auto v = static_cast<float>(random() % 200) / 100 - 1;
    scores.data<float>()[i] = i % 97 == 50 ? std::nanf("") : v;
  }
  return scores;
}

float PlainOverlap(const float* a, const float* b) {
  const auto low = [](const float* v, int i) { return std::min(v[i], v[i + 2]); };
  const auto high = [](const float* v, int i) { return std::max(v[i], v[i + 2]); };
  const auto area = [&](const float* v) { return (high(v, 0) - low(v, 0)) * (high(v, 1) - low(v, 1)); };
  if (area(a) <= 0 || area(b) <= 0) return 0;
  const float h = std::max(std::min(high(a, 0), high(b, 0)) - std::max(low(a, 0), low(b, 0)), 0.0f);
  const float w = std::max(std::min(high(a, 1), high(b, 1)) - std::max(low(a, 1), low(b, 1)), 0.0f);
  return h * w / (area(a) + area(b) - h * w);
}

std::vector<int32_t> Plain(const Tensor& boxes, const Tensor& scores, size_t most, float iou, float least) {
  const float* s = scores.data<float>();
  std::vector<int32_t> order(static_cast<size_t>(scores.size())), kept;
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](int32_t i) { return !(s[i] > least); });
  std::stable_sort(order.begin(), order.end(), [&](int32_t i, int32_t k) { return s[i] > s[k]; });
  for (const int32_t i : order) {
    const bool dropped = std::any_of(kept.begin(), kept.end(), [&](int32_t k) {
      return PlainOverlap(boxes.data<float>() + 4 * i, boxes.data<float>() + 4 * k) > iou;
    });
    if (!dropped && kept.size() < most) kept.push_back(i);
  }
  return kept;
}

TEST(Suppression, EqualsThePlainForm) {
  const auto graph = ParseGraph(
      "graph g(%b: float32[?, 4], %s: float32[?], %n: int32[], %i: float32[], %t: float32[]) -> (%y) "
      "{ %y = TfNonMaxSuppression(%b, %s, %n, %i, %t) }");
  for (const int64_t count : {0, 1, 63, 700, 3000}) {
    for (const float iou : {0.0f, 0.3f, 0.9f}) {
      const Tensor boxes = MadeUpBoxes(count, 1), scores = MadeUpScores(count, 2);
      for (const auto& [most, least] : {std::pair{20, -2.0f}, {2000, -0.5f}, {2000, 2.0f}}) {
        const Tensor inputs[] = {boxes, scores, Tensor::FromValues<int32_t>({}, {most}),
                                 Tensor::FromValues<float>({}, {iou}),
                                 Tensor::FromValues<float>({}, {least})};
        const std::vector<int32_t> expected = Plain(boxes, scores, static_cast<size_t>(most), iou, least);
        EXPECT_TRUE(SameContents(EvaluateGraph(*graph, inputs)[0], Tensor::FromVector(expected)))
            << count << " boxes, " << iou << ", " << most;
      }
    }
  }
}

// Classes fill a cache line and some more; each is suppressed alone, and the best of all are given, of equal
// ones those of the first class.
TEST(Suppression, OfClassesEqualsThePlainForm) {
  const auto graph = ParseGraph(
      "graph g(%b: float32[2, ?, 1, 4], %s: float32[2, ?, 19], %n: int32[], %all: int32[], %i: float32[], "
      "%t: float32[]) -> (%boxes, %scores, %classes, %valid) "
      "{ %boxes, %scores, %classes, %valid = CombinedNonMaxSuppression(%b, %s, %n, %all, %i, %t) "
      "{clip_boxes=false} }");
  constexpr int64_t kBoxes = 400, kClasses = 19, kMost = 150;
  const Tensor boxes = MadeUpBoxes(2 * kBoxes, 3), scores = MadeUpScores(2 * kBoxes * kClasses, 4);
  const Tensor inputs[] = {boxes.Reshaped({2, kBoxes, 1, 4}),     scores.Reshaped({2, kBoxes, kClasses}),
                           Tensor::FromValues<int32_t>({}, {30}), Tensor::FromValues<int32_t>({}, {kMost}),
                           Tensor::FromValues<float>({}, {0.4f}), Tensor::FromValues<float>({}, {0.1f})};
  ThreadPool pool(3);
  const std::vector<Tensor> got = EvaluateGraph(*graph, inputs, {.pool = &pool});
  for (int64_t image = 0; image < 2; ++image) {
    struct Found {
      float score;
      int64_t box, box_class;
    };
    std::vector<Found> found;
    Tensor own(DType::kFloat32, {kBoxes, 4}), column(DType::kFloat32, {kBoxes});
    std::copy_n(boxes.data<float>() + image * kBoxes * 4, kBoxes * 4, own.data<float>());
    for (int64_t c = 0; c < kClasses; ++c) {
      for (int64_t i = 0; i < kBoxes; ++i)
        column.data<float>()[i] = scores.data<float>()[(image * kBoxes + i) * kClasses + c];
      for (const int32_t i : Plain(own, column, 30, 0.4f, 0.1f))
        found.push_back({column.data<float>()[i], i, c});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return a.score > b.score; });
    ASSERT_GE(found.size(), static_cast<size_t>(kMost));
    EXPECT_EQ(got[3].data<int32_t>()[image], kMost);
    for (int64_t i = 0; i < kMost; ++i) {
      const Found& f = found[static_cast<size_t>(i)];
      const int64_t at = image * kMost + i;
      ASSERT_EQ(got[1].data<float>()[at], f.score) << i;
      ASSERT_EQ(got[2].data<float>()[at], static_cast<float>(f.box_class)) << i;
      ASSERT_EQ(got[0].data<float>()[at * 4 + 1], own.data<float>()[f.box * 4 + 1]) << i;
    }
  }
}

TEST(BestFirst, GivesEqualScoresInTheirOrder) {
  using reference::BestFirst;
  std::vector<int64_t> keys;
  const float values[] = {-0.0f, 0.0f, 1.0f, -1.0f, std::numeric_limits<float>::infinity(), -2.0f, 1.0f};
  for (int64_t i = 0; i < 7000; ++i) keys.push_back(BestFirst::Key(values[i % 7], i));
  std::vector<int64_t> expected(keys.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(),
                   [&](int64_t a, int64_t b) { return values[a % 7] > values[b % 7]; });
  BestFirst queue(keys);
  for (const int64_t place : expected) {
    ASSERT_FALSE(queue.empty());
    ASSERT_EQ(queue.Pop(), place);
  }
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace floe
