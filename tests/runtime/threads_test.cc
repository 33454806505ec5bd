// Sessions on several threads at once: run under the thread sanitizer too.
#include <gtest/gtest.h>

#include <thread>

#include "floe/session.h"
#include "support/engines.h"

namespace floe {
namespace {

constexpr const char* kNet = R"(
graph net(%x: float32[1, 10, 10, 16]) -> (%y) {
  %w: float32[24, 3, 3, 16] = const seeded(1)
  %a = Conv(%x, %w) {pads=[1, 1, 1, 1]}
  %b = Relu(%a)
  %y = Softmax(%b)
})";

void RunMany(const std::shared_ptr<const Engine>& engine, int threads, const Tensor& want) {
  Session session(engine, {threads, nullptr});
  const std::vector<NamedTensor> feeds = {{"x", SeededTensor(DType::kFloat32, {1, 10, 10, 16}, 5)}};
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(SameContents(session.Run(feeds)[0].tensor, want));
}

Tensor Want(const std::shared_ptr<const Engine>& engine, int threads) {
  Session session(engine, {threads, nullptr});
  const std::vector<NamedTensor> feeds = {{"x", SeededTensor(DType::kFloat32, {1, 10, 10, 16}, 5)}};
  return session.Run(feeds)[0].tensor;
}

TEST(Threads, SessionsOfOneEngineWithTheirOwnPools) {
  const auto engine = testing::EngineFor(kNet, "cpu", 2);
  const Tensor want = Want(engine, 2);
  std::vector<std::thread> users;
  for (int i = 0; i < 3; ++i) users.emplace_back([&] { RunMany(engine, 2, want); });
  for (std::thread& t : users) t.join();
}

TEST(Threads, SessionsThatShareTheProcessPoolTakeTurns) {
  const auto engine = testing::EngineFor(kNet, "cpu", 2);
  const Tensor want = Want(engine, 0);
  std::vector<std::thread> users;
  for (int i = 0; i < 3; ++i) users.emplace_back([&] { RunMany(engine, 0, want); });
  for (std::thread& t : users) t.join();
}

TEST(Threads, AnyThreadCountGivesTheSameAnswerToRounding) {
  const auto engine = testing::EngineFor(kNet, "cpu", 1);
  const Tensor one = Want(engine, 1);
  for (const int threads : {2, 3, 5}) {
    const Tensor many = Want(engine, threads);
    for (int64_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one.data<float>()[i], many.data<float>()[i], 1e-6);
  }
}

}  // namespace
}  // namespace floe
