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
};

}  // namespace

std::span<const NamedProblem> AllProblems() {
  return kAll;
}

}  // namespace floe
