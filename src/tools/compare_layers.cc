#include "tools/compare_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "base/error.h"
#include "base/processors.h"
#include "compiler/model.h"
#include "engine/format.h"
#include "tools/console.h"
#include "tools/feeds.h"
#include "tools/model_options.h"
#include "tools/table.h"
#include "verify/layout.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

Json OrNull(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

// JSON has no infinity.
Json Finite(double number) {
  return number <= std::numeric_limits<double>::max() ? Json(number) : Json(nullptr);
}

double Rank(const TensorDifference& d) {
  return d.incomparable.empty() ? d.relative : std::numeric_limits<double>::infinity();
}

}  // namespace

std::vector<Tensor> InOrder(const std::vector<TensorSpec>& specs, const std::vector<NamedTensor>& inputs,
                            const std::string& path) {
  if (specs.size() != inputs.size()) {
    Throw(ErrorCode::kUsage, "{} has {} inputs, the other side {}: nothing to compare", path, specs.size(),
          inputs.size());
  }
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < specs.size(); ++i) {
    const auto at =
        std::ranges::find_if(inputs, [&](const NamedTensor& t) { return SameName(specs[i], t.name); });
    tensors.push_back(WithLayoutOf(at == inputs.end() ? inputs[i].tensor : at->tensor, specs[i].dims));
  }
  return tensors;
}

Wanted WantedLayers(const ModelSelection& right, const std::vector<NamedTensor>& inputs, int threads) {
  Wanted wanted;
  if (IsEngineFile(right.path)) {
    const std::shared_ptr<const Engine> engine = Engine::Load(right.path);
    const std::vector<Tensor> feeds = InOrder(engine->inputs(), inputs, right.path);
    wanted.layers = EngineLayers(engine, feeds, threads, &wanted.results);
    wanted.specs = engine->outputs();
    return wanted;
  }
  const ImportedModel model = ImportModel(LoadModel(right));
  const auto specs_of = [](const std::vector<IoSpec>& list) {
    std::vector<TensorSpec> specs;
    for (const IoSpec& spec : list)
      specs.push_back({spec.name, spec.tensor, spec.type.dtype, spec.type.shape.Numbers()});
    return specs;
  };
  wanted.specs = specs_of(model.outputs);
  wanted.layers = ReferenceLayers(*model.graph, InOrder(specs_of(model.inputs), inputs, right.path),
                                  threads > 0 ? threads : AvailableProcessors(), &wanted.results);
  return wanted;
}

std::string DescribeDifference(const TensorDifference& d) {
  if (!d.incomparable.empty()) return "cannot be compared: " + d.incomparable;
  return fmt::format("differs by up to {:.3g}, {:.2e} of the range", d.max_abs, d.relative);
}

Json DifferenceJson(const TensorDifference& d) {
  return {{"name", d.name},
          {"incomparable", d.incomparable.empty() ? Json(nullptr) : Json(d.incomparable)},
          {"elements", d.elements},
          {"different", d.different},
          {"max_abs", Finite(d.max_abs)},
          {"mean_abs", Finite(d.mean_abs)},
          {"worst", d.worst},
          {"range", d.range},
          {"relative", Finite(d.relative)},
          {"cosine", d.cosine},
          {"psnr_db", OrNull(d.psnr_db)},
          {"top1", OrNull(d.top1)},
          {"top5", OrNull(d.top5)}};
}

Json LayerJson(const LayerDifference& layer) {
  return {{"tensor", layer.tensor},
          {"step", layer.step},
          {"name", layer.step_name},
          {"kernel", layer.kernel},
          {"sources", layer.nodes},
          {"inputs", layer.inputs},
          {"error", DifferenceJson(layer.error)},
          {"own", DifferenceJson(layer.own)}};
}

void PrintLayers(const std::vector<LayerDifference>& layers, double tolerance, size_t most) {
  std::vector<const LayerDifference*> sorted;
  for (const LayerDifference& layer : layers) sorted.push_back(&layer);
  std::ranges::stable_sort(sorted, [](const auto* a, const auto* b) { return Rank(a->own) > Rank(b->own); });
  Table table({"layer", ">step", ">own error", ">error", ">max abs", ">cosine", ">PSNR", "kernel", ""});
  for (size_t i = 0; i < std::min(most, sorted.size()); ++i) {
    const LayerDifference& layer = *sorted[i];
    if (!layer.own.incomparable.empty()) {
      table.Add({layer.tensor, std::to_string(layer.step), "", "", "", "", "", layer.kernel,
                 layer.own.incomparable});
      continue;
    }
    table.Add({layer.tensor, std::to_string(layer.step), fmt::format("{:.2e}", layer.own.relative),
               fmt::format("{:.2e}", layer.error.relative), fmt::format("{:.2e}", layer.error.max_abs),
               fmt::format("{:.8f}", layer.error.cosine),
               layer.error.psnr_db ? fmt::format("{:.1f} dB", *layer.error.psnr_db) : "equal", layer.kernel,
               Within(layer.own, tolerance) ? "" : "beyond tolerance"});
  }
  fmt::print("{}", table.ToString());
  if (sorted.size() > most) fmt::print("{} more layers; --json has all\n", sorted.size() - most);
  fmt::print(
      "own error: what the step adds when it gets the reference's values; error: after all before it\n");
}

}  // namespace floe::tools
