// UTF-8 as ICU reads it: code points, and where the bytes are none.
#ifndef FLOE_BACKENDS_REFERENCE_UNICODE_H_
#define FLOE_BACKENDS_REFERENCE_UNICODE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace floe::reference {

struct CodePoint {
  char32_t value = 0;
  size_t size = 1;  // bytes
  bool valid = true;
};

// The code point at `at` < text.size(). What is no UTF-8 takes as many bytes as could begin a sequence
// (Unicode's "maximal subpart").
CodePoint DecodeUtf8(std::string_view text, size_t at);
// False for surrogates and numbers above 0x10FFFF.
bool IsScalarValue(int64_t code);
void AppendUtf8(char32_t code, std::string* text);
// By Unicode's full mappings that need no language; a sigma that ends a word becomes a final one.
std::string MapCaseUtf8(std::string_view text, bool upper);
int64_t LengthUtf8(std::string_view text);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_UNICODE_H_
