// JSON written as it goes, compact and safe to stand inside a page: <, >, &, U+2028 and U+2029 are always
// escaped, and bytes that are not UTF-8 become U+FFFD.
#ifndef FLOE_VIEW_JSON_WRITER_H_
#define FLOE_VIEW_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace floe::view {

class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view value);
  JsonWriter& Int(int64_t value);
  JsonWriter& Number(double value);  // what is not finite is null

  std::string Take() { return std::move(out_); }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();
  void Quote(std::string_view text);

  std::string out_;
  bool first_ = true;  // nothing stands yet in the open bracket, or a key stands before
};

}  // namespace floe::view

#endif  // FLOE_VIEW_JSON_WRITER_H_
