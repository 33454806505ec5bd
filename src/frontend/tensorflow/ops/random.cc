// Random numbers: of the right distribution, not TensorFlow's own sequence.
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

constexpr OpImporter kRows[] = {
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
