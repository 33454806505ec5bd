// Blocks of packed rows in bf16 times panels of weights, by what this processor has for it (AMX's tiles or
// VDPBF16PS), beside the same sums in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "backends/cpu/isa.h"
#include "backends/cpu/packed/bf16.h"
#include "backends/cpu/packed/division.h"
#include "base/made_up.h"

namespace floe::cpu {
namespace {

struct Shape {
  int64_t rows;
  int64_t words;
  int64_t columns;
};

std::vector<float> Words(int64_t count, uint32_t seed) {
  const Tensor t = MadeUpTensor(DType::kFloat32, {2 * count}, seed);
  std::vector<float> words;
  for (int64_t i = 0; i < count; ++i)
    words.push_back(Bf16Word(t.data<float>()[2 * i], t.data<float>()[2 * i + 1]));
  return words;
}

double First(float word) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(word) << 16);
}
double Second(float word) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(word) & 0xffff0000u);
}

// A product with all that PackedCode::multiply is given.
class PackedCase {
 public:
  PackedCase(const Shape& shape, bool silu)
      : s_(shape),
        code_(PackedBf16Code()),
        rows_(Words(s_.rows * s_.words, 1)),
        weights_(Words(s_.words * RoundUp(s_.columns), 2)),
        bias_(MadeUpTensor(DType::kFloat32, {s_.columns}, 3)),
        residual_(MadeUpTensor(DType::kFloat32, {s_.rows * s_.columns}, 4)),
        silu_(silu) {}

  // And a number after the last output that must stay.
  std::vector<float> Outputs() const {
    std::vector<float> packed = PackedRows();
    std::vector<float> output(static_cast<size_t>(s_.rows * s_.columns) + 1, kStays);
    PackedCall call;
    call.words = s_.words;
    call.columns = s_.columns;
    call.weights = weights_.data();
    call.bias = bias_.data<float>();
    call.residual = residual_.raw();
    call.output = output.data();
    if (silu_) call.activation.kind = ActivationKind::kSilu;
    code_.multiply(call, {0, s_.rows, packed.data()}, 0, (s_.columns + code_.panel - 1) / code_.panel);
    return output;
  }

  double Wanted(int64_t row, int64_t column) const {
    const int64_t panel = column / code_.panel * code_.panel;
    const int64_t width = std::min(code_.panel, RoundUp(s_.columns) - panel);
    double sum = bias_.data<float>()[column] + residual_.data<float>()[row * s_.columns + column];
    for (int64_t k = 0; k < s_.words; ++k) {
      const float a = rows_[static_cast<size_t>(row * s_.words + k)];
      const float b = weights_[static_cast<size_t>(panel * s_.words + k * width + column - panel)];
      sum += First(a) * First(b) + Second(a) * Second(b);
    }
    return silu_ ? sum / (1 + std::exp(-sum)) : sum;
  }

  static constexpr float kStays = 12345.0f;

 private:
  int64_t RoundUp(int64_t n) const { return (n + code_.vector - 1) / code_.vector * code_.vector; }

  // The words after a row's last are nan, which nobody may use.
  std::vector<float> PackedRows() const {
    std::vector<float> packed(static_cast<size_t>(s_.rows * RoundUp(s_.words)),
                              std::numeric_limits<float>::quiet_NaN());
    for (int64_t r = 0; r < s_.rows; ++r) {
      for (int64_t k = 0; k < s_.words; ++k) {
        const int64_t at = (k / code_.vector * s_.rows + r) * code_.vector + k % code_.vector;
        packed[static_cast<size_t>(at)] = rows_[static_cast<size_t>(r * s_.words + k)];
      }
    }
    return packed;
  }

  Shape s_;
  const PackedCode& code_;
  std::vector<float> rows_;
  std::vector<float> weights_;
  Tensor bias_;
  Tensor residual_;
  bool silu_;
};

void ExpectRight(const Shape& s, bool silu) {
  const PackedCase product(s, silu);
  const std::vector<float> have = product.Outputs();
  const double bound = 1e-4 * std::sqrt(static_cast<double>(s.words + 1));
  for (int64_t row = 0; row < s.rows; ++row) {
    for (int64_t column = 0; column < s.columns; ++column) {
      ASSERT_NEAR(have[static_cast<size_t>(row * s.columns + column)], product.Wanted(row, column), bound)
          << s.rows << " rows, " << s.words << " words, " << s.columns << " columns, row " << row
          << ", column " << column;
    }
  }
  EXPECT_EQ(have.back(), PackedCase::kStays);
}

TEST(PackedBf16, IsRightAtAnySize) {
  if (!DetectBf16()) GTEST_SKIP() << "this processor has no AVX512_BF16";
  for (const int64_t rows : {1, 15, 16, 17, 31, 32, 33, 77}) {
    for (const int64_t words : {1, 15, 16, 17, 40, 64}) {
      for (const int64_t columns : {1, 16, 17, 31, 32, 33, 70}) {
        ExpectRight({rows, words, columns}, false);
        ExpectRight({rows, words, columns}, true);
      }
    }
  }
}

}  // namespace
}  // namespace floe::cpu
