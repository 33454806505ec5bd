#include "tools/feeds.h"

#include "base/error.h"
#include "base/made_up.h"
#include "base/text.h"
#include "formats/npy.h"

namespace floe::tools {

NamedTensor ReadFeed(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    Throw(ErrorCode::kUsage, "--feed '{}': expected NAME=FILE.npy", text);
  }
  const std::string name = text.substr(0, equals);
  const std::string path = text.substr(equals + 1);
  const size_t key = path.rfind(".npz:");
  if (key == std::string::npos) return {name, ReadNpy(path)};
  const std::string file = path.substr(0, key + 4);
  const std::string wanted = path.substr(key + 5);
  for (NamedTensor& t : ReadNpz(file)) {
    if (t.name == wanted) return {name, std::move(t.tensor)};
  }
  Throw(ErrorCode::kUsage, "--feed '{}': {} has no array '{}'", text, file, wanted);
}

std::vector<NamedTensor> ReadFeeds(const std::vector<std::string>& texts) {
  std::vector<NamedTensor> feeds;
  for (const std::string& text : texts) feeds.push_back(ReadFeed(text));
  return feeds;
}

void ImplyInput(ModelSelection& model, const NamedTensor& feed) {
  std::vector<std::string> dims;
  for (const int64_t d : feed.tensor.dims()) dims.push_back(std::to_string(d));
  model.inputs.push_back(feed.name + "=[" + JoinText(dims, ",") + "]");
}

void ImplyInputs(ModelSelection& model, const std::vector<NamedTensor>& feeds) {
  if (!model.inputs.empty()) return;
  for (const NamedTensor& feed : feeds) ImplyInput(model, feed);
}

Tensor MadeUpInput(const TensorSpec& spec, uint32_t seed) {
  for (const int64_t d : spec.dims) {
    if (d < 0)
      Throw(ErrorCode::kUsage, "input '{}' has an open dimension: fix it with --input {}=SHAPE", spec.name,
            spec.name);
  }
  return MadeUpTensor(spec.dtype, spec.dims, seed);
}

bool SameName(const TensorSpec& spec, const std::string& name) {
  return spec.name == name || spec.tensor == name || spec.tensor == name + ":0" || spec.name + ":0" == name;
}

}  // namespace floe::tools
