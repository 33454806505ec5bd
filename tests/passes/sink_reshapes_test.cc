#include <gmock/gmock.h>

#include "passes/pass_test.h"

namespace floe {
namespace {

TEST(SinkReshapes, BiasActivationAndResidualGoBeforeIt) {
  const auto graph = After(R"(graph g(%x: float32[6, 4], %r: float32[2, 3, 2, 5]) -> (%y) {
    %w: float32[4, 10] = const seeded(1)
    %b: float32[2, 5] = const seeded(2)
    %c: float32[1, 1, 1, 1] = const 3
    %to: int64[4] = const [2, 3, 2, 5]
    %p = MatMul(%x, %w)
    %s = Reshape(%p, %to)
    %a = Add(%s, %b)
    %m = Mul(%c, %a)
    %d = Add(%r, %m)
    %y = Relu(%d)
  })",
                           SinkReshapes);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[6, 4], %r: float32[2, 3, 2, 5]) -> (%y) {
    %w: float32[4, 10] = const seeded(1)
    %b: float32[10] = const seeded(2)
    %c: float32[] = const 3
    %k: int64[2] = const [6, 10]
    %to: int64[4] = const [2, 3, 2, 5]
    %p = MatMul(%x, %w)
    %a = Add(%p, %b)
    %m = Mul(%c, %a)
    %q = Reshape(%r, %k)
    %d = Add(%q, %m)
    %u = Relu(%d)
    %y = Reshape(%u, %to)
  })"));
}

TEST(SinkReshapes, NotWhereOperandsMeetOtherElements) {
  for (const std::string_view op : {"Add(%s, %b)", "Add(%s, %v)", "Add(%s, %s)", "Softmax(%s)"}) {
    ExpectUntouched(R"(graph g(%x: float32[6, 4]) -> (%y) {
      %w: float32[4, 10] = const seeded(1)
      %b: float32[2, 1] = const seeded(2)
      %v: float32[3, 2, 5] = const seeded(2)
      %to: int64[4] = const [2, 3, 2, 5]
      %p = MatMul(%x, %w)
      %s = Reshape(%p, %to)
      %y = )" + std::string(op) +
                        R"(
    })",
                    SinkReshapes);
  }
}

// The reshape of one product goes behind the sum once; it would come back before the other one for ever.
TEST(SinkReshapes, OfTwoProductsOneHasItsReshapeBefore) {
  const auto graph = After(R"(graph g(%x: float32[1, 6, 4], %z: float32[3, 2, 4]) -> (%y) {
    %w: float32[4, 10] = const seeded(1)
    %to: int64[2] = const [6, 10]
    %p = MatMul(%x, %w)
    %q = MatMul(%z, %w)
    %s = Reshape(%p, %to)
    %t = Reshape(%q, %to)
    %y = Add(%s, %t)
  })",
                           SinkReshapes);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[1, 6, 4], %z: float32[3, 2, 4]) -> (%y) {
    %w: float32[4, 10] = const seeded(1)
    %k: int64[3] = const [1, 6, 10]
    %to: int64[2] = const [6, 10]
    %p = MatMul(%x, %w)
    %q = MatMul(%z, %w)
    %t = Reshape(%q, %to)
    %u = Reshape(%t, %k)
    %a = Add(%p, %u)
    %y = Reshape(%a, %to)
  })"));
}

TEST(SinkReshapes, NotBehindOtherThings) {
  ExpectUntouched(R"(graph g(%x: float32[6, 4]) -> (%y) {
    %b: float32[4] = const seeded(2)
    %to: int64[3] = const [2, 3, 4]
    %p = Softmax(%x)
    %s = Reshape(%p, %to)
    %y = Add(%s, %b)
  })",
                  SinkReshapes);
}

}  // namespace
}  // namespace floe
