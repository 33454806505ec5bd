#include "tools/compare_sides.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "compiler/model.h"
#include "floe/session.h"
#include "formats/npy.h"
#include "tools/feeds.h"
#include "tools/interrupt.h"
#include "verify/layout.h"

namespace floe::tools {
namespace {

struct Mapping {
  std::string key;
  std::string name;
};

std::vector<Mapping> ParseMaps(const std::vector<std::string>& texts) {
  std::vector<Mapping> maps;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      Throw(ErrorCode::kUsage, "--map '{}': expected KEY=NAME", text);
    }
    maps.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return maps;
}

template <typename Items>
std::vector<std::string> NamesOf(const Items& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

const Tensor* FindTensor(const std::vector<NamedTensor>& tensors, const TensorSpec& spec) {
  const auto at = std::ranges::find_if(tensors, [&](const NamedTensor& t) { return SameName(spec, t.name); });
  return at == tensors.end() ? nullptr : &at->tensor;
}

// The same tensors under the names that another engine has for them.
std::vector<NamedTensor> Translated(const std::vector<NamedTensor>& feeds, const Side& from, const Side& to) {
  const std::vector<TensorSpec> have = from.engine->inputs();
  const std::vector<TensorSpec> want = to.engine->inputs();
  if (have.size() != want.size()) {
    Throw(ErrorCode::kUsage, "{} has the inputs {}, {} has {}: nothing to compare", from.path,
          JoinText(NamesOf(have), ", "), to.path, JoinText(NamesOf(want), ", "));
  }
  std::vector<NamedTensor> out;
  for (size_t i = 0; i < want.size(); ++i) {
    size_t source = i;
    for (size_t j = 0; j < have.size(); ++j) {
      if (SameName(want[i], have[j].name) || SameName(have[j], want[i].name)) source = j;
    }
    out.push_back({want[i].name, WithLayoutOf(feeds[source].tensor, want[i].dims)});
  }
  return out;
}

}  // namespace

Results RunEngine(const Side& side, const std::vector<NamedTensor>& feeds, int threads) {
  Session session(side.engine, {threads, [] { return Interrupted(); }});
  Results results{false, side.engine->outputs(), {}};
  for (NamedTensor& t : session.Run(feeds)) results.tensors.push_back(std::move(t.tensor));
  return results;
}

Results GoldenResults(const Side& side) {
  Results results;
  results.golden = true;
  for (const NamedTensor& array : side.arrays) {
    results.specs.push_back({array.name, array.name, array.tensor.dtype(), array.tensor.dims()});
    results.tensors.push_back(array.tensor);
  }
  return results;
}

std::vector<NamedTensor> FeedsOf(const Side& side, const std::vector<NamedTensor>& given,
                                 const Side* golden) {
  std::vector<NamedTensor> feeds;
  for (const TensorSpec& spec : side.engine->inputs()) {
    const Tensor* tensor = FindTensor(given, spec);
    if (tensor == nullptr && golden != nullptr) {
      tensor = FindTensor(golden->arrays, spec);
      if (tensor == nullptr) {
        Throw(ErrorCode::kUsage,
              "input '{}': no array of {} has its name (there are {}); say which is it with --map KEY={}",
              spec.name, golden->path, JoinText(NamesOf(golden->arrays), ", "), spec.name);
      }
    }
    feeds.push_back(
        {spec.name, tensor != nullptr ? *tensor : MadeUpInput(spec, static_cast<uint32_t>(feeds.size()))});
  }
  for (const NamedTensor& feed : given) {
    const auto inputs = side.engine->inputs();
    if (std::ranges::none_of(inputs, [&](const TensorSpec& spec) { return SameName(spec, feed.name); })) {
      LogWarning("feed '{}' is not needed by {}", feed.name, side.path);
    }
  }
  return feeds;
}

bool IsGoldenFile(const std::string& path) {
  return path.ends_with(".npz");
}

Side ReadGolden(const std::string& path, const std::vector<std::string>& maps) {
  Side side{path, nullptr, ReadNpz(path)};
  const std::vector<std::string> keys = NamesOf(side.arrays);
  for (const Mapping& map : ParseMaps(maps)) {
    const auto at = std::ranges::find(keys, map.key);
    if (at == keys.end()) {
      Throw(ErrorCode::kUsage, "--map '{}={}': {} has no array '{}'; it has {}", map.key, map.name, path,
            map.key, JoinText(keys, ", "));
    }
    side.arrays[static_cast<size_t>(at - keys.begin())].name = map.name;
  }
  return side;
}

ModelSelection ImplySelection(ModelSelection model, const std::vector<NamedTensor>& feeds,
                              const std::vector<std::string>& maps, const Side* golden) {
  ImplyInputs(model, feeds);
  if (golden == nullptr) return model;
  std::vector<TensorSpec> inputs;
  for (const ModelTensor& input : LoadModel(model).inputs) inputs.push_back({input.name, input.tensor});
  if (model.inputs.empty()) {
    for (const TensorSpec& input : inputs) {
      const Tensor* array = FindTensor(golden->arrays, input);
      if (array != nullptr) ImplyInputs(model, {{input.name, *array}});
    }
  }
  if (!model.outputs.empty()) return model;
  for (const Mapping& map : ParseMaps(maps)) {
    const bool is_input =
        std::ranges::any_of(inputs, [&](const TensorSpec& input) { return SameName(input, map.name); });
    if (!is_input) model.outputs.push_back(map.name);
  }
  return model;
}

std::pair<Results, Results> RunSides(const Side& a, const Side& b, std::vector<NamedTensor> feeds,
                                     int threads) {
  const bool golden_a = a.engine == nullptr;
  const bool golden_b = b.engine == nullptr;
  if (golden_a && golden_b) return {GoldenResults(a), GoldenResults(b)};
  if (golden_b) return {RunEngine(a, FeedsOf(a, feeds, &b), threads), GoldenResults(b)};
  if (golden_a) return {GoldenResults(a), RunEngine(b, FeedsOf(b, feeds, &a), threads)};
  const std::vector<NamedTensor> feeds_a = FeedsOf(a, feeds, nullptr);
  return {RunEngine(a, feeds_a, threads), RunEngine(b, Translated(feeds_a, a, b), threads)};
}

std::vector<ResultPair> PairResults(const Results& value, const Results& reference) {
  std::vector<ResultPair> pairs;
  std::vector<std::string> alone;
  for (size_t i = 0; i < value.specs.size(); ++i) {
    const TensorSpec& spec = value.specs[i];
    const auto at = std::ranges::find_if(reference.specs, [&](const TensorSpec& other) {
      return SameName(other, spec.name) || SameName(spec, other.name);
    });
    if (at == reference.specs.end()) {
      alone.push_back(spec.name);
    } else {
      const Tensor& other = reference.tensors[static_cast<size_t>(at - reference.specs.begin())];
      pairs.push_back({spec.name, value.tensors[i], InLayoutOf(other, value.tensors[i])});
    }
  }
  const bool same_count = value.specs.size() == reference.specs.size();
  const bool ordered =
      !value.golden && !reference.golden;  // a file's arrays are in no order that means anything
  if (pairs.empty() && same_count && (ordered || alone.size() == 1)) {
    for (size_t i = 0; i < value.specs.size(); ++i) {
      const std::string name = value.specs[i].name + " / " + reference.specs[i].name;
      pairs.push_back({name, value.tensors[i], InLayoutOf(reference.tensors[i], value.tensors[i])});
    }
    return pairs;
  }
  if (pairs.empty()) {
    Throw(ErrorCode::kUsage,
          "nothing to compare: no result of {} is among {}; --map KEY=NAME renames arrays of a .npz",
          JoinText(alone, ", "), JoinText(NamesOf(reference.specs), ", "));
  }
  for (const std::string& name : alone) LogWarning("'{}' has no counterpart and is not compared", name);
  return pairs;
}

}  // namespace floe::tools
