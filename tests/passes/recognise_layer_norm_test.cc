#include <gmock/gmock.h>

#include "passes/pass_test.h"

namespace floe {
namespace {

TEST(RecogniseLayerNorm, AsKerasWritesIt) {
  const auto graph = After(R"(graph g(%x: float32[n, 5, 8]) -> (%y) {
    %gamma: float32[8] = const seeded(1)
    %beta: float32[8] = const seeded(2)
    %e: float32[] = const 0.0009765625
    %m = ReduceMean(%x) {axes=[-1], keep_dims=true}
    %d = SquaredDifference(%x, %m)
    %v = ReduceMean(%d) {axes=[2], keep_dims=true}
    %s = Add(%v, %e)
    %r = Rsqrt(%s)
    %g = Mul(%r, %gamma)
    %n = Neg(%m)
    %p = Mul(%n, %g)
    %b = Add(%p, %beta)
    %q = Mul(%x, %g)
    %y = Add(%q, %b)
  })",
                           RecogniseLayerNorm);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[n, 5, 8]) -> (%y) {
    %gamma: float32[8] = const seeded(1)
    %beta: float32[8] = const seeded(2)
    %y = LayerNormalization(%x, %gamma, %beta) {axis=2, epsilon=0.0009765625}
  })"));
}

TEST(RecogniseLayerNorm, AsOtherFrameworksWriteIt) {
  const auto graph = After(R"(graph g(%x: float32[4, 5, 8], %gamma: float32[5, 8]) -> (%y) {
    %beta: float32[1, 5, 8] = const seeded(2)
    %e: float32[] = const 0.0009765625
    %two: float32[] = const 2
    %m = ReduceMean(%x) {axes=[1, 2], keep_dims=true}
    %c = Sub(%x, %m)
    %d = Pow(%c, %two)
    %v = ReduceMean(%d) {axes=[1, 2], keep_dims=true}
    %s = Add(%v, %e)
    %r = Sqrt(%s)
    %q = Div(%c, %r)
    %p = Mul(%q, %gamma)
    %y = Add(%p, %beta)
  })",
                           RecogniseLayerNorm);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[4, 5, 8], %gamma: float32[5, 8]) -> (%y) {
    %beta: float32[5, 8] = const seeded(2)
    %y = LayerNormalization(%x, %gamma, %beta) {axis=1, epsilon=0.0009765625}
  })"));
}

TEST(RecogniseLayerNorm, AsABatchNormalizationOfOneImage) {
  const auto graph = After(R"(graph g(%x: float32[2, 3, 8]) -> (%y) {
    %to: int64[4] = const [1, 6, 8, 1]
    %from: int64[3] = const [2, 3, 8]
    %ones: float32[6] = const 1
    %zeros: float32[6] = const 0
    %gamma: float32[8] = const seeded(1)
    %beta: float32[8] = const seeded(2)
    %i = Reshape(%x, %to)
    %k = ReduceMean(%i) {axes=[0, 2, 3], keep_dims=true}
    %m = Squeeze(%k) {axes=[0, 2, 3]}
    %d = SquaredDifference(%i, %k)
    %v = ReduceMean(%d) {axes=[0, 2, 3]}
    %b = BatchNormalization(%i, %ones, %zeros, %m, %v) {layout=NCHW, epsilon=0.01}
    %r = Reshape(%b, %from)
    %g = Mul(%r, %gamma)
    %y = Add(%g, %beta)
  })",
                           RecogniseLayerNorm);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[2, 3, 8]) -> (%y) {
    %to: int64[4] = const [1, 6, 8, 1]
    %from: int64[3] = const [2, 3, 8]
    %gamma: float32[8] = const seeded(1)
    %beta: float32[8] = const seeded(2)
    %i = Reshape(%x, %to)
    %r = Reshape(%i, %from)
    %y = LayerNormalization(%r, %gamma, %beta) {axis=2, epsilon=0.01}
  })"));
}

TEST(RecogniseLayerNorm, InstanceNormalizationKeepsScalesByChannel) {
  const auto graph = After(R"(graph g(%x: float32[1, 6, 8, 3]) -> (%y) {
    %scale: float32[6] = const seeded(1)
    %bias: float32[6] = const seeded(2)
    %k = ReduceMean(%x) {axes=[0, 2, 3], keep_dims=true}
    %m = Squeeze(%k) {axes=[0, 2, 3]}
    %d = SquaredDifference(%k, %x)
    %v = ReduceMean(%d) {axes=[0, 2, 3]}
    %y = BatchNormalization(%x, %scale, %bias, %m, %v) {layout=NCHW}
  })",
                           RecogniseLayerNorm);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[1, 6, 8, 3]) -> (%y) {
    %scale: float32[6] = const seeded(1)
    %bias: float32[6] = const seeded(2)
    %ones: float32[8, 3] = const 1
    %c: int64[3] = const [-1, 1, 1]
    %k: int64[3] = const [-1, 1, 1]
    %n = LayerNormalization(%x, %ones) {axis=2}
    %s = Reshape(%scale, %c)
    %g = Mul(%n, %s)
    %b = Reshape(%bias, %k)
    %y = Add(%g, %b)
  })"));
}

// Each differs from a layer normalisation in one thing.
TEST(RecogniseLayerNorm, NotWhenSomethingDiffers) {
  const auto with = [](std::string_view mean, std::string_view square, std::string_view shift) {
    return R"(graph g(%x: float32[4, 5, 8], %z: float32[4, 5, 8]) -> (%y) {
    %e: float32[] = const 0.0009765625
    %l: float32[5, 1] = const seeded(3)
    %m = ReduceMean(%x) {axes=)" +
           std::string(mean) + R"(, keep_dims=true}
    %d = )" +
           std::string(square) +
           R"(
    %v = ReduceMean(%d) {axes=[-1], keep_dims=true}
    %s = Add(%v, %e)
    %r = Rsqrt(%s)
    %q = Mul(%x, %r)
    %p = )" +
           std::string(shift) +
           R"(
    %y = Sub(%q, %p)
  })";
  };
  for (const std::string& text : {with("[1]", "SquaredDifference(%x, %m)", "Mul(%m, %r)"),
                                  with("[-1]", "SquaredDifference(%z, %m)", "Mul(%m, %r)"),
                                  with("[-1]", "SquaredDifference(%x, %m)", "Mul(%m, %s)"),
                                  with("[-1]", "Square(%x)", "Mul(%m, %r)")}) {
    ExpectUntouched(text, RecogniseLayerNorm);
  }
}

}  // namespace
}  // namespace floe
