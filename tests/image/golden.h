// The tables of sums that make_golden.py wrote from TensorFlow's results.
#ifndef FLOE_TESTS_IMAGE_GOLDEN_H_
#define FLOE_TESTS_IMAGE_GOLDEN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "floe/image.h"

namespace floe {

using Row = std::vector<std::string>;

// The rows of a tab-separated file below its header.
std::vector<Row> ReadTable(const std::string& path);

std::string DataPath(const std::string& name);   // tests/image/data/NAME
std::string PhotoPath(const std::string& name);  // the shared photo; it may be missing
std::string Crc32(const void* data, size_t size_bytes);
std::string Dims(const Tensor& tensor);  // "3x4x5", a leading 1 for the batch left out
std::string Dims(const Image& image);
std::vector<int> ParseDims(const std::string& text);

// "3x4x5 1a2b3c4d": what a table's dims and crc32 columns say, joined.
std::string Digest(const Tensor& tensor);
std::string Digest(const Image& image);

Preprocess PresetOf(const std::string& name);  // presets, and "central" of make_golden.py

}  // namespace floe

#endif  // FLOE_TESTS_IMAGE_GOLDEN_H_
