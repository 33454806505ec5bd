#include "image/golden.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "support/paths.h"

namespace floe {

std::vector<Row> ReadTable(const std::string& path) {
  std::vector<Row> rows;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    Row row;
    for (const std::string_view cell : SplitText(line, '\t')) row.emplace_back(cell);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string DataPath(const std::string& name) {
  return std::string(FLOE_SOURCE_DIR) + "/tests/image/data/" + name;
}
std::string PhotoPath(const std::string& name) {
  return std::string(FLOE_SOURCE_DIR) + "/../shared/images/" + name;
}

std::string Crc32(const void* data, size_t size_bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> t{};
    for (uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int bit = 0; bit < 8; ++bit) t[i] = (t[i] & 1) != 0 ? (t[i] >> 1) ^ 0xedb88320u : t[i] >> 1;
    }
    return t;
  }();
  const auto* bytes = static_cast<const uint8_t*>(data);
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size_bytes; ++i) crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xff];
  return fmt::format("{:08x}", ~crc);
}

std::string Dims(const Tensor& tensor) {
  std::vector<int64_t> dims = tensor.dims();
  if (dims.size() == 4 && dims[0] == 1) dims.erase(dims.begin());
  return fmt::format("{}", fmt::join(dims, "x"));
}

std::string Dims(const Image& image) {
  return fmt::format("{}x{}x{}", image.height, image.width, image.channels);
}

std::vector<int> ParseDims(const std::string& text) {
  std::vector<int> dims;
  for (const std::string_view part : SplitText(text, 'x'))
    dims.push_back(static_cast<int>(ParseInt(part).value()));
  return dims;
}

std::string Digest(const Tensor& tensor) {
  return Dims(tensor) + " " + Crc32(tensor.raw(), tensor.size_bytes());
}
std::string Digest(const Image& image) {
  return Dims(image) + " " + Crc32(image.pixels.data(), image.pixels.size());
}

Preprocess PresetOf(const std::string& name) {
  if (name != "central") return PreprocessPreset(name);
  Preprocess central = PreprocessPreset("inception");
  central.resize = Preprocess::Resize::kCentralFraction;
  return central;
}

}  // namespace floe
