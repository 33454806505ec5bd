// A convolution, the depthwise one that follows it, and perhaps the pointwise one behind that, in bands of
// the image's rows: the wide tensors between them are made and read while they lie in the second-level cache.
//
// Each thread takes neighbouring rows of the depthwise convolution's output, band by band. The rows that two
// bands of a thread have in common are kept; those that two threads have in common both compute.
#include <algorithm>
#include <cstring>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/depthwise/depthwise.h"
#include "backends/cpu/depthwise/depthwise_bf16.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/packed/depthwise_chain.h"
#include "backends/cpu/packed/product.h"
#include "backends/cpu/storage.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kName = "cpu.conv_depthwise";
constexpr std::string_view kBf16Name = "cpu.conv_depthwise_bf16";

// Words of a band, of the block of rows that becomes it, and of the one that the last product reads:
// together with some weights they stay in the second-level cache.
constexpr int64_t kBandWords = 96 * 1024;
constexpr int64_t kFirstBlockFloats = 16 * 1024;
constexpr int64_t kLastBlockFloats = 48 * 1024;
// Multiply-adds that are done before another thread has woken up.
constexpr int64_t kLeastWork = 20000;

struct BandPlan {
  std::vector<FusedGroup> chain;
  Window first, depthwise, last;
  PackedShape first_shape, last_shape;
  const PackedCode* first_code = nullptr;
  const PackedCode* last_code = nullptr;  // null: the depthwise convolution is the last
  bool has_mean = false;                  // of the depthwise convolution's output
  bool direct = false;                    // the first one's pixels are read where they lie
  bool in_place = false;                  // they are rows as the product wants them
  bool bf16_band = false;                 // and the depthwise convolution in bf16; else float32
  bool bf16_input = false;
  bool bf16_residual = false;
  bool bf16_output = false;
  int64_t rows = 1;          // of the depthwise convolution's output, in a band
  int64_t band_rows = 1;     // of its input
  int64_t block_pixels = 1;  // of the first one's blocks

  int64_t filter_rows() const { return (depthwise.kernel[1] - 1) * depthwise.dilation[1] + 1; }
  size_t band_row_bytes() const {
    const size_t element = bf16_band ? sizeof(uint16_t) : sizeof(float);
    return static_cast<size_t>(depthwise.input[2] * depthwise.channels) * element;
  }
  int64_t BandWords(int64_t count) const {
    return DivideUp(count * static_cast<int64_t>(band_row_bytes()), sizeof(float));
  }
};

void ChooseHeights(BandPlan* plan) {
  const Window& w = plan->depthwise;
  const int64_t fit = (kBandWords / plan->BandWords(1) - plan->filter_rows()) / w.stride[1] + 1;
  plan->rows = std::clamp(fit, int64_t{1}, w.output[1]);
  if (plan->last_code != nullptr) {
    const int64_t row = w.output[2] * RowFloats(plan->last_shape, *plan->last_code);
    plan->rows = std::clamp(kLastBlockFloats / row, int64_t{1}, plan->rows);
  }
  plan->band_rows = std::min((plan->rows - 1) * w.stride[1] + plan->filter_rows(), w.input[1]);
  const int64_t fits_block = kFirstBlockFloats / RowFloats(plan->first_shape, *plan->first_code);
  plan->block_pixels = std::clamp(fits_block, 2 * plan->first_code->tile_rows,
                                  std::max(plan->band_rows * w.input[2], 2 * plan->first_code->tile_rows));
}

// The first one's pixels are its rows, of one block of depths.
bool IsOneBlock(const BandPlan& plan) {
  const Window& w = plan.first;
  const PackedCode& code = *plan.first_code;
  return PixelsAreRows(w) && w.channels == code.vector * code.depths && plan.bf16_input == (code.depths == 2);
}

Refusal MakePlan(const StoredProblem& stored, DType arithmetic, const Target& target, BandPlan* plan) {
  if (arithmetic != DType::kBFloat16 && !stored.is_plain()) return "values in bf16";
  std::string why;
  const Graph& problem = stored.graph();
  plan->chain = MatchChainPerhapsWithMean(problem, &why);
  plan->has_mean = problem.outputs().size() == 2;
  const std::vector<FusedGroup>& chain = plan->chain;
  if (chain.empty()) return why;
  if (chain.size() != 2 && chain.size() != 3) return "not two or three layers";
  if (plan->has_mean && chain.size() != 2) return "a mean of a product";
  ProductPlan product;
  if (Refusal refusal = PlanConvGroup(problem, chain[0], &product)) return refusal;
  plan->first = product.window;
  plan->first_shape = product.products[0].shape;
  if (Refusal refusal = ReadChainDepthwise(problem, chain[1], &plan->depthwise)) return refusal;
  plan->direct = IsDirect(plan->first);
  plan->bf16_input = stored.bf16_input(Operand(problem, chain[0].main->inputs[0]).input());
  plan->bf16_residual = stored.bf16_input(Operand(problem, chain.back().residual).input());
  plan->bf16_output = stored.bf16_output(0);
  if (plan->has_mean && stored.bf16_output(1)) return "a mean in bf16";
  if (plan->direct && plan->bf16_input) return "pixels in bf16";
  // A depthwise convolution in bf16 gives nothing else.
  const bool fits = chain.size() == 3 || (plan->bf16_output && chain[1].residual == kNoValue);
  plan->bf16_band = arithmetic == DType::kBFloat16 && fits && !RefuseDepthwiseBf16(plan->depthwise);
  if (plan->bf16_output && chain.size() == 2 && !plan->bf16_band) return "an output in bf16";
  plan->first_code = &ChainCodeFor(plan->direct && !plan->bf16_band ? DType::kFloat32 : arithmetic, target);
  if (plan->direct && plan->bf16_band) plan->first_shape = DirectBf16Shape(plan->first);
  plan->in_place = IsOneBlock(*plan);
  if (chain.size() == 3) {
    if (Refusal refusal = ReadChainPointwise(problem, chain[2], &plan->last, &plan->last_shape))
      return refusal;
    plan->last_code = &ChainCodeFor(arithmetic, target);
  }
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    if (chain[i].residual != kNoValue) return "an addition before the last";
  }
  if (arithmetic == DType::kBFloat16 && !HasBf16(target)) return kNotForBf16;
  ChooseHeights(plan);
  return std::nullopt;
}

std::vector<ChainLayer> LayersOf(const BandPlan& plan) {
  std::vector<ChainLayer> layers = {
      {plan.chain[0], plan.first, &plan.first_shape, plan.first_code, plan.direct && plan.bf16_band},
      {plan.chain[1], plan.depthwise, nullptr, nullptr, plan.bf16_band}};
  if (plan.last_code != nullptr) {
    layers.push_back({plan.chain[2], plan.last, &plan.last_shape, plan.last_code});
  }
  return layers;
}

class ConvDepthwise : public Executable {
 public:
  ConvDepthwise(const PrepareArgs& args, const StoredProblem& stored, const BandPlan& plan)
      : plan_(plan),
        depthwise_(DepthwiseCodeFor(IsaOf(args.target))),
        depthwise_bf16_(plan.bf16_band ? DepthwiseCodeForBf16() : nullptr),
        row_code_(RowCodeFor(IsaOf(args.target))),
        input_(stored.graph(), plan.chain[0].main->inputs[0]) {
    for (const FusedGroup& group : plan.chain) epilogues_.emplace_back(stored.graph(), group);
    plan_.chain.clear();  // of a graph that goes
    packed_.assign(args.packed.begin(), args.packed.end());
  }

  size_t WorkspaceBytes(int threads) const override {
    return static_cast<size_t>(SumFloats() + threads * Layout().end) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    const Window& w = plan_.depthwise;
    const Calls calls = CallsFor(args);
    const int64_t rows = w.batch * w.output[1];
    const int64_t work = plan_.first_shape.rows * plan_.first_shape.depth * plan_.first_shape.columns;
    std::vector<Band> bands(static_cast<size_t>(args.pool->threads()));
    const ThreadPool::Pieces pieces(work < kLeastWork ? rows : 1, plan_.rows);
    args.pool->ParallelFor(rows, pieces, [&](int64_t begin, int64_t end, int thread) {
      float* memory = static_cast<float*>(args.workspace) + SumFloats() + thread * Layout().end;
      while (begin < end) {
        const int64_t image_end = std::min((begin / w.output[1] + 1) * w.output[1], end);
        RunImage(calls, begin, image_end, memory, bands[static_cast<size_t>(thread)]);
        begin = image_end;
      }
    });
    if (!plan_.has_mean) return;
    const auto* sums = static_cast<const float*>(args.workspace);
    MeanOfRowSums(w, row_code_, sums, static_cast<float*>(args.outputs[1].raw()));
  }

 private:
  struct Calls {
    const void* input = nullptr;
    PackedCall first;
    DepthwiseCall depthwise;
    DepthwiseBf16Call depthwise_bf16;  // in its place where the band is bf16
    PackedCall last;
  };

  // A thread's memory, in floats.
  struct Places {
    int64_t band = 0;
    int64_t scratch = 0;
    int64_t block = 0;  // of the first product
    int64_t last = 0;   // of the last one
    int64_t dense = 0;  // the depthwise convolution's output, where it is to be rounded
    int64_t end = 0;
  };

  // Before the threads' memories: DepthwiseCall::row_sums.
  int64_t SumFloats() const {
    const Window& w = plan_.depthwise;
    return plan_.has_mean ? RoundUp(w.batch * w.output[1] * w.channels, 16) : 0;
  }

  Places Layout() const {
    constexpr int64_t kLine = 16;
    const PackedCode& code = *plan_.first_code;
    const int64_t row = RowFloats(plan_.first_shape, code);
    Places p;
    p.scratch = RoundUp(plan_.BandWords(plan_.band_rows), kLine);
    const int64_t edge = DirectEdgeFloats(plan_.first, code);
    p.block = p.scratch + RoundUp(plan_.direct ? edge : code.depths * row, kLine);
    p.last = p.block + RoundUp(plan_.direct ? 0 : plan_.block_pixels * row, kLine);
    p.dense = p.last;
    p.end = p.last;
    if (plan_.last_code == nullptr) return p;
    const int64_t pixels = plan_.rows * plan_.depthwise.output[2];
    p.dense = p.last + RoundUp(pixels * RowFloats(plan_.last_shape, *plan_.last_code), kLine);
    const bool through = plan_.last_code->depths != 1 && !plan_.bf16_band;
    p.end = p.dense + (through ? RoundUp(pixels * plan_.last_shape.depth, kLine) : 0);
    return p;
  }

  PackedCall ProductCall(const RunArgs& args, size_t layer, const PackedShape& shape,
                         const PackedCode& code) const {
    PackedCall call;
    call.words = WordsOf(shape, code);
    call.columns = shape.columns;
    call.weights = static_cast<const float*>(packed_[layer].raw());
    call.bias = epilogues_[layer].bias.floats(args);
    call.residual = epilogues_[layer].residual.raw(args);
    call.output = args.outputs[0].raw();
    call.bf16_residual = plan_.bf16_residual;
    call.bf16_output = plan_.bf16_output;
    call.activation = epilogues_[layer].activation;
    return call;
  }

  DepthwiseBf16Call Bf16Call(const RunArgs& args) const {
    DepthwiseBf16Call call;
    call.window = &plan_.depthwise;
    call.weights = static_cast<const uint32_t*>(packed_[1].raw());
    call.bias = epilogues_[1].bias.floats(args);
    call.output = static_cast<uint16_t*>(args.outputs[0].raw());
    call.pixel_pitch = plan_.depthwise.channels;
    call.activation = epilogues_[1].activation;
    call.channel_end = plan_.depthwise.channels;
    if (plan_.has_mean) call.row_sums = static_cast<float*>(args.workspace);
    return call;
  }

  Calls CallsFor(const RunArgs& args) const {
    Calls calls;
    calls.input = input_.raw(args);
    calls.first = ProductCall(args, 0, plan_.first_shape, *plan_.first_code);
    calls.first.bf16_output = plan_.bf16_band;
    if (plan_.last_code != nullptr) calls.last = ProductCall(args, 2, plan_.last_shape, *plan_.last_code);
    if (plan_.bf16_band) {
      calls.depthwise_bf16 = Bf16Call(args);
      return calls;
    }
    DepthwiseCall& call = calls.depthwise;
    call.window = &plan_.depthwise;
    call.weights = packed_[1].data<float>();
    call.bias = epilogues_[1].bias.floats(args);
    call.residual = epilogues_[1].residual.floats(args);
    call.output = static_cast<float*>(args.outputs[0].raw());
    call.pixel_pitch = plan_.depthwise.channels;
    call.activation = epilogues_[1].activation;
    call.channel_end = plan_.depthwise.channels;
    if (plan_.has_mean) call.row_sums = static_cast<float*>(args.workspace);
    return calls;
  }

  // Which rows of the depthwise convolution's input, of batch * y, a thread's band holds.
  struct alignas(64) Band {
    int64_t begin = 0;
    int64_t end = 0;
  };

  // Output rows [begin, end) of batch * y, of one image.
  void RunImage(const Calls& calls, int64_t begin, int64_t end, float* memory, Band& held) const {
    const Window& w = plan_.depthwise;
    const int64_t image = begin / w.output[1];
    const int64_t top = image * w.input[1];
    const int64_t bands = DivideUp(end - begin, plan_.rows);
    auto* band = reinterpret_cast<char*>(memory + Layout().band);
    const size_t pitch = plan_.band_row_bytes();
    for (int64_t b = 0; b < bands; ++b) {
      const int64_t row = begin + (end - begin) * b / bands;
      const int64_t row_end = begin + (end - begin) * (b + 1) / bands;
      const auto first_of = [&](int64_t r) { return (r - image * w.output[1]) * w.stride[1] - w.pad[1]; };
      const int64_t from = top + std::clamp(first_of(row), int64_t{0}, w.input[1]);
      const int64_t to =
          top + std::clamp(first_of(row_end - 1) + plan_.filter_rows(), from - top, w.input[1]);
      if (from < held.begin || from > held.end || to < held.end) held = {from, from};
      const int64_t kept = held.end - from;
      std::memmove(band, band + static_cast<size_t>(from - held.begin) * pitch,
                   static_cast<size_t>(kept) * pitch);
      FillBand(calls, from, from + kept, to, memory);
      held = {from, to};
      RunRows(calls, from, row, row_end, memory);
    }
  }

  // Rows [begin, end) of the first convolution's output, into a band whose first row is `first`.
  void FillBand(const Calls& calls, int64_t first, int64_t begin, int64_t end, float* memory) const {
    const Places at = Layout();
    const PackedCode& code = *plan_.first_code;
    PackedCall call = calls.first;
    call.output = memory + at.band;
    call.first_row = first;
    if (plan_.direct) {
      const auto* pixels = static_cast<const float*>(calls.input);
      code.direct(call, plan_.first, pixels, begin, end, memory + at.scratch);
      return;
    }
    const int64_t width = plan_.depthwise.input[2];
    const int64_t pixels = (end - begin) * width;
    const int64_t blocks = DivideUp(pixels, plan_.block_pixels);
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t pixel = begin * width + pixels * b / blocks;
      const int64_t count = begin * width + pixels * (b + 1) / blocks - pixel;
      RowBlock block{pixel, count, memory + at.block};
      if (plan_.in_place) {
        // For reading alone: rows are floats that may be written elsewhere.
        block.rows = static_cast<float*>(const_cast<void*>(calls.input)) + pixel * code.vector;
      } else {
        Gather(calls.input, block, memory + at.scratch);
      }
      code.multiply(call, {pixel - first * width, count, block.rows}, 0,
                    DivideUp(plan_.first_shape.columns, code.panel));
    }
  }

  // The first convolution's.
  void Gather(const void* input, const RowBlock& block, float* scratch) const {
    const PackedCode& code = *plan_.first_code;
    if (plan_.bf16_input) {
      code.gather_bf16(plan_.first, static_cast<const uint16_t*>(input), block, 0, block.count,
                       reinterpret_cast<uint16_t*>(scratch));
    } else {
      code.gather(plan_.first, static_cast<const float*>(input), block, 0, block.count, scratch);
    }
  }

  // Output rows [row, row_end) from a band in bf16 whose first row is `first`.
  void RunBf16Rows(const Calls& calls, int64_t first, int64_t row, int64_t row_end, float* memory) const {
    const Places at = Layout();
    DepthwiseBf16Call call = calls.depthwise_bf16;
    call.input = reinterpret_cast<const uint16_t*>(memory + at.band);
    call.first_input_row = first;
    call.row_begin = row;
    call.row_end = row_end;
    if (plan_.last_code == nullptr) return depthwise_bf16_(call);
    const PackedCode& code = *plan_.last_code;
    const int64_t width = plan_.depthwise.output[2];
    const RowBlock block{row * width, (row_end - row) * width, memory + at.last};
    call.first_row = row;
    call.output = reinterpret_cast<uint16_t*>(block.rows);
    call.pixel_pitch = kBf16BlockDepths;
    call.block_pitch = kBf16BlockDepths * block.count;
    call.fills_up = true;
    depthwise_bf16_(call);
    code.multiply(calls.last, block, 0, DivideUp(plan_.last_shape.columns, code.panel));
  }

  // Output rows [row, row_end) from a band whose first row is `first`.
  void RunRows(const Calls& calls, int64_t first, int64_t row, int64_t row_end, float* memory) const {
    if (plan_.bf16_band) return RunBf16Rows(calls, first, row, row_end, memory);
    const Places at = Layout();
    DepthwiseCall call = calls.depthwise;
    call.input = memory + at.band;
    call.first_input_row = first;
    call.row_begin = row;
    call.row_end = row_end;
    if (plan_.last_code == nullptr) return depthwise_(call);
    const PackedCode& code = *plan_.last_code;
    const int64_t width = plan_.depthwise.output[2];
    const RowBlock block{row * width, (row_end - row) * width, memory + at.last};
    call.first_row = row;
    if (code.depths == 1) {
      call.output = block.rows;
      call.pixel_pitch = code.vector;
      call.channel_pitch = block.count;
      depthwise_(call);
    } else {
      call.output = memory + at.dense;
      depthwise_(call);
      code.gather(plan_.last, call.output, {0, block.count, block.rows}, 0, block.count, nullptr);
    }
    code.multiply(calls.last, block, 0, DivideUp(plan_.last_shape.columns, code.panel));
  }

  BandPlan plan_;
  DepthwiseCode depthwise_;
  DepthwiseBf16Code depthwise_bf16_;
  const RowCode& row_code_;
  Operand input_;
  std::vector<Epilogue> epilogues_;
  std::vector<Tensor> packed_;
};

template <DType kArithmetic>
Refusal Refuses(const Graph& problem, const Target& target) {
  BandPlan plan;
  if (Refusal refusal = MakePlan(StoredProblem(problem), kArithmetic, target, &plan)) return refusal;
  const bool rounds = !plan.direct || plan.last_code != nullptr || plan.bf16_band;
  if (kArithmetic == DType::kBFloat16 && !rounds) return "no product that bf16 makes faster";
  return std::nullopt;
}

template <DType kArithmetic>
double Estimate(const Graph& problem, const Target& target) {
  BandPlan plan;
  MakePlan(StoredProblem(problem), kArithmetic, target, &plan);
  const Isa isa = IsaOf(target);
  const Window& w = plan.depthwise;
  // Rows that two threads compute.
  const double twice = static_cast<double>((target.threads - 1) * (w.kernel[1] - 1)) /
                       static_cast<double>(std::max(w.batch * w.input[1], int64_t{1}));
  double ns =
      EstimatePackedNs(plan.first_shape, *plan.first_code, isa) * (plan.direct ? 0.8 : 1) * (1 + twice);
  ns += EstimateDepthwiseNs(w, isa);
  if (plan.last_code != nullptr) ns += EstimatePackedNs(plan.last_shape, *plan.last_code, isa);
  return ns + BytesMoved(problem) * 0.02;
}

template <DType kArithmetic>
Packed Pack(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  BandPlan plan;
  CHECK(!MakePlan(stored, kArithmetic, target, &plan));
  return PackChain(problem, LayersOf(plan));
}

template <DType kArithmetic>
std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  BandPlan plan;
  CHECK(!MakePlan(stored, kArithmetic, args.target, &plan));
  CheckPackedChain(args.packed, LayersOf(plan), kArithmetic == DType::kBFloat16 ? kBf16Name : kName);
  return std::make_unique<ConvDepthwise>(args, stored, plan);
}

template <DType kArithmetic>
Kernel Row(std::string_view name, int version, double error_bound) {
  return {.name = name,
          .version = version,
          .refuses = Refuses<kArithmetic>,
          .estimate_ns = Estimate<kArithmetic>,
          .pack = Pack<kArithmetic>,
          .prepare = Prepare<kArithmetic>,
          .in_place = ChainInPlace,
          .error_bound = error_bound,
          .arithmetic = kArithmetic};
}

}  // namespace

Kernel ConvDepthwiseKernel() {
  return Row<DType::kFloat32>(kName, 5, 5e-5);
}

Kernel ConvDepthwiseBf16Kernel() {
  return Row<DType::kBFloat16>(kBf16Name, 6, 4e-2);
}

}  // namespace floe::cpu
