#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace floe {
namespace {

TEST(ThreadPool, EveryThreadRunsTheBodyOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 100; ++round) {
      std::vector<std::atomic<int>> runs(static_cast<size_t>(threads));
      pool.RunOnAll([&](int thread) { runs[static_cast<size_t>(thread)]++; });
      for (const auto& n : runs) EXPECT_EQ(n, 1);
    }
  }
}

// A worker that comes to its work when the caller has done all of it, and the pool is about to end.
TEST(ThreadPool, EndsThoughAWorkerIsLate) {
  for (int round = 0; round < 4000; ++round) {
    ThreadPool pool(3);
    std::atomic<int> runs = 0;
    pool.RunOnAll([&](int) { runs++; });
    EXPECT_EQ(runs, 3);
  }
}

// Asleep in its part is as good as put aside by the system.
TEST(ThreadPool, AWorkerThatWasPutAsideIsNotWaitedForAgain) {
  ThreadPool pool(2);
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> worker_had_one = false;
  while (!worker_had_one) {
    pool.RunOnAll([&](int) {
      // Until the worker has come, the caller holds its own part.
      if (std::this_thread::get_id() == caller) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return;
      }
      worker_had_one = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    });
  }
  for (int round = 0; round < 5; ++round) {
    pool.RunOnAll([&](int) { EXPECT_EQ(std::this_thread::get_id(), caller); });
  }
  // After a while it has its parts again.
  std::atomic<bool> again = false;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!again && std::chrono::steady_clock::now() < give_up) {
    pool.RunOnAll([&](int) {
      if (std::this_thread::get_id() != caller) again = true;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    });
  }
  EXPECT_TRUE(again);
}

TEST(ThreadPool, ParallelForCoversTheRangeOnceInMultiplesOfTheGrain) {
  ThreadPool pool(3);
  for (const int64_t count : {0, 1, 2, 7, 16, 100, 1001}) {
    for (const int64_t grain : {1, 4, 64}) {
      std::vector<std::atomic<int>> hits(static_cast<size_t>(count));
      pool.ParallelFor(count, grain, [&](int64_t begin, int64_t end, int thread) {
        EXPECT_LT(begin, end);
        EXPECT_EQ(begin % grain, 0);
        EXPECT_TRUE(end == count || end % grain == 0);
        EXPECT_LT(thread, 3);
        for (int64_t i = begin; i < end; ++i) hits[static_cast<size_t>(i)]++;
      });
      for (const auto& n : hits) EXPECT_EQ(n, 1);
    }
  }
}

TEST(ThreadPool, PiecesCoverTheRangeOnceAndTheirCutsDoNotDependOnWhoRunsThem) {
  ThreadPool pool(3);
  for (const int64_t count : {1, 7, 100, 1001}) {
    for (const int64_t grain : {1, 4}) {
      for (const int64_t length : {1, 5, 16, 2000}) {
        std::set<std::pair<int64_t, int64_t>> first_time;
        for (int round = 0; round < 20; ++round) {
          std::mutex mutex;
          std::set<std::pair<int64_t, int64_t>> cuts;
          std::vector<std::atomic<int>> hits(static_cast<size_t>(count));
          pool.ParallelFor(count, {grain, length}, [&](int64_t begin, int64_t end, int thread) {
            EXPECT_LT(begin, end);
            EXPECT_EQ(begin % grain, 0);
            EXPECT_TRUE(end == count || end % grain == 0);
            EXPECT_LT(thread, 3);
            for (int64_t i = begin; i < end; ++i) hits[static_cast<size_t>(i)]++;
            const std::lock_guard lock(mutex);
            cuts.emplace(begin, end);
          });
          for (const auto& n : hits) EXPECT_EQ(n, 1);
          if (round == 0) first_time = cuts;
          EXPECT_EQ(cuts, first_time);
        }
      }
    }
  }
}

TEST(ThreadPool, NoThreadRunsTwoPiecesAtOnce) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  for (int round = 0; round < 200; ++round) {
    pool.ParallelFor(64, {1, 1}, [&](int64_t, int64_t, int thread) {
      EXPECT_EQ(inside[static_cast<size_t>(thread)]++, 0);
      inside[static_cast<size_t>(thread)]--;
    });
  }
}

// One thread is as slow as a small core beside a large one.
TEST(ThreadPool, AThreadThatIsDoneTakesPiecesOfASlowOne) {
  ThreadPool pool(2);
  const std::thread::id caller = std::this_thread::get_id();
  int most = 0;
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> of_caller = 0;
    pool.ParallelFor(40, {1, 1}, [&](int64_t, int64_t, int) {
      if (std::this_thread::get_id() == caller) ++of_caller;
      std::this_thread::sleep_for(
          std::chrono::microseconds(std::this_thread::get_id() == caller ? 100 : 2000));
    });
    most = std::max(most, of_caller.load());
  }
  EXPECT_GT(most, 25);  // its own 20 and more
}

TEST(ThreadPool, AnExceptionReachesTheCallerAndThePoolLivesOn) {
  ThreadPool pool(2);
  for (int thrower = 0; thrower < 2; ++thrower) {
    EXPECT_THROW(pool.RunOnAll([&](int thread) {
      if (thread == thrower) throw std::runtime_error("x");
    }),
                 std::runtime_error);
  }
  std::atomic<int> sum{0};
  pool.RunOnAll([&](int) { ++sum; });
  EXPECT_EQ(sum, 2);
}

TEST(ThreadPool, ACallFromInsideABodyRunsInPlace) {
  ThreadPool pool(2);
  std::atomic<int> inner{0};
  pool.RunOnAll([&](int) { pool.RunOnAll([&](int) { ++inner; }); });
  EXPECT_EQ(inner, 4);
}

TEST(ThreadPool, SeveralCallersTakeTurns) {
  ThreadPool pool(2);
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) pool.RunOnAll([&](int) { ++total; });
    });
  }
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(total, 4 * 200 * 2);
}

TEST(ThreadPool, WorkersThatSleptWakeUp) {
  ThreadPool pool(2);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::atomic<int> n{0};
    pool.RunOnAll([&](int) { ++n; });
    EXPECT_EQ(n, 2);
  }
}

TEST(ScopedFlushDenormals, FlushesInsideAndRestoresAfter) {
  volatile float tiny = 1e-38f;
  float inside = 1;
  {
    const ScopedFlushDenormals flush;
    inside = tiny * 0.01f;
  }
  EXPECT_EQ(inside, 0);
  EXPECT_NE(tiny * 0.01f, 0);
}

}  // namespace
}  // namespace floe
