// Offsets in the arena: values whose lifetimes do not meet share bytes.
#ifndef FLOE_PLANNER_MEMORY_H_
#define FLOE_PLANNER_MEMORY_H_

#include "engine/plan.h"

namespace floe {

// Assigns `offset` to every value of place kArena, lets outputs take the place of inputs where the step's
// kernel allows it, and sets arena_bytes. Sub-plans have arenas of their own and are done already.
void AssignMemory(Plan& plan);

}  // namespace floe

#endif  // FLOE_PLANNER_MEMORY_H_
