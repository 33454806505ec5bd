// Fourier transforms of rows: spectra of sound. Some rows at once, element by element beside each other, so
// that every step of the transform is one on vectors; by Stockham's self-sorting passes, decimation in
// frequency.
#include <algorithm>
#include <cmath>
#include <complex>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"

namespace floe::cpu {
namespace {

constexpr int64_t kLargestFactor = 31;
constexpr int64_t kLongest = int64_t{1} << 20;
constexpr int64_t kLanes = 16;

// In double, so that a spectrum's zeros are zeros beside its peaks: float32 would be 1.3 times as fast.
using Real = double;
using Complex = std::complex<Real>;

struct Plan {
  FftKind kind = FftKind::kFft;
  int64_t rows = 1;
  int64_t in = 1;      // elements of a row, real or complex
  int64_t out = 1;     // of a result
  int64_t length = 1;  // of the transform
};

std::vector<int64_t> FactorsOf(int64_t n) {
  std::vector<int64_t> factors;
  for (const int64_t p : {4, 2, 3}) {
    for (; n % p == 0; n /= p) factors.push_back(p);
  }
  for (int64_t p = 5; n > 1; p += 2) {
    if (p > kLargestFactor) return {};
    for (; n % p == 0; n /= p) factors.push_back(p);
  }
  return factors;
}

bool IsReal(FftKind kind) {
  return kind == FftKind::kRfft || kind == FftKind::kIrfft;
}

Refusal RefuseLength(const Graph& problem, const Node& node, Plan* plan) {
  plan->length = plan->kind == FftKind::kIrfft ? 2 * (plan->in - 1) : plan->in;
  if (node.inputs.size() > 1 && node.inputs[1] != kNoValue) {
    const Tensor* length = ConstantOf(problem, node.inputs[1]);
    if (length == nullptr || length->raw() == nullptr) return "length is not constant";
    if (length->size() != 1) return "not one length";
    plan->length = length->dtype() == DType::kInt32 ? *length->data<int32_t>() : *length->data<int64_t>();
  }
  if (!IsReal(plan->kind) && plan->length != plan->in) return "a length of its own";
  if (plan->length < 2 || plan->length > kLongest) return "length out of range";
  if (FactorsOf(plan->length).empty()) return "a length with a prime factor above 31";
  if (plan->out != (plan->kind == FftKind::kRfft ? plan->length / 2 + 1 : plan->length))
    return "output shape";
  return std::nullopt;
}

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const Fft* op = OnlyOp<Fft>(problem);
  if (op == nullptr) return "no Fourier transform";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  if (op->dims != 1) return "of more than one dimension";
  const Node& node = *OnlyNode(problem);
  const DType from = problem.value(node.inputs[0]).type.dtype;
  const DType to = problem.value(node.outputs[0]).type.dtype;
  plan->kind = op->kind;
  if (from != (op->kind == FftKind::kRfft ? DType::kFloat32 : DType::kComplex64) ||
      to != (op->kind == FftKind::kIrfft ? DType::kFloat32 : DType::kComplex64)) {
    return std::string(DTypeName(from)) + " to " + std::string(DTypeName(to));
  }
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const std::vector<int64_t> results = DimsOf(problem, node.outputs[0]);
  if (dims.empty() || dims.size() != results.size()) return "output shape";
  plan->in = dims.back();
  plan->out = results.back();
  for (size_t i = 0; i + 1 < dims.size(); ++i) {
    if (dims[i] != results[i]) return "output shape";
    plan->rows *= dims[i];
  }
  return RefuseLength(problem, node, plan);
}

Complex Root(int64_t numerator, int64_t denominator, bool inverse) {
  const double angle =
      2 * M_PI * static_cast<double>(numerator % denominator) / static_cast<double>(denominator);
  return Complex(std::polar(1.0, inverse ? angle : -angle));
}

// Real and imaginary parts of `length` elements of kLanes rows each.
struct Rows {
  Real* re;
  Real* im;
};

// One pass over n * stride elements: `stride` interleaved transforms of length n become radix times as many
// of length n / radix.
struct Pass {
  int64_t radix;
  int64_t parts;  // n / radix
  int64_t stride;
  std::vector<Complex> twiddles;  // radix - 1 of each part
  std::vector<Complex> roots;     // of one, the radix-th
};

// The inner loops are on lanes: the compiler makes one vector operation of each.
template <int64_t kCount>
void Combine(const Real (&re)[kLargestFactor][kCount], const Real (&im)[kLargestFactor][kCount],
             int64_t radix, int64_t j, const Pass& pass, Real (&sum_re)[kCount], Real (&sum_im)[kCount]) {
  for (int64_t l = 0; l < kCount; ++l) sum_re[l] = re[0][l];
  for (int64_t l = 0; l < kCount; ++l) sum_im[l] = im[0][l];
  for (int64_t k = 1; k < radix; ++k) {
    const Complex w = pass.roots[static_cast<size_t>(j * k % radix)];
    const Real c = w.real(), s = w.imag();
    for (int64_t l = 0; l < kCount; ++l) sum_re[l] += c * re[k][l] - s * im[k][l];
    for (int64_t l = 0; l < kCount; ++l) sum_im[l] += c * im[k][l] + s * re[k][l];
  }
}

// `turn` is -1 forwards, 1 backwards: the sign of i in the fourth root of one.
template <int64_t kCount>
void Combine4(const Real (&re)[kLargestFactor][kCount], const Real (&im)[kLargestFactor][kCount], Real turn,
              Real (&sums_re)[4][kCount], Real (&sums_im)[4][kCount]) {
  for (int64_t l = 0; l < kCount; ++l) {
    const Real even_re = re[0][l] + re[2][l], even_im = im[0][l] + im[2][l];
    const Real odd_re = re[1][l] + re[3][l], odd_im = im[1][l] + im[3][l];
    const Real apart_re = re[0][l] - re[2][l], apart_im = im[0][l] - im[2][l];
    const Real turned_re = turn * (im[3][l] - im[1][l]), turned_im = turn * (re[1][l] - re[3][l]);
    sums_re[0][l] = even_re + odd_re;
    sums_im[0][l] = even_im + odd_im;
    sums_re[1][l] = apart_re + turned_re;
    sums_im[1][l] = apart_im + turned_im;
    sums_re[2][l] = even_re - odd_re;
    sums_im[2][l] = even_im - odd_im;
    sums_re[3][l] = apart_re - turned_re;
    sums_im[3][l] = apart_im - turned_im;
  }
}

template <int64_t kCount>
void StoreTurned(const Real (&re)[kCount], const Real (&im)[kCount], Complex w, const Rows& y, int64_t at) {
  const Real c = w.real(), s = w.imag();
  Real* to_re = y.re + at * kCount;
  Real* to_im = y.im + at * kCount;
  for (int64_t l = 0; l < kCount; ++l) to_re[l] = c * re[l] - s * im[l];
  for (int64_t l = 0; l < kCount; ++l) to_im[l] = c * im[l] + s * re[l];
}

template <int64_t kCount>
void RunPass(const Pass& pass, Real turn, const Rows& x, const Rows& y) {
  Real re[kLargestFactor][kCount], im[kLargestFactor][kCount];
  Real sums_re[4][kCount], sums_im[4][kCount];
  for (int64_t p = 0; p < pass.parts; ++p) {
    const Complex* twiddles = pass.twiddles.data() + p * (pass.radix - 1);
    for (int64_t q = 0; q < pass.stride; ++q) {
      for (int64_t k = 0; k < pass.radix; ++k) {
        const int64_t at = (q + pass.stride * (p + pass.parts * k)) * kCount;
        std::copy_n(x.re + at, kCount, re[k]);
        std::copy_n(x.im + at, kCount, im[k]);
      }
      if (pass.radix == 4) Combine4<kCount>(re, im, turn, sums_re, sums_im);
      for (int64_t j = 0; j < pass.radix; ++j) {
        const int64_t to = q + pass.stride * (pass.radix * p + j);
        const Complex w = j == 0 ? 1.0 : twiddles[j - 1];
        if (pass.radix == 4) {
          StoreTurned<kCount>(sums_re[j], sums_im[j], w, y, to);
        } else {
          Combine<kCount>(re, im, pass.radix, j, pass, sums_re[0], sums_im[0]);
          StoreTurned<kCount>(sums_re[0], sums_im[0], w, y, to);
        }
      }
    }
  }
}

// A real row of even length is one of half as many complex elements, whose spectrum is taken apart
// afterwards.
class FftRows : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.fft";

  FftRows(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        inverse_(plan.kind == FftKind::kIfft || plan.kind == FftKind::kIrfft),
        halved_(IsReal(plan.kind) && plan.length % 2 == 0),
        length_(halved_ ? plan.length / 2 : plan.length),
        lanes_(plan.rows < kLanes / 4 ? 1 : kLanes),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]) {
    int64_t n = length_, stride = 1;
    for (const int64_t radix : length_ > 1 ? FactorsOf(length_) : std::vector<int64_t>{}) {
      Pass pass{radix, n / radix, stride, {}, {}};
      for (int64_t p = 0; p < pass.parts; ++p) {
        for (int64_t j = 1; j < radix; ++j) pass.twiddles.push_back(Root(j * p, n, inverse_));
      }
      for (int64_t j = 0; j < radix; ++j) pass.roots.push_back(Root(j, radix, inverse_));
      passes_.push_back(std::move(pass));
      n /= radix;
      stride *= radix;
    }
    for (int64_t k = 0; halved_ && k <= length_; ++k) whole_.push_back(Root(k, plan.length, inverse_));
  }

  size_t WorkspaceBytes(int threads) const override {
    return static_cast<size_t>(threads * 4 * BufferReals()) * sizeof(Real);
  }

  void Run(const RunArgs& args) const override {
    const float* x = input_.floats(args);
    float* y = static_cast<float*>(args.outputs[0].raw());
    args.pool->ParallelFor(DivideUp(plan_.rows, lanes_), 1, [&](int64_t begin, int64_t end, int thread) {
      Real* memory = static_cast<Real*>(args.workspace) + thread * 4 * BufferReals();
      for (int64_t i = begin; i < end; ++i) {
        if (lanes_ == 1) {
          RunRows<1>(x, y, i, memory);
        } else {
          RunRows<kLanes>(x, y, i * kLanes, memory);
        }
      }
    });
  }

 private:
  int64_t BufferReals() const { return RoundUp(length_ * lanes_, 16); }

  template <int64_t kCount>
  void RunRows(const float* x, float* y, int64_t row, Real* memory) const {
    Rows from{memory, memory + BufferReals()};
    Rows to{memory + 2 * BufferReals(), memory + 3 * BufferReals()};
    const int64_t in_floats = plan_.in * (plan_.kind == FftKind::kRfft ? 1 : 2);
    const int64_t out_floats = plan_.out * (plan_.kind == FftKind::kIrfft ? 1 : 2);
    for (int64_t l = 0; l < kCount; ++l) {
      // Lanes without a row repeat the last one.
      const int64_t r = std::min(row + l, plan_.rows - 1);
      Load<kCount>(x + r * in_floats, from.re + l, from.im + l);
    }
    for (const Pass& pass : passes_) {
      RunPass<kCount>(pass, inverse_ ? 1.0 : -1.0, from, to);
      std::swap(from, to);
    }
    for (int64_t l = 0; l < kCount && row + l < plan_.rows; ++l)
      Store<kCount>(from.re + l, from.im + l, y + (row + l) * out_floats);
  }

  // Element i of a spectrum of real numbers; zeros behind what was given.
  Complex Given(const float* x, int64_t i) const {
    if (i >= plan_.in) return 0;
    const bool real = i == 0 || 2 * i == plan_.length;
    return {Real{x[2 * i]}, real ? Real{0} : Real{x[2 * i + 1]}};
  }

  template <int64_t kCount>
  void Load(const float* x, Real* re, Real* im) const {
    const auto put = [&](int64_t i, Complex v) {
      re[i * kCount] = v.real();
      im[i * kCount] = v.imag();
    };
    switch (plan_.kind) {
      case FftKind::kRfft: {
        const auto at = [&](int64_t i) { return i < plan_.in ? Real{x[i]} : 0; };
        for (int64_t i = 0; i < length_; ++i) put(i, halved_ ? Complex(at(2 * i), at(2 * i + 1)) : at(i));
        return;
      }
      case FftKind::kIrfft:
        for (int64_t k = 0; k < length_; ++k) put(k, halved_ ? Joined(x, k) : Mirrored(x, k));
        return;
      default:
        for (int64_t i = 0; i < length_; ++i) put(i, {Real{x[2 * i]}, Real{x[2 * i + 1]}});
    }
  }

  Complex Mirrored(const float* x, int64_t k) const {
    return 2 * k <= plan_.length ? Given(x, k) : std::conj(Given(x, plan_.length - k));
  }

  // Element k of the spectrum of pairs of numbers, even ones real and odd ones imaginary.
  Complex Joined(const float* x, int64_t k) const {
    const Complex a = Given(x, k), b = std::conj(Given(x, length_ - k));
    const Complex w = whole_[static_cast<size_t>(k)], difference = a - b;
    const Real odd_re = difference.real() * w.real() - difference.imag() * w.imag();
    const Real odd_im = difference.real() * w.imag() + difference.imag() * w.real();
    return {a.real() + b.real() - odd_im, a.imag() + b.imag() + odd_re};
  }

  template <int64_t kCount>
  void Store(const Real* re, const Real* im, float* y) const {
    // Joined gives twice the spectrum, of half the length.
    const Real factor = inverse_ ? 1.0 / static_cast<Real>(plan_.length) : 1.0;
    switch (plan_.kind) {
      case FftKind::kRfft:
        for (int64_t k = 0; k < plan_.out; ++k) {
          const Complex v = halved_ ? Apart<kCount>(re, im, k) : Complex(re[k * kCount], im[k * kCount]);
          y[2 * k] = static_cast<float>(v.real());
          y[2 * k + 1] = static_cast<float>(v.imag());
        }
        return;
      case FftKind::kIrfft:
        for (int64_t i = 0; i < length_; ++i) {
          y[halved_ ? 2 * i : i] = static_cast<float>(re[i * kCount] * factor);
          if (halved_) y[2 * i + 1] = static_cast<float>(im[i * kCount] * factor);
        }
        return;
      default:
        for (int64_t i = 0; i < length_; ++i) {
          y[2 * i] = static_cast<float>(re[i * kCount] * factor);
          y[2 * i + 1] = static_cast<float>(im[i * kCount] * factor);
        }
    }
  }

  // Element k of the spectrum of the real row.
  template <int64_t kCount>
  Complex Apart(const Real* re, const Real* im, int64_t k) const {
    const int64_t a = k % length_ * kCount, b = (length_ - k) % length_ * kCount;
    const Real even_re = re[a] + re[b], even_im = im[a] - im[b];
    const Real odd_re = im[a] + im[b], odd_im = re[b] - re[a];
    const Real c = whole_[static_cast<size_t>(k)].real(), s = whole_[static_cast<size_t>(k)].imag();
    return {0.5 * (even_re + c * odd_re - s * odd_im), 0.5 * (even_im + c * odd_im + s * odd_re)};
  }

  Plan plan_;
  bool inverse_;
  bool halved_;
  int64_t length_;  // of the passes
  int64_t lanes_;
  Operand input_;
  std::vector<Pass> passes_;
  std::vector<Complex> whole_;  // roots of one of the whole length
};

double Estimate(const Graph& problem, const Target&) {
  return 1000 + BytesMoved(problem);
}

using Row = Planned<Plan, MakePlan, FftRows>;

}  // namespace

Kernel FftKernel() {
  return {.name = FftRows::kName,
          .version = 2,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .error_bound = 2e-7};
}

}  // namespace floe::cpu
