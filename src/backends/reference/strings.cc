// Elementwise functions of strings, and joining.
#include <algorithm>
#include <cctype>

#include "backends/reference/base64.h"
#include "backends/reference/farm_hash.h"
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/keyed_hash.h"
#include "backends/reference/regex.h"
#include "backends/reference/unicode.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

const std::string* StringsOf(const OpCall& call, size_t i) {
  if (call.in(i).dtype() != DType::kString) call.FailType(i);
  return call.in(i).data<std::string>();
}

template <typename F>
void MapStrings(OpCall& call, F map) {
  const std::string* x = StringsOf(call, 0);
  Tensor& y = call.Out(0, DType::kString, call.in(0).dims());
  std::transform(x, x + y.size(), y.data<std::string>(), map);
}

// ASCII only, as TensorFlow does without an encoding.
std::string MapChars(std::string text, int (*map)(int)) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 128) c = static_cast<char>(map(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string Stripped(const std::string& text) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  const auto begin = std::find_if_not(text.begin(), text.end(), blank);
  const auto end = std::find_if_not(text.rbegin(), std::make_reverse_iterator(begin), blank).base();
  return std::string(begin, end);
}

Regex Compile(const OpCall& call, const std::string& pattern) {
  std::string problem;
  std::optional<Regex> regex = Regex::Compile(pattern, &problem);
  if (!regex) call.Fail("pattern '{}': {}", pattern, problem);
  return std::move(*regex);
}

void MatchWhole(const StringMap& op, OpCall& call) {
  const Regex regex = Compile(call, op.pattern);
  const std::string* x = StringsOf(call, 0);
  Tensor& y = call.Out(0, DType::kBool, call.in(0).dims());
  for (int64_t i = 0; i < y.size(); ++i) y.data<bool>()[i] = regex.MatchesWhole(x[i]);
}

template <typename F>
void MeasureLengths(OpCall& call, F length) {
  const std::string* x = StringsOf(call, 0);
  Tensor& y = call.Out(0, DType::kInt32, call.in(0).dims());
  for (int64_t i = 0; i < y.size(); ++i) y.data<int32_t>()[i] = static_cast<int32_t>(length(x[i]));
}

}  // namespace

void Run(const StringMap& op, OpCall& call) {
  switch (op.kind) {
    case StringMapKind::kLower:
      return MapStrings(call, [](const std::string& s) { return MapChars(s, std::tolower); });
    case StringMapKind::kUpper:
      return MapStrings(call, [](const std::string& s) { return MapChars(s, std::toupper); });
    case StringMapKind::kStrip:
      return MapStrings(call, Stripped);
    case StringMapKind::kLowerUtf8:
      return MapStrings(call, [](const std::string& s) { return MapCaseUtf8(s, false); });
    case StringMapKind::kUpperUtf8:
      return MapStrings(call, [](const std::string& s) { return MapCaseUtf8(s, true); });
    case StringMapKind::kLength:
      return MeasureLengths(call, [](const std::string& s) { return static_cast<int64_t>(s.size()); });
    case StringMapKind::kLengthUtf8:
      return MeasureLengths(call, LengthUtf8);
    case StringMapKind::kEncodeBase64:
    case StringMapKind::kEncodeBase64Padded:
      return MapStrings(call, [&](const std::string& s) {
        return EncodeBase64(s, op.kind == StringMapKind::kEncodeBase64Padded);
      });
    case StringMapKind::kDecodeBase64:
      return MapStrings(call, [&](const std::string& s) {
        std::optional<std::string> bytes = DecodeBase64(s);
        if (!bytes) call.FailValue("a string of {} characters is no web-safe base64", s.size());
        return std::move(*bytes);
      });
    case StringMapKind::kRegexFullMatch:
      return MatchWhole(op, call);
    case StringMapKind::kRegexReplace: {
      const Regex regex = Compile(call, op.pattern);
      std::string problem;
      if (!regex.CheckRewrite(op.rewrite, &problem)) call.Fail("rewrite '{}': {}", op.rewrite, problem);
      return MapStrings(
          call, [&](const std::string& s) { return regex.Replace(s, op.rewrite, op.replace_global); });
    }
  }
}

void Run(const StringJoin& op, OpCall& call) {
  std::vector<Dims> shapes;
  std::vector<const std::string*> inputs;
  for (size_t i = 0; i < call.input_count(); ++i) {
    inputs.push_back(StringsOf(call, i));
    shapes.push_back(call.in(i).dims());
  }
  const Dims dims = BroadcastDims(call, shapes);
  Tensor& y = call.Out(0, DType::kString, dims);
  std::vector<Dims> strides = {RowMajorStrides(dims)};
  for (const Dims& s : shapes) strides.push_back(BroadcastStrides(s, dims));
  ForEachRun({dims, strides, Dims(strides.size(), 0)},
             [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t length) {
               for (int64_t i = 0; i < length; ++i) {
                 std::string joined;
                 for (size_t k = 0; k < inputs.size(); ++k) {
                   if (k > 0) joined += op.separator;
                   joined += inputs[k][at[k + 1] + i * step[k + 1]];
                 }
                 y.data<std::string>()[at[0] + i * step[0]] = std::move(joined);
               }
             });
}

// Axes are joined in the order they are listed: the first one is innermost.
void Run(const StringReduceJoin& op, OpCall& call) {
  const std::string* x = StringsOf(call, 0);
  const Dims& in = call.in(0).dims();
  const std::vector<bool> reduced = call.AxisFlags(op.axes, in.size());
  const Dims own = RowMajorStrides(in);
  Dims out_dims, outer, outer_strides, inner, inner_strides;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!reduced[i]) {
      outer.push_back(in[i]);
      outer_strides.push_back(own[i]);
    }
    if (!reduced[i] || op.keep_dims) out_dims.push_back(reduced[i] ? 1 : in[i]);
  }
  for (size_t i = op.axes.size(); i-- > 0;) {
    const size_t axis = call.Axis(op.axes[i], in.size());
    inner.push_back(in[axis]);
    inner_strides.push_back(own[axis]);
  }
  Tensor& y = call.Out(0, DType::kString, out_dims);
  const auto place = [](const Odometer& at, const Dims& strides) {
    int64_t p = 0;
    for (size_t i = 0; i < strides.size(); ++i) p += at.index[i] * strides[i];
    return p;
  };
  Odometer at(outer);
  for (int64_t i = 0; i < y.size(); ++i, at.Next()) {
    std::string joined;
    Odometer along(inner);
    const int64_t count = Product(inner, 0, inner.size());
    for (int64_t k = 0; k < count; ++k, along.Next()) {
      if (k > 0) joined += op.separator;
      joined += x[place(at, outer_strides) + place(along, inner_strides)];
    }
    y.data<std::string>()[i] = std::move(joined);
  }
}

void Run(const StringHash& op, OpCall& call) {
  if (op.buckets < 0) call.Fail("{} buckets", op.buckets);
  const bool keyed = op.method == StringHashMethod::kStrong;
  if (keyed && op.key.size() != 2) call.Fail("expected a key of two numbers, found {}", op.key.size());
  const uint64_t key[] = {keyed ? static_cast<uint64_t>(op.key[0]) : 0,
                          keyed ? static_cast<uint64_t>(op.key[1]) : 0};
  const std::string* x = StringsOf(call, 0);
  Tensor& y = call.Out(0, DType::kInt64, call.in(0).dims());
  for (int64_t i = 0; i < y.size(); ++i) {
    const uint64_t hash = op.method == StringHashMethod::kFast     ? Fingerprint64(x[i])
                          : op.method == StringHashMethod::kStrong ? SipHash64(x[i], key[0], key[1])
                                                                   : MurmurHash64(x[i]);
    y.data<int64_t>()[i] =
        static_cast<int64_t>(op.buckets == 0 ? hash : hash % static_cast<uint64_t>(op.buckets));
  }
}

}  // namespace floe::reference
