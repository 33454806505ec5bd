#include "export/rewrite/split_complex.h"

#include <algorithm>
#include <complex>
#include <map>
#include <optional>
#include <stdexcept>

#include "base/element_type.h"
#include "base/error.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

template <typename T>
Tensor Part(const Tensor& tensor, bool imaginary) {
  Tensor part(DTypeOf<T>::value, tensor.dims());
  const auto* from = tensor.data<std::complex<T>>();
  for (int64_t i = 0; i < part.size(); ++i) part.data<T>()[i] = imaginary ? from[i].imag() : from[i].real();
  return part;
}

// Ops that move or add elements, so that the parts go the same way each by itself.
bool GoesByParts(const Op& op) {
  if (const auto* reduce = OpCast<Reduce>(op))
    return reduce->kind == ReduceKind::kSum || reduce->kind == ReduceKind::kMean;
  return IsOp<Reshape>(op) || IsOp<Squeeze>(op) || IsOp<Unsqueeze>(op) || IsOp<Transpose>(op) ||
         IsOp<Concat>(op) || IsOp<Split>(op) || IsOp<Slice>(op) || IsOp<Pad>(op) || IsOp<Expand>(op) ||
         IsOp<Tile>(op) || IsOp<Gather>(op) || IsOp<GatherND>(op) || IsOp<GatherElements>(op) ||
         IsOp<Reverse>(op) || IsOp<Roll>(op) || IsOp<Sum>(op) || IsOp<Where>(op) ||
         IsOp<ReverseSequence>(op) || IsOp<MatrixBandPart>(op) || IsOp<MatrixDiagPart>(op) ||
         IsOp<MatrixDiag>(op) || IsOp<MatrixSetDiag>(op) || IsUnary(op, kIdentity) || IsUnary(op, kNeg) ||
         IsBinary(op, kAdd) || IsBinary(op, kSub) || IsOp<SpaceToBatch>(op) || IsOp<BatchToSpace>(op);
}

class Splitter {
 public:
  Splitter(Graph& graph, const Evaluator* evaluator, std::vector<ExportProblem>* problems)
      : graph_(graph), b_(graph, evaluator), problems_(problems) {}

  void Run() {
    for (const NodeId id : graph_.Order()) {
      if (Touches(id)) SplitNode(id);
    }
    graph_.RemoveDeadNodes();
  }

 private:
  bool IsComplexValue(ValueId id) const { return id != kNoValue && IsComplex(graph_.value(id).type.dtype); }

  bool Touches(NodeId id) const {
    const Node& node = graph_.node(id);
    const auto is = [&](ValueId v) { return IsComplexValue(v); };
    return std::ranges::any_of(node.inputs, is) || std::ranges::any_of(node.outputs, is);
  }

  // The parts of a value; nothing where it comes from a node that was not split, or from outside.
  std::optional<ComplexValue> Parts(ValueId id) {
    if (const auto at = parts_.find(id); at != parts_.end()) return at->second;
    const Tensor* constant = ConstantOf(graph_, id);
    if (constant == nullptr) return std::nullopt;
    const bool wide = constant->dtype() == DType::kComplex128;
    const auto part = [&](bool imaginary) {
      return b_.Constant(wide ? Part<double>(*constant, imaginary) : Part<float>(*constant, imaginary));
    };
    return parts_[id] = {part(false), part(true)};
  }

  void SplitNode(NodeId id) {
    const Node& node = graph_.node(id);
    b_.SetSource(node.name, node.sources);
    std::vector<ComplexValue> inputs;
    for (const ValueId in : node.inputs) {
      if (!IsComplexValue(in)) {
        inputs.push_back({in, kNoValue});
        continue;
      }
      const auto parts = Parts(in);
      if (!parts) return;  // its maker is reported
      inputs.push_back(*parts);
    }
    std::vector<ComplexValue> results;
    try {
      results = Split(node, inputs);
    } catch (const std::invalid_argument& e) {
      return Report(node, e.what());
    }
    if (results.empty()) return Report(node, "it has no counterpart on real and imaginary parts");
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId out = node.outputs[i];
      if (IsComplexValue(out)) {
        parts_[out] = results[i];
      } else if (results[i].re != kNoValue) {
        graph_.ReplaceUses(out, results[i].re);
      }
    }
  }

  void Report(const Node& node, std::string_view why) {
    problems_->push_back({node.name, std::string(OpName(node.op)), node.sources,
                          fmt::format("ONNX has no complex numbers, and {}", why),
                          "cut the model before or after it with --input or --output"});
  }

  std::vector<ComplexValue> Split(const Node& node, const std::vector<ComplexValue>& in) {
    const Op op = node.op;
    if (GoesByParts(op)) return ByParts(op, node.outputs.size(), in);
    if (const auto* unary = OpCast<Unary>(op)) return SplitUnary(unary->kind, in[0]);
    if (const auto* binary = OpCast<Binary>(op)) return SplitBinary(binary->kind, in[0], in[1]);
    if (const auto* cast = OpCast<Cast>(op)) return SplitCast(cast->to, in[0]);
    if (const auto* product = OpCast<MatMul>(op)) return SplitProduct(*product, in);
    if (IsOp<ShapeOf>(op) || IsOp<SizeOf>(op)) return {{b_.Add(op, {in[0].re}), kNoValue}};
    if (const auto* fft = OpCast<Fft>(op)) {
      Ints lengths;
      if (in.size() > 1 && in[1].re != kNoValue) {
        const auto given = ConstantInts(graph_, in[1].re);
        if (!given) throw std::invalid_argument("the length of a Fourier transform is not known");
        lengths = *given;
      }
      return {FourierTransform(*fft, in[0], lengths, b_)};
    }
    return {};
  }

  std::vector<ComplexValue> ByParts(const Op& op, size_t outputs, const std::vector<ComplexValue>& in) {
    std::vector<ValueId> re, im;
    for (const ComplexValue& v : in) {
      re.push_back(v.re);
      im.push_back(v.im == kNoValue ? v.re : v.im);
    }
    const std::vector<ValueId> real = b_.AddNode(op, re, static_cast<int>(outputs));
    const std::vector<ValueId> imaginary = b_.AddNode(op, im, static_cast<int>(outputs));
    std::vector<ComplexValue> results;
    for (size_t i = 0; i < outputs; ++i) results.push_back({real[i], imaginary[i]});
    return results;
  }

  ValueId Bin(BinaryKind kind, ValueId x, ValueId y) { return b_.Binary(kind, x, y); }

  ComplexValue Times(ComplexValue x, ComplexValue y) {
    return {Bin(kSub, Bin(kMul, x.re, y.re), Bin(kMul, x.im, y.im)),
            Bin(kAdd, Bin(kMul, x.re, y.im), Bin(kMul, x.im, y.re))};
  }

  ValueId SquaredModulus(ComplexValue x) { return Bin(kAdd, Bin(kMul, x.re, x.re), Bin(kMul, x.im, x.im)); }

  // |x| = m sqrt((re/m)^2 + (im/m)^2) with m the larger part, which neither overflows nor vanishes.
  ValueId Modulus(ComplexValue x) {
    const ValueId re = b_.Unary(kAbs, x.re), im = b_.Unary(kAbs, x.im);
    const ValueId large = Bin(kMax, re, im), small = Bin(kMin, re, im);
    const ValueId zero = b_.Scalar(b_.dtype(re), 0), one = b_.Scalar(b_.dtype(re), 1);
    const ValueId is_zero = Bin(kEqual, large, zero);
    const ValueId ratio = Bin(kDiv, small, b_.Add(Where{}, {is_zero, one, large}));
    return Bin(kMul, large, b_.Unary(kSqrt, Bin(kAdd, Bin(kMul, ratio, ratio), one)));
  }

  std::vector<ComplexValue> SplitUnary(UnaryKind kind, ComplexValue x) {
    switch (kind) {
      case kConj:
        return {{x.re, b_.Unary(kNeg, x.im)}};
      case kReal:
        return {{b_.Unary(kIdentity, x.re), kNoValue}};
      case kImag:
        return {{b_.Unary(kIdentity, x.im), kNoValue}};
      case kAbs:
        return {{Modulus(x), kNoValue}};
      case kAngle:
        return {{Bin(kAtan2, x.im, x.re), kNoValue}};
      case kSquare:
        return {Times(x, x)};
      case kReciprocal: {
        const ValueId d = SquaredModulus(x);
        return {{Bin(kDiv, x.re, d), b_.Unary(kNeg, Bin(kDiv, x.im, d))}};
      }
      case kExp: {
        const ValueId e = b_.Unary(kExp, x.re);
        return {{Bin(kMul, e, b_.Unary(kCos, x.im)), Bin(kMul, e, b_.Unary(kSin, x.im))}};
      }
      case kLog:
        return {{b_.Unary(kLog, Modulus(x)), Bin(kAtan2, x.im, x.re)}};
      default:
        return {};
    }
  }

  std::vector<ComplexValue> SplitBinary(BinaryKind kind, ComplexValue x, ComplexValue y) {
    switch (kind) {
      case kComplex:
        return {BothOf(x.re, y.re)};
      case kMul:
        return {Times(x, y)};
      case kDiv: {
        const ComplexValue top = Times(x, {y.re, b_.Unary(kNeg, y.im)});
        const ValueId d = SquaredModulus(y);
        return {{Bin(kDiv, top.re, d), Bin(kDiv, top.im, d)}};
      }
      case kSquaredDifference: {  // conj(d) d, as TensorFlow has it
        const ComplexValue d{Bin(kSub, x.re, y.re), Bin(kSub, x.im, y.im)};
        return {BothOf(SquaredModulus(d), b_.ZerosLike(d.re))};
      }
      case kEqual:
      case kNotEqual: {
        const ValueId same = Bin(kAnd, Bin(kEqual, x.re, y.re), Bin(kEqual, x.im, y.im));
        return {{kind == kEqual ? same : b_.Unary(kNot, same), kNoValue}};
      }
      default:
        return {};
    }
  }

  // Parts that may have to be broadcast against each other.
  ComplexValue BothOf(ValueId re, ValueId im) {
    if (b_.shape(re) == b_.shape(im) && b_.shape(re).IsStatic()) return {re, im};
    return {Bin(kAdd, re, b_.ZerosLike(im)), Bin(kAdd, im, b_.ZerosLike(re))};
  }

  std::vector<ComplexValue> SplitCast(DType to, ComplexValue x) {
    if (!IsComplex(to)) return {{b_.CastTo(x.re, to), kNoValue}};
    const ValueId re = b_.CastTo(x.re, RealOf(to));
    return {{re, x.im == kNoValue ? b_.ZerosLike(re) : b_.CastTo(x.im, RealOf(to))}};
  }

  std::vector<ComplexValue> SplitProduct(const MatMul& op, const std::vector<ComplexValue>& in) {
    if (in.size() > 2 && in[2].re != kNoValue) return {};
    MatMul plain = op;
    plain.conjugate_a = plain.conjugate_b = false;
    ComplexValue x = in[0], y = in[1];
    if (op.conjugate_a) x.im = b_.Unary(kNeg, x.im);
    if (op.conjugate_b) y.im = b_.Unary(kNeg, y.im);
    const auto product = [&](ValueId a, ValueId c) { return b_.Add(plain, {a, c}); };
    return {{Bin(kSub, product(x.re, y.re), product(x.im, y.im)),
             Bin(kAdd, product(x.re, y.im), product(x.im, y.re))}};
  }

  Graph& graph_;
  Builder b_;
  std::vector<ExportProblem>* problems_;
  std::map<ValueId, ComplexValue> parts_;
};

}  // namespace

void SplitComplex(Graph& graph, const Evaluator* evaluator, std::vector<ExportProblem>* problems) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) SplitComplex(*body, evaluator, problems);
  }
  Splitter(graph, evaluator, problems).Run();
}

}  // namespace floe
