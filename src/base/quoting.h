// Text made safe for where it goes: command lines that a person copies, messages, pages that a browser shows.
#ifndef FLOE_BASE_QUOTING_H_
#define FLOE_BASE_QUOTING_H_

#include <string>
#include <string_view>

namespace floe {

std::string ShellQuoted(std::string_view text);  // 'text' for a POSIX shell, whatever it holds
// The word, quoted where a shell would see more than a word in it.
std::string ShellWord(std::string_view word);

// For a message of one line on a terminal: control characters, which names in a model may hold, as \n, \t or
// \x1b.
std::string OneLine(std::string_view text);

// For the contents and the quoted attributes of an element.
std::string HtmlEscaped(std::string_view text);

}  // namespace floe

#endif  // FLOE_BASE_QUOTING_H_
