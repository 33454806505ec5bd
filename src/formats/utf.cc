#include "formats/utf.h"

namespace floe {
namespace {

bool IsScalarValue(uint32_t code) {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

}  // namespace

std::optional<std::vector<uint32_t>> DecodeUtf8(std::string_view text) {
  std::vector<uint32_t> codes;
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    const int more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
    if (more < 0) return std::nullopt;
    uint32_t code = more == 0 ? lead : lead & (0x3fu >> more);
    for (int i = 0; i < more; ++i) {
      if (at == text.size()) return std::nullopt;
      const auto next = static_cast<unsigned char>(text[at++]);
      if (next >> 6 != 2) return std::nullopt;
      code = code << 6 | (next & 0x3fu);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};  // shorter forms exist below
    if (code < kLeast[more] || !IsScalarValue(code)) return std::nullopt;
    codes.push_back(code);
  }
  return codes;
}

bool AppendUtf8(uint32_t code, std::string* text) {
  if (!IsScalarValue(code)) return false;
  const auto add = [&](uint32_t byte) { *text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6);
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3f));
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  }
  return true;
}

std::string Printable(std::string_view text) {
  std::string printable;
  for (const char c : text.substr(0, 200)) printable += c >= 0x20 && c < 0x7f ? c : '?';
  return printable;
}

}  // namespace floe
