// How many processors there are for this process.
#ifndef FLOE_BASE_PROCESSORS_H_
#define FLOE_BASE_PROCESSORS_H_

#include <string>

namespace floe {

// Processors this process may use: the smaller of affinity mask and cgroup quota, at least 1.
int AvailableProcessors();

// Those that the quotas of the process's cgroups give it, version 1 or 2, its own and those above it, rounded
// up; 0 where none limits it or nothing can be read. `root` is put before /proc and before the paths of
// mounts, and empty but for tests.
int CgroupProcessors(const std::string& root = "");

}  // namespace floe

#endif  // FLOE_BASE_PROCESSORS_H_
