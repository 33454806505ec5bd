// Turns a pattern into the instructions that Regex runs.
#ifndef FLOE_BACKENDS_REFERENCE_REGEX_PARSER_H_
#define FLOE_BACKENDS_REFERENCE_REGEX_PARSER_H_

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "backends/reference/regex.h"

namespace floe::reference {

class RegexParser {
 public:
  explicit RegexParser(std::string_view pattern) : pattern_(pattern) {}
  // false with a phrase in `problem`.
  bool Parse(std::vector<Regex::Instruction>* program, size_t* groups, std::string* problem);

 private:
  // Targets are relative to the instruction, so that code can be moved and copied.
  using Code = std::vector<Regex::Instruction>;
  using Bytes = std::bitset<256>;
  struct Flags {
    bool ignore_case = false;
    bool dot_newline = false;
    bool multi_line = false;
  };

  Code ParseAlternatives(int depth);
  Code ParseSequence(int depth);
  Code ParseAtom(int depth);
  Code ParseGroup(int depth);
  Code ParseClass();
  Code ParseEscape();
  bool ParseFlags();  // of a group: true when it ends with ':', false with ')'
  Code Repeat(Code atom);
  bool ParseCounts(int* least, int* most);
  bool ClassEscape(char c, Bytes* bytes) const;
  bool PosixClass(Bytes* bytes);
  char LiteralEscape(char c);

  Code OneOf(Bytes bytes) const;
  Code Literal(char c) const;
  Code AnyBut(Bytes ascii) const;  // a character (in UTF-8) that is not one of these ASCII ones
  Code Assert(Regex::Place place) const;
  Code Alternative(Code a, Code b) const;
  Code Copies(const Code& atom, int least, int most, bool lazy);
  void Append(Code* to, const Code& more);
  void Fail(std::string problem);

  bool AtEnd() const { return at_ >= pattern_.size() || !problem_.empty(); }
  char Peek() const { return pattern_[at_]; }
  bool Take(std::string_view text);

  std::string_view pattern_;
  size_t at_ = 0;
  size_t groups_ = 0;
  Flags flags_;
  std::string problem_;
};

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_REGEX_PARSER_H_
