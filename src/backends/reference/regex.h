// Regular expressions in RE2's syntax, as far as bytes go: literals, classes, groups, alternation, repetition
// (greedy and lazy), anchors, \b, (?i) (?s) (?m) (?U is missing), \d \w \s and their complements, [[:name:]].
// No backtracking: time is proportional to pattern times text, and nothing recurses on the text.
#ifndef FLOE_BACKENDS_REFERENCE_REGEX_H_
#define FLOE_BACKENDS_REFERENCE_REGEX_H_

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::reference {

class Regex {
 public:
  // nullopt with a phrase in `problem` when the pattern is not understood or too large.
  static std::optional<Regex> Compile(std::string_view pattern, std::string* problem);

  bool MatchesWhole(std::string_view text) const;
  // Replaces the first match, or every one; \0 to \9 in `rewrite` are groups, \\ a backslash.
  std::string Replace(std::string_view text, std::string_view rewrite, bool global) const;
  bool CheckRewrite(std::string_view rewrite, std::string* problem) const;

  enum class Opcode { kByte, kSplit, kJump, kSave, kAssert, kMatch };
  enum class Place { kTextBegin, kTextEnd, kLineBegin, kLineEnd, kWordEdge, kNoWordEdge };
  struct Instruction {
    Opcode opcode;
    std::bitset<256> bytes = {};  // kByte
    size_t first = 0;             // kSplit, kJump: preferred target; kSave: slot
    size_t second = 0;            // kSplit
    Place place = Place::kTextBegin;
  };

 private:
  struct Thread {
    size_t instruction;
    std::vector<size_t> slots;
  };
  // The leftmost-first match at or after `from`: slots 2g and 2g + 1 hold group g. `whole`: from end to end.
  bool Search(std::string_view text, size_t from, bool whole, std::vector<size_t>* slots) const;
  void AddThread(std::string_view text, size_t at, Thread start, std::vector<size_t>* marks, size_t mark,
                 std::vector<Thread>* list) const;

  std::vector<Instruction> program_;
  size_t groups_ = 0;
};

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_REGEX_H_
