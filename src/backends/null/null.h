// The smallest complete backend: it takes every problem, records that it ran, and computes nothing. Tests use
// it to watch the planner and the runtime; copy this folder to start a new backend.
#ifndef FLOE_BACKENDS_NULL_NULL_H_
#define FLOE_BACKENDS_NULL_NULL_H_

#include <string>
#include <vector>

#include "backends/backend.h"

namespace floe {

const Backend& NullBackend();

// What null executables do from construction to destruction is recorded here: the names of the problems that
// ran, in order. Calls may come from several threads. Recorders nest: the innermost one of the thread that
// prepared an executable gets that executable's runs, so tests that run in parallel do not mix.
class NullRecorder {
 public:
  NullRecorder();
  ~NullRecorder();  // executables prepared under it must not run any more
  NullRecorder(const NullRecorder&) = delete;
  NullRecorder& operator=(const NullRecorder&) = delete;

  std::vector<std::string> Runs() const;  // so far
  void Record(const std::string& problem);

 private:
  struct State;
  std::unique_ptr<State> state_;
  NullRecorder* outer_;
};

}  // namespace floe

#endif  // FLOE_BACKENDS_NULL_NULL_H_
