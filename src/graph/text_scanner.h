// Reads the words of the text form; errors carry line and column.
#ifndef FLOE_GRAPH_TEXT_SCANNER_H_
#define FLOE_GRAPH_TEXT_SCANNER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace floe {

class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : text_(text) {}

  bool AtEnd();
  bool Peek(char c);                     // the next character that is no space
  bool PeekWord(std::string_view word);  // the next word
  bool PeekHex();                        // "0x"
  bool Take(char c);                     // consumes it if it is next
  bool TakeWord(std::string_view word);
  void Expect(std::string_view symbol);  // consumes these characters or fails
  std::string Word();                    // letters, digits, _ . / -
  std::string Name();                    // a word or a quoted text
  std::string Quoted();
  int64_t Integer();
  double Number();  // also inf, -inf, nan

  struct Place {
    size_t at;  // bytes from the start
  };
  Place place();
  [[noreturn]] void Fail(std::string_view what);
  [[noreturn]] void FailAt(Place place, std::string_view what) const;

 private:
  void SkipSpace();
  void Escape(std::string& out);

  std::string_view text_;
  size_t at_ = 0;
};

bool IsWordCharacter(char c);

}  // namespace floe

#endif  // FLOE_GRAPH_TEXT_SCANNER_H_
