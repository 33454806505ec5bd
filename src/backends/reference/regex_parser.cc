#include "backends/reference/regex_parser.h"

#include <algorithm>
#include <cctype>

namespace floe::reference {
namespace {

using Bytes = std::bitset<256>;

constexpr size_t kMaxProgram = 20000;
constexpr int kMaxDepth = 200;
constexpr int kMaxRepeat = 1000;  // RE2's own limit
constexpr int kNoLimit = -1;

Bytes Span(int first, int last) {
  Bytes b;
  for (int c = first; c <= last; ++c) b.set(static_cast<size_t>(c));
  return b;
}

Bytes Matching(int (*is)(int)) {
  Bytes b;
  for (int c = 0; c < 128; ++c) b[static_cast<size_t>(c)] = is(c) != 0;
  return b;
}

Bytes WordBytes() {
  Bytes b = Matching(std::isalnum);
  return b.set('_');
}

Bytes SpaceBytes() {  // RE2's \s has no vertical tab
  Bytes b = Matching(std::isspace);
  return b.reset('\v');
}

const Bytes& Ascii() {
  static const Bytes ascii = Span(0, 127);
  return ascii;
}

Regex::Instruction Jump(Regex::Opcode opcode, ptrdiff_t first, ptrdiff_t second = 0) {
  Regex::Instruction in{opcode};
  in.first = static_cast<size_t>(first);
  in.second = static_cast<size_t>(second);
  return in;
}

Regex::Instruction Save(size_t slot) {
  Regex::Instruction in{Regex::Opcode::kSave};
  in.first = slot;
  return in;
}

}  // namespace

void RegexParser::Fail(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
}

bool RegexParser::Take(std::string_view text) {
  if (pattern_.substr(std::min(at_, pattern_.size()), text.size()) != text) return false;
  at_ += text.size();
  return true;
}

void RegexParser::Append(Code* to, const Code& more) {
  if (to->size() + more.size() > kMaxProgram) return Fail("the pattern is too large");
  to->insert(to->end(), more.begin(), more.end());
}

bool RegexParser::Parse(std::vector<Regex::Instruction>* program, size_t* groups, std::string* problem) {
  Code code = {Save(0)};
  Append(&code, ParseAlternatives(0));
  if (problem_.empty() && at_ < pattern_.size()) Fail("an unmatched ')'");
  code.push_back(Save(1));
  code.push_back({Regex::Opcode::kMatch});
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i].opcode == Regex::Opcode::kSplit) code[i].second += i;
    if (code[i].opcode == Regex::Opcode::kSplit || code[i].opcode == Regex::Opcode::kJump) code[i].first += i;
  }
  *program = std::move(code);
  *groups = groups_;
  *problem = problem_;
  return problem_.empty();
}

RegexParser::Code RegexParser::Alternative(Code a, Code b) const {
  Code code = {Jump(Regex::Opcode::kSplit, 1, static_cast<ptrdiff_t>(a.size()) + 2)};
  code.insert(code.end(), a.begin(), a.end());
  code.push_back(Jump(Regex::Opcode::kJump, static_cast<ptrdiff_t>(b.size()) + 1));
  code.insert(code.end(), b.begin(), b.end());
  return code;
}

RegexParser::Code RegexParser::ParseAlternatives(int depth) {
  if (depth > kMaxDepth) Fail("groups are nested too deeply");
  std::vector<Code> parts = {ParseSequence(depth)};
  while (!AtEnd() && Take("|")) parts.push_back(ParseSequence(depth));
  Code code = std::move(parts.back());
  for (size_t i = parts.size() - 1; i-- > 0;) {
    if (code.size() + parts[i].size() > kMaxProgram) Fail("the pattern is too large");
    if (!problem_.empty()) return {};
    code = Alternative(std::move(parts[i]), std::move(code));
  }
  return code;
}

RegexParser::Code RegexParser::ParseSequence(int depth) {
  Code code;
  while (!AtEnd() && Peek() != '|' && Peek() != ')') Append(&code, Repeat(ParseAtom(depth)));
  return code;
}

RegexParser::Code RegexParser::Copies(const Code& atom, int least, int most, bool lazy) {
  const auto n = static_cast<ptrdiff_t>(atom.size());
  const auto split = [lazy](ptrdiff_t into, ptrdiff_t past) {
    return lazy ? Jump(Regex::Opcode::kSplit, past, into) : Jump(Regex::Opcode::kSplit, into, past);
  };
  Code code;
  for (int i = 0; i < least && problem_.empty(); ++i) Append(&code, atom);
  if (most == kNoLimit) {
    code.push_back(split(1, n + 2));
    Append(&code, atom);
    code.push_back(Jump(Regex::Opcode::kJump, -(n + 1)));
    return code;
  }
  // (a(a(a)?)?)?: each optional copy skips all that follow.
  for (int i = least; i < most && problem_.empty(); ++i) {
    code.push_back(split(1, (most - i) * (n + 1)));
    Append(&code, atom);
  }
  return code;
}

bool RegexParser::ParseCounts(int* least, int* most) {
  const size_t start = at_;
  const auto number = [&](int* out) {
    const size_t begin = at_;
    *out = 0;
    while (at_ < pattern_.size() && std::isdigit(static_cast<unsigned char>(Peek())) != 0 &&
           *out <= kMaxRepeat) {
      *out = *out * 10 + (pattern_[at_++] - '0');
    }
    return at_ > begin;
  };
  if (Take("{") && number(least)) {
    *most = *least;
    if (Take(",") && !number(most)) *most = kNoLimit;
    if (Take("}")) {
      if (*least > kMaxRepeat || *most > kMaxRepeat || (*most != kNoLimit && *most < *least)) {
        Fail("a repetition out of range");
      }
      return true;
    }
  }
  at_ = start;  // then '{' is a literal
  return false;
}

RegexParser::Code RegexParser::Repeat(Code atom) {
  while (!AtEnd()) {
    int least = 0;
    int most = kNoLimit;
    if (Take("*")) {
    } else if (Take("+")) {
      least = 1;
    } else if (Take("?")) {
      most = 1;
    } else if (!ParseCounts(&least, &most)) {
      break;
    }
    const bool lazy = !AtEnd() && Take("?");
    atom = Copies(atom, least, most, lazy);
  }
  return atom;
}

RegexParser::Code RegexParser::OneOf(Bytes bytes) const {
  if (flags_.ignore_case) {
    for (size_t c = 'a'; c <= 'z'; ++c) {
      if (bytes[c] || bytes[c - 32]) bytes.set(c).set(c - 32);
    }
  }
  Regex::Instruction in{Regex::Opcode::kByte};
  in.bytes = bytes;
  return {in};
}

RegexParser::Code RegexParser::Literal(char c) const {
  return OneOf(Bytes().set(static_cast<unsigned char>(c)));
}

RegexParser::Code RegexParser::AnyBut(Bytes ascii) const {
  if (flags_.ignore_case) ascii = OneOf(ascii).front().bytes;
  Regex::Instruction in{Regex::Opcode::kByte};
  in.bytes = Ascii() & ~ascii;
  Code code = {in};
  const Bytes leads[] = {Span(0xc2, 0xdf), Span(0xe0, 0xef), Span(0xf0, 0xf4)};
  for (size_t more = 1; more <= 3; ++more) {
    in.bytes = leads[more - 1];
    Code sequence = {in};
    in.bytes = Span(0x80, 0xbf);
    sequence.insert(sequence.end(), more, in);
    code = Alternative(std::move(code), std::move(sequence));
  }
  return code;
}

RegexParser::Code RegexParser::Assert(Regex::Place place) const {
  Regex::Instruction in{Regex::Opcode::kAssert};
  in.place = place;
  return {in};
}

RegexParser::Code RegexParser::ParseAtom(int depth) {
  const char c = pattern_[at_++];
  switch (c) {
    case '(':
      return ParseGroup(depth);
    case '[':
      return ParseClass();
    case '\\':
      return ParseEscape();
    case '.':
      return AnyBut(flags_.dot_newline ? Bytes() : Bytes().set('\n'));
    case '^':
      return Assert(flags_.multi_line ? Regex::Place::kLineBegin : Regex::Place::kTextBegin);
    case '$':
      return Assert(flags_.multi_line ? Regex::Place::kLineEnd : Regex::Place::kTextEnd);
    case '*':
    case '+':
    case '?':
      Fail("nothing to repeat");
      return {};
    default:
      break;
  }
  Code code = Literal(c);
  // The bytes of one UTF-8 character repeat together.
  if (static_cast<unsigned char>(c) >= 0xc0) {
    while (!AtEnd() && (static_cast<unsigned char>(Peek()) & 0xc0) == 0x80)
      Append(&code, Literal(pattern_[at_++]));
  }
  return code;
}

bool RegexParser::ParseFlags() {
  bool on = true;
  while (!AtEnd()) {
    const char c = pattern_[at_++];
    switch (c) {
      case 'i':
        flags_.ignore_case = on;
        break;
      case 's':
        flags_.dot_newline = on;
        break;
      case 'm':
        flags_.multi_line = on;
        break;
      case '-':
        on = false;
        break;
      case ':':
        return true;
      case ')':
        return false;
      default:
        Fail(std::string("the flag '") + c + "' is not known");
        return false;
    }
  }
  Fail("a group without end");
  return false;
}

RegexParser::Code RegexParser::ParseGroup(int depth) {
  const Flags outer = flags_;
  size_t group = 0;
  if (Take("?P<") || Take("?<")) {
    while (!AtEnd() && Peek() != '>') ++at_;
    if (!Take(">")) Fail("a group name without end");
    group = ++groups_;
  } else if (Take("?")) {
    if (!ParseFlags()) return {};  // (?i) holds up to the end of the enclosing group
  } else {
    group = ++groups_;
  }
  Code code;
  if (group > 0) code.push_back(Save(2 * group));
  Append(&code, ParseAlternatives(depth + 1));
  if (group > 0) code.push_back(Save(2 * group + 1));
  if (!Take(")")) Fail("an unmatched '('");
  flags_ = outer;
  return code;
}

bool RegexParser::ClassEscape(char c, Bytes* bytes) const {
  switch (c) {
    case 'd':
      return *bytes = Matching(std::isdigit), true;
    case 'w':
      return *bytes = WordBytes(), true;
    case 's':
      return *bytes = SpaceBytes(), true;
    default:
      return false;
  }
}

char RegexParser::LiteralEscape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case 'x': {
      int value = 0;
      for (int i = 0; i < 2; ++i, ++at_) {
        if (AtEnd() || std::isxdigit(static_cast<unsigned char>(Peek())) == 0)
          return Fail("a wrong \\x"), '\0';
        const char d = static_cast<char>(std::tolower(static_cast<unsigned char>(Peek())));
        value = value * 16 + (d <= '9' ? d - '0' : d - 'a' + 10);
      }
      if (value > 127) Fail("\\x beyond ASCII");
      return static_cast<char>(value);
    }
    default:
      if (std::isalnum(static_cast<unsigned char>(c)) != 0)
        Fail(std::string("the escape \\") + c + " is not known");
      return c;
  }
}

RegexParser::Code RegexParser::ParseEscape() {
  if (AtEnd()) return Fail("a backslash at the end"), Code();
  const char c = pattern_[at_++];
  Bytes bytes;
  if (ClassEscape(c, &bytes)) return OneOf(bytes);
  if (c != '\0' && ClassEscape(static_cast<char>(std::tolower(static_cast<unsigned char>(c))), &bytes)) {
    return AnyBut(bytes);
  }
  switch (c) {
    case 'b':
      return Assert(Regex::Place::kWordEdge);
    case 'B':
      return Assert(Regex::Place::kNoWordEdge);
    case 'A':
      return Assert(Regex::Place::kTextBegin);
    case 'z':
      return Assert(Regex::Place::kTextEnd);
    case 'Q': {
      Code code;
      while (!AtEnd() && !Take("\\E")) Append(&code, Literal(pattern_[at_++]));
      return code;
    }
    default:
      return Literal(LiteralEscape(c));
  }
}

bool RegexParser::PosixClass(Bytes* bytes) {
  struct Named {
    std::string_view name;
    int (*is)(int);
  };
  static constexpr Named kNamed[] = {
      {"[:alnum:]", std::isalnum}, {"[:alpha:]", std::isalpha}, {"[:blank:]", std::isblank},
      {"[:cntrl:]", std::iscntrl}, {"[:digit:]", std::isdigit}, {"[:graph:]", std::isgraph},
      {"[:lower:]", std::islower}, {"[:print:]", std::isprint}, {"[:punct:]", std::ispunct},
      {"[:space:]", std::isspace}, {"[:upper:]", std::isupper}, {"[:xdigit:]", std::isxdigit}};
  for (const Named& named : kNamed) {
    if (Take(named.name)) return *bytes = Matching(named.is), true;
  }
  if (Take("[:word:]")) return *bytes = WordBytes(), true;
  return false;
}

RegexParser::Code RegexParser::ParseClass() {
  const bool negated = Take("^");
  Bytes all;
  bool first = true;
  while (first || AtEnd() || Peek() != ']') {
    if (AtEnd()) return Fail("a class without end"), Code();
    first = false;
    Bytes bytes;
    if (PosixClass(&bytes)) {
      all |= bytes;
      continue;
    }
    const auto one = [&]() -> char {
      char c = pattern_[at_++];
      if (c == '\\') c = AtEnd() ? (Fail("a backslash at the end"), '\0') : LiteralEscape(pattern_[at_++]);
      if (static_cast<unsigned char>(c) > 127) Fail("a class with characters beyond ASCII");
      return c;
    };
    if (Peek() == '\\' && at_ + 1 < pattern_.size()) {
      const char c = pattern_[at_ + 1];
      const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
      if (ClassEscape(static_cast<char>(std::tolower(static_cast<unsigned char>(c))), &bytes)) {
        if (upper && !negated) Fail("a class with a negated one inside");
        all |= upper ? Ascii() & ~bytes : bytes;
        at_ += 2;
        continue;
      }
    }
    const char from = one();
    char to = from;
    if (at_ + 1 < pattern_.size() && Peek() == '-' && pattern_[at_ + 1] != ']') {
      ++at_;
      to = one();
    }
    if (to < from) Fail("a range that runs backwards");
    if (problem_.empty()) all |= Span(from, to);
  }
  ++at_;
  return negated ? AnyBut(all) : OneOf(all);
}

}  // namespace floe::reference
