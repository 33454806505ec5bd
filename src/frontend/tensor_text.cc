// Values as a person types them: true, 0.5, 1,2,3, [[1, 2], [3, 4]], ["a", "b"].
#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/element_type.h"
#include "base/error.h"
#include "base/text.h"
#include "frontend/selection.h"

namespace floe {
namespace {

constexpr size_t kMaxRank = 8;

class TextParser {
 public:
  TextParser(std::string_view text, DType dtype, std::string_view subject)
      : all_(text), text_(TrimText(text)), dtype_(dtype), subject_(subject) {}

  Tensor Parse() {
    if (text_.starts_with('[')) {
      List(0);
      if (!TrimText(text_).empty()) Fail();
    } else if (dtype_ == DType::kString) {
      items_.emplace_back(all_);
    } else if (text_.find(',') != std::string_view::npos) {
      for (const std::string_view part : SplitText(text_, ',')) items_.emplace_back(TrimText(part));
      if (items_.back().empty()) items_.pop_back();  // "5,"
      dims_ = {static_cast<int64_t>(items_.size())};
    } else {
      items_.emplace_back(text_);
    }
    Tensor tensor(dtype_, dims_);
    if (tensor.size() != static_cast<int64_t>(items_.size())) Fail();
    Fill(tensor);
    return tensor;
  }

 private:
  void List(size_t depth) {
    if (depth >= kMaxRank) Fail();
    if (dims_.size() == depth) dims_.push_back(-1);
    text_.remove_prefix(1);
    int64_t count = 0;
    SkipSpace();
    while (!text_.starts_with(']')) {
      if (text_.empty()) Fail();
      if (count++ > 0) {
        if (!text_.starts_with(',')) Fail();
        text_.remove_prefix(1);
        SkipSpace();
      }
      if (text_.starts_with('[')) {
        List(depth + 1);
      } else {
        if (dims_.size() > depth + 1) Fail();
        items_.push_back(Item());
      }
      SkipSpace();
    }
    text_.remove_prefix(1);
    if (dims_[depth] >= 0 && dims_[depth] != count) Fail();
    dims_[depth] = count;
  }

  std::string Item() {
    if (!text_.starts_with('"') && !text_.starts_with('\'')) {
      const size_t end = std::min(text_.find_first_of(",]"), text_.size());
      const std::string item(TrimText(text_.substr(0, end)));
      if (item.empty()) Fail();
      text_.remove_prefix(end);
      return item;
    }
    const char quote = text_.front();
    std::string item;
    for (text_.remove_prefix(1); !text_.starts_with(quote); text_.remove_prefix(1)) {
      if (text_.starts_with('\\')) text_.remove_prefix(1);
      if (text_.empty()) Fail();
      item += text_.front();
    }
    text_.remove_prefix(1);
    return item;
  }

  void SkipSpace() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.front())) != 0)
      text_.remove_prefix(1);
  }

  template <typename T>
  T Read(const std::string& item) const {
    if constexpr (std::is_same_v<T, bool>) {
      return Truth(item);
    } else if constexpr (std::is_same_v<T, double>) {
      return Number(item);
    } else if constexpr (!std::is_integral_v<T>) {
      return T(static_cast<float>(Number(item)));
    } else {
      const std::optional<int64_t> value = ParseInt(item);
      if (!value || *value < static_cast<int64_t>(std::numeric_limits<T>::min()) ||
          (std::numeric_limits<T>::digits < 63 &&
           *value > static_cast<int64_t>(std::numeric_limits<T>::max()))) {
        Fail();
      }
      return static_cast<T>(*value);
    }
  }

  double Number(std::string_view item) const {
    if (item.starts_with('+')) item.remove_prefix(1);
    const std::optional<double> value = ParseDouble(item);
    if (!value) Fail();
    return *value;
  }

  bool Truth(const std::string& item) const {
    if (item == "true" || item == "True" || item == "1") return true;
    if (item == "false" || item == "False" || item == "0") return false;
    Fail();
  }

  void Fill(Tensor& tensor) {
    if (dtype_ == DType::kString) {
      std::copy(items_.begin(), items_.end(), tensor.data<std::string>());
      return;
    }
    const bool real = VisitRealType(dtype_, [&]<typename T>(std::type_identity<T>) {
      std::transform(items_.begin(), items_.end(), tensor.data<T>(),
                     [&](const std::string& item) { return Read<T>(item); });
    });
    if (!real) Fail();
  }

  [[noreturn]] void Fail() const {
    Throw(ErrorCode::kUsage, "{}: expected {} values like 1, 1,2,3 or [[1, 2], [3, 4]], found '{}'", subject_,
          DTypeName(dtype_), all_);
  }

  std::string_view all_;
  std::string_view text_;
  DType dtype_;
  std::string_view subject_;
  std::vector<int64_t> dims_;
  std::vector<std::string> items_;
};

}  // namespace

Tensor ParseTensorText(std::string_view text, DType dtype, std::string_view subject) {
  return TextParser(text, dtype, subject).Parse();
}

}  // namespace floe
