#include <algorithm>
#include <cctype>

#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

using Pieces = std::vector<std::string>;

// TensorFlow's StringSplit: each byte of `separators` splits; without any, every byte is a piece. An empty
// text has none.
Pieces SplitAtBytes(const std::string& text, const std::string& separators, bool skip_empty) {
  Pieces pieces;
  if (separators.empty()) {
    for (const char c : text) pieces.emplace_back(1, c);
    return pieces;
  }
  size_t begin = 0;
  for (size_t i = 0; i <= text.size() && !text.empty(); ++i) {
    if (i < text.size() && separators.find(text[i]) == std::string::npos) continue;
    if (i > begin || !skip_empty) pieces.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return pieces;
}

// Runs of white space separate, as for Python's str.split(); but, as in TensorFlow, what follows the last
// split that is allowed is a piece even if empty, and keeps its end.
Pieces SplitAtBlanks(const std::string& text, int64_t max_split) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  if (max_split == 0) return {text};
  Pieces pieces;
  auto at = std::find_if_not(text.begin(), text.end(), blank);
  while (at != text.end()) {
    const auto end = std::find_if(at, text.end(), blank);
    pieces.emplace_back(at, end);
    at = std::find_if_not(end, text.end(), blank);
    if (static_cast<int64_t>(pieces.size()) == max_split) {
      pieces.emplace_back(at, text.end());
      break;
    }
  }
  return pieces;
}

// Python's str.split(separator).
Pieces SplitAtText(const std::string& text, const std::string& separator, int64_t max_split) {
  Pieces pieces;
  size_t begin = 0;
  while (max_split < 0 || static_cast<int64_t>(pieces.size()) < max_split) {
    const size_t end = text.find(separator, begin);
    if (end == std::string::npos) break;
    pieces.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

}  // namespace

void Run(const StringSplit& op, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireRank(0, 1);
  if (x.dtype() != DType::kString) call.FailType(0);
  std::string separator = op.separator;
  if (call.has(1)) {
    if (call.in(1).dtype() != DType::kString) call.FailType(1);
    if (call.in(1).size() != 1) call.Fail("the separator must have one element");
    separator = *call.in(1).data<std::string>();
  }
  std::vector<int64_t> indices;
  Pieces all;
  int64_t most = 0;
  for (int64_t i = 0; i < x.size(); ++i) {
    const std::string& text = x.data<std::string>()[i];
    const Pieces pieces = op.legacy           ? SplitAtBytes(text, separator, op.skip_empty)
                          : separator.empty() ? SplitAtBlanks(text, op.max_split)
                                              : SplitAtText(text, separator, op.max_split);
    for (size_t k = 0; k < pieces.size(); ++k) indices.insert(indices.end(), {i, static_cast<int64_t>(k)});
    all.insert(all.end(), pieces.begin(), pieces.end());
    most = std::max(most, static_cast<int64_t>(pieces.size()));
  }
  const int64_t count = static_cast<int64_t>(all.size());
  StoreAll(&call.Out(0, DType::kInt64, {count, 2}), indices);
  Tensor& values = call.Out(1, DType::kString, {count});
  std::copy(all.begin(), all.end(), values.data<std::string>());
  StoreAll(&call.Out(2, DType::kInt64, {2}), std::vector<int64_t>{x.size(), most});
}

}  // namespace floe::reference
