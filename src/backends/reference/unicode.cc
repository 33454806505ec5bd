#include "backends/reference/unicode.h"

#include <algorithm>
#include <span>
#include <vector>

#include "backends/reference/kernels.h"
#include "backends/reference/unicode_case_tables.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

bool IsContinuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

char32_t MapCodePoint(std::span<const CaseRange> ranges, char32_t code) {
  if (code < 128) return code;
  const auto range = std::partition_point(ranges.begin(), ranges.end(),
                                          [code](const CaseRange& r) { return r.last < code; });
  if (range == ranges.end() || code < range->first) return code;
  if ((code - range->first) % static_cast<char32_t>(range->step) != 0) return code;
  return static_cast<char32_t>(static_cast<int32_t>(code) + range->offset);
}

const LongMapping* FindLong(std::span<const LongMapping> mappings, char32_t code) {
  const auto found = std::lower_bound(mappings.begin(), mappings.end(), code,
                                      [](const LongMapping& m, char32_t c) { return m.from < c; });
  return found != mappings.end() && found->from == code ? &*found : nullptr;
}

bool IsCased(char32_t code) {
  if (code < 128) return (code | 32) >= 'a' && (code | 32) <= 'z';
  return MapCodePoint(kLowerRanges, code) != code || MapCodePoint(kUpperRanges, code) != code ||
         FindLong(kLongUpper, code) != nullptr;
}

std::vector<char32_t> CodePointsOf(std::string_view text) {
  std::vector<char32_t> codes;
  for (size_t at = 0; at < text.size();) {
    const CodePoint code = DecodeUtf8(text, at);
    codes.push_back(code.valid ? code.value : 0xFFFD);
    at += code.size;
  }
  return codes;
}

// What is kept of one code point: itself, the replacement or nothing.
struct Policy {
  TextErrors errors;
  char32_t replacement;

  template <typename F>
  void Apply(const OpCall& call, char32_t code, bool valid, F keep) const {
    if (valid) return keep(code);
    if (errors == TextErrors::kStrict) call.FailValue("the text is not UTF-8");
    if (errors == TextErrors::kReplace) keep(replacement);
  }
};

}  // namespace

CodePoint DecodeUtf8(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  const size_t size = lead >= 0xF0 && lead <= 0xF4  ? 4
                      : lead >= 0xE0 && lead < 0xF0 ? 3
                      : lead >= 0xC2 && lead < 0xE0 ? 2
                                                    : 1;
  if (size == 1) return {0, 1, false};
  char32_t value = lead & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if (at + i >= text.size() || !IsContinuation(byte(at + i))) return {0, i, false};
    const unsigned char next = byte(at + i);
    // The second byte rules out overlong forms, surrogates and what is above 0x10FFFF.
    const bool out = i == 1 && ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) ||
                                (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F));
    if (out) return {0, 1, false};
    value = value << 6 | (next & 0x3F);
  }
  return {value, size, true};
}

bool IsScalarValue(int64_t code) {
  return (code >= 0 && code < 0xD800) || (code > 0xDFFF && code <= 0x10FFFF);
}

void AppendUtf8(char32_t code, std::string* text) {
  const auto push = [&](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (code < 0x80) return push(code);
  if (code < 0x800) {
    push(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3F));
  } else {
    push(0xF0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3F));
    push(0x80 | (code >> 6 & 0x3F));
  }
  push(0x80 | (code & 0x3F));
}

std::string MapCaseUtf8(std::string_view text, bool upper) {
  constexpr char32_t kSigma = 0x3A3, kFinalSigma = 0x3C2;
  const std::vector<char32_t> codes = CodePointsOf(text);
  std::string mapped;
  for (size_t i = 0; i < codes.size(); ++i) {
    const char32_t code = codes[i];
    if (code < 128) {
      const bool turns = upper ? code >= 'a' && code <= 'z' : code >= 'A' && code <= 'Z';
      mapped.push_back(static_cast<char>(turns ? code ^ 32 : code));
    } else if (!upper && code == kSigma && i > 0 && IsCased(codes[i - 1]) &&
               (i + 1 == codes.size() || !IsCased(codes[i + 1]))) {
      AppendUtf8(kFinalSigma, &mapped);
    } else if (const LongMapping* mapping = upper ? FindLong(kLongUpper, code) : FindLong(kLongLower, code);
               mapping != nullptr) {
      for (const char32_t c : mapping->to)
        if (c != 0) AppendUtf8(c, &mapped);
    } else {
      AppendUtf8(upper ? MapCodePoint(kUpperRanges, code) : MapCodePoint(kLowerRanges, code), &mapped);
    }
  }
  return mapped;
}

// Bytes that begin a character, as TensorFlow counts.
int64_t LengthUtf8(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return !IsContinuation(static_cast<unsigned char>(c)); });
}

void Run(const UnicodeDecode& op, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireRank(0, 1);
  if (x.dtype() != DType::kString) call.FailType(0);
  if (!IsScalarValue(op.replacement)) call.Fail("{} is no character", op.replacement);
  const Policy policy{op.errors, static_cast<char32_t>(op.replacement)};
  std::vector<int64_t> splits = {0}, codes, starts;
  for (int64_t i = 0; i < x.size(); ++i) {
    const std::string& text = x.data<std::string>()[i];
    for (size_t at = 0; at < text.size();) {
      const CodePoint code = DecodeUtf8(text, at);
      const bool control = code.valid && op.replace_control && code.value < 32;
      policy.Apply(call, code.value, code.valid && !control, [&](char32_t kept) {
        codes.push_back(static_cast<int64_t>(kept));
        starts.push_back(static_cast<int64_t>(at));
      });
      at += code.size;
    }
    splits.push_back(static_cast<int64_t>(codes.size()));
  }
  const auto count = static_cast<int64_t>(codes.size());
  StoreAll(&call.Out(0, DType::kInt64, {x.size() + 1}), splits);
  if (call.wants(1)) StoreAll(&call.Out(1, DType::kInt32, {count}), codes);
  if (call.wants(2)) StoreAll(&call.Out(2, DType::kInt64, {count}), starts);
}

void Run(const UnicodeEncode& op, OpCall& call) {
  call.RequireRank(0, 1);
  call.RequireRank(1, 1);
  if (call.in(0).dtype() != DType::kInt32) call.FailType(0);
  if (!IsScalarValue(op.replacement)) call.Fail("{} is no character", op.replacement);
  const Policy policy{op.errors, static_cast<char32_t>(op.replacement)};
  const int32_t* codes = call.in(0).data<int32_t>();
  const std::vector<int64_t> splits = call.Ints(1);
  if (splits.empty() || splits.front() != 0 || splits.back() != call.in(0).size() ||
      !std::is_sorted(splits.begin(), splits.end()))
    call.FailValue("row splits do not ascend from 0 to {}", call.in(0).size());
  Tensor& y = call.Out(0, DType::kString, {static_cast<int64_t>(splits.size()) - 1});
  for (size_t i = 0; i + 1 < splits.size(); ++i) {
    std::string text;
    for (int64_t k = splits[i]; k < splits[i + 1]; ++k)
      policy.Apply(call, static_cast<char32_t>(codes[k]), IsScalarValue(codes[k]),
                   [&](char32_t kept) { AppendUtf8(kept, &text); });
    y.data<std::string>()[i] = std::move(text);
  }
}

}  // namespace floe::reference
