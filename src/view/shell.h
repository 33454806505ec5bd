// Words of a command line that a person copies.
#ifndef FLOE_VIEW_SHELL_H_
#define FLOE_VIEW_SHELL_H_

#include <string>
#include <string_view>

namespace floe::view {

// The word, quoted where a shell would see more than a word in it.
std::string ShellWord(std::string_view word);

}  // namespace floe::view

#endif  // FLOE_VIEW_SHELL_H_
