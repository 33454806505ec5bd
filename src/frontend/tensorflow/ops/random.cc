// Random numbers: of the right distribution, not TensorFlow's own sequence, except for the stateless ones.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

template <RandomKind kKind>
void ImportRandom(NodeContext& c) {
  Random op;
  op.kind = kKind;
  op.seed = c.Int("seed");
  op.seed2 = c.Int("seed2");
  op.to = kKind == RandomKind::kUniformInt ? c.Type("Tout") : c.Type("dtype");
  c.Return(std::move(op), c.ins(0, kKind == RandomKind::kUniformInt ? 3 : 1));
}

void ImportShuffle(NodeContext& c) {
  c.Return(RandomShuffle{c.Int("seed"), c.Int("seed2")}, {c.in(0)});
}

void ImportMultinomial(NodeContext& c) {
  c.Return(Multinomial{c.Int("seed"), c.Int("seed2"), c.Type("output_dtype")}, c.ins(0, 2));
}

// What the numbers of TensorFlow's CPU are made by; it is also what "let the device choose" means there.
void RequirePhilox(NodeContext& c, size_t input) {
  constexpr int64_t kPhilox = 1, kChosenByDevice = 3;
  const int64_t algorithm = c.NeedInt(input, "the generator's algorithm");
  if (algorithm != kPhilox && algorithm != kChosenByDevice)
    c.Fail("algorithm {} is not supported", algorithm);
}

void ImportRandomKey(NodeContext& c) {
  c.Return(RandomKey{}, {c.in(0)}, 2);
  if (c.op() == "StatelessRandomGetKeyCounterAlg")
    c.Set(2, c.build().Constant(Tensor::FromValues<int32_t>({}, {1})));
}

void ImportRandomAlgorithm(NodeContext& c) {
  c.Set(0, c.build().Constant(Tensor::FromValues<int32_t>({}, {1})));
}

// Key and counter: of two seeds, or given.
std::vector<ValueId> KeyAndCounter(NodeContext& c, size_t input, bool seeds) {
  if (seeds) return c.build().AddNode(RandomKey{}, {c.in(input)}, 2);
  RequirePhilox(c, input + 2);
  return {c.in(input), c.in(input + 1)};
}

// V2 has key, counter and algorithm where V1 has two seeds.
template <RandomKind kKind, bool kFullRange = false>
void ImportStateless(NodeContext& c) {
  Builder& b = c.build();
  const bool v2 = c.op().ends_with("V2");
  std::vector<ValueId> inputs = {b.ToInt64(c.in(0))};
  const std::vector<ValueId> key = KeyAndCounter(c, 1, !v2);
  inputs.insert(inputs.end(), key.begin(), key.end());
  StatelessRandom op{kKind, c.Type("dtype"), kFullRange};
  if (kKind == RandomKind::kUniformInt && !kFullRange) {
    const size_t limits = v2 ? 4 : 2;
    inputs.insert(inputs.end(), {c.in(limits), c.in(limits + 1)});
  }
  c.Return(std::move(op), std::move(inputs));
}

// (shape, seed or key and counter, parameter).
template <DrawKind kKind>
void ImportDraw(NodeContext& c) {
  const bool seeds = c.op() != "StatelessRandomGammaV3";
  const std::vector<ValueId> key = KeyAndCounter(c, 1, seeds);
  const ValueId parameter = c.in(seeds ? 2 : 4);
  const DType to = c.Type("dtype");
  c.Return(StatelessDraw{kKind, to}, {c.build().ToInt64(c.in(0)), key[0], key[1], parameter});
}

void ImportStatelessMultinomial(NodeContext& c) {
  const std::vector<ValueId> key = KeyAndCounter(c, 2, true);
  c.Return(StatelessMultinomial{c.Type("output_dtype")}, {c.in(0), c.in(1), key[0], key[1]});
}

template <typename Op>
void ReadCropBox(NodeContext& c, Op& op) {
  op.aspect_ratios = c.FloatList("aspect_ratio_range");
  op.areas = c.FloatList("area_range");
  op.attempts = c.Int("max_attempts");
  op.whole_if_no_box = c.Bool("use_image_if_no_bounding_boxes");
  if (op.aspect_ratios.size() != 2 || op.areas.size() != 2)
    c.Fail("expected two aspect ratios and two areas");
}

void ImportStatelessCropBox(NodeContext& c) {
  StatelessCropBox op;
  ReadCropBox(c, op);
  const std::vector<ValueId> key = KeyAndCounter(c, 3, true);
  c.Return(std::move(op), {c.in(0), c.in(1), c.in(2), key[0], key[1]}, 3);
}

void ImportRandomCropBox(NodeContext& c) {
  RandomCropBox op;
  ReadCropBox(c, op);
  op.seed = c.Int("seed");
  op.seed2 = c.Int("seed2");
  const ValueId least =
      c.op().ends_with("V2") ? c.in(2) : c.build().Scalar(DType::kFloat32, c.Float("min_object_covered"));
  c.Return(std::move(op), {c.in(0), c.in(1), least}, 3);
}

constexpr OpImporter kRows[] = {
    {"StatelessRandomGetKeyCounter", ImportRandomKey},
    {"StatelessRandomGetKeyCounterAlg", ImportRandomKey},
    {"StatelessRandomGetAlg", ImportRandomAlgorithm},
    {"StatelessRandomUniform", ImportStateless<RandomKind::kUniform>},
    {"StatelessRandomUniformV2", ImportStateless<RandomKind::kUniform>},
    {"StatelessRandomNormal", ImportStateless<RandomKind::kNormal>},
    {"StatelessRandomNormalV2", ImportStateless<RandomKind::kNormal>},
    {"StatelessTruncatedNormal", ImportStateless<RandomKind::kTruncatedNormal>},
    {"StatelessTruncatedNormalV2", ImportStateless<RandomKind::kTruncatedNormal>},
    {"StatelessRandomUniformInt", ImportStateless<RandomKind::kUniformInt>},
    {"StatelessRandomUniformIntV2", ImportStateless<RandomKind::kUniformInt>},
    {"StatelessRandomUniformFullInt", ImportStateless<RandomKind::kUniformInt, true>},
    {"StatelessRandomUniformFullIntV2", ImportStateless<RandomKind::kUniformInt, true>},
    {"StatelessRandomGammaV2", ImportDraw<DrawKind::kGamma>},
    {"StatelessRandomGammaV3", ImportDraw<DrawKind::kGamma>},
    {"StatelessRandomPoisson", ImportDraw<DrawKind::kPoisson>},
    {"StatelessMultinomial", ImportStatelessMultinomial},
    {"StatelessSampleDistortedBoundingBox", ImportStatelessCropBox},
    {"SampleDistortedBoundingBox", ImportRandomCropBox},
    {"SampleDistortedBoundingBoxV2", ImportRandomCropBox},
    {"RandomUniform", ImportRandom<RandomKind::kUniform>},
    {"RandomUniformInt", ImportRandom<RandomKind::kUniformInt>},
    {"RandomStandardNormal", ImportRandom<RandomKind::kNormal>},
    {"TruncatedNormal", ImportRandom<RandomKind::kTruncatedNormal>},
    {"RandomShuffle", ImportShuffle},
    {"Multinomial", ImportMultinomial},
};

}  // namespace

std::span<const OpImporter> RandomImporters() {
  return kRows;
}

}  // namespace floe
