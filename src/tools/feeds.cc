#include "tools/feeds.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/made_up.h"
#include "base/text.h"
#include "formats/npy.h"

namespace floe::tools {
namespace {

bool IsPicture(const std::string& paths) {
  const std::string path = paths.substr(0, paths.find(','));
  const std::string kind = path.substr(std::min(path.size(), path.rfind('.')));
  return kind == ".jpg" || kind == ".jpeg" || kind == ".png" || kind == ".bmp";
}

// For models that decode pictures themselves: their very bytes. One without a comma is a scalar.
Tensor ReadPictures(const std::string& paths) {
  std::vector<std::string> files;
  for (const std::string_view path : SplitText(paths, ',')) {
    if (!path.empty()) files.emplace_back(AsText(MappedFile::Open(std::string(path))->bytes()));
  }
  Tensor all = Tensor::FromVector<std::string>(files);
  return paths.find(',') == std::string::npos ? all.Reshaped({}) : all;
}

}  // namespace

NamedTensor ReadFeed(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    Throw(ErrorCode::kUsage, "--feed '{}': expected NAME=FILE.npy", text);
  }
  const std::string name = text.substr(0, equals);
  const std::string path = text.substr(equals + 1);
  if (IsPicture(path)) return {name, ReadPictures(path)};
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

Tensor Fitted(const Tensor& feed, const TensorSpec& spec) {
  const bool wants_list = spec.dtype == DType::kString && spec.dims.size() == 1;
  return feed.dtype() == DType::kString && feed.rank() == 0 && wants_list ? feed.Reshaped({1}) : feed;
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
