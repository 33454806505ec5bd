// A small pool for data-parallel loops: each thread has a part of its own and, done with it, takes pieces of
// the others'; the caller takes part; workers spin briefly before they sleep, since the loops of one
// inference follow each other within microseconds.
#ifndef FLOE_BASE_THREAD_POOL_H_
#define FLOE_BASE_THREAD_POOL_H_

#include <cstdint>
#include <functional>
#include <memory>

namespace floe {

class ThreadPool {
 public:
  // `threads` counts the caller: 1 makes no worker. 0 means the processors this process may use (affinity and
  // cgroup limits respected).
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls body(thread) once for each thread in [0, threads()), perhaps several on one, so they must not wait
  // for each other. The first exception a body throws is rethrown here. Calls from several threads take
  // turns; a call from inside a body runs all its parts on the calling thread. Returns when all have.
  void RunOnAll(const std::function<void(int thread)>& body);

  // How a range is cut. Each thread has a part of near-equal length, a multiple of `grain` but the last.
  // Where `length` is given, a part is cut again, into pieces of about that length, multiples of `grain` too:
  // a thread whose part is done takes pieces of the others'. It is for bodies for which a call more costs
  // little, and evens out what cores and their neighbours make uneven.
  struct Pieces {
    int64_t grain = 1;
    int64_t length = 0;

    Pieces(int64_t grain, int64_t length = 0) : grain(grain), length(length) {}
  };

  // Calls body(begin, end, thread) for all pieces of [0, count); `thread`, in [0, threads()), is that which
  // runs it, one piece at a time. Where the cuts are depends on count, pieces and threads() alone. Small
  // counts run on the caller alone.
  void ParallelFor(int64_t count, Pieces pieces,
                   const std::function<void(int64_t begin, int64_t end, int thread)>& body);

  // The process's pool, made at first use with ThreadPool(0).
  static const std::shared_ptr<ThreadPool>& Default();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Flushes denormals to zero in the calling thread while alive, as TensorFlow's threads do.
class ScopedFlushDenormals {
 public:
  ScopedFlushDenormals();
  ~ScopedFlushDenormals();
  ScopedFlushDenormals(const ScopedFlushDenormals&) = delete;
  ScopedFlushDenormals& operator=(const ScopedFlushDenormals&) = delete;

 private:
  uint64_t saved_;
};

}  // namespace floe

#endif  // FLOE_BASE_THREAD_POOL_H_
