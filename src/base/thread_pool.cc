#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
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

// A worker that is in the middle of a part and got less than half of its time on a processor, for this long
// and longer, has lost that processor to another program for now. It takes no part for some times as long:
// with it each job would wait again. The others take its parts, so that what is computed stays the same to
// the bit.
using Clock = std::chrono::steady_clock;
constexpr Clock::duration kPutAside = std::chrono::microseconds(500);
constexpr int kRestFactor = 10;

// What the thread has had of a processor.
Clock::duration ProcessorTime(std::thread& thread) {
  clockid_t clock = 0;
  timespec time{};
  if (pthread_getcpuclockid(thread.native_handle(), &clock) != 0 || clock_gettime(clock, &time) != 0)
    return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

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

// Caches pass memory between cores in lines of this size; on some machines each pass takes 0.2 us.
constexpr size_t kLine = 64;

// What the threads of a pool do once: `each` is called with every part, or else `range` with a part of
// [0, count).
struct Job {
  const std::function<void(int)>* each = nullptr;
  const std::function<void(int64_t, int64_t, int)>* range = nullptr;
  int64_t count = 0;
  int64_t grain = 1;
  int parts = 0;  // of the range

  void Run(int part) const {
    if (each != nullptr) return (*each)(part);
    if (part >= parts) return;
    const int64_t blocks = (count + grain - 1) / grain;
    const int64_t begin = blocks * part / parts * grain;
    const int64_t end = std::min(count, blocks * (part + 1) / parts * grain);
    if (begin < end) (*range)(begin, end, part);
  }
};

}  // namespace

struct ThreadPool::Impl {
  // What a worker and the caller tell each other; in a line that is the worker's own but for stalls.
  struct alignas(kLine) Worker {
    std::atomic<bool> in_part{false};
    std::atomic<bool> rests{false};
    std::thread thread;
  };

  std::vector<Worker> workers;
  Clock::time_point rest_ends;  // of those that rest, if any does
  bool any_rests = false;
  std::mutex turn;  // one Job at a time

  // All that a thread must know to begin lies in one line, and nobody else writes to that.
  // The ticket is the generation of the job << kPartBits | the next part that nobody has taken. A thread that
  // the system has put aside must not hold up the others: whoever is there takes the next part, and the
  // caller takes all that are left.
  static constexpr int kPartBits = 16;
  alignas(kLine) std::atomic<uint64_t> ticket{0};
  Job job;
  std::atomic<bool> stop{false};

  alignas(kLine) std::atomic<int> unfinished{0};  // parts of this generation

  alignas(kLine) std::mutex mutex;  // guards sleeping and error
  std::condition_variable wake;
  int sleeping = 0;
  std::exception_ptr error;

  void RunPart(int part) {
    inside_body = true;
    try {
      const ScopedFlushDenormals flush;
      job.Run(part);
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

  // Runs parts until none is left to take. A part taken keeps its generation, and so `job`, alive. `me`: null
  // for the caller.
  void RunParts(int parts, Worker* me) {
    uint64_t now = ticket.load(std::memory_order_acquire);
    while (true) {
      const int part = static_cast<int>(now & ((1u << kPartBits) - 1));
      if (part >= parts) return;
      if (!ticket.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        continue;
      if (me != nullptr) me->in_part.store(true, std::memory_order_relaxed);
      RunPart(part);
      if (me != nullptr) me->in_part.store(false, std::memory_order_relaxed);
      unfinished.fetch_sub(1, std::memory_order_release);
      now = ticket.load(std::memory_order_acquire);
    }
  }

  void Work(int parts, Worker* me) {
    uint64_t seen = 0;
    while (true) {
      me->rests.wait(true, std::memory_order_relaxed);
      WaitForWork(seen);
      seen = ticket.load(std::memory_order_acquire) >> kPartBits;
      // After the load: the last generation, once seen, is not waited for again.
      if (stop) return;
      if (!me->rests.load(std::memory_order_relaxed)) RunParts(parts, me);
    }
  }

  void Publish(int first_part) {
    const std::lock_guard lock(mutex);
    const uint64_t next = (ticket.load(std::memory_order_relaxed) >> kPartBits) + 1;
    ticket.store(next << kPartBits | static_cast<uint64_t>(first_part), std::memory_order_release);
    if (sleeping > 0) wake.notify_all();
  }

  void EndRests() {
    any_rests = false;
    for (Worker& worker : workers) {
      worker.rests.store(false, std::memory_order_relaxed);
      worker.rests.notify_one();
    }
  }

  // Spins briefly, then gives up the core while waiting for those that the system has put aside.
  void WaitForParts() {
    for (int i = 0; i < kSpins; ++i) {
      if (unfinished.load(std::memory_order_acquire) == 0) return;
      Pause();
    }
    const Clock::time_point begin = Clock::now();
    while (Clock::now() - begin < kPutAside) {
      if (unfinished.load(std::memory_order_acquire) == 0) return;
      std::this_thread::yield();
    }
    RestThoseThatWaitToo();
  }

  void RestThoseThatWaitToo() {
    const Clock::time_point begin = Clock::now();
    std::vector<std::pair<Worker*, Clock::duration>> late;
    for (Worker& worker : workers)
      if (worker.in_part.load(std::memory_order_relaxed))
        late.emplace_back(&worker, ProcessorTime(worker.thread));
    while (unfinished.load(std::memory_order_acquire) > 0) std::this_thread::yield();
    const Clock::time_point end = Clock::now();
    if (end - begin < kPutAside) return;
    for (const auto& [worker, before] : late) {
      if (2 * (ProcessorTime(worker->thread) - before) > end - begin) continue;
      worker->rests.store(true, std::memory_order_relaxed);
      rest_ends = end + kRestFactor * (end - begin);
      any_rests = true;
    }
  }

  void RunOnAll(const Job& next) {
    const int parts = static_cast<int>(workers.size()) + 1;
    const std::lock_guard lock(turn);
    if (any_rests && Clock::now() >= rest_ends) EndRests();
    job = next;
    error = nullptr;
    unfinished.store(parts, std::memory_order_relaxed);
    Publish(1);
    RunPart(0);
    unfinished.fetch_sub(1, std::memory_order_release);
    RunParts(parts, nullptr);
    WaitForParts();
    if (error) std::rethrow_exception(error);
  }
};

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>()) {
  if (threads <= 0) threads = AvailableProcessors();
  CHECK(threads < 1 << Impl::kPartBits);
  impl_->workers = std::vector<Impl::Worker>(static_cast<size_t>(threads - 1));
  for (Impl::Worker& worker : impl_->workers)
    worker.thread = std::thread([this, threads, &worker] { impl_->Work(threads, &worker); });
}

ThreadPool::~ThreadPool() {
  impl_->stop = true;
  impl_->EndRests();
  impl_->Publish(threads());
  for (Impl::Worker& worker : impl_->workers) worker.thread.join();
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
  Job job;
  job.each = &body;
  impl_->RunOnAll(job);
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
  Job job;
  job.range = &body;
  job.count = count;
  job.grain = grain;
  job.parts = static_cast<int>(parts);
  impl_->RunOnAll(job);
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
