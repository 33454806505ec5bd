#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/check.h"

namespace floe {
namespace {

// Long enough to bridge the gap between two layers, short enough not to burn a core that another process
// wants.
constexpr int kSpins = 4000;

void Pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int CgroupLimit() {
  FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r");
  if (file == nullptr) return 0;
  long long quota = 0;
  long long period = 0;
  const int fields = std::fscanf(file, "%lld %lld", &quota, &period);  // "max 100000" reads no number
  std::fclose(file);
  return fields == 2 && quota > 0 && period > 0 ? static_cast<int>((quota + period - 1) / period) : 0;
}

thread_local bool inside_body = false;

}  // namespace

struct ThreadPool::Impl {
  std::vector<std::thread> workers;
  std::mutex turn;  // one RunOnAll at a time

  // Generation of the work << kPartBits | the next part that nobody has taken. A thread that the system has
  // put aside must not hold up the others: whoever is there takes the next part, and the caller takes all
  // that are left.
  static constexpr int kPartBits = 16;
  std::atomic<uint64_t> ticket{0};
  std::atomic<int> unfinished{0};  // parts of this generation
  std::atomic<bool> stop{false};
  const std::function<void(int)>* body = nullptr;

  std::mutex mutex;  // guards sleeping and error
  std::condition_variable wake;
  int sleeping = 0;
  std::exception_ptr error;

  void RunBody(int thread) {
    inside_body = true;
    try {
      const ScopedFlushDenormals flush;
      (*body)(thread);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
    inside_body = false;
  }

  void WaitForWork(uint64_t seen) {
    const auto is_new = [&] { return ticket.load(std::memory_order_acquire) >> kPartBits != seen; };
    for (int i = 0; i < kSpins; ++i) {
      if (is_new()) return;
      Pause();
    }
    std::unique_lock lock(mutex);
    ++sleeping;
    wake.wait(lock, is_new);
    --sleeping;
  }

  // Runs parts until none is left to take. A part taken keeps its generation, and so `body`, alive.
  void RunParts(int parts) {
    uint64_t now = ticket.load(std::memory_order_acquire);
    while (true) {
      const int part = static_cast<int>(now & ((1u << kPartBits) - 1));
      if (part >= parts) return;
      if (!ticket.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        continue;
      RunBody(part);
      unfinished.fetch_sub(1, std::memory_order_release);
      now = ticket.load(std::memory_order_acquire);
    }
  }

  void Work(int parts) {
    uint64_t seen = 0;
    while (true) {
      WaitForWork(seen);
      seen = ticket.load(std::memory_order_acquire) >> kPartBits;
      // After the load: the last generation, once seen, is not waited for again.
      if (stop) return;
      RunParts(parts);
    }
  }

  void Publish(int first_part) {
    const std::lock_guard lock(mutex);
    const uint64_t next = (ticket.load(std::memory_order_relaxed) >> kPartBits) + 1;
    ticket.store(next << kPartBits | static_cast<uint64_t>(first_part), std::memory_order_release);
    if (sleeping > 0) wake.notify_all();
  }
};

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>()) {
  if (threads <= 0) threads = AvailableProcessors();
  CHECK(threads < 1 << Impl::kPartBits);
  for (int i = 1; i < threads; ++i) impl_->workers.emplace_back([this, threads] { impl_->Work(threads); });
}

ThreadPool::~ThreadPool() {
  impl_->stop = true;
  impl_->Publish(threads());
  for (std::thread& worker : impl_->workers) worker.join();
}

int ThreadPool::threads() const {
  return static_cast<int>(impl_->workers.size()) + 1;
}

void ThreadPool::RunOnAll(const std::function<void(int)>& body) {
  if (inside_body || impl_->workers.empty()) {
    const ScopedFlushDenormals flush;
    for (int i = 0; i < threads(); ++i) body(i);
    return;
  }
  const std::lock_guard turn(impl_->turn);
  impl_->body = &body;
  impl_->error = nullptr;
  impl_->unfinished.store(threads(), std::memory_order_relaxed);
  impl_->Publish(1);
  impl_->RunBody(0);
  impl_->unfinished.fetch_sub(1, std::memory_order_release);
  impl_->RunParts(threads());
  // A worker may have been put aside in the middle of a part: spin briefly, then give up the core while
  // waiting.
  for (int i = 0; impl_->unfinished.load(std::memory_order_acquire) > 0; ++i) {
    if (i < kSpins) {
      Pause();
    } else {
      std::this_thread::yield();
    }
  }
  if (impl_->error) std::rethrow_exception(impl_->error);
}

void ThreadPool::ParallelFor(int64_t count, int64_t grain,
                             const std::function<void(int64_t, int64_t, int)>& body) {
  if (count <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t blocks = (count + grain - 1) / grain;
  const int64_t parts = std::min<int64_t>(threads(), blocks);
  if (parts <= 1 || inside_body) {
    const ScopedFlushDenormals flush;
    body(0, count, 0);
    return;
  }
  RunOnAll([&](int thread) {
    if (thread >= parts) return;
    const int64_t begin = blocks * thread / parts * grain;
    const int64_t end = std::min(count, blocks * (thread + 1) / parts * grain);
    if (begin < end) body(begin, end, thread);
  });
}

const std::shared_ptr<ThreadPool>& ThreadPool::Default() {
  static const std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>(0);
  return pool;
}

int AvailableProcessors() {
  int count = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) count = std::min(count, std::max(1, CPU_COUNT(&set)));
  if (const int limit = CgroupLimit(); limit > 0) count = std::min(count, limit);
  return count;
}

#if defined(__x86_64__)
ScopedFlushDenormals::ScopedFlushDenormals() : saved_(_mm_getcsr()) {
  _mm_setcsr(static_cast<unsigned>(saved_) | 0x8040u);  // flush to zero, denormals are zero
}
ScopedFlushDenormals::~ScopedFlushDenormals() {
  _mm_setcsr(static_cast<unsigned>(saved_));
}
#elif defined(__aarch64__)
ScopedFlushDenormals::ScopedFlushDenormals() : saved_(0) {
  asm volatile("mrs %0, fpcr" : "=r"(saved_));
  asm volatile("msr fpcr, %0" ::"r"(saved_ | (uint64_t{1} << 24)));
}
ScopedFlushDenormals::~ScopedFlushDenormals() {
  asm volatile("msr fpcr, %0" ::"r"(saved_));
}
#else
ScopedFlushDenormals::ScopedFlushDenormals() : saved_(0) {}
ScopedFlushDenormals::~ScopedFlushDenormals() = default;
#endif

}  // namespace floe
