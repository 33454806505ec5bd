// Products of matrices.
#include <cctype>
#include <map>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

void ImportMatMul(OnnxContext& c) {
  c.Return(MatMul{}, {c.in(0), c.in(1)});
}

ValueId Scaled(OnnxContext& c, ValueId x, double factor) {
  if (factor == 1) return x;
  return c.build().Binary(BinaryKind::kMul, x, c.build().Scalar(c.build().dtype(x), factor));
}

// alpha * A * B + beta * C, C broadcast to the product.
void ImportGemm(OnnxContext& c) {
  Builder& b = c.build();
  if (c.Rank(0) != 2 || c.Rank(1) != 2)
    c.Fail("expected matrices, found {} and {}", c.shape(0).ToString(), c.shape(1).ToString());
  MatMul op;
  op.transpose_a = c.Flag("transA");
  op.transpose_b = c.Flag("transB");
  const double alpha = c.Float("alpha", 1), beta = c.Float("beta", 1);
  std::vector<ValueId> inputs = {c.in(0), c.in(1)};
  if (!c.has(2) || beta == 0) {
    return c.Set(0, Scaled(c, b.AddNode(std::move(op), std::move(inputs), 1, b.source())[0], alpha));
  }
  const Shape& bias = c.shape(2);
  const Dim& columns = c.shape(1)[op.transpose_b ? 0 : 1];
  const bool is_bias = bias.has_rank() && bias.rank() == 1 && bias[0].Same(columns);
  if (is_bias && alpha == 1) {
    inputs.push_back(Scaled(c, c.in(2), beta));
    return c.Return(std::move(op), std::move(inputs));
  }
  const ValueId product = Scaled(c, b.AddNode(std::move(op), std::move(inputs), 1, b.source())[0], alpha);
  c.Set(0, b.Binary(BinaryKind::kAdd, product, Scaled(c, c.in(2), beta)));
}

// Our form has the output written out; without it, it is the labels that occur once, in order of letters,
// after the ellipsis.
std::string WithOutput(const std::string& equation) {
  if (equation.find("->") != std::string::npos) return equation;
  std::map<char, int> count;
  for (const char letter : equation)
    if (std::isalpha(static_cast<unsigned char>(letter)) != 0) ++count[letter];
  std::string output = equation.find("...") != std::string::npos ? "..." : "";
  for (const auto& [letter, times] : count)
    if (times == 1) output += letter;
  return equation + "->" + output;
}

void ImportEinsum(OnnxContext& c) {
  std::string equation;
  for (const char letter : c.String("equation", ""))
    if (letter != ' ') equation += letter;
  if (equation.empty()) c.Fail("attribute 'equation' is missing");
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < c.input_count(); ++i) inputs.push_back(c.in(i));
  c.Return(Einsum{WithOutput(equation)}, std::move(inputs));
}

void ImportDet(OnnxContext& c) {
  c.Return(MatrixDeterminant{}, {c.in(0)});
}

constexpr OnnxOpImporter kRows[] = {
    {"MatMul", 1, kNewest, ImportMatMul},
    {"Gemm", 7, kNewest, ImportGemm},
    {"Einsum", 12, kNewest, ImportEinsum},
    {"Det", 11, kNewest, ImportDet},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxLinearImporters() {
  return kRows;
}

}  // namespace floe
