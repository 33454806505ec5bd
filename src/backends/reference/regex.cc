#include "backends/reference/regex.h"

#include "backends/reference/regex_parser.h"

namespace floe::reference {
namespace {

constexpr size_t kUnset = static_cast<size_t>(-1);

bool IsWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool Holds(Regex::Place place, std::string_view text, size_t at) {
  const bool begin = at == 0;
  const bool end = at == text.size();
  const bool edge = (!begin && IsWord(text[at - 1])) != (!end && IsWord(text[at]));
  switch (place) {
    case Regex::Place::kTextBegin:
      return begin;
    case Regex::Place::kTextEnd:
      return end;
    case Regex::Place::kLineBegin:
      return begin || text[at - 1] == '\n';
    case Regex::Place::kLineEnd:
      return end || text[at] == '\n';
    case Regex::Place::kWordEdge:
      return edge;
    case Regex::Place::kNoWordEdge:
      return !edge;
  }
  return false;
}

}  // namespace

std::optional<Regex> Regex::Compile(std::string_view pattern, std::string* problem) {
  RegexParser parser(pattern);
  Regex regex;
  if (!parser.Parse(&regex.program_, &regex.groups_, problem)) return std::nullopt;
  return regex;
}

// Follows jumps and splits in order of preference; each instruction is entered once a position.
void Regex::AddThread(std::string_view text, size_t at, Thread start, std::vector<size_t>* marks, size_t mark,
                      std::vector<Thread>* list) const {
  std::vector<Thread> stack;
  stack.push_back(std::move(start));
  while (!stack.empty()) {
    Thread t = std::move(stack.back());
    stack.pop_back();
    if ((*marks)[t.instruction] == mark) continue;
    (*marks)[t.instruction] = mark;
    const Instruction& in = program_[t.instruction];
    switch (in.opcode) {
      case Opcode::kJump:
        t.instruction = in.first;
        stack.push_back(std::move(t));
        break;
      case Opcode::kSplit:
        stack.push_back({in.second, t.slots});
        t.instruction = in.first;
        stack.push_back(std::move(t));
        break;
      case Opcode::kSave:
        if (in.first < t.slots.size()) t.slots[in.first] = at;
        ++t.instruction;
        stack.push_back(std::move(t));
        break;
      case Opcode::kAssert:
        if (!Holds(in.place, text, at)) break;
        ++t.instruction;
        stack.push_back(std::move(t));
        break;
      case Opcode::kByte:
      case Opcode::kMatch:
        list->push_back(std::move(t));
        break;
    }
  }
}

bool Regex::Search(std::string_view text, size_t from, bool whole, std::vector<size_t>* slots) const {
  std::vector<Thread> now;
  std::vector<Thread> next;
  std::vector<size_t> marks(program_.size(), kUnset);
  const std::vector<size_t> none(2 * (groups_ + 1), kUnset);
  bool matched = false;
  for (size_t at = from; at <= text.size(); ++at) {
    // A later start is worth less than any thread already running, and nothing once there is a match.
    if (!matched && (!whole || at == from)) AddThread(text, at, {0, none}, &marks, at, &now);
    if (now.empty()) {
      if (matched || whole) break;
      continue;
    }
    next.clear();
    for (Thread& t : now) {
      const Instruction& in = program_[t.instruction];
      if (in.opcode == Opcode::kMatch) {
        if (whole && at != text.size()) continue;
        matched = true;
        *slots = std::move(t.slots);
        break;  // threads behind it are worth less
      }
      if (at < text.size() && in.bytes[static_cast<unsigned char>(text[at])]) {
        ++t.instruction;
        AddThread(text, at + 1, std::move(t), &marks, at + 1, &next);
      }
    }
    std::swap(now, next);
  }
  return matched;
}

bool Regex::MatchesWhole(std::string_view text) const {
  std::vector<size_t> slots;
  return Search(text, 0, true, &slots);
}

bool Regex::CheckRewrite(std::string_view rewrite, std::string* problem) const {
  for (size_t i = 0; i < rewrite.size(); ++i) {
    if (rewrite[i] != '\\') continue;
    ++i;
    if (i < rewrite.size() && rewrite[i] == '\\') continue;
    if (i >= rewrite.size() || rewrite[i] < '0' || rewrite[i] > '9') {
      return *problem = "a backslash must be followed by a digit or a backslash", false;
    }
    if (static_cast<size_t>(rewrite[i] - '0') > groups_)
      return *problem = "refers to a group that is not there", false;
  }
  return true;
}

std::string Regex::Replace(std::string_view text, std::string_view rewrite, bool global) const {
  std::string out;
  size_t at = 0;             // everything before it is in `out`
  size_t last_end = kUnset;  // of the match before: an empty match right behind it does not count
  std::vector<size_t> slots;
  while (at <= text.size() && Search(text, at, false, &slots)) {
    if (slots[0] == slots[1] && slots[0] == last_end) {
      if (at < text.size()) out += text[at];
      ++at;
      last_end = kUnset;
      continue;
    }
    out += text.substr(at, slots[0] - at);
    for (size_t i = 0; i < rewrite.size(); ++i) {
      if (rewrite[i] != '\\' || i + 1 == rewrite.size()) {
        out += rewrite[i];
      } else if (rewrite[++i] == '\\') {
        out += '\\';
      } else {
        const size_t group = static_cast<size_t>(rewrite[i] - '0');
        if (2 * group + 1 < slots.size() && slots[2 * group + 1] != kUnset) {
          out += text.substr(slots[2 * group], slots[2 * group + 1] - slots[2 * group]);
        }
      }
    }
    at = last_end = slots[1];
    if (!global) break;
  }
  if (at < text.size()) out += text.substr(at);
  return out;
}

}  // namespace floe::reference
