// UTF-8 and UTF-32, and text from files that may be hostile.
#ifndef FLOE_FORMATS_UTF_H_
#define FLOE_FORMATS_UTF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe {

// nullopt if the text is not well-formed UTF-8.
std::optional<std::vector<uint32_t>> DecodeUtf8(std::string_view text);
// False (and nothing appended) if `code` is a surrogate or above 0x10ffff.
bool AppendUtf8(uint32_t code, std::string* text);

// For a message of one line: control characters and bytes beyond ASCII become '?', and 200 bytes suffice.
std::string Printable(std::string_view text);

}  // namespace floe

#endif  // FLOE_FORMATS_UTF_H_
