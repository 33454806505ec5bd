#include "problems.h"

namespace floe {
namespace {

constexpr NamedProblem kAll[] = {
    // The class map of a segmentation network.
    {"arg_reduce/classes_of_513x513x21",
     R"(graph g(%x: float32[1, 513, 513, 21]) -> (%y) {
       %y = ArgMax(%x) {axis=-1, to=int32} })"},
    {"softmax/classes_of_513x513x21", R"(graph g(%x: float32[1, 513, 513, 21]) -> (%y) {
       %y = Softmax(%x) {axis=-1} })"},
    {"softmax/masks_of_256x256x2", R"(graph g(%x: float32[1, 256, 256, 2]) -> (%y) {
       %y = Softmax(%x) {axis=-1} })"},
    // A second of speech at 16 kHz, in frames of 25 ms.
    {"fft/speech_98x512", R"(graph g(%x: float32[98, 512]) -> (%y) {
       %y = Rfft(%x) })"},
    // A Fourier neural operator's field.
    {"fft/field_8x128x128", R"(graph g(%x: complex64[8, 128, 128]) -> (%y) {
       %y = Fft(%x) {dims=2} })"},
    // Positions from masks, prefix sums along sequences.
    {"cumulative/64x1000x16", R"(graph g(%x: float32[64, 1000, 16]) -> (%y) {
       %axis: int64[] = const 1
       %y = CumSum(%x, %axis) })"},
    // One of four corners that a spatial transformer samples.
    {"gather/corners_of_224x224x3", R"(graph g(%x: float32[224, 224, 3]) -> (%y) {
       %i: int32[50176, 2] = const 100
       %y = GatherND(%x, %i) })"},
    // Messages along the edges of a graph.
    {"scatter/20000_edges_2000x64", R"(graph g(%x: float32[2000, 64], %m: float32[20000, 64]) -> (%y) {
       %i: int32[20000, 1] = const 100
       %y = ScatterND(%x, %i, %m) {reduction=add} })"},
    // SegNet's first pooling, and a gate of halves.
    {"pool_places/112x112x64", R"(graph g(%x: float32[1, 112, 112, 64]) -> (%y, %i) {
       %y, %i = MaxPool(%x) {kernel_shape=[2, 2], strides=[2, 2]} })"},
    {"elementwise_half/gate_112x112x32", R"(graph g(%x: float16[1, 112, 112, 32], %g: float16[32]) -> (%y) {
       %m = Mul(%x, %g)
       %s = Add(%m, %x)
       %y = Relu(%s) })"},
    // What detectors keep for non-maximum suppression: YOLO at 640, of 80
    // classes; EfficientDet-D0's anchors.
    {"top_k/100_of_8400", R"(graph g(%x: float32[1, 8400]) -> (%y, %i) {
       %k: int64[1] = const 100
       %y, %i = TopK(%x, %k) })"},
    {"top_k/100_of_80x8400", R"(graph g(%x: float32[80, 8400]) -> (%y, %i) {
       %k: int64[1] = const 100
       %y, %i = TopK(%x, %k) })"},
    {"top_k/5000_of_49104", R"(graph g(%x: float32[1, 49104]) -> (%y, %i) {
       %k: int64[1] = const 5000
       %y, %i = TopK(%x, %k) })"},
    // Sorting, and the few best classes of a batch.
    {"top_k/8400_of_8400", R"(graph g(%x: float32[1, 8400]) -> (%y, %i) {
       %k: int64[1] = const 8400
       %y, %i = TopK(%x, %k) })"},
    {"top_k/5_of_32x1000", R"(graph g(%x: float32[32, 1000]) -> (%y, %i) {
       %k: int64[1] = const 5
       %y, %i = TopK(%x, %k) })"},
    // Photographs for a network, and frames of super-resolution networks.
    {"resample/bicubic_480x640_to_224", R"(graph g(%x: uint8[1, 480, 640, 3]) -> (%y) {
       %s: int64[2] = const 224
       %y = Resize(%x, %s) {mode=cubic, coordinates=half_pixel, cubic_a=-0.5, exclude_outside=true, float_output=true} })"},
    {"resample/bicubic_180x320_to_720x1280", R"(graph g(%x: float32[1, 180, 320, 3]) -> (%y) {
       %s: int64[2] = const [720, 1280]
       %y = Resize(%x, %s) {mode=cubic, coordinates=half_pixel, cubic_a=-0.5, exclude_outside=true, float_output=true} })"},
    {"resample/area_512_to_224", R"(graph g(%x: float32[1, 512, 512, 3]) -> (%y) {
       %s: int64[2] = const 224
       %y = Resize(%x, %s) {mode=area} })"},
    {"resample/lanczos3_480x640_to_224", R"(graph g(%x: float32[1, 480, 640, 3]) -> (%y) {
       %n: int32[2] = const 224
       %s: float32[2] = const [0.46666667, 0.35]
       %t: float32[2] = const 0
       %y = ScaleAndTranslate(%x, %n, %s, %t) })"},
    {"resample/bicubic_32x32x64_to_64", R"(graph g(%x: float32[1, 32, 32, 64]) -> (%y) {
       %s: int64[2] = const 64
       %y = Resize(%x, %s) {mode=cubic, coordinates=half_pixel, cubic_a=-0.5, exclude_outside=true, float_output=true} })"},
};

}  // namespace

std::span<const NamedProblem> AllProblems() {
  return kAll;
}

}  // namespace floe
