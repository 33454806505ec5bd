#include "graph/text_scanner.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace floe {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

}  // namespace

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '/' || c == '-';
}

void TextScanner::SkipSpace() {
  while (at_ < text_.size()) {
    if (text_.substr(at_, 2) == "//") {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    } else {
      return;
    }
  }
}

bool TextScanner::AtEnd() {
  SkipSpace();
  return at_ == text_.size();
}

bool TextScanner::Peek(char c) {
  SkipSpace();
  return at_ < text_.size() && text_[at_] == c;
}

bool TextScanner::PeekWord(std::string_view word) {
  SkipSpace();
  if (text_.substr(at_, word.size()) != word) return false;
  const size_t end = at_ + word.size();
  return end == text_.size() || !IsWordCharacter(text_[end]);
}

bool TextScanner::PeekHex() {
  SkipSpace();
  return text_.substr(at_, 2) == "0x";
}

bool TextScanner::Take(char c) {
  if (!Peek(c)) return false;
  ++at_;
  return true;
}

bool TextScanner::TakeWord(std::string_view word) {
  if (!PeekWord(word)) return false;
  at_ += word.size();
  return true;
}

void TextScanner::Expect(std::string_view symbol) {
  SkipSpace();
  if (text_.substr(at_, symbol.size()) != symbol) Fail("expected '" + std::string(symbol) + "'");
  at_ += symbol.size();
}

std::string TextScanner::Word() {
  SkipSpace();
  const size_t from = at_;
  while (at_ < text_.size() && IsWordCharacter(text_[at_])) ++at_;
  if (at_ == from) Fail("expected a word");
  return std::string(text_.substr(from, at_ - from));
}

std::string TextScanner::Name() {
  return Peek('"') ? Quoted() : Word();
}

void TextScanner::Escape(std::string& out) {
  const char c = at_ < text_.size() ? text_[at_++] : '\0';
  const int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits > 0) {
    uint32_t code = 0;
    for (int i = 0; i < digits; ++i) {
      const int digit = at_ < text_.size() ? HexDigit(text_[at_]) : -1;
      if (digit < 0) Fail("expected a hexadecimal digit");
      code = code * 16 + static_cast<uint32_t>(digit);
      ++at_;
    }
    if (code > 0x10ffff) Fail("there is no such character");
    // \x stands for a byte that is no part of a character.
    if (c == 'x') {
      out += static_cast<char>(code);
    } else {
      AppendUtf8(out, code);
    }
    return;
  }
  switch (c) {
    case 'n':
      out += '\n';
      return;
    case 't':
      out += '\t';
      return;
    case 'r':
      out += '\r';
      return;
    case '"':
    case '\'':
    case '\\':
      out += c;
      return;
    default:
      Fail("no such escape");
  }
}

std::string TextScanner::Quoted() {
  Expect("\"");
  std::string out;
  while (true) {
    if (at_ == text_.size()) Fail("the text in quotes does not end");
    const char c = text_[at_++];
    if (c == '"') return out;
    if (c == '\\') {
      Escape(out);
    } else {
      out += c;
    }
  }
}

int64_t TextScanner::Integer() {
  const Place from = place();
  const std::optional<int64_t> value = ParseInt(Word());
  if (!value) FailAt(from, "expected an integer");
  return *value;
}

double TextScanner::Number() {
  const Place from = place();
  std::string word;
  SkipSpace();
  // A word of the text form has no plus sign; "1e+30" does.
  while (at_ < text_.size() && (IsWordCharacter(text_[at_]) || text_[at_] == '+')) word += text_[at_++];
  const std::optional<double> value = ParseDouble(word);
  if (!value) FailAt(from, "expected a number");
  return *value;
}

TextScanner::Place TextScanner::place() {
  SkipSpace();
  return {at_};
}

void TextScanner::Fail(std::string_view what) {
  FailAt({at_}, what);
}

void TextScanner::FailAt(Place place, std::string_view what) const {
  const std::string_view before = text_.substr(0, place.at);
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t newline = before.rfind('\n');
  const size_t column = newline == std::string_view::npos ? place.at + 1 : place.at - newline;
  Throw(ErrorCode::kModel, "graph text: line {}, column {}: {}", line, column, what);
}

}  // namespace floe
