// Ops that ONNX lacks, rewritten: the rewritten graph gives the numbers of the op itself, and nothing of it
// is left to refuse.
#include <gmock/gmock.h>

#include "backends/reference/evaluate.h"
#include "export/export_test.h"
#include "export/lower/lower.h"
#include "export/rewrite/split_complex.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "passes/pass_test.h"

namespace floe {
namespace {

using testing::IsEmpty;

struct LowerCase {
  const char* name;
  const char* text;
};

class LowerTest : public testing::TestWithParam<LowerCase> {};

TEST_P(LowerTest, GivesTheSameNumbersAtEveryOpset) {
  const ReferenceEvaluator evaluator;
  const auto before = ParseGraph(GetParam().text);
  for (const int opset : {13, 15, 17}) {
    auto graph = before->Clone();
    std::vector<ExportProblem> problems;
    std::vector<std::string> notes;
    LowerGraph(*graph, opset, &evaluator, &problems, &notes);
    ASSERT_THAT(problems, IsEmpty()) << problems[0].reason;
    VerifyGraph(*graph);
    ExpectSameNumbers(*before, *graph, 2e-6);
    ExportOptions options;
    options.opset = opset;
    const ExportResult result = Exported(GetParam().text, options);
    ASSERT_THAT(result.problems, IsEmpty()) << result.problems[0].op << ": " << result.problems[0].reason;
  }
}

const LowerCase kCases[] = {
    {"DiagonalAtRunTime", R"(
    graph main(%x: float32[2, 3]) -> (%y) {
      %r: int32[] = const 4
      %c: int32[] = const -1
      %p: float32[] = const 7
      %m = ReduceMin(%x) {axes=[0, 1]}
      %k = Cast(%m) {to=int32}
      %y = MatrixDiag(%x, %k, %r, %c, %p)
    })"},
    {"InverseOfOne", "graph main(%x: float32[3, 1, 1]) -> (%y) { %y = MatrixInverse(%x) }"},
    {"InverseOfSeveral", "graph main(%x: float32[2, 3, 3]) -> (%y) { %y = MatrixInverse(%x) }"},
    {"InverseAdjoint", "graph main(%x: float32[4, 4]) -> (%y) { %y = MatrixInverse(%x) {adjoint=true} }"},
    {"Trunc", "graph main(%x: float32[7]) -> (%y) { %y = Trunc(%x) }"},
    {"Expm1", "graph main(%x: float32[7]) -> (%y) { %y = Expm1(%x) }"},
    {"Log1p", "graph main(%x: float32[7]) -> (%y) { %y = Log1p(%x) }"},
    {"Erfc", "graph main(%x: float32[7]) -> (%y) { %y = Erfc(%x) }"},
    {"Erfinv", "graph main(%x: float32[7]) -> (%y) { %y = Erfinv(%x) }"},
    {"Lgamma", "graph main(%x: float32[7]) -> (%y) { %y = Lgamma(%x) }"},
    {"Digamma", "graph main(%x: float32[7]) -> (%y) { %y = Digamma(%x) }"},
    {"Mish", "graph main(%x: float32[7]) -> (%y) { %y = Mish(%x) }"},
    {"HardSwish", "graph main(%x: float32[7]) -> (%y) { %y = HardSwish(%x) }"},
    {"Gelu", "graph main(%x: float32[7]) -> (%y) { %y = Gelu(%x) }"},
    {"BitwiseNot", "graph main(%x: int32[7]) -> (%y) { %y = BitwiseNot(%x) }"},
    {"FloorDivInt", R"(graph main(%x: int32[2, 3]) -> (%y) {
        %d: int32[3] = const [2, -2, 3]
        %y = FloorDiv(%x, %d) })"},
    {"FloorDiv", "graph main(%x: float32[7], %y: float32[7]) -> (%z) { %z = FloorDiv(%x, %y) }"},
    {"FloorMod", "graph main(%x: float32[7], %y: float32[7]) -> (%z) { %z = FloorMod(%x, %y) }"},
    {"Atan2", "graph main(%x: float32[7], %y: float32[7]) -> (%z) { %z = Atan2(%x, %y) }"},
    {"BitwiseAnd", "graph main(%x: int32[7], %y: int32[7]) -> (%z) { %z = BitwiseAnd(%x, %y) }"},
    {"BitwiseXor", "graph main(%x: int32[7], %y: int32[7]) -> (%z) { %z = BitwiseXor(%x, %y) }"},
    {"RightShift", R"(graph main(%x: int32[7]) -> (%z) {
        %n: int32[7] = const [0, 1, 2, 3, 31, 40, -1]
        %z = RightShift(%x, %n) })"},
    {"PadSymmetric", R"(graph main(%x: float32[3, 4]) -> (%y) {
        %p: int64[4] = const [2, 0, 1, 3]
        %y = Pad(%x, %p) {mode=symmetric} })"},
    {"Roll", "graph main(%x: float32[3, 4]) -> (%y) { %y = Roll(%x) {shifts=[5, -1], axes=[0, 1]} }"},
    {"Reverse", "graph main(%x: float32[3, 4]) -> (%y) { %y = Reverse(%x) {axes=[1]} }"},
    {"SpaceToBatch", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %b: int64[2] = const [2, 3]
        %p: int64[2, 2] = const [0, 0, 1, 0]
        %y = SpaceToBatch(%x, %b, %p) })"},
    {"BatchToSpace", R"(graph main(%x: float32[6, 2, 2, 2]) -> (%y) {
        %b: int64[2] = const [2, 3]
        %p: int64[2, 2] = const [0, 1, 1, 0]
        %y = BatchToSpace(%x, %b, %p) })"},
    {"MatrixBandPart", R"(graph main(%x: float32[2, 4, 5]) -> (%y) {
        %l: int64[] = const 1
        %u: int64[] = const -1
        %y = MatrixBandPart(%x, %l, %u) })"},
    {"OneHot", R"(graph main(%i: int32[5]) -> (%y) {
        %d: int64[] = const 3
        %v: float32[2] = const [0, 1]
        %y = OneHot(%i, %d, %v) })"},
    {"GatherBatch", R"(graph main(%x: float32[2, 3, 4]) -> (%y) {
        %i: int64[2, 2] = const [0, 3, 2, 1]
        %y = Gather(%x, %i) {axis=2, batch_dims=1} })"},
    {"ExtractPatches",
     "graph main(%x: float32[1, 5, 6, 2]) -> (%y) { %y = ExtractPatches(%x) {kernel_shape=[2, 3], "
     "strides=[2, 1], "
     "auto_pad=SAME_UPPER} }"},
    {"CumProd", R"(graph main(%x: float32[2, 5]) -> (%y) {
        %a: int64[] = const 1
        %y = CumProd(%x, %a) {exclusive=true, reverse=true} })"},
    {"MeanOfInts", "graph main(%x: int32[2, 5]) -> (%y) { %y = ReduceMean(%x) {axes=[1]} }"},
    {"All", "graph main(%x: bool[2, 5]) -> (%y) { %y = ReduceAll(%x) {axes=[1]} }"},
    {"SegmentSum", R"(graph main(%x: float32[4, 3]) -> (%y) {
        %i: int32[4] = const [0, 0, 2, 2]
        %y = SegmentReduce(%x, %i) })"},
    {"UnsortedSegmentMax", R"(graph main(%x: float32[4, 3]) -> (%y) {
        %i: int32[4] = const [2, -1, 0, 2]
        %n: int32[] = const 3
        %y = SegmentReduce(%x, %i, %n) {reduction=ReduceMax, sorted=false} })"},
    {"ScatterMax", R"(graph main(%x: float32[4, 2], %u: float32[3, 2]) -> (%y) {
        %i: int32[3, 1] = const [1, 3, 1]
        %y = ScatterND(%x, %i, %u) {reduction=max} })"},
    {"CropAndResize", R"(graph main(%x: float32[2, 5, 6, 3]) -> (%y) {
        %b: float32[2, 4] = const [0.1, 0.2, 0.8, 0.9, -0.2, 0, 1.1, 1]
        %w: int32[2] = const [1, 0]
        %s: int32[2] = const [3, 4]
        %y = CropAndResize(%x, %b, %w, %s) {extrapolation_value=0.5} })"},
    {"ResizeCubic", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %s: int64[2] = const [7, 3]
        %y = Resize(%x, %s) {mode=cubic, coordinates=half_pixel, cubic_a=-0.5, exclude_outside=true} })"},
    {"ResizeArea", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %s: int64[2] = const [3, 2]
        %y = Resize(%x, %s) {mode=area} })"},
    {"ResizeCubicAtRunTime", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %y = Resize(%x, %s) {mode=cubic, coordinates=half_pixel, cubic_a=-0.5, exclude_outside=true, float_output=true} })"},
    {"ResizeOldCubicAtRunTime", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %y = Resize(%x, %s) {mode=cubic, float_output=true} })"},
    {"ResizeAlignedCubicAtRunTime", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %y = Resize(%x, %s) {mode=cubic, coordinates=align_corners} })"},
    {"ResizeAreaAtRunTime", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %y = Resize(%x, %s) {mode=area} })"},
    {"ResizeAlignedAreaAtRunTime", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %y = Resize(%x, %s) {mode=area, coordinates=align_corners} })"},
    {"ScaleAndTranslate_lanczos1", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=lanczos1, antialias=true} })"},
    {"ScaleAndTranslate_lanczos1_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=lanczos1, antialias=false} })"},
    {"ScaleAndTranslate_lanczos3", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=lanczos3, antialias=true} })"},
    {"ScaleAndTranslate_lanczos3_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=lanczos3, antialias=false} })"},
    {"ScaleAndTranslate_lanczos5", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=lanczos5, antialias=true} })"},
    {"ScaleAndTranslate_lanczos5_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=lanczos5, antialias=false} })"},
    {"ScaleAndTranslate_gaussian", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=gaussian, antialias=true} })"},
    {"ScaleAndTranslate_gaussian_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=gaussian, antialias=false} })"},
    {"ScaleAndTranslate_box", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=box, antialias=true} })"},
    {"ScaleAndTranslate_box_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=box, antialias=false} })"},
    {"ScaleAndTranslate_triangle", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=triangle, antialias=true} })"},
    {"ScaleAndTranslate_triangle_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=triangle, antialias=false} })"},
    {"ScaleAndTranslate_keyscubic", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=keyscubic, antialias=true} })"},
    {"ScaleAndTranslate_keyscubic_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=keyscubic, antialias=false} })"},
    {"ScaleAndTranslate_mitchellcubic", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=mitchellcubic, antialias=true} })"},
    {"ScaleAndTranslate_mitchellcubic_plain", R"(graph main(%x: float32[1, 4, 5, 2]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2, 3]}
        %z = Sub(%m, %m)
        %n = Cast(%z) {to=int64}
        %k: int64[2] = const [7, 3]
        %s = Add(%k, %n)
        %t: float32[2] = const [1.75, 0.6]
        %o: float32[2] = const [0.25, -0.5]
        %y = ScaleAndTranslate(%x, %s, %t, %o) {kernel=mitchellcubic, antialias=false} })"},
    {"ResizeNearestOfInts", R"(graph main(%x: int16[1, 4, 5, 2]) -> (%z) {
        %s: int64[2] = const [7, 3]
        %y = Resize(%x, %s) {mode=nearest}
        %z = Cast(%y) {to=int32} })"},
    {"MaxPoolWithArgmax", R"(graph main(%x: float32[2, 4, 6, 3]) -> (%y, %i) {
        %y, %i = MaxPool(%x) {kernel_shape=[2, 2], strides=[2, 2], argmax_index=TF_BATCH} })"},
    {"Diagonals_RIGHT_LEFT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-1, 1]
        %r: int32[] = const -1
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %r, %r, %p) {align=RIGHT_LEFT} })"},
    {"DiagonalsOfSizesAtRunTime_RIGHT_LEFT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-2, 0]
        %c: int32[] = const 3
        %m = ReduceMin(%x) {axes=[0, 1, 2]}
        %o = Sub(%m, %m)
        %z = Cast(%o) {to=int32}
        %r = Add(%c, %z)
        %f: int32[] = const 5
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %f, %r, %p) {align=RIGHT_LEFT} })"},
    {"DiagonalPart_RIGHT_LEFT", R"(graph main(%x: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %p: float32[] = const 7
        %y = MatrixDiagPart(%x, %k, %p) {align=RIGHT_LEFT} })"},
    {"SetDiagonals_RIGHT_LEFT", R"(graph main(%x: float32[2, 4, 3], %d: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %y = MatrixSetDiag(%x, %d, %k) {align=RIGHT_LEFT} })"},
    {"Diagonals_LEFT_RIGHT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-1, 1]
        %r: int32[] = const -1
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %r, %r, %p) {align=LEFT_RIGHT} })"},
    {"DiagonalsOfSizesAtRunTime_LEFT_RIGHT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-2, 0]
        %c: int32[] = const 3
        %m = ReduceMin(%x) {axes=[0, 1, 2]}
        %o = Sub(%m, %m)
        %z = Cast(%o) {to=int32}
        %r = Add(%c, %z)
        %f: int32[] = const 5
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %f, %r, %p) {align=LEFT_RIGHT} })"},
    {"DiagonalPart_LEFT_RIGHT", R"(graph main(%x: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %p: float32[] = const 7
        %y = MatrixDiagPart(%x, %k, %p) {align=LEFT_RIGHT} })"},
    {"SetDiagonals_LEFT_RIGHT", R"(graph main(%x: float32[2, 4, 3], %d: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %y = MatrixSetDiag(%x, %d, %k) {align=LEFT_RIGHT} })"},
    {"Diagonals_LEFT_LEFT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-1, 1]
        %r: int32[] = const -1
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %r, %r, %p) {align=LEFT_LEFT} })"},
    {"DiagonalsOfSizesAtRunTime_LEFT_LEFT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-2, 0]
        %c: int32[] = const 3
        %m = ReduceMin(%x) {axes=[0, 1, 2]}
        %o = Sub(%m, %m)
        %z = Cast(%o) {to=int32}
        %r = Add(%c, %z)
        %f: int32[] = const 5
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %f, %r, %p) {align=LEFT_LEFT} })"},
    {"DiagonalPart_LEFT_LEFT", R"(graph main(%x: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %p: float32[] = const 7
        %y = MatrixDiagPart(%x, %k, %p) {align=LEFT_LEFT} })"},
    {"SetDiagonals_LEFT_LEFT", R"(graph main(%x: float32[2, 4, 3], %d: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %y = MatrixSetDiag(%x, %d, %k) {align=LEFT_LEFT} })"},
    {"Diagonals_RIGHT_RIGHT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-1, 1]
        %r: int32[] = const -1
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %r, %r, %p) {align=RIGHT_RIGHT} })"},
    {"DiagonalsOfSizesAtRunTime_RIGHT_RIGHT", R"(graph main(%x: float32[2, 3, 3]) -> (%y) {
        %k: int32[2] = const [-2, 0]
        %c: int32[] = const 3
        %m = ReduceMin(%x) {axes=[0, 1, 2]}
        %o = Sub(%m, %m)
        %z = Cast(%o) {to=int32}
        %r = Add(%c, %z)
        %f: int32[] = const 5
        %p: float32[] = const 7
        %y = MatrixDiag(%x, %k, %f, %r, %p) {align=RIGHT_RIGHT} })"},
    {"DiagonalPart_RIGHT_RIGHT", R"(graph main(%x: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %p: float32[] = const 7
        %y = MatrixDiagPart(%x, %k, %p) {align=RIGHT_RIGHT} })"},
    {"SetDiagonals_RIGHT_RIGHT", R"(graph main(%x: float32[2, 4, 3], %d: float32[2, 4, 3]) -> (%y) {
        %k: int32[2] = const [-2, 1]
        %y = MatrixSetDiag(%x, %d, %k) {align=RIGHT_RIGHT} })"},
    {"DiagonalPartAtRunTime", R"(graph main(%x: float32[2, 4, 3]) -> (%y) {
        %m = ReduceMin(%x) {axes=[0, 1, 2]}
        %o = Sub(%m, %m)
        %k = Cast(%o) {to=int32}
        %p: float32[] = const 7
        %y = MatrixDiagPart(%x, %k, %p) })"},
    {"SetDiagonalOfSizesAtRunTime", R"(graph main(%x: bool[2, 4, 3], %d: bool[2, 3]) -> (%y) {
        %i = Cast(%d) {to=int64}
        %n = ReduceMin(%i) {axes=[0, 1]}
        %z = Sub(%n, %n)
        %l: int64[3] = const [2, 3, 3]
        %e = Add(%l, %z)
        %b: int64[3] = const [0, 0, 0]
        %t = Slice(%x, %b, %e)
        %k: int32[1] = const [0]
        %y = MatrixSetDiag(%t, %d, %k) })"},
    {"MatrixDiagPart", R"(graph main(%x: float32[2, 3, 4]) -> (%y) {
        %k: int32[2] = const [-1, 1]
        %p: float32[] = const 9
        %y = MatrixDiagPart(%x, %k, %p) })"},
    {"MatrixSetDiag", R"(graph main(%x: float32[2, 3, 4], %d: float32[2, 3]) -> (%y) {
        %k: int32[1] = const [0]
        %y = MatrixSetDiag(%x, %d, %k) })"},
    {"DynamicStitch", R"(graph main(%a: float32[2, 3], %b: float32[2, 3]) -> (%y) {
        %i: int32[2] = const [0, 3]
        %j: int32[2] = const [2, 1]
        %y = DynamicStitch(%i, %j, %a, %b) })"},
    {"Bucketize", "graph main(%x: float32[7]) -> (%y) { %y = Bucketize(%x) {boundaries=[-0.5, 0, 0.25]} }"},
    {"SearchSorted", R"(graph main(%v: float32[2, 4]) -> (%y) {
        %x: float32[2, 5] = const [-1, -0.5, 0, 0.5, 1, -2, -0.25, -0.25, 0.25, 3]
        %y = SearchSorted(%x, %v) {behind=true, to=int64} })"},
    {"LinSpace", R"(graph main(%a: float32[], %b: float32[]) -> (%y) {
        %n: int32[] = const 6
        %y = LinSpace(%a, %b, %n) })"},
    {"Dilation2D", R"(graph main(%x: float32[1, 5, 5, 2], %f: float32[2, 2, 2]) -> (%y) {
        %y = Dilation2D(%x, %f) {auto_pad=SAME_UPPER} })"},
};

INSTANTIATE_TEST_SUITE_P(Ops, LowerTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

class ComplexTest : public testing::TestWithParam<LowerCase> {};

// Without complex numbers in it, the graph gives the numbers it gave with them.
TEST_P(ComplexTest, GivesTheSameNumbersByParts) {
  const ReferenceEvaluator evaluator;
  const auto before = ParseGraph(GetParam().text);
  auto graph = before->Clone();
  std::vector<ExportProblem> problems;
  SplitComplex(*graph, &evaluator, &problems);
  ASSERT_THAT(problems, IsEmpty()) << problems[0].reason;
  VerifyGraph(*graph);
  for (const ValueId id : graph->Values())
    EXPECT_FALSE(IsComplex(graph->value(id).type.dtype)) << PrintGraph(*graph);
  ExpectSameNumbers(*before, *graph, 2e-6);
  EXPECT_THAT(Exported(GetParam().text).problems, IsEmpty());
}

const LowerCase kComplexCases[] = {
    {"RealSpectrum", R"(graph main(%x: float32[2, 9]) -> (%y) {
        %f = Rfft(%x)
        %y = Abs(%f) })"},
    {"RealSpectrumOfAVectorCut", R"(graph main(%x: float32[9]) -> (%r, %i) {
        %n: int32[1] = const [6]
        %f = Rfft(%x, %n)
        %r = Real(%f)
        %i = Imag(%f) })"},
    {"ThereAndBack", R"(graph main(%x: float32[3, 4, 6]) -> (%y) {
        %f = Rfft(%x) {dims=2}
        %y = Irfft(%f) {dims=2} })"},
    {"ProductAndQuotient", R"(graph main(%a: float32[5], %b: float32[5]) -> (%r, %i) {
        %c = Complex(%a, %b)
        %d = Complex(%b, %a)
        %e = Conj(%d)
        %m = Mul(%c, %e)
        %q = Div(%m, %d)
        %r = Real(%q)
        %i = Imag(%q) })"},
    {"MovedAndSummed", R"(graph main(%a: float32[2, 3], %b: float32[2, 3]) -> (%r, %i) {
        %c = Complex(%a, %b)
        %t = Transpose(%c)
        %u = Concat(%t, %t) {axis=0}
        %f = Fft(%u)
        %s = ReduceSum(%f) {axes=[0]}
        %r = Real(%s)
        %i = Angle(%s) })"},
};

INSTANTIATE_TEST_SUITE_P(Ops, ComplexTest, testing::ValuesIn(kComplexCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(SplitComplex, AComplexOutputIsRefused) {
  const ExportResult result =
      Exported("graph main(%a: float32[2], %b: float32[2]) -> (%c) { %c = Complex(%a, %b) }");
  ASSERT_FALSE(result.problems.empty());
  EXPECT_THAT(result.problems[0].remedy, testing::HasSubstr("real and imaginary"));
}

TEST(Lower, SoftSuppressionIsRefusedWithARemedy) {
  const ExportResult result = Exported(R"(
    graph main(%b: float32[5, 4], %s: float32[5]) -> (%i) {
      %n: int32[] = const 3
      %t: float32[] = const 0.5
      %sigma: float32[] = const 0.3
      %i = TfNonMaxSuppression(%b, %s, %n, %t, %t, %sigma)
    })");
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].remedy, "set soft_nms_sigma to 0");
}

TEST(Lower, AnAssertionThatIsDroppedIsNoted) {
  const ExportResult result = Exported(R"(
    graph main(%c: bool[]) -> (%y) {
      %a = Assert(%c) {message="no"}
      %y = Not(%a)
    })");
  EXPECT_THAT(result.notes, testing::ElementsAre(testing::HasSubstr("is not checked")));
}

TEST(Lower, AnAssertionThatNothingReadsGoesToo) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[3]) -> (%y) {
      %zero: float32[] = const 0
      %c = Greater(%x, %zero)
      %all = ReduceAll(%c) {axes=[0]}
      %checked = Assert(%all) {message="x must be positive"}
      %y = Relu(%x)
    })");
  EXPECT_EQ(Operators(result), std::vector<std::string>{"Relu"});
  EXPECT_THAT(result.notes, testing::ElementsAre(testing::HasSubstr("is not checked")));
}

}  // namespace
}  // namespace floe
