#include "formats/tensorflow/op_defs_parser.h"

#include <google/protobuf/text_format.h>

#include <charconv>

#include "base/check.h"
#include "base/text.h"

namespace floe {
namespace {

class LineParser {
 public:
  explicit LineParser(std::string_view line) : line_(line) {}

  TfOpDef Parse() {
    TfOpDef def;
    def.name = Until(" ");
    Expect(" (");
    def.inputs = Args();
    Expect(" -> (");
    def.outputs = Args();
    Expect(" [");
    while (!Accept("]")) {
      Accept(" ");
      def.attrs.push_back(Attr());
    }
    def.is_stateful = Accept(" stateful");
    Require(at_ == line_.size());
    return def;
  }

 private:
  void Require(bool condition) const {
    CHECK(condition,
          "op_defs.txt: cannot read at column " + std::to_string(at_ + 1) + ": " + std::string(line_));
  }

  bool Accept(std::string_view token) {
    if (!line_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void Expect(std::string_view token) { Require(Accept(token)); }

  // Up to the first of `ends`, which stays.
  std::string Until(std::string_view ends) {
    const size_t end = line_.find_first_of(ends, at_);
    Require(end != std::string_view::npos);
    const std::string_view text = line_.substr(at_, end - at_);
    at_ = end;
    return std::string(text);
  }

  static tf::DataType Type(const std::string& name) {
    tf::DataType type = tf::DT_INVALID;
    CHECK(tf::DataType_Parse(name, &type), "op_defs.txt: type " + name);
    return type;
  }

  std::vector<TfOpDef::Arg> Args() {
    std::vector<TfOpDef::Arg> args;
    while (!Accept(")")) {
      Accept(" ");
      TfOpDef::Arg arg;
      arg.name = Until(":");
      Expect(":");
      std::string type = Until(" )");
      if (type.ends_with('&')) {
        arg.is_ref = true;
        type.pop_back();
      }
      if (type.ends_with("...")) {
        arg.type_list_attr = type.substr(0, type.size() - 3);
      } else {
        if (const size_t star = type.find('*'); star != std::string::npos) {
          arg.number_attr = type.substr(0, star);
          type = type.substr(star + 1);
        }
        if (type.starts_with("DT_")) {
          arg.type = Type(type);
        } else {
          arg.type_attr = type;
        }
      }
      args.push_back(std::move(arg));
    }
    return args;
  }

  TfOpDef::Attr Attr() {
    TfOpDef::Attr attr;
    attr.name = Until(":");
    Expect(":");
    attr.type = Until(" =]");
    if (!Accept("=")) return attr;
    tf::AttrValue& value = attr.default_value.emplace();
    if (Accept("[")) {
      const std::string element = attr.type.substr(5, attr.type.size() - 6);  // list(...)
      value.mutable_list();
      while (!Accept("]")) {
        Accept(",");
        ListItem(element, value.mutable_list());
      }
    } else {
      Value(attr.type, &value);
    }
    return attr;
  }

  std::string Quoted() {
    Expect("\"");
    std::string text;
    while (!Accept("\"")) {
      Require(at_ < line_.size());
      if (Accept("\\x")) {
        text += static_cast<char>(std::stoi(std::string(line_.substr(at_, 2)), nullptr, 16));
        at_ += 2;
      } else {
        Accept("\\");
        text += line_.at(at_++);
      }
    }
    return text;
  }

  int64_t Int() {
    const auto value = ParseInt(Until(" ,]>"));
    Require(value.has_value());
    return *value;
  }

  float Float() {
    const std::string text = Until(" ,]");
    float value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    Require(result.ec == std::errc() && result.ptr == text.data() + text.size());
    return value;
  }

  bool Bool() {
    if (Accept("true")) return true;
    Expect("false");
    return false;
  }

  void Shape(tf::TensorShapeProto* shape) {
    Expect("<");
    if (Accept("unknown")) shape->set_unknown_rank(true);
    while (!Accept(">")) {
      Accept(",");
      shape->add_dim()->set_size(Accept("?") ? -1 : Int());
    }
  }

  void TensorText(tf::TensorProto* tensor) {
    Require(google::protobuf::TextFormat::ParseFromString(Quoted(), tensor));
  }

  void Value(std::string_view type, tf::AttrValue* value) {
    if (type == "string") return value->set_s(Quoted());
    if (type == "int") return value->set_i(Int());
    if (type == "float") return value->set_f(Float());
    if (type == "bool") return value->set_b(Bool());
    if (type == "type") return value->set_type(Type(Until(" ]")));
    if (type == "shape") return Shape(value->mutable_shape());
    Require(type == "tensor");
    TensorText(value->mutable_tensor());
  }

  void ListItem(std::string_view type, tf::AttrValue::ListValue* list) {
    if (type == "string") return list->add_s(Quoted());
    if (type == "int") return list->add_i(Int());
    if (type == "float") return list->add_f(Float());
    if (type == "bool") return list->add_b(Bool());
    if (type == "type") return list->add_type(Type(Until(" ,]")));
    if (type == "shape") return Shape(list->add_shape());
    Require(type == "tensor");
    TensorText(list->add_tensor());
  }

  std::string_view line_;
  size_t at_ = 0;
};

}  // namespace

TfOpDef ParseOpDefLine(std::string_view line) {
  return LineParser(line).Parse();
}

}  // namespace floe
