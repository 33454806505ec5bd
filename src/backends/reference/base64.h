// The web-safe alphabet of RFC 4648, section 5.
#ifndef FLOE_BACKENDS_REFERENCE_BASE64_H_
#define FLOE_BACKENDS_REFERENCE_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace floe::reference {

std::string EncodeBase64(std::string_view bytes, bool pad);
// Padded or not. Nothing where it is no base64; bits that are left over count for nothing.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_BASE64_H_
