#include "formats/npy_header.h"

#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "formats/utf.h"

namespace floe {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxRank = 64;  // numpy's own limit

struct NumberType {
  char kind;
  size_t size;
  DType dtype;
};
constexpr NumberType kNumberTypes[] = {
    {'b', 1, DType::kBool},      {'i', 1, DType::kInt8},        {'i', 2, DType::kInt16},
    {'i', 4, DType::kInt32},     {'i', 8, DType::kInt64},       {'u', 1, DType::kUInt8},
    {'u', 2, DType::kUInt16},    {'u', 4, DType::kUInt32},      {'u', 8, DType::kUInt64},
    {'f', 2, DType::kFloat16},   {'f', 4, DType::kFloat32},     {'f', 8, DType::kFloat64},
    {'c', 8, DType::kComplex64}, {'c', 16, DType::kComplex128}, {'V', 2, DType::kBFloat16},
};

// The dict literal, of which numpy uses strings, booleans and a tuple of integers.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& subject) : text_(text), subject_(subject) {}

  void Parse(std::string* descr, bool* fortran_order, std::vector<int64_t>* dims) {
    int seen = 0;
    Expect('{');
    while (!Accept('}')) {
      const std::string key = String();
      Expect(':');
      if (key == "descr") {
        if (Peek() == '[') Fail("structured types are not supported");
        *descr = String();
        seen |= 1;
      } else if (key == "fortran_order") {
        *fortran_order = Boolean();
        seen |= 2;
      } else if (key == "shape") {
        *dims = Tuple();
        seen |= 4;
      } else {
        Fail(fmt::format("unknown key '{}' in the header", Printable(key)));
      }
      if (!Accept(',') && Peek() != '}') Fail("cannot read the header");
    }
    if (seen != 7) Fail("the header lacks descr, fortran_order or shape");
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const { Throw(ErrorCode::kModel, "{}: {}", subject_, what); }

  char Peek() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool Accept(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }

  void Expect(char c) {
    if (!Accept(c)) Fail("cannot read the header");
  }

  std::string String() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') Fail("cannot read the header");
    const size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) Fail("cannot read the header");
    std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }

  bool Boolean() {
    Peek();
    for (const auto& [word, value] :
         {std::pair{std::string_view("True"), true}, {std::string_view("False"), false}}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    Fail("fortran_order is neither True nor False");
  }

  std::vector<int64_t> Tuple() {
    std::vector<int64_t> dims;
    Expect('(');
    while (!Accept(')')) {
      Peek();
      const size_t end = text_.find_first_not_of("0123456789", at_);
      const auto dim = ParseInt(text_.substr(at_, end == std::string_view::npos ? 0 : end - at_));
      if (!dim || dims.size() == kMaxRank) Fail("cannot read the shape");
      dims.push_back(*dim);
      at_ = end;
      Accept('L');  // Python 2 wrote long integers so
      if (!Accept(',') && Peek() != ')') Fail("cannot read the shape");
    }
    return dims;
  }

  std::string_view text_;
  const std::string& subject_;
  size_t at_ = 0;
};

void ParseDescr(const std::string& descr, const std::string& subject, NpyHeader* header) {
  const auto fail = [&]() {
    const bool object = descr.find('O') != std::string::npos;
    Throw(ErrorCode::kModel, "{}: the element type '{}' is not supported{}", subject, Printable(descr),
          object ? " (Python objects are pickled; save an array of numbers or strings)" : "");
  };
  std::string_view rest = descr;
  if (!rest.empty() && std::string_view("<>|=").find(rest[0]) != std::string_view::npos) {
    header->big_endian = rest[0] == '>';
    rest.remove_prefix(1);
  }
  if (rest == "?") rest = "b1";
  const auto size = rest.size() < 2 ? std::nullopt : ParseInt(rest.substr(1));
  if (!size || *size < 0 || *size > INT32_MAX) fail();
  header->item_size = static_cast<size_t>(*size);
  if (rest[0] == 'U' || rest[0] == 'S' || rest[0] == 'a') {
    header->dtype = DType::kString;
    header->text = rest[0] == 'U' ? NpyHeader::Text::kUtf32 : NpyHeader::Text::kBytes;
    if (rest[0] == 'U') header->item_size *= 4;
    return;
  }
  for (const NumberType& type : kNumberTypes) {
    if (type.kind == rest[0] && type.size == header->item_size) {
      header->dtype = type.dtype;
      return;
    }
  }
  fail();
}

}  // namespace

NpyHeader ParseNpyHeader(Bytes bytes, const std::string& subject) {
  if (bytes.size() < 10 || AsText(bytes.first(kMagic.size())) != kMagic) {
    Throw(ErrorCode::kModel, "{}: expected a numpy array (.npy), found {}", subject,
          bytes.empty() ? "an empty file" : "another kind of file");
  }
  ByteReader reader(bytes, subject);
  reader.Raw(kMagic.size());
  const uint8_t major = reader.U8();
  reader.U8();
  if (major < 1 || major > 3) {
    Throw(ErrorCode::kModel, "{}: expected .npy of version 1 to 3, found {}", subject, major);
  }
  const uint64_t length = major == 1 ? reader.U8() | reader.U8() << 8 : reader.U32();
  NpyHeader header;
  std::string descr;
  HeaderParser(AsText(reader.Raw(length)), subject).Parse(&descr, &header.fortran_order, &header.dims);
  header.data_offset = reader.position();
  ParseDescr(descr, subject, &header);
  int64_t count = 1;
  for (const int64_t dim : header.dims) {
    if (__builtin_mul_overflow(count, dim, &count)) {
      Throw(ErrorCode::kModel, "{}: the shape {} has more elements than 64 bits count", subject,
            DimsToString(header.dims));
    }
  }
  return header;
}

std::string MakeNpyHeader(const std::string& descr, const std::vector<int64_t>& dims) {
  std::string shape;
  for (const int64_t dim : dims) shape += std::to_string(dim) + ", ";
  // (), (3,), (2, 3)
  if (dims.size() == 1) shape.pop_back();
  if (dims.size() > 1) shape.resize(shape.size() - 2);
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  constexpr size_t kPrefix = 10;
  const size_t total = (kPrefix + dict.size() + 1 + 63) / 64 * 64;
  dict.resize(total - kPrefix - 1, ' ');
  dict += '\n';
  std::string header(kMagic);
  header += {'\1', '\0', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  return header + dict;
}

}  // namespace floe
