// Ctrl-C: the first asks the work to stop at the next safe point, the second ends the program; neither leaves
// a half file.
#ifndef FLOE_TOOLS_INTERRUPT_H_
#define FLOE_TOOLS_INTERRUPT_H_

namespace floe::tools {

void InstallInterruptHandler();
bool Interrupted();

}  // namespace floe::tools

#endif  // FLOE_TOOLS_INTERRUPT_H_
