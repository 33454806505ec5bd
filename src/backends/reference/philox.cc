// TensorFlow's stateless random numbers, bit for bit where its CPU computes them with Philox.
#include "backends/reference/philox.h"

#include <functional>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

double UniformNarrow(uint32_t bits, int mantissa) {
  return std::ldexp(static_cast<double>(bits & ((1u << mantissa) - 1)), -mantissa);
}

// Numbers of one call of the generator, four or two.
std::vector<double> Uniforms(DType to, const Words& w) {
  if (to == DType::kFloat64) return {UniformDouble(w[0], w[1]), UniformDouble(w[2], w[3])};
  std::vector<double> values;
  for (const uint32_t bits : w)
    values.push_back(to == DType::kFloat16    ? UniformNarrow(bits, 10)
                     : to == DType::kBFloat16 ? UniformNarrow(bits, 7)
                                              : UniformFloat(bits));
  return values;
}

std::vector<double> Normals(DType to, const Words& w) {
  std::vector<double> values;
  const auto append = [&](std::array<double, 2> pair) {
    values.insert(values.end(), pair.begin(), pair.end());
  };
  if (to == DType::kFloat64) {
    append(NormalPair<double>(UniformDouble(w[0], w[1]), UniformDouble(w[2], w[3])));
  } else {
    append(NormalPair<float>(UniformFloat(w[0]), UniformFloat(w[1])));
    append(NormalPair<float>(UniformFloat(w[2]), UniformFloat(w[3])));
  }
  return values;
}

// Each group of results has 256 calls of the generator for itself and takes what it needs.
std::vector<double> TruncatedGroup(DType to, Philox generator, uint64_t group) {
  constexpr double kLimit = 2;
  generator.Skip(group * 256);
  WordStream words(generator);
  const size_t size = to == DType::kFloat64 ? 2 : 4;
  std::vector<double> values;
  while (values.size() < size) {
    std::array<double, 2> pair;
    if (to == DType::kFloat64) {
      const uint32_t a = words.Next(), b = words.Next(), c = words.Next(), d = words.Next();
      pair = NormalPair<double>(UniformDouble(a, b), UniformDouble(c, d));
    } else {
      const uint32_t a = words.Next(), b = words.Next();
      pair = NormalPair<float>(UniformFloat(a), UniformFloat(b));
    }
    for (const double v : pair)
      if (std::fabs(v) < kLimit && values.size() < size) values.push_back(v);
  }
  return values;
}

void FillFloats(const StatelessRandom& op, Philox generator, Tensor* y) {
  std::vector<double> all;
  all.reserve(static_cast<size_t>(y->size()) + 4);
  for (uint64_t group = 0; static_cast<int64_t>(all.size()) < y->size(); ++group) {
    const std::vector<double> values =
        op.distribution == RandomKind::kTruncatedNormal ? TruncatedGroup(op.to, generator, group)
        : op.distribution == RandomKind::kNormal        ? Normals(op.to, generator.Next())
                                                        : Uniforms(op.to, generator.Next());
    all.insert(all.end(), values.begin(), values.end());
  }
  all.resize(static_cast<size_t>(y->size()));
  StoreAll(y, all);
}

// low + bits modulo the range, or the bits themselves.
void FillIntegers(const StatelessRandom& op, const OpCall& call, Philox generator, Tensor* y) {
  const bool wide = DTypeSize(op.to) == 8;
  uint64_t low = 0, range = 0;
  if (!op.full_range) {
    low = static_cast<uint64_t>(call.Int(3));
    range = static_cast<uint64_t>(call.Int(4)) - low;
    if (call.Int(3) >= call.Int(4))
      call.FailValue("no number is from {} on and below {}", call.Int(3), call.Int(4));
  }
  std::vector<uint64_t> all;
  while (static_cast<int64_t>(all.size()) < y->size()) {
    const Words w = generator.Next();
    for (size_t i = 0; i < 4; i += wide ? 2 : 1) {
      const uint64_t bits = wide ? w[i] | uint64_t{w[i + 1]} << 32 : w[i];
      all.push_back(op.full_range ? bits : low + bits % range);
    }
  }
  all.resize(static_cast<size_t>(y->size()));
  StoreAll(y, all);
}

}  // namespace

Philox GeneratorOf(const OpCall& call, size_t key) {
  for (const size_t i : {key, key + 1})
    if (call.in(i).dtype() != DType::kUInt64) call.FailType(i);
  if (call.in(key).size() != 1 || call.in(key + 1).size() != 2)
    call.Fail("expected a key of one and a counter of two");
  const std::vector<uint64_t> counter = LoadAll<uint64_t>(call.in(key + 1));
  return {counter[0], counter[1], LoadOne<uint64_t>(call.in(key), 0)};
}

// TensorFlow scrambles the seeds by one call of the generator with a key of its own.
void Run(const RandomKey&, OpCall& call) {
  const Tensor& seed = call.in(0);
  if (!IsInteger(seed.dtype()) || seed.size() != 2) call.Fail("expected two integers as seed");
  std::vector<uint64_t> seeds(2);
  if (IsSigned(seed.dtype()))
    for (size_t i = 0; i < 2; ++i)
      seeds[i] = static_cast<uint64_t>(LoadOne<int64_t>(seed, static_cast<int64_t>(i)));
  else
    seeds = LoadAll<uint64_t>(seed);
  const Words mix = Philox(seeds[0], seeds[1], uint64_t{0x02461e29} << 32 | 0x3ec8f720).Next();
  StoreAll(&call.Out(0, DType::kUInt64, {1}), std::vector<uint64_t>{mix[0] | uint64_t{mix[1]} << 32});
  StoreAll(&call.Out(1, DType::kUInt64, {2}), std::vector<uint64_t>{0, mix[2] | uint64_t{mix[3]} << 32});
}

void Run(const StatelessRandom& op, OpCall& call) {
  Dims dims = call.Ints(0);
  for (int64_t& d : dims) d = call.Size(d, "dimension");
  const Philox generator = GeneratorOf(call, 1);
  Tensor& y = call.Out(0, op.to, dims);
  if (y.size() == 0) return;
  const bool integers = op.distribution == RandomKind::kUniformInt;
  if (integers != IsInteger(op.to) || (integers && DTypeSize(op.to) < 4))
    call.Fail("no random {}", DTypeName(op.to));
  integers ? FillIntegers(op, call, generator, &y) : FillFloats(op, generator, &y);
}

}  // namespace floe::reference
