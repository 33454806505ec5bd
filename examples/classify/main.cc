// classify ENGINE PICTURE...: the five best classes of each picture.
//
// Links floe::runtime and floe::image: neither TensorFlow nor Floe's compiler is needed where this runs.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "floe/engine.h"
#include "floe/error.h"
#include "floe/image.h"
#include "floe/session.h"

namespace {

constexpr size_t kTop = 5;

// What the engine was built with, or Inception's if it carries none; the type is the network's own.
floe::Preprocess PreprocessOf(const floe::Engine& engine, floe::DType dtype) {
  const std::string& json = engine.preprocess_json();
  floe::Preprocess preprocess = json.empty() ? floe::PreprocessPreset("inception")
                                             : floe::PreprocessFromJson(json, "the engine's preprocessing");
  preprocess.dtype = dtype;
  return preprocess;
}

floe::Tensor InputFor(const std::string& path, const floe::Engine& engine) {
  const floe::TensorSpec spec = engine.inputs().at(0);
  if (spec.dims.size() != 4) {
    throw floe::Error(floe::ErrorCode::kUsage, "input '" + spec.name +
                                                   "': expected 4 dimensions of a picture, found " +
                                                   floe::DimsToString(spec.dims));
  }
  const floe::Preprocess preprocess = PreprocessOf(engine, spec.dtype);
  const size_t first = preprocess.layout == floe::Preprocess::Layout::kNhwc ? 1 : 2;
  const auto height = static_cast<int>(spec.dims[first]);
  const auto width = static_cast<int>(spec.dims[first + 1]);
  return floe::PreprocessImage(floe::ReadImage(path, preprocess.channels()), preprocess, height, width,
                               preprocess.channels());
}

void PrintTop(const floe::Tensor& scores, const std::vector<std::string>& labels) {
  const float* score = scores.data<float>();
  std::vector<size_t> order(static_cast<size_t>(scores.size()));
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t shown = std::min(kTop, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                    [score](size_t a, size_t b) { return score[a] > score[b]; });
  for (size_t i = 0; i < shown; ++i) {
    const std::string label = order[i] < labels.size() ? labels[order[i]] : "";
    std::printf("  %5zu  %8.6f  %s\n", order[i], score[order[i]], label.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: classify ENGINE PICTURE...\n");
    return 2;
  }
  try {
    const auto engine = floe::Engine::Load(argv[1]);
    floe::Session session(engine);
    for (int i = 2; i < argc; ++i) {
      const std::vector<floe::NamedTensor> feeds = {
          {engine->inputs().at(0).name, InputFor(argv[i], *engine)}};
      const std::vector<floe::NamedTensor> results = session.Run(feeds);
      std::printf("%s\n", argv[i]);
      PrintTop(results.at(0).tensor, engine->labels());
    }
  } catch (const floe::Error& error) {
    std::fprintf(stderr, "classify: %s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
