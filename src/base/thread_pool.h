// A small pool for data-parallel loops: static partition, the caller takes part, workers spin briefly before
// they sleep, since the loops of one inference follow each other within microseconds.
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

  // Splits [0, count) into at most threads() ranges of near-equal length, each a multiple of `grain` but the
  // last, and calls body(begin, end, thread) for each. Small counts run on the caller alone.
  void ParallelFor(int64_t count, int64_t grain,
                   const std::function<void(int64_t begin, int64_t end, int thread)>& body);

  // The process's pool, made at first use with ThreadPool(0).
  static const std::shared_ptr<ThreadPool>& Default();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Processors this process may use: the smaller of affinity mask and cgroup quota, at least 1.
int AvailableProcessors();

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
