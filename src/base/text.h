// Small helpers on text: what messages and parsers share.
#ifndef FLOE_BASE_TEXT_H_
#define FLOE_BASE_TEXT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe {

std::vector<std::string_view> SplitText(std::string_view text, char separator);  // "a,,b" -> "a", "", "b"
std::string JoinText(std::span<const std::string> parts, std::string_view separator);
std::string_view TrimText(std::string_view text);
std::string Counted(int64_t count, std::string_view noun);  // "1 thread", "2 threads"

// The whole text as a decimal integer or a float; nullopt otherwise.
std::optional<int64_t> ParseInt(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);

// Up to `most` of `candidates` that look like `name` (edit distance, shared path component), best first.
std::vector<std::string> NearestNames(std::string_view name, std::span<const std::string> candidates,
                                      size_t most = 3);
// "; did you mean 'a', 'b'?" or "" when nothing is near.
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);

}  // namespace floe

#endif  // FLOE_BASE_TEXT_H_
