#include "tools/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "base/file.h"

namespace floe::tools {
namespace {

std::atomic<int> interrupts{0};

extern "C" void OnInterrupt(int) {
  if (interrupts.fetch_add(1) > 0) {
    RemoveUncommittedFiles();
    _exit(130);
  }
}

}  // namespace

void InstallInterruptHandler() {
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGTERM, OnInterrupt);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error, not a death
}

bool Interrupted() {
  return interrupts.load() > 0;
}

}  // namespace floe::tools
