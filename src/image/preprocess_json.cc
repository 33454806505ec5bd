// docs/preprocess.md describes what is read and written here.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "floe/image.h"

namespace floe {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "floe.preprocess/1";

template <typename T>
struct Word {
  std::string_view text;
  T value;
};

constexpr Word<Preprocess::Color> kColors[] = {
    {"rgb", Preprocess::Color::kRgb}, {"bgr", Preprocess::Color::kBgr}, {"gray", Preprocess::Color::kGray}};
constexpr Word<Preprocess::Resize> kResizes[] = {{"whole", Preprocess::Resize::kWhole},
                                                 {"shorter_side", Preprocess::Resize::kShorterSide},
                                                 {"central_fraction", Preprocess::Resize::kCentralFraction}};
constexpr Word<Preprocess::Layout> kLayouts[] = {{"NHWC", Preprocess::Layout::kNhwc},
                                                 {"NCHW", Preprocess::Layout::kNchw}};
constexpr Word<Sampling::Method> kMethods[] = {{"bilinear", Sampling::Method::kBilinear},
                                               {"nearest", Sampling::Method::kNearest}};

template <typename T, size_t n>
std::string TextOf(const Word<T> (&words)[n], T value) {
  for (const Word<T>& word : words) {
    if (word.value == value) return std::string(word.text);
  }
  return "";
}

// One object of the description: hands out values by key, and refuses what nobody asked for.
class Section {
 public:
  Section(const Json& json, std::string subject) : json_(json), subject_(std::move(subject)) {
    if (!json.is_object()) Fail("expected an object", json);
  }

  const Json* Find(const char* key) {
    known_.emplace_back(key);
    const auto it = json_.find(key);
    return it == json_.end() ? nullptr : &*it;
  }

  template <typename T, size_t n>
  void Read(const char* key, const Word<T> (&words)[n], T& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    std::vector<std::string> choices;
    for (const Word<T>& word : words) {
      if (value->is_string() && value->get_ref<const std::string&>() == word.text) {
        out = word.value;
        return;
      }
      choices.emplace_back(word.text);
    }
    Fail(fmt::format("\"{}\": expected one of {}", key, JoinText(choices, ", ")), *value);
  }

  void Read(const char* key, bool& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) Fail(fmt::format("\"{}\": expected true or false", key), *value);
    out = value->get<bool>();
  }

  // A number in (least, most].
  template <typename T>
  void ReadNumber(const char* key, double least, double most, T& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    const bool right_type = std::is_integral_v<T> ? value->is_number_integer() : value->is_number();
    if (!right_type || !(value->get<double>() > least) || !(value->get<double>() <= most)) {
      Fail(fmt::format("\"{}\": expected {} above {} and at most {}", key,
                       std::is_integral_v<T> ? "an integer" : "a number", least, most),
           *value);
    }
    out = value->get<T>();
  }

  // A number for all channels, or a list with one for each.
  void ReadChannels(const char* key, bool zero_allowed, std::array<float, 3>& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    const bool is_list = value->is_array() && (value->size() == 1 || value->size() == 3);
    if (!is_list && !value->is_number())
      Fail(fmt::format("\"{}\": expected a number, or a list of 1 or 3", key), *value);
    for (size_t c = 0; c < 3; ++c) {
      const Json& item = is_list ? (*value)[value->size() == 1 ? 0 : c] : *value;
      const float number = item.is_number() ? item.get<float>() : NAN;
      if (!std::isfinite(number) || (number == 0 && !zero_allowed)) {
        Fail(fmt::format("\"{}\": expected finite numbers{}", key, zero_allowed ? "" : " other than 0"),
             *value);
      }
      out[c] = number;
    }
  }

  void RefuseOtherKeys() {
    for (const auto& item : json_.items()) {
      if (std::find(known_.begin(), known_.end(), item.key()) != known_.end()) continue;
      Throw(ErrorCode::kUsage, "{}: unknown key \"{}\"{}", subject_, item.key(),
            DidYouMean(item.key(), known_));
    }
  }

  [[noreturn]] void Fail(const std::string& expectation, const Json& found) const {
    std::string text = found.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    Throw(ErrorCode::kUsage, "{}: {}, found {}", subject_, expectation, text);
  }

 private:
  const Json& json_;
  std::string subject_;
  std::vector<std::string> known_;
};

void ReadResize(const Json& json, const std::string& subject, Preprocess& out) {
  Section section(json, subject + ": \"resize\"");
  section.Read("mode", kResizes, out.resize);
  section.ReadNumber("shorter_side", 0, 65536, out.shorter_side);
  section.ReadNumber("shorter_side_ratio", 0, 1024, out.shorter_side_ratio);
  section.ReadNumber("central_fraction", 0, 1, out.central_fraction);
  section.Read("method", kMethods, out.sampling.method);
  section.Read("align_corners", out.sampling.align_corners);
  section.Read("half_pixel_centers", out.sampling.half_pixel_centers);
  section.RefuseOtherKeys();
  if (out.sampling.align_corners && out.sampling.half_pixel_centers) {
    section.Fail("expected at most one of \"align_corners\" and \"half_pixel_centers\" to be true", json);
  }
}

Json Parse(std::string_view text, const std::string& subject) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    Throw(ErrorCode::kUsage, "{}: expected a JSON object, found a syntax error at byte {}", subject,
          error.byte);
  } catch (const Json::exception&) {
    Throw(ErrorCode::kUsage, "{}: expected a JSON object, found a number out of range", subject);
  }
}

// Shortest digits that read back as the same float: 123.68, not 123.68000030517578.
Json Number(float value) {
  return Json::parse(fmt::format("{}", value));
}

Json Channels(const std::array<float, 3>& values) {
  Json list = Json::array();
  for (const float value : values) list.push_back(Number(value));
  return list;
}

}  // namespace

Preprocess PreprocessFromJson(std::string_view text, const std::string& subject) {
  const Json json = Parse(text, subject);
  Preprocess out;
  Section section(json, subject);
  const Json* schema = section.Find("schema");
  if (schema != nullptr && *schema != kSchema)
    section.Fail(fmt::format("\"schema\": expected \"{}\"", kSchema), *schema);
  section.Read("color", kColors, out.color);
  if (const Json* resize = section.Find("resize")) ReadResize(*resize, subject, out);
  section.ReadNumber("divide_by", 0, 1e30, out.divide_by);
  section.ReadChannels("mean", /*zero_allowed=*/true, out.mean);
  section.ReadChannels("std", /*zero_allowed=*/false, out.std);
  section.Read("layout", kLayouts, out.layout);
  if (const Json* dtype = section.Find("dtype")) {
    const auto named =
        dtype->is_string() ? DTypeFromName(dtype->get_ref<const std::string&>()) : std::nullopt;
    if (!named || !(IsFloat(*named) || IsInteger(*named))) {
      section.Fail("\"dtype\": expected a numeric type such as float32 or uint8", *dtype);
    }
    out.dtype = *named;
  }
  section.RefuseOtherKeys();
  return out;
}

std::string PreprocessToJson(const Preprocess& preprocess) {
  Json resize;
  resize["mode"] = TextOf(kResizes, preprocess.resize);
  if (preprocess.shorter_side > 0) resize["shorter_side"] = preprocess.shorter_side;
  resize["shorter_side_ratio"] = preprocess.shorter_side_ratio;
  resize["central_fraction"] = preprocess.central_fraction;
  resize["method"] = TextOf(kMethods, preprocess.sampling.method);
  resize["align_corners"] = preprocess.sampling.align_corners;
  resize["half_pixel_centers"] = preprocess.sampling.half_pixel_centers;

  Json json;
  json["schema"] = kSchema;
  json["color"] = TextOf(kColors, preprocess.color);
  json["resize"] = std::move(resize);
  json["divide_by"] = Number(preprocess.divide_by);
  json["mean"] = Channels(preprocess.mean);
  json["std"] = Channels(preprocess.std);
  json["dtype"] = DTypeName(preprocess.dtype);
  json["layout"] = TextOf(kLayouts, preprocess.layout);
  return json.dump();
}

}  // namespace floe
