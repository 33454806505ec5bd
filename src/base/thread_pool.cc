#include "base/thread_pool.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/check.h"
#include "base/processors.h"

namespace floe {
namespace {

// Long enough to bridge the gap between two layers, short enough not to burn a core that another process
// wants.
constexpr int kSpins = 4000;

// A worker that is in the middle of a piece and got less than half of its time on a processor, for this long
// and longer, has lost that processor to another program for now. It takes no part for some times as long:
// with it each job would wait again. The others take its pieces, so that what is computed stays the same to
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

thread_local bool inside_body = false;

// Caches pass memory between cores in lines of this size; on some machines each pass takes 0.2 us.
constexpr size_t kLine = 64;

// What the threads of a pool do once: each has a part, which is one call of `each`, or else a range of blocks
// of [0, count) that is cut into pieces.
struct Job {
  const std::function<void(int)>* each = nullptr;
  const std::function<void(int64_t, int64_t, int)>* range = nullptr;
  int64_t count = 0;
  int64_t grain = 1;
  int64_t blocks = 0;
  int64_t parts = 0;   // at most one a thread, none is empty
  int64_t pieces = 1;  // of each part

  // `thread` runs it.
  void Run(int64_t part, int64_t piece, int thread) const {
    if (each != nullptr) return (*each)(static_cast<int>(part));
    const int64_t first = blocks * part / parts;
    const int64_t mine = blocks * (part + 1) / parts - first;
    (*range)((first + mine * piece / pieces) * grain,
             std::min(count, (first + mine * (piece + 1) / pieces) * grain), thread);
  }
};

// What a thread must know of a job before it has taken a piece of it, in one word.
struct Ticket {
  uint64_t generation = 0;  // 32 bits
  int64_t parts = 0;        // 12 bits
  int64_t pieces = 0;       // 20 bits

  static constexpr int64_t kMostParts = (1 << 12) - 1;
  static constexpr int64_t kMostPieces = (1 << 20) - 1;

  uint64_t Word() const {
    return generation << 32 | static_cast<uint64_t>(parts) << 20 | static_cast<uint64_t>(pieces);
  }
  static Ticket Of(uint64_t word) {
    return {word >> 32, static_cast<int64_t>(word >> 20) & kMostParts,
            static_cast<int64_t>(word) & kMostPieces};
  }
};

// Which pieces of a part nobody has taken: in one word the job's generation, the first piece and the end. A
// word of an earlier generation says that none of this one's has been taken.
class Untaken {
 public:
  // nullopt where none is left. A part's own thread takes from the front, others from the back.
  std::optional<int64_t> Take(const Ticket& job, bool from_front) {
    const uint64_t generation = job.generation & kGenerations;
    uint64_t now = word_.load(std::memory_order_relaxed);
    while (true) {
      uint64_t first = 0;
      uint64_t end = static_cast<uint64_t>(job.pieces);
      const uint64_t behind = (generation - (now >> 40)) & kGenerations;
      if (behind > kGenerations / 2) return std::nullopt;  // of a later one: this job is done
      if (behind == 0) {
        first = now >> 20 & Ticket::kMostPieces;
        end = now & Ticket::kMostPieces;
      }
      if (first >= end) return std::nullopt;
      const uint64_t taken = from_front ? first++ : --end;
      if (word_.compare_exchange_weak(now, generation << 40 | first << 20 | end, std::memory_order_relaxed))
        return static_cast<int64_t>(taken);
    }
  }

  // Nothing is left of this generation and those before it. For words that are not used for so long that an
  // earlier generation would look like a later one.
  void Renew(uint64_t generation) { word_.store(generation << 40, std::memory_order_relaxed); }
  static constexpr uint64_t kRenewEvery = 1 << 22;

 private:
  static constexpr uint64_t kGenerations = (1 << 24) - 1;
  std::atomic<uint64_t> word_{0};
};

}  // namespace

struct ThreadPool::Impl {
  // What belongs to a thread, in a line that is its own but for the pieces that others take. The caller is
  // the first.
  struct alignas(kLine) Member {
    Untaken untaken;
    std::atomic<bool> in_piece{false};
    std::atomic<bool> rests{false};
    std::thread thread;
  };

  std::vector<Member> members;
  Clock::time_point rest_ends;  // of those that rest, if any does
  bool any_rests = false;
  std::mutex turn;  // one Job at a time

  // All that a thread must know to begin lies in one line, and nobody else writes to that.
  alignas(kLine) std::atomic<uint64_t> ticket{0};
  Job job;
  std::atomic<bool> stop{false};

  alignas(kLine) std::atomic<int64_t> unfinished{0};  // pieces of this generation

  alignas(kLine) std::mutex mutex;  // guards sleeping and error
  std::condition_variable wake;
  int sleeping = 0;
  std::exception_ptr error;

  explicit Impl(int threads) : members(static_cast<size_t>(threads)) {}

  void RunPiece(int64_t part, int64_t piece, int thread) {
    inside_body = true;
    try {
      const ScopedFlushDenormals flush;
      job.Run(part, piece, thread);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
    inside_body = false;
  }

  void WaitForWork(uint64_t seen) {
    const auto is_new = [&] { return ticket.load(std::memory_order_acquire) != seen; };
    for (int i = 0; i < kSpins; ++i) {
      if (is_new()) return;
      Pause();
    }
    std::unique_lock lock(mutex);
    ++sleeping;
    wake.wait(lock, is_new);
    --sleeping;
  }

  // The thread's own part, then what others have not begun: one that the system has put aside, or whose core
  // is slow, must not hold up the rest. A piece that is taken keeps its generation, and so `job`, alive.
  void RunPieces(const Ticket& now, int thread) {
    Member& me = members[static_cast<size_t>(thread)];
    int64_t done = 0;
    for (int64_t i = 0; i < now.parts; ++i) {
      const int64_t part = (thread + i) % now.parts;
      Untaken& untaken = members[static_cast<size_t>(part)].untaken;
      while (const auto piece = untaken.Take(now, part == thread)) {
        me.in_piece.store(true, std::memory_order_relaxed);
        RunPiece(part, *piece, thread);
        ++done;
      }
    }
    me.in_piece.store(false, std::memory_order_relaxed);
    if (done > 0) unfinished.fetch_sub(done, std::memory_order_release);
  }

  void Work(int thread) {
    Member& me = members[static_cast<size_t>(thread)];
    uint64_t seen = 0;
    while (true) {
      me.rests.wait(true, std::memory_order_relaxed);
      WaitForWork(seen);
      seen = ticket.load(std::memory_order_acquire);
      // After the load: the last ticket, once seen, is not waited for again.
      if (stop) return;
      if (!me.rests.load(std::memory_order_relaxed)) RunPieces(Ticket::Of(seen), thread);
    }
  }

  Ticket Publish(int64_t parts, int64_t pieces) {
    const std::lock_guard lock(mutex);
    const uint64_t last = Ticket::Of(ticket.load(std::memory_order_relaxed)).generation;
    if (last % Untaken::kRenewEvery == 0) {
      for (Member& member : members) member.untaken.Renew(last);
    }
    const Ticket next{(last + 1) & UINT32_MAX, parts, pieces};
    ticket.store(next.Word(), std::memory_order_release);
    if (sleeping > 0) wake.notify_all();
    return next;
  }

  void EndRests() {
    any_rests = false;
    for (Member& member : members) {
      member.rests.store(false, std::memory_order_relaxed);
      member.rests.notify_one();
    }
  }

  bool Finished() const { return unfinished.load(std::memory_order_acquire) == 0; }

  // Spins briefly, then gives up the core while waiting for those that the system has put aside.
  void WaitForOthers() {
    for (int i = 0; i < kSpins; ++i) {
      if (Finished()) return;
      Pause();
    }
    const Clock::time_point begin = Clock::now();
    while (Clock::now() - begin < kPutAside) {
      if (Finished()) return;
      std::this_thread::yield();
    }
    RestThoseThatWaitToo();
  }

  void RestThoseThatWaitToo() {
    const Clock::time_point begin = Clock::now();
    std::vector<std::pair<Member*, Clock::duration>> late;
    for (Member& member : members)
      if (member.in_piece.load(std::memory_order_relaxed))
        late.emplace_back(&member, ProcessorTime(member.thread));
    while (!Finished()) std::this_thread::yield();
    const Clock::time_point end = Clock::now();
    if (end - begin < kPutAside) return;
    for (const auto& [member, before] : late) {
      if (2 * (ProcessorTime(member->thread) - before) > end - begin) continue;
      member->rests.store(true, std::memory_order_relaxed);
      rest_ends = end + kRestFactor * (end - begin);
      any_rests = true;
    }
  }

  void Run(const Job& next) {
    const std::lock_guard lock(turn);
    if (any_rests && Clock::now() >= rest_ends) EndRests();
    job = next;
    error = nullptr;
    unfinished.store(job.parts * job.pieces, std::memory_order_relaxed);
    RunPieces(Publish(job.parts, job.pieces), 0);
    WaitForOthers();
    if (error) std::rethrow_exception(error);
  }
};

ThreadPool::ThreadPool(int threads)
    : impl_(std::make_unique<Impl>(threads > 0 ? threads : AvailableProcessors())) {
  CHECK(this->threads() <= Ticket::kMostParts);
  for (int i = 1; i < this->threads(); ++i) {
    impl_->members[static_cast<size_t>(i)].thread = std::thread([this, i] { impl_->Work(i); });
  }
}

ThreadPool::~ThreadPool() {
  impl_->stop = true;
  impl_->EndRests();
  impl_->Publish(0, 0);
  for (size_t i = 1; i < impl_->members.size(); ++i) impl_->members[i].thread.join();
}

int ThreadPool::threads() const {
  return static_cast<int>(impl_->members.size());
}

void ThreadPool::RunOnAll(const std::function<void(int)>& body) {
  if (inside_body || threads() == 1) {
    const ScopedFlushDenormals flush;
    for (int i = 0; i < threads(); ++i) body(i);
    return;
  }
  Job job;
  job.each = &body;
  job.parts = threads();
  impl_->Run(job);
}

void ThreadPool::ParallelFor(int64_t count, Pieces pieces,
                             const std::function<void(int64_t, int64_t, int)>& body) {
  if (count <= 0) return;
  Job job;
  job.range = &body;
  job.count = count;
  job.grain = std::max<int64_t>(pieces.grain, 1);
  job.blocks = (count + job.grain - 1) / job.grain;
  job.parts = std::min<int64_t>(threads(), job.blocks);
  if (job.parts <= 1 || inside_body) {
    const ScopedFlushDenormals flush;
    body(0, count, 0);
    return;
  }
  const int64_t least = job.blocks / job.parts;
  if (pieces.length > 0) {
    job.pieces =
        std::clamp<int64_t>(least * job.grain / pieces.length, 1, std::min(least, Ticket::kMostPieces));
  }
  impl_->Run(job);
}

const std::shared_ptr<ThreadPool>& ThreadPool::Default() {
  static const std::shared_ptr<ThreadPool> pool = std::make_shared<ThreadPool>(0);
  return pool;
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
