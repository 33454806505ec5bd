// Ops that TensorFlow's Python package has no kernel for, or whose result only a property describes.
#include <gtest/gtest.h>

#include <cmath>

#include "backends/reference/evaluate.h"
#include "backends/reference/special_math.h"
#include "backends/reference/unicode.h"
#include "graph/text.h"

namespace floe {
namespace {

// Two beams that cross: each is read back through its parents; behind its end there is the end again.
TEST(GatherTree, FollowsParentsBackFromTheLastStep) {
  const auto graph = ParseGraph(
      "graph g(%ids: int32[3, 1, 2], %parents: int32[3, 1, 2], %n: int32[1], %end: int32[]) -> (%y) "
      "{ %y = GatherTree(%ids, %parents, %n, %end) }");
  const Tensor inputs[] = {Tensor::FromValues<int32_t>({3, 1, 2}, {1, 2, 9, 4, 5, 6}),
                           Tensor::FromValues<int32_t>({3, 1, 2}, {0, 0, 1, 0, 1, 0}),
                           Tensor::FromVector<int32_t>({3}), Tensor::FromValues<int32_t>({}, {9})};
  const std::vector<Tensor> out = EvaluateGraph(*graph, inputs);
  EXPECT_TRUE(SameContents(out[0], Tensor::FromValues<int32_t>({3, 1, 2}, {1, 2, 4, 9, 5, 9})));
}

TEST(RandomCropBox, LiesInTheImageAndCoversTheBox) {
  const auto graph = ParseGraph(
      "graph g(%size: int32[3], %boxes: float32[1, 1, 4], %least: float32[]) -> (%b, %s, %r) "
      "{ %b, %s, %r = RandomCropBox(%size, %boxes, %least) {seed=5} }");
  const Tensor inputs[] = {Tensor::FromVector<int32_t>({40, 50, 3}),
                           Tensor::FromValues<float>({1, 1, 4}, {0.4f, 0.4f, 0.6f, 0.6f}),
                           Tensor::FromValues<float>({}, {1.0f})};
  const std::vector<Tensor> out = EvaluateGraph(*graph, inputs);
  const int32_t *begin = out[0].data<int32_t>(), *size = out[1].data<int32_t>();
  EXPECT_LE(begin[0], 16);
  EXPECT_LE(begin[1], 20);
  EXPECT_GE(begin[0] + size[0], 24);
  EXPECT_GE(begin[1] + size[1], 30);
  EXPECT_LE(begin[0] + size[0], 40);
  EXPECT_LE(begin[1] + size[1], 50);
  EXPECT_EQ(size[2], -1);
}

// In front of equal values or behind them; a nan as the standard library's searches place it.
TEST(SearchSorted, FindsTheFirstAndTheLastPlace) {
  for (const bool behind : {false, true}) {
    const auto graph =
        ParseGraph(std::string("graph g(%rows: float32[2, ?], %v: float32[2, ?]) -> (%y) ") +
                   "{ %y = SearchSorted(%rows, %v) {behind=" + (behind ? "true" : "false") + "} }");
    const Tensor inputs[] = {Tensor::FromValues<float>({2, 4}, {1, 2, 2, 3, 0, 0, 0, HUGE_VALF}),
                             Tensor::FromValues<float>({2, 4}, {2, 9, 0, NAN, 0, -1, 5, HUGE_VALF})};
    const std::vector<int32_t> places =
        behind ? std::vector<int32_t>{3, 4, 0, 4, 3, 0, 3, 4} : std::vector<int32_t>{1, 4, 0, 0, 0, 0, 3, 3};
    EXPECT_TRUE(SameContents(EvaluateGraph(*graph, inputs)[0], Tensor::FromVector(places).Reshaped({2, 4})));
  }
}

TEST(SpecialMath, TailsKeepTheirPrecision) {
  using namespace reference;  // NOLINT: a test of its functions
  EXPECT_NEAR(NormalQuantile(1e-300), -37.0471, 1e-3);
  EXPECT_EQ(NormalQuantile(0.5), 0);
  EXPECT_TRUE(std::isinf(NormalQuantile(0)));
  EXPECT_TRUE(std::isnan(NormalQuantile(1.5)));
  // The power and the asymptotic series meet.
  EXPECT_NEAR(BesselI(0, 30, true) / BesselI(0, std::nextafter(30, 31), true), 1, 1e-12);
  EXPECT_NEAR(BesselK(1, 30, true) / BesselK(1, std::nextafter(30, 31), true), 1, 1e-12);
  EXPECT_NEAR(Fresnel(1.8).real(), Fresnel(std::nextafter(1.8, 1)).real(), 1e-12);
}

TEST(Unicode, BytesThatAreNoTextAreCountedAsTheirLongestBeginning) {
  using reference::DecodeUtf8;
  EXPECT_EQ(DecodeUtf8("\xE6\x97", 0).size, 2u);
  EXPECT_FALSE(DecodeUtf8("\xE6\x97", 0).valid);
  EXPECT_EQ(DecodeUtf8("\xED\xA0\x80", 0).size, 1u);  // a surrogate
  EXPECT_EQ(DecodeUtf8("\xC3\xA9", 0).value, char32_t{0xE9});
  EXPECT_EQ(reference::MapCaseUtf8("\xCE\xA3\xCE\x91\xCE\xA3", false), "\xCF\x83\xCE\xB1\xCF\x82");
}

}  // namespace
}  // namespace floe
